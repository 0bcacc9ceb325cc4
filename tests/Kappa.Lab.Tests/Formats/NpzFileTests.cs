using System.Buffers.Binary;
using System.IO.Compression;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class NpzFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void Archives_written_by_python_are_read_bit_for_bit(string name)
    {
        IReadOnlyDictionary<string, NdArray> arrays = NpzFile.Read(MadeFiles.At(name));
        Assert.Equal(["inputs", "targets"], arrays.Keys.Order());
        Assert.All(arrays, pair => MadeFiles.AssertHolds($"{name}/{pair.Key}", pair.Value));
    }

    [Fact]
    public void Only_the_wanted_arrays_are_read_and_a_missing_one_is_named_with_those_present()
    {
        Assert.Equal(["targets"], NpzFile.Read(MadeFiles.At("deflated.npz"), ["targets"]).Keys);
        BadInputException refusal = Assert.Throws<BadInputException>(() => NpzFile.Read(MadeFiles.At("deflated.npz"), ["labels"]));
        Assert.Contains("must contain the array 'labels' but contains 'inputs', 'targets'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back_and_equal_arrays_are_equal_files()
    {
        Dictionary<string, NdArray> arrays = new() { ["a"] = new NdArray([2, 1], [1.5, double.NaN]), ["b"] = new NdArray([], [-0.0]) };
        NpzFile.Write(_folder.At("1.npz"), arrays);
        NpzFile.Write(_folder.At("2.npz"), arrays);
        Assert.Equal(File.ReadAllBytes(_folder.At("1.npz")), File.ReadAllBytes(_folder.At("2.npz")));
        IReadOnlyDictionary<string, NdArray> read = NpzFile.Read(_folder.At("1.npz"));
        Assert.Equal(arrays["a"].Data.Select(BitConverter.DoubleToInt64Bits), read["a"].Data.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(arrays["b"].Data.Select(BitConverter.DoubleToInt64Bits), read["b"].Data.Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void A_bomb_is_refused_before_anything_is_decompressed()
    {
        byte[] bomb = Archive(("zeros.npy", Npy(4_000_000)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException refusal = Assert.Throws<BadInputException>(() => Read(bomb));
        Assert.Contains("must expand at most 200-fold", refusal.Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Equal(4_000_000, Read(bomb, new ReadLimits { MaximumExpansion = 2000 })["zeros"].Data.Length);
    }

    [Fact]
    public void A_member_that_lies_about_its_length_is_refused_without_decompressing_more_than_announced()
    {
        byte[] archive = Archive(("zeros.npy", Npy(1000)));
        int directory = archive.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(archive.AsSpan(directory + 24), 128 + 8000 - 8);
        Assert.Contains("7992 follow the header", Assert.Throws<BadInputException>(() => Read(archive)).Message, StringComparison.Ordinal);
        byte[] tooLong = Archive(("zeros.npy", [.. Npy(1000), 1, 2, 3]));
        directory = tooLong.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(tooLong.AsSpan(directory + 24), 128 + 8000);
        Assert.Contains(
            "must have 8128 bytes but has more", Assert.Throws<BadInputException>(() => Read(tooLong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_the_content_is_found_by_the_checksum()
    {
        byte[] archive = File.ReadAllBytes(MadeFiles.At("stored.npz"));
        archive[300] ^= 4;
        Assert.Contains("its checksum must be", Assert.Throws<BadInputException>(() => Read(archive)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Duplicate_names_too_many_members_and_too_many_bytes_are_refused()
    {
        byte[] twice = Archive(("a.npy", Npy(1)), ("a.npy", Npy(2)));
        Assert.Contains("'a.npy' must occur once", Assert.Throws<BadInputException>(() => Read(twice)).Message, StringComparison.Ordinal);
        byte[] three = Archive(("a.npy", Npy(1)), ("b.npy", Npy(1)), ("c.npy", Npy(1)));
        Assert.Contains(
            "at most 2 members", Assert.Throws<BadInputException>(() => Read(three, new ReadLimits { MaximumEntries = 2 })).Message,
            StringComparison.Ordinal);
        Assert.Equal(3, Read(three, new ReadLimits { MaximumBytes = 24 }).Count);
        Assert.Contains(
            "c.npy: must take at most 7 bytes",
            Assert.Throws<BadInputException>(() => Read(three, new ReadLimits { MaximumBytes = 23 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_lists_more_members_than_its_end_record_counts_is_refused()
    {
        byte[] archive = Archive(("a.npy", Npy(1)), ("b.npy", Npy(1)));
        archive[^14] = 1;
        archive[^12] = 1;
        Assert.Contains(
            "must list 1 members but goes on", Assert.Throws<BadInputException>(() => Read(archive)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_that_is_no_archive_and_an_unknown_method_are_told_apart()
    {
        Assert.Contains(
            "is not a valid zip archive", Assert.Throws<BadInputException>(() => Read(new byte[500])).Message, StringComparison.Ordinal);
        byte[] archive = Archive(("a.npy", Npy(1)));
        archive[archive.AsSpan().IndexOf("PK\u0001\u0002"u8) + 10] = 14;
        Assert.Contains(
            "method 14, which is not supported", Assert.Throws<BadInputException>(() => Read(archive)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void Damaged_archives_give_a_value_or_bad_input_and_nothing_else(string name)
    {
        byte[] valid = File.ReadAllBytes(MadeFiles.At(name));
        ReadLimits limits = new() { MaximumBytes = 1 << 16 };
        long before = GC.GetAllocatedBytesForCurrentThread();
        int cases = ReaderFuzz.Cases(3000);
        int refused = ReaderFuzz.Run(valid, name, cases, stream => NpzFile.Read(stream, name, null, limits));
        Assert.InRange(refused, valid.Length + (cases / 2), valid.Length + cases);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < (valid.Length + cases) * 65_536L);
    }

    private static IReadOnlyDictionary<string, NdArray> Read(byte[] bytes, ReadLimits? limits = null) =>
        NpzFile.Read(new MemoryStream(bytes), "made.npz", null, limits);

    private static byte[] Npy(int count)
    {
        using MemoryStream stream = new();
        NpyFile.Write(stream, [count], new double[count]);
        return stream.ToArray();
    }

    private static byte[] Archive(params (string Name, byte[] Content)[] members)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream entry = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
