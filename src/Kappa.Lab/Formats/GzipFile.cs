using System.Buffers.Binary;
using System.IO.Compression;

namespace Kappa.Lab.Formats;

/// <summary>Expands a gzip file of one member (RFC 1952): the announced length is checked against the limits before memory is asked for, and length and checksum afterwards.</summary>
/// <remarks>The length comes from the last four bytes of the file, so nothing is expanded to find out that it is too much. Stateless and thread-safe.</remarks>
internal static class GzipFile
{
    private const int FixedHeader = 10;
    private const int Trailer = 8;
    private const int Deflated = 8;

    // A file of a few bytes may well hold a page of zeros; the ratio counts from here on, as for zip archives.
    private const long FreeExpansionBytes = 1 << 20;

    [Flags]
    private enum Flag
    {
        HeaderChecksum = 2,
        Extra = 4,
        Name = 8,
        Comment = 16,
        Reserved = 0xE0,
    }

    /// <summary>Whether <paramref name="content"/> starts as gzip files do, whatever the name of the file says.</summary>
    internal static bool IsGzip(ReadOnlySpan<byte> content) => content.Length >= 2 && content[0] == 0x1F && content[1] == 0x8B;

    /// <summary>Expands a whole file.</summary>
    /// <param name="file">Content of the file.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="limits">Bounds on the expanded bytes and on the ratio of expansion.</param>
    /// <exception cref="BadInputException">The file is malformed, truncated, damaged, or would expand beyond the limits.</exception>
    internal static byte[] Expand(byte[] file, string location, ReadLimits limits)
    {
        int start = HeaderLength(file, location);
        int end = file.Length - Trailer;
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end));
        long length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end + 4));
        RequireWithin(length, file.Length, location, limits);
        byte[] content = new byte[length];
        Fill(content, file, start, end, location);
        uint found = Crc32.Of(content);
        return found == checksum
            ? content
            : throw Damaged(location, $"its checksum at offset {end} must be that of the content, {found:x8}, but is {checksum:x8}");
    }

    private static int HeaderLength(ReadOnlySpan<byte> file, string location)
    {
        if (file.Length < FixedHeader + Trailer || !IsGzip(file))
        {
            throw new BadInputException(location, $"must start with the bytes 1f 8b at offset 0 and have at least {FixedHeader + Trailer} bytes but has {file.Length}: it is no gzip file or truncated. Copy it again.");
        }

        if (file[2] != Deflated)
        {
            throw new BadInputException(location, $"must have compression method {Deflated} at offset 2 but has {file[2]}, which is not supported. Compress it again with gzip.");
        }

        Flag flags = (Flag)file[3];
        if ((flags & Flag.Reserved) != 0)
        {
            throw Damaged(location, $"the flags at offset 3 must be below 32 but are {file[3]}");
        }

        int at = FixedHeader;
        if (flags.HasFlag(Flag.Extra))
        {
            at += 2 + (at + 2 <= file.Length ? BinaryPrimitives.ReadUInt16LittleEndian(file[at..]) : 0);
        }

        at = flags.HasFlag(Flag.Name) ? AfterText(file, at, location) : at;
        at = flags.HasFlag(Flag.Comment) ? AfterText(file, at, location) : at;
        at += flags.HasFlag(Flag.HeaderChecksum) ? 2 : 0;
        return at <= file.Length - Trailer ? at : throw Damaged(location, $"its header of {at} bytes leaves no room for content in {file.Length} bytes");
    }

    private static int AfterText(ReadOnlySpan<byte> file, int start, string location)
    {
        int length = start <= file.Length ? file[start..].IndexOf((byte)0) : -1;
        return length >= 0 ? start + length + 1 : throw Damaged(location, $"the text of its header at offset {start} does not end");
    }

    private static void RequireWithin(long length, long fileLength, string location, ReadLimits limits)
    {
        if (length > Math.Min(limits.MaximumBytes, Array.MaxLength) || length - FreeExpansionBytes > limits.MaximumExpansion * fileLength)
        {
            throw new BadInputException(location, $"must expand to at most {Math.Min(limits.MaximumBytes, Array.MaxLength)} bytes and {limits.MaximumExpansion}-fold, but its {fileLength} bytes claim at offset {fileLength - 4} to be {length}. Copy it again, for a file cut short claims a wrong length, or expand it yourself.");
        }
    }

    private static void Fill(byte[] content, byte[] file, int start, int end, string location)
    {
        using MemoryStream compressed = new(file, start, end - start, writable: false);
        using DeflateStream expanded = new(compressed, CompressionMode.Decompress);
        try
        {
            int read = expanded.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (read < content.Length || expanded.ReadByte() >= 0)
            {
                throw Damaged(location, $"it must hold the {content.Length} bytes that it claims at offset {end + 4} but holds {(read < content.Length ? $"{read}" : "more")}");
            }
        }
        catch (InvalidDataException failure)
        {
            throw Damaged(location, $"its compressed data from offset {start} on cannot be decoded", failure);
        }
    }

    private static BadInputException Damaged(string location, string what, Exception? cause = null) => new(location, $"is no sound gzip file: {what}. Copy it again.", cause);
}
