using System.Buffers.Binary;
using System.IO.Compression;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Tests.Formats;

/// <summary>Lays out pictures as the files that the laboratory reads.</summary>
internal static class PictureFiles
{
    private const int ChunkOverhead = 12;

    /// <summary>A PNG file: greyscale, 8 bits, filter 0.</summary>
    public static byte[] Png(GreyImage image)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(image));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>An IDX file of bytes.</summary>
    public static byte[] Idx(ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        int start = 4 + (4 * shape.Length);
        byte[] file = new byte[start + data.Length];
        file[2] = 8;
        file[3] = checked((byte)shape.Length);
        for (int axis = 0; axis < shape.Length; axis++)
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + (4 * axis)), shape[axis]);
        data.CopyTo(file.AsSpan(start));
        return file;
    }

    private static byte[] Compress(GreyImage image)
    {
        using MemoryStream compressed = new();
        using (ZLibStream stream = new(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int row = 0; row < image.Height; row++)
            {
                stream.WriteByte(0);
                stream.Write(image.Pixels, row * image.Width, image.Width);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        byte[] chunk = new byte[ChunkOverhead + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Of(chunk.AsSpan(4, 4 + data.Length)));
        file.Write(chunk);
    }
}
