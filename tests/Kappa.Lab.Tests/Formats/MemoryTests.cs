using Kappa.Lab.Data;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

/// <summary>What reading costs: the numbers as doubles, once, and nothing at all when they are beyond the limit.</summary>
public sealed class MemoryTests : IDisposable
{
    private const int Elements = 400_000;
    private const long AsDoubles = 8L * Elements;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Arrays_of_bytes_cost_their_doubles_once(bool isArchive)
    {
        WriteBytes();
        long before = GC.GetAllocatedBytesForCurrentThread();
        TokenData data = Read(isArchive);
        long spent = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(7, data.Inputs[0, 0]);

        // Two arrays; buffers and the fingerprint's chunks take less than a mebibyte.
        Assert.InRange(spent, 2 * AsDoubles, (2 * AsDoubles) + (1 << 20));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Arrays_beyond_the_limit_are_refused_before_they_are_allocated(bool isArchive)
    {
        WriteBytes();
        using IDisposable limit = MemoryLimit.Within(3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<BadInputException>(() => Read(isArchive)).Message;
        Assert.Contains("allow more with --memory", message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 19);
    }

    [Fact]
    public void The_limit_holds_for_both_arrays_together()
    {
        WriteBytes();
        using (MemoryLimit.Within(4))
        {
            _ = Assert.Throws<BadInputException>(() => Read(isArchive: false));
            _ = Assert.Throws<BadInputException>(() => Read(isArchive: true));
        }

        using (MemoryLimit.Within(7))
        {
            _ = Read(isArchive: false);
            _ = Read(isArchive: true);
        }

        Assert.Equal(1L << 30, ReadLimits.Default.MaximumBytes);
    }

    private TokenData Read(bool isArchive) =>
        isArchive ? ArrayTokens.ReadArchive(_folder.At("a.npz")) : ArrayTokens.Read(_folder.At("a.npy"), _folder.At("a.npy"));

    private void WriteBytes()
    {
        string header = $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({Elements / 40}, 10, 4), }}".PadRight(117) + "\n";
        byte[] file = [
            0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. System.Text.Encoding.ASCII.GetBytes(header), 7,
            .. Enumerable.Range(1, Elements - 1).Select(k => (byte)(k * 2654435761 >> 13))];
        File.WriteAllBytes(_folder.At("a.npy"), file);
        using var archive = System.IO.Compression.ZipFile.Open(_folder.At("a.npz"), System.IO.Compression.ZipArchiveMode.Create);
        foreach (string name in (string[])["inputs.npy", "targets.npy"])
        {
            using Stream content = archive.CreateEntry(name).Open();
            content.Write(file);
        }
    }
}
