using Kappa.Lab.Data.Digits;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Tests.Data.Labelled;
using Kappa.Lab.Tests.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Data.Digits;

public sealed class DigitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stand_in_digits_are_balanced_reproducible_and_say_what_they_are()
    {
        LabelledImages few = StandInDigits.Create(50, 4), many = StandInDigits.Create(100, 4);
        Assert.All(ClassSampling.Count(few.Labels, 10), count => Assert.Equal(5, count));
        Assert.Equal(few.AllPixels.ToArray(), many.AllPixels[..few.AllPixels.Length].ToArray());
        Assert.Equal(many.Fingerprint, StandInDigits.Create(100, 4).Fingerprint);
        Assert.NotEqual(many.Fingerprint, StandInDigits.Create(100, 5).Fingerprint);
        Assert.StartsWith(
            "Stand-in digits (own strokes, not MNIST): 100 pictures of 28 x 28, seed 4", many.Description, StringComparison.Ordinal);
        Assert.Equal(100, Enumerable.Range(0, 100).Select(k => Convert.ToHexString(many.Pixels(k))).Distinct().Count());
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => StandInDigits.Create(15, 1));
    }

    /// <summary>The nearest mean picture is right far more often than chance (0.1) and far less
    /// often than always; the nearest of 1,000 examples is better than the nearest mean.</summary>
    [Fact]
    public void Stand_in_digits_can_be_learned_and_are_not_trivial()
    {
        LabelledImages images = StandInDigits.Create(1500, 8);
        double[][] pixels = LinearClassifier.Pixels(images);
        int[] labels = images.Labels.ToArray();
        double[][] means = [
            .. Enumerable.Range(0, 10).Select(digit =>
                Mean([.. Enumerable.Range(0, 1000).Where(k => labels[k] == digit).Select(k => pixels[k])]))];
        double byMean = Enumerable.Range(1000, 500).Average(k => Nearest(pixels[k], means) == labels[k] ? 1.0 : 0);
        double byExample = Enumerable.Range(1000, 500).Average(k => labels[Nearest(pixels[k], pixels[..1000])] == labels[k] ? 1.0 : 0);
        Assert.InRange(byMean, 0.5, 0.9);
        Assert.InRange(byExample, byMean, 1);
    }

    [Theory]
    [InlineData("-", "")]
    [InlineData(".", "")]
    [InlineData("-", ".gz")]
    public void The_four_files_are_found_under_their_usual_names(string separator, string end)
    {
        LabelledImages train = StandInDigits.Create(20, 1), test = StandInDigits.Create(10, 2);
        Write("train", train, separator, end);
        Write("t10k", test, separator, end);
        LabelledSplit<LabelledImages> read = DigitFiles.Read(_folder.Path);
        Assert.Equal((train.Fingerprint, test.Fingerprint), (read.Train.Fingerprint, read.Test.Fingerprint));
    }

    [Fact]
    public void Files_that_contradict_are_refused_with_file_and_offset()
    {
        Assert.Contains(
            "must contain one of train-images-idx3-ubyte, train-images.idx3-ubyte, train-images-idx3-ubyte.gz", Refusal(),
            StringComparison.Ordinal);
        LabelledImages images = StandInDigits.Create(20, 1);
        Write("train", images, "-", "");
        byte[] labels = [.. images.Labels.ToArray().Select(label => (byte)label)];
        WriteLabels([19], labels[..19]);
        Assert.Contains("as many labels as there are pictures, 20, but the count at offset 4 is 19", Refusal(), StringComparison.Ordinal);
        labels[3] = 10;
        WriteLabels([20], labels);
        Assert.Contains("label 3 at offset 11 of the uncompressed file is 10", Refusal(), StringComparison.Ordinal);
        Array.Fill(labels, (byte)2);
        WriteLabels([20], labels);
        Assert.Contains("none of class 0", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(_folder.At("train-images-idx3-ubyte"), PictureFiles.Idx([20, 27, 28], new byte[20 * 27 * 28]));
        Assert.Contains("28 x 28 but the lengths at offset 8 are 27 x 28", Refusal(), StringComparison.Ordinal);
        File.Copy(_folder.At("train-labels-idx1-ubyte"), _folder.At("train-images-idx3-ubyte"), overwrite: true);
        Assert.Contains("Were images and labels mixed up?", Refusal(), StringComparison.Ordinal);
        Assert.Contains(
            "does not exist as one", Assert.Throws<BadInputException>(() => DigitFiles.Read(_folder.At("none"))).Message,
            StringComparison.Ordinal);
    }

    private void WriteLabels(int[] shape, byte[] labels) =>
        File.WriteAllBytes(_folder.At("train-labels-idx1-ubyte"), PictureFiles.Idx(shape, labels));

    private void Write(string part, LabelledImages images, string separator, string end)
    {
        Put($"{part}-images{separator}idx3-ubyte{end}", PictureFiles.Idx([images.Count, images.Height, images.Width], images.AllPixels));
        Put(
            $"{part}-labels{separator}idx1-ubyte{end}",
            PictureFiles.Idx([images.Count], [.. images.Labels.ToArray().Select(label => (byte)label)]));
    }

    private void Put(string name, byte[] content)
    {
        using FileStream file = File.Create(_folder.At(name));
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using System.IO.Compression.GZipStream compressed = new(file, System.IO.Compression.CompressionLevel.Fastest);
            compressed.Write(content);
        }
        else
        {
            file.Write(content);
        }
    }

    private string Refusal() => Assert.Throws<BadInputException>(() => DigitFiles.Read(_folder.Path)).Message;

    private static double[] Mean(double[][] pictures) =>
        [.. Enumerable.Range(0, pictures[0].Length).Select(k => pictures.Average(picture => picture[k]))];

    private static int Nearest(double[] picture, double[][] others)
    {
        double[] distances = new double[others.Length];
        for (int k = 0; k < others.Length; k++)
        {
            for (int j = 0; j < picture.Length; j++)
            {
                distances[k] += (picture[j] - others[k][j]) * (picture[j] - others[k][j]);
            }
        }

        return Array.IndexOf(distances, distances.Min());
    }
}
