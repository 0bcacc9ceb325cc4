using System.Buffers.Binary;
using System.IO.Compression;

namespace Kappa.Lab.Formats;

/// <summary>Reads pictures in PNG (ISO/IEC 15948): greyscale, 8 bits, not interlaced; all five filters.</summary>
/// <remarks>The size is checked against the limits before the pixels are
/// asked for; every checksum is checked. Stateless and thread-safe.</remarks>
internal static class PngFile
{
    private const int HeaderLength = 13;

    // As for archives: a picture of zeros may shrink a thousandfold, so a small one is free and the ratio counts from here on.
    private const long FreeExpansionBytes = 1 << 20;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much file and pixels may take.</param>
    /// <exception cref="BadInputException">The file cannot be read, is malformed or
    /// damaged, is of a kind that is not supported, or exceeds the limits.</exception>
    internal static GreyImage Read(string path, ReadLimits limits) => Decode(InputBytes.Read(path, limits.MaximumBytes), path, limits);

    /// <summary>Reads a stream to its end.</summary>
    internal static GreyImage Read(Stream stream, string location, ReadLimits limits) =>
        Decode(InputBytes.Read(stream, location, limits.MaximumBytes), location, limits);

    private static GreyImage Decode(byte[] file, string location, ReadLimits limits)
    {
        if (!file.AsSpan().StartsWith(Signature))
        {
            throw new BadInputException(
                location,
                $"must start with the eight bytes of a PNG file at offset 0 but starts with "
                    + $"{Convert.ToHexStringLower(file.AsSpan(0, Math.Min(8, file.Length)))}. Choose another file or convert it to PNG.");
        }

        PngChunk header = PngChunk.Read(file, Signature.Length, location);
        (int height, int width) = ParseHeader(header, file, location);
        using MemoryStream compressed = CollectData(file, header.End, location);
        long filtered = (long)height * (width + 1L);
        if (filtered > Math.Min(limits.MaximumBytes, Array.MaxLength)
            || filtered - FreeExpansionBytes > limits.MaximumExpansion * file.Length)
        {
            throw new BadInputException(
                location,
                $"must expand to {limits.ExpansionWords}, but claims {width} x {height} pixels at offset {header.Data} in a file of "
                    + $"{file.Length} bytes. Use a smaller picture, or allow more with --memory.");
        }

        byte[] rows = new byte[filtered];
        Expand(compressed, rows, location);
        return new GreyImage(height, width, PngFilters.Undo(rows, height, width, location));
    }

    private static (int Height, int Width) ParseHeader(PngChunk header, ReadOnlySpan<byte> file, string location)
    {
        if (!header.Is("IHDR"u8, file) || header.Length != HeaderLength)
        {
            throw PngChunk.Malformed(location, $"the first chunk at offset {header.Start} must be IHDR with {HeaderLength} bytes");
        }

        ReadOnlySpan<byte> data = file.Slice(header.Data, HeaderLength);
        (uint width, uint height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw PngChunk.Malformed(
                location, $"the width and height at offset {header.Data} must be 1 to {int.MaxValue} but are {width} and {height}");
        }

        return (data[8], data[9], data[10], data[11], data[12]) == (8, 0, 0, 0, 0)
            ? ((int)height, (int)width)
            : throw new BadInputException(
                location,
                $"must be greyscale of 8 bits, not interlaced, but has depth {data[8]}, colour type {data[9]}, compression {data[10]}, "
                    + $"filter method {data[11]} and interlacing {data[12]} (offset {header.Data + 8}), which is not supported. Convert "
                    + $"it to 8-bit greyscale.");
    }

    private static MemoryStream CollectData(byte[] file, int start, string location)
    {
        MemoryStream data = new();
        bool ended = false;
        for (int at = start; ;)
        {
            PngChunk chunk = PngChunk.Read(file, at, location);
            if (chunk.Is("IDAT"u8, file))
            {
                data.Write(
                    ended
                        ? throw PngChunk.Malformed(location, $"the IDAT chunks must follow each other but one at offset {at} is apart")
                        : file.AsSpan(chunk.Data, chunk.Length));
            }
            else if (chunk.Is("IEND"u8, file))
            {
                data.Position = 0;
                return chunk.Length == 0 && chunk.End == file.Length && data.Length > 0
                    ? data
                    : throw PngChunk.Malformed(
                        location, $"the empty chunk IEND at offset {at} must come after IDAT and end the file of {file.Length} bytes");
            }
            else if (chunk.IsCritical(file))
            {
                throw PngChunk.Malformed(location, $"the critical chunk at offset {at} must be IDAT or IEND but is {chunk.Name(file)}");
            }

            ended = data.Length > 0 && !chunk.Is("IDAT"u8, file);
            at = chunk.End;
        }
    }

    private static void Expand(MemoryStream compressed, byte[] rows, string location)
    {
        using ZLibStream expanded = new(compressed, CompressionMode.Decompress);
        try
        {
            int read = expanded.ReadAtLeast(rows, rows.Length, throwOnEndOfStream: false);
            if (read < rows.Length || expanded.ReadByte() >= 0)
            {
                throw PngChunk.Malformed(
                    location, $"its IDAT chunks must hold {rows.Length} bytes but hold {(read < rows.Length ? $"{read}" : "more")}");
            }
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException)
        {
            // IOException: the data ask for a preset dictionary, which PNG does not allow.
            throw PngChunk.Malformed(location, "the compressed data of its IDAT chunks cannot be decoded", failure);
        }
    }
}
