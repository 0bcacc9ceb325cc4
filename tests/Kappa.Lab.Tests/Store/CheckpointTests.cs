using Kappa.Lab.Store;
using Kappa.Lab.Tests.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Store;

public sealed class CheckpointTests : IDisposable
{
    private const string Kind = "descent-state";
    private readonly TemporaryFolder _folder = new();

    private string At => _folder.At("checkpoint.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Everything_comes_back_bit_for_bit()
    {
        double payload = BitConverter.UInt64BitsToDouble(0xFFF8_0000_0000_1234);
        Checkpoint saved = Made();
        saved.AddNumber("loss", payload);
        saved.Save(At);
        Checkpoint loaded = Checkpoint.Load(At, Kind, 2);
        Assert.Equal(
            saved.Tensors[0].Value.Data.Select(BitConverter.DoubleToInt64Bits),
            loaded.GetTensor("parameters", 3, 5).Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(BitConverter.DoubleToUInt64Bits(payload), BitConverter.DoubleToUInt64Bits(loaded.GetNumber("loss")));
        Assert.Equal(long.MinValue, loaded.GetInteger("step"));
        Assert.Equal("κ = \"1\"\n", loaded.GetText("specification"));
        Assert.Equal(["parameters", "loss"], loaded.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Equal_states_are_equal_files()
    {
        Made().Save(At);
        Made().Save(_folder.At("again"));
        Assert.Equal(File.ReadAllBytes(At), File.ReadAllBytes(_folder.At("again")));
    }

    [Fact]
    public void Another_kind_version_or_content_is_refused_on_one_line()
    {
        Made().Save(At);
        Assert.Contains(
            "must be a checkpoint 'descent-state' of version 3 but is 'descent-state' of version 2",
            Refusal(() => Checkpoint.Load(At, Kind, 3)), StringComparison.Ordinal);
        Assert.Contains(
            "must be a checkpoint 'other' of version 2 but is", Refusal(() => Checkpoint.Load(At, "other", 2)), StringComparison.Ordinal);
        Assert.Contains(
            "another safetensors file", Refusal(() => Checkpoint.Load(MadeFiles.At("all.safetensors"), Kind, 2)), StringComparison.Ordinal);
        Checkpoint loaded = Checkpoint.Load(At, Kind, 2);
        Assert.Contains("must have shape [15] but has [3, 5]", Refusal(() => loaded.GetTensor("parameters", 15)), StringComparison.Ordinal);
        Assert.Contains("tensor 'velocity'", Refusal(() => loaded.GetTensor("velocity", 1)), StringComparison.Ordinal);
        Assert.Contains("text 'commit'", Refusal(() => loaded.GetText("commit")), StringComparison.Ordinal);
        Assert.Contains("'specification' must be an integer", Refusal(() => loaded.GetInteger("specification")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        Made().Save(At);
        byte[] valid = File.ReadAllBytes(At);
        for (int place = 0; place < valid.Length; place++)
        {
            byte[] damaged = [.. valid];
            damaged[place] ^= (byte)(1 << (place % 8));
            File.WriteAllBytes(_folder.At("damaged"), damaged);
            _ = Assert.Throws<BadInputException>(() => Checkpoint.Load(_folder.At("damaged"), Kind, 2));
        }
    }

    [Fact]
    public void Names_that_are_taken_or_reserved_are_the_callers_mistake()
    {
        Checkpoint checkpoint = Made();
        _ = Assert.Throws<ArgumentException>(() => checkpoint.AddNumber("parameters", 1));
        _ = Assert.Throws<ArgumentException>(() => checkpoint.AddInteger("step", 1));
        _ = Assert.Throws<ArgumentException>(() => checkpoint.AddText("kappa.kind", "x"));
    }

    private static string Refusal(Action action)
    {
        string message = Assert.Throws<BadInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static Checkpoint Made()
    {
        double[] parameters = new double[15];
        new RandomSequence(9, "checkpoint").FillGaussian(parameters);
        Checkpoint checkpoint = new(Kind, 2);
        checkpoint.AddTensor("parameters", [3, 5], parameters);
        checkpoint.AddInteger("step", long.MinValue);
        checkpoint.AddText("specification", "κ = \"1\"\n");
        return checkpoint;
    }
}
