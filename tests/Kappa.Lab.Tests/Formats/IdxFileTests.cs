using System.Buffers.Binary;
using System.IO.Compression;
using Kappa.Lab.Formats;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class IdxFileTests
{
    [Theory]
    [InlineData("images.idx")]
    [InlineData("images.idx.gz")]
    public void Images_written_by_another_program_have_the_pixels_that_it_meant(string name)
    {
        IdxArray array = IdxFile.Read(MadeImages.At(name), 3, ReadLimits.Default);
        Assert.Equal([3, MadeImages.Height, MadeImages.Width], array.Shape);
        Assert.Equal([.. MadeImages.Pixels(), .. MadeImages.Pixels(1), .. MadeImages.Pixels(2)], array.Data);
    }

    [Theory]
    [InlineData("labels.idx")]
    [InlineData("labels.idx.gz")]
    public void Labels_written_by_another_program_are_read(string name)
    {
        IdxArray array = IdxFile.Read(MadeImages.At(name), 1, ReadLimits.Default);
        Assert.Equal([3], array.Shape);
        Assert.Equal([7, 0, 9], array.Data);
        Assert.Equal(File.ReadAllBytes(MadeImages.At("labels.idx")), PictureFiles.Idx(array.Shape, array.Data));
    }

    [Fact]
    public void Wrong_magic_mixed_up_files_and_wrong_lengths_are_refused_with_the_offset()
    {
        byte[] images = File.ReadAllBytes(MadeImages.At("images.idx"));
        Assert.Contains("must have 1 axes but has 3 (byte at offset 3): labels are expected", Refusal(images, 1), StringComparison.Ordinal);
        Assert.Contains(
            "must have 3 axes but has 1 (byte at offset 3): images are expected",
            Refusal(File.ReadAllBytes(MadeImages.At("labels.idx")), 3), StringComparison.Ordinal);
        Assert.Contains(
            "00 00 08 03 at offset 0 but starts with 00000d03", Refusal([0, 0, 0x0D, 3, .. images[4..]], 3), StringComparison.Ordinal);
        Assert.Contains("followed by 105 bytes from offset 16 on but 104 are there", Refusal(images[..^1], 3), StringComparison.Ordinal);
        Assert.Contains("followed by 105 bytes from offset 16 on but 106 are there", Refusal([.. images, 0], 3), StringComparison.Ordinal);
        Assert.Contains("ends at offset 10", Refusal(images[..10], 3), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt32BigEndian(images.AsSpan(8), 0);
        Assert.Contains("axis 1 at offset 8 must be 1 to", Refusal(images, 3), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_whose_product_overflows_are_refused()
    {
        byte[] images = File.ReadAllBytes(MadeImages.At("images.idx"));
        images.AsSpan(4, 12).Fill(0x7F);
        Assert.Contains("2^63 or more", Refusal(images, 3), StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_bomb_is_refused_within_a_small_buffer()
    {
        byte[] bomb = Gzip(PictureFiles.Idx([4000, 100, 250], new byte[100_000_000]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("200-fold", Refusal(bomb, 3), StringComparison.Ordinal);
        // The file itself is read, and beyond it there is a buffer.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bomb.Length + (1 << 17));
        Assert.Contains(
            "at most 1000 bytes",
            Assert.Throws<BadInputException>(() =>
                IdxFile.Read(new MemoryStream(Gzip(new byte[2000])), "a", 3, new ReadLimits { MaximumBytes = 1000 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_that_lies_about_its_length_is_refused_as_well()
    {
        byte[] bomb = Gzip(PictureFiles.Idx([4000, 100, 250], new byte[100_000_000]));
        BinaryPrimitives.WriteUInt32LittleEndian(bomb.AsSpan(bomb.Length - 4), 116);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("200-fold", Refusal(bomb, 3), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bomb.Length + (1 << 17));
    }

    [Theory]
    [InlineData(2, 7, "compression method 8 at offset 2 but has 7")]
    [InlineData(3, 0x20, "flags at offset 3")]
    [InlineData(-5, 0xFF, "its checksum at offset")]
    [InlineData(-1, 0x01, "that it claims at offset")]
    public void A_damaged_gzip_file_is_refused_with_the_offset(int place, byte value, string reason)
    {
        byte[] file = File.ReadAllBytes(MadeImages.At("images.idx.gz"));
        file[place >= 0 ? place : file.Length + place] = value;
        Assert.Contains(reason, Refusal(file, 3), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images.idx", 3)]
    [InlineData("images.idx.gz", 3)]
    [InlineData("labels.idx", 1)]
    [InlineData("labels.idx.gz", 1)]
    public void No_mutation_makes_the_reader_fail_otherwise(string name, int rank)
    {
        byte[] valid = File.ReadAllBytes(MadeImages.At(name));
        int cases = ReaderFuzz.Cases(3000);
        int refused = ReaderFuzz.Run(
            valid, name, cases, stream => IdxFile.Read(stream, "fuzz", rank, new ReadLimits { MaximumBytes = 1 << 20 }));
        Assert.InRange(refused, valid.Length + (cases / 3), valid.Length + cases);
    }

    private static string Refusal(byte[] file, int rank) =>
        Assert.Throws<BadInputException>(() => IdxFile.Read(new MemoryStream(file), "a", rank, ReadLimits.Default)).Message;

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(content);
        }

        return compressed.ToArray();
    }
}
