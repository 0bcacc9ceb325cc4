using System.Buffers.Binary;
using System.IO.Compression;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class PngFileTests
{
    [Theory]
    [InlineData("filter0.png")]
    [InlineData("filter1.png")]
    [InlineData("filter2.png")]
    [InlineData("filter3.png")]
    [InlineData("filter4.png")]
    [InlineData("filters.png")]
    public void Pictures_written_by_another_program_with_every_filter_have_the_pixels_that_it_meant(string name)
    {
        GreyImage image = PngFile.Read(MadeImages.At(name), ReadLimits.Default);
        Assert.Equal((MadeImages.Height, MadeImages.Width), (image.Height, image.Width));
        Assert.Equal(MadeImages.Pixels(), image.Pixels);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using TemporaryFolder folder = new();
        GreyImage image = new(MadeImages.Height, MadeImages.Width, MadeImages.Pixels());
        File.WriteAllBytes(folder.At("a.png"), PictureFiles.Png(image));
        GreyImage read = PngFile.Read(folder.At("a.png"), ReadLimits.Default);
        Assert.Equal((image.Height, image.Width), (read.Height, read.Width));
        Assert.Equal(image.Pixels, read.Pixels);
    }

    [Theory]
    [InlineData("colour.png", "colour type 2")]
    [InlineData("interlaced.png", "interlacing 1")]
    [InlineData("critical.png", "ABCD")]
    [InlineData("images.idx", "eight bytes of a PNG file at offset 0")]
    public void Kinds_that_are_not_supported_are_named(string name, string reason)
    {
        string message = Assert.Throws<BadInputException>(() => PngFile.Read(MadeImages.At(name), ReadLimits.Default)).Message;
        Assert.StartsWith(MadeImages.At(name), message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_chunk_is_refused_with_its_offset()
    {
        byte[] file = Valid();
        file[45] ^= 1;
        Assert.Contains("the checksum of the chunk at offset 33", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_is_refused_before_its_pixels_are_asked_for()
    {
        // 60,000 x 60,000 zeros in a few megabytes would take 3.6 GB; 20,000 x 20,000 are within the bytes but not within the ratio.
        foreach ((int size, string reason) in new[] { (60_000, "60000 x 60000"), (20_000, "200-fold") })
        {
            byte[] file = PictureFiles.Png(new GreyImage(1, 1, [0]));
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), size);
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), size);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32.Of(file.AsSpan(12, 17)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains(reason, Refusal(file), StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void Data_that_expand_beyond_the_size_are_refused_without_expanding_them()
    {
        byte[] file = WithData(Compressed(new byte[100_000_000]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("hold more", Refusal(file), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Theory]
    [InlineData(new byte[] { 5, 1 }, "filter of row 0")]
    [InlineData(new byte[] { 0 }, "hold 1")]
    public void Rows_that_contradict_the_header_are_refused(byte[] rows, string reason) =>
        Assert.Contains(reason, Refusal(WithData(Compressed(rows))), StringComparison.Ordinal);

    [Fact]
    public void A_size_of_zero_is_refused()
    {
        byte[] file = PictureFiles.Png(new GreyImage(1, 1, [0]));
        file[19] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32.Of(file.AsSpan(12, 17)));
        Assert.Contains("are 0 and 1", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void No_mutation_makes_the_reader_fail_otherwise()
    {
        int cases = ReaderFuzz.Cases(2000);
        int refused = ReaderFuzz.Run(Valid(), "png", cases, stream => PngFile.Read(stream, "fuzz", ReadLimits.Default));
        Assert.InRange(refused, Valid().Length + (cases * 9 / 10), Valid().Length + cases);
    }

    /// <summary>The checksums stop most mutations at the door; with them repaired, the parts behind are reached.</summary>
    [Fact]
    public void No_mutation_behind_repaired_checksums_makes_the_reader_fail_otherwise()
    {
        int cases = ReaderFuzz.Cases(4000);
        int refused = ReaderFuzz.RunMutations(
            Valid(), "png.repaired", cases,
            stream => PngFile.Read(new MemoryStream(Repaired(stream)), "fuzz", new ReadLimits { MaximumBytes = 1 << 20 }));
        Assert.InRange(refused, cases / 2, cases - 10);
    }

    private static byte[] Valid() => File.ReadAllBytes(MadeImages.At("filters.png"));

    private static string Refusal(byte[] file) =>
        Assert.Throws<BadInputException>(() => PngFile.Read(new MemoryStream(file), "a.png", ReadLimits.Default)).Message;

    private static byte[] Compressed(byte[] rows)
    {
        using MemoryStream compressed = new();
        using (ZLibStream stream = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(rows);
        }

        return compressed.ToArray();
    }

    // A picture of one pixel with other data in its IDAT chunk.
    private static byte[] WithData(byte[] data)
    {
        byte[] valid = PictureFiles.Png(new GreyImage(1, 1, [0]));
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        "IDAT"u8.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), Crc32.Of(chunk.AsSpan(4, data.Length + 4)));
        return [.. valid[..33], .. chunk, .. valid[^12..]];
    }

    private static byte[] Repaired(Stream stream)
    {
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        byte[] file = copy.ToArray();
        for (int at = 8; at + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), Crc32.Of(file.AsSpan(at + 4, (int)length + 4)));
            at += 12 + (int)length;
        }

        return file;
    }
}
