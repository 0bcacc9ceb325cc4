using System.Buffers.Binary;
using System.IO.Compression;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Folders with the names and formats of the published IMDb, MNIST and Pathfinder files,
/// filled with made content; written here from the formats' descriptions, not by the program.</summary>
internal static class PublishedFiles
{
    /// <summary>An IMDb folder with so many texts of either class and part.</summary>
    public static string Reviews(string folder, int perClass)
    {
        foreach (
            (string part, string side, int rating) in from part in (string[])["train", "test"]
                                                      from side in new[] { ("neg", 2), ("pos", 9) }
                                                      select (part, side.Item1, side.Item2))
        {
            string at = Directory.CreateDirectory(Path.Combine(folder, part, side)).FullName;
            for (int k = 0; k < perClass; k++)
            {
                string text = string.Concat(Enumerable.Repeat(rating > 5 ? "A bright café. " : "A dull one.<br />", 1 + (k % 9)));
                File.WriteAllText(Path.Combine(at, $"{k}_{rating}.txt"), text);
            }
        }

        // The release has these beside: neither is looked at.
        _ = Directory.CreateDirectory(Path.Combine(folder, "train", "unsup"));
        File.WriteAllText(Path.Combine(folder, "train", "labeledBow.feat"), "9 0:9\n");
        return folder;
    }

    /// <summary>The four MNIST files, so many of each digit in either part.</summary>
    public static string Digits(string folder, int perDigit, bool compressed)
    {
        foreach (string part in (string[])["train", "t10k"])
        {
            int count = 10 * perDigit;
            byte[] images = new byte[16 + (count * 784)], labels = new byte[8 + count];
            Header(images, 0x803, count, 28, 28);
            Header(labels, 0x801, count);
            for (int k = 0; k < count; k++)
            {
                labels[8 + k] = (byte)(k % 10);
                images.AsSpan(16 + (k * 784) + (70 * (k % 10)), 60 + (k / 10)).Fill(200);
            }

            Put(Path.Combine(folder, $"{part}-images-idx3-ubyte"), images, compressed);
            Put(Path.Combine(folder, $"{part}-labels-idx1-ubyte"), labels, compressed);
        }

        return folder;
    }

    /// <summary>A Pathfinder folder of one difficulty with two batches of so many pictures.</summary>
    public static string Pathfinder(string folder, int perBatch)
    {
        _ = Directory.CreateDirectory(Path.Combine(folder, "metadata"));
        foreach (int batch in (int[])[0, 1])
        {
            string pictures = Directory.CreateDirectory(Path.Combine(folder, "imgs", $"{batch}")).FullName;
            string[] lines = [
                .. Enumerable.Range(0, perBatch).Select(k => $"imgs/{batch} sample_{k}.png {k} {k % 2} 1.8 6 2 2.0 0.5 1 [1.5]")];
            File.WriteAllLines(Path.Combine(folder, "metadata", $"{batch}.npy"), lines);
            for (int k = 0; k < perBatch; k++)
            {
                File.WriteAllBytes(
                    Path.Combine(pictures, $"sample_{k}.png"),
                    Png(32, (row, column) => (byte)((row + column) % (k % 2 == 0 ? 7 : 5) == 0 ? 255 : 0)));
            }
        }

        return folder;
    }

    private static void Header(Span<byte> file, params int[] numbers)
    {
        for (int k = 0; k < numbers.Length; k++)
        {
            BinaryPrimitives.WriteInt32BigEndian(file[(4 * k)..], numbers[k]);
        }
    }

    private static void Put(string path, byte[] content, bool compressed)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(compressed ? path + ".gz" : path);
        using Stream to = compressed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        to.Write(content);
    }

    // 8-bit greyscale, no filter, one chunk of data.
    private static byte[] Png(int side, Func<int, int, byte> pixel)
    {
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int row = 0; row < side; row++)
            {
                compressed.Write([0, .. Enumerable.Range(0, side).Select(column => pixel(row, column))]);
            }
        }

        byte[] header = new byte[13];
        Header(header, side, side);
        header[8] = 8;
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, data.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> kind, byte[] data)
    {
        byte[] length = new byte[4], checksum = new byte[4], body = [.. kind, .. data];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(checksum, Checksum(body));
        return [.. length, .. body, .. checksum];
    }

    // CRC-32 bit by bit, as in annex D of the PNG specification.
    private static uint Checksum(byte[] bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB88320;
            }
        }

        return ~sum;
    }
}
