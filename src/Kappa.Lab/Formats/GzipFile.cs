using System.Buffers.Binary;

namespace Kappa.Lab.Formats;

/// <summary>Expands a gzip file of one or more members, with zero bytes after the
/// last or without (RFC 1952): length and checksum of each are checked.</summary>
/// <remarks>
/// Expanded twice: first into a small buffer, to know where the members end, what they hold and that all of them together keep to the
/// limits, and then into memory of that size. Stateless and thread-safe.
/// </remarks>
internal static class GzipFile
{
    private const int FixedHeader = 10;
    internal const int Trailer = 8;
    private const int Deflated = 8;

    // Files compressed in blocks have one for every 64 KiB; a member of nothing costs as much time as one of a page.
    private const int MostMembers = 50_000;

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
    /// <param name="limits">Bounds on the expanded bytes of all members together and on the ratio of expansion.</param>
    /// <exception cref="BadInputException">The file is malformed, truncated, damaged, or would expand beyond the limits.</exception>
    internal static byte[] Expand(byte[] file, string location, ReadLimits limits)
    {
        double byRatio = Math.Min(long.MaxValue / 2, limits.MaximumExpansion * file.Length) + FreeExpansionBytes;
        long most = (long)Math.Min(Math.Min(limits.MaximumBytes, Array.MaxLength), byRatio);
        List<GzipMember> members = [];
        byte[] buffer = new byte[GzipMember.BufferBytes];
        long length = 0;
        int contentEnd = file.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        for (int start = 0; start == 0 || start < contentEnd;)
        {
            int data = HeaderLength(file, start, location);
            GzipMember member = GzipMember.Measure(file, data, contentEnd, buffer, most - length, location) ?? throw new BadInputException(
                location,
                $"must expand to {limits.ExpansionWords}, but its {file.Length} bytes expand to more. Copy it again, expand it yourself, "
                    + $"or, if it is as large as that, allow more with --memory.");
            members.Add(
                members.Count < MostMembers
                    ? member
                    : throw new BadInputException(
                        location, $"must have at most {MostMembers} members but has more. Compress it again with gzip."));
            length += member.Length;
            start = member.End;
        }

        byte[] content = new byte[length];
        int filled = 0;
        foreach (GzipMember member in members)
        {
            member.Fill(content.AsSpan(filled, (int)member.Length), file);
            filled += (int)member.Length;
        }

        return content;
    }

    private static int HeaderLength(ReadOnlySpan<byte> file, int start, string location)
    {
        if (file.Length - start < FixedHeader + Trailer || !IsGzip(file[start..]))
        {
            throw new BadInputException(location, start == 0
                ? $"must start with the bytes 1f 8b at offset 0 and have at least {FixedHeader + Trailer} bytes but has {file.Length}: "
                    + $"it is no gzip file or truncated. Copy it again."
                : $"must end, go on with zero bytes, or have another member of at least {FixedHeader + Trailer} bytes that starts with "
                    + $"1f 8b at offset {start}, but does not. Copy it again.");
        }

        if (file[start + 2] != Deflated)
        {
            throw new BadInputException(
                location,
                $"must have compression method {Deflated} at offset {start + 2} but has {file[start + 2]}, which is not supported. "
                    + $"Compress it again with gzip.");
        }

        Flag flags = (Flag)file[start + 3];
        if ((flags & Flag.Reserved) != 0)
        {
            throw Damaged(location, $"the flags at offset {start + 3} must be below 32 but are {file[start + 3]}");
        }

        int at = start + FixedHeader;
        if (flags.HasFlag(Flag.Extra))
        {
            at += 2 + (at + 2 <= file.Length ? BinaryPrimitives.ReadUInt16LittleEndian(file[at..]) : 0);
        }

        at = flags.HasFlag(Flag.Name) ? AfterText(file, at, location) : at;
        at = flags.HasFlag(Flag.Comment) ? AfterText(file, at, location) : at;
        at += flags.HasFlag(Flag.HeaderChecksum) ? 2 : 0;
        return at <= file.Length - Trailer
            ? at
            : throw Damaged(location, $"its header of {at} bytes leaves no room for content in {file.Length} bytes");
    }

    private static int AfterText(ReadOnlySpan<byte> file, int start, string location)
    {
        int length = start <= file.Length ? file[start..].IndexOf((byte)0) : -1;
        return length >= 0 ? start + length + 1 : throw Damaged(location, $"the text of its header at offset {start} does not end");
    }

    internal static BadInputException Damaged(string location, string what, Exception? cause = null) =>
        new(location, $"is no sound gzip file: {what}. Copy it again.", cause);
}
