using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Kappa.Lab.Tests.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data;

public sealed class ArrayTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_pair_of_files_and_an_archive_of_the_same_arrays_are_the_same_data()
    {
        IReadOnlyDictionary<string, NdArray> arrays = NpzFile.Read(MadeFiles.At("stored.npz"));
        string inputs = Save("x.npy", arrays["inputs"]);
        string targets = Save("y.npy", arrays["targets"]);
        TokenData pair = ArrayTokens.Read(inputs, targets);
        TokenData archive = ArrayTokens.ReadArchive(MadeFiles.At("deflated.npz"));
        Assert.Equal((2, 3, 4, 4), (pair.Samples, pair.Tokens, pair.Width, pair.OutputWidth));
        Assert.Equal(arrays["inputs"].Data, pair.Inputs.Span.ToArray());
        Assert.Equal(arrays["targets"].Data, pair.Targets.Span.ToArray());
        Assert.Equal(pair.Fingerprint, archive.Fingerprint);
    }

    [Theory]
    [InlineData(
        new[] { 2, 3, 4 }, new[] { 2, 2, 4 },
        "y.npy: must have the samples and tokens of the inputs, [2, 3, ...], but has shape [2, 2, 4]")]
    [InlineData(
        new[] { 2, 3, 4 }, new[] { 3, 3, 4 },
        "y.npy: must have the samples and tokens of the inputs, [2, 3, ...], but has shape [3, 3, 4]")]
    [InlineData(
        new[] { 6, 4 }, new[] { 2, 3, 4 },
        "x.npy: must have three axes [samples, tokens, width], none of length 0, but has shape [6, 4]")]
    [InlineData(
        new[] { 2, 3, 4 }, new[] { 2 },
        "y.npy: must have three axes [samples, tokens, output width], none of length 0, but has shape [2]")]
    [InlineData(
        new[] { 2, 0, 4 }, new[] { 2, 0, 4 },
        "x.npy: must have three axes [samples, tokens, width], none of length 0, but has shape [2, 0, 4]")]
    public void Shapes_that_contradict_are_refused(int[] inputs, int[] targets, string reason)
    {
        string x = Save("x.npy", Zeros(inputs));
        string y = Save("y.npy", Zeros(targets));
        Assert.Contains(reason, Assert.Throws<BadInputException>(() => ArrayTokens.Read(x, y)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, "is NaN at index [1, 0, 3], the first of 2")]
    [InlineData(double.NegativeInfinity, "is -Infinity at index [1, 0, 3], the first of 2")]
    public void A_number_that_is_not_finite_is_refused_with_its_index(double value, string reason)
    {
        NdArray bad = Zeros([2, 3, 4]);
        bad.Data[15] = value;
        bad.Data[20] = value;
        string x = Save("x.npy", Zeros([2, 3, 4]));
        string y = Save("y.npy", bad);
        Assert.Contains(
            $"y.npy: must hold finite numbers but {reason}", Assert.Throws<BadInputException>(() => ArrayTokens.Read(x, y)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            $"y.npy: must hold finite numbers but {reason}", Assert.Throws<BadInputException>(() => ArrayTokens.Read(y, x)).Message,
            StringComparison.Ordinal);
    }

    private static NdArray Zeros(int[] shape) => new(shape, new double[shape.Aggregate(1, (product, length) => product * length)]);

    private string Save(string name, NdArray array)
    {
        NpyFile.Write(_folder.At(name), array.Shape, array.Data);
        return _folder.At(name);
    }
}
