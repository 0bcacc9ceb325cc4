using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>One member of an archive as its central directory describes it.</summary>
/// <param name="Name">Name in the archive.</param>
/// <param name="Method">0 stored, 8 deflated.</param>
/// <param name="Checksum">CRC-32 of the content.</param>
/// <param name="CompressedLength">Bytes in the archive.</param>
/// <param name="Length">Bytes of the content.</param>
/// <param name="HeaderOffset">Where its local header starts.</param>
internal sealed record ZipMember(string Name, int Method, uint Checksum, long CompressedLength, long Length, long HeaderOffset);

/// <summary>The directory of a zip archive, read with every count, length and offset checked before it is used.</summary>
/// <remarks>
/// Format: PKWARE APPNOTE 6.3, without encryption, without archives split over several disks, methods stored and deflated, below 4 GiB
/// (the sizes that need no Zip64 directory; a Zip64 field in a local header, which numpy always writes, is skipped). Our own reader
/// because the platform's reads as many entries as a hostile file lists before anybody can count them.
/// </remarks>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint MemberSignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int EndLength = 22;
    private const int MemberLength = 46;
    private const int LocalLength = 30;

    // A name of 65,535 bytes with extra fields and comment as long is legal and absurd; ten times a long path is enough.
    private const int LargestMemberRecord = 4096;

    private readonly Stream _stream;
    private readonly string _location;

    private ZipDirectory(Stream stream, string location, IReadOnlyList<ZipMember> members)
    {
        _stream = stream;
        _location = location;
        Members = members;
    }

    /// <summary>The members, in the order of the directory; names are unique.</summary>
    internal IReadOnlyList<ZipMember> Members { get; }

    /// <summary>Reads the directory of an archive.</summary>
    /// <param name="stream">The archive; it can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="maximumEntries">Most members.</param>
    /// <exception cref="BadInputException">The archive is malformed, uses an unsupported feature, or has too many members.</exception>
    internal static ZipDirectory Read(Stream stream, string location, int maximumEntries)
    {
        byte[] end = FindEnd(stream, location, out long endOffset);
        int entries = BinaryPrimitives.ReadUInt16LittleEndian(end.AsSpan(10));
        long length = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(12));
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(16));
        if (entries == ushort.MaxValue || length == uint.MaxValue || offset == uint.MaxValue)
        {
            throw new BadInputException(
                location,
                "is a Zip64 archive (4 GiB and more, or 65,535 members), which is not supported. Store each array as a .npy file.");
        }

        if (entries > maximumEntries || length > (long)maximumEntries * LargestMemberRecord)
        {
            throw new BadInputException(
                location,
                $"must have at most {maximumEntries} members with short names but lists {entries} in {length} bytes. Store fewer arrays "
                    + $"or raise the limit.");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(4)) != 0 || BinaryPrimitives.ReadUInt16LittleEndian(end.AsSpan(8)) != entries
            || offset + length > endOffset)
        {
            throw Malformed(
                location, $"its directory of {length} bytes at {offset} must lie before its end record at {endOffset}, on one disk");
        }

        byte[] directory = new byte[length];
        ReadAt(stream, offset, directory, location);
        return new ZipDirectory(stream, location, ParseMembers(directory, entries, offset, location));
    }

    /// <summary>Opens the content of a member: exactly as long as the directory says and with its checksum, or a read throws.</summary>
    /// <exception cref="BadInputException">The local header is malformed or the method unsupported.</exception>
    internal Stream Open(ZipMember member)
    {
        string location = $"{_location}/{Shown.Of(member.Name)}";
        byte[] local = new byte[LocalLength];
        ReadAt(_stream, member.HeaderOffset, local, location);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalSignature)
        {
            throw Malformed(location, $"a member must start at {member.HeaderOffset}");
        }

        long start = member.HeaderOffset + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(26))
            + BinaryPrimitives.ReadUInt16LittleEndian(local.AsSpan(28));
        if (start + member.CompressedLength > _stream.Length)
        {
            throw Malformed(
                location, $"its content must end within the file's {_stream.Length} bytes but ends at {start + member.CompressedLength}");
        }

        _stream.Position = start;
        Stream content = member.Method switch
        {
            0 when member.CompressedLength == member.Length => _stream,
            0 => throw Malformed(location, $"stored content must have {member.Length} bytes but has {member.CompressedLength}"),
            8 => new DeflateStream(_stream, CompressionMode.Decompress, leaveOpen: true),
            _ =>
                throw new BadInputException(
                    location,
                    $"is compressed by method {member.Method}, which is not supported: stored (0) and deflated (8) are. Write it again "
                        + $"with numpy.savez."),
        };
        return new ZipMemberStream(content, member, location);
    }

    private static byte[] FindEnd(Stream stream, string location, out long endOffset)
    {
        int tailLength = (int)Math.Min(stream.Length, EndLength + ushort.MaxValue);
        byte[] tail = new byte[tailLength];
        ReadAt(stream, stream.Length - tailLength, tail, location);
        for (int at = tailLength - EndLength; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndSignature
                && BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 20)) == tailLength - at - EndLength)
            {
                endOffset = stream.Length - tailLength + at;
                return tail[at..(at + EndLength)];
            }
        }

        throw Malformed(location, "it has no end record; it is truncated or of another format");
    }

    private static List<ZipMember> ParseMembers(ReadOnlySpan<byte> directory, int entries, long directoryOffset, string location)
    {
        List<ZipMember> members = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int entry = 0; entry < entries; entry++)
        {
            ZipMember member = ParseMember(ref directory, directoryOffset, location);
            if (!names.Add(member.Name))
            {
                throw Malformed(location, $"the name '{Shown.Of(member.Name)}' must occur once but occurs twice");
            }

            members.Add(member);
        }

        return directory.IsEmpty
            ? members
            : throw Malformed(location, $"its directory must list {entries} members but goes on for {directory.Length} bytes");
    }

    private static ZipMember ParseMember(ref ReadOnlySpan<byte> directory, long directoryOffset, string location)
    {
        if (directory.Length < MemberLength || BinaryPrimitives.ReadUInt32LittleEndian(directory) != MemberSignature)
        {
            throw Malformed(location, "its directory is cut off or damaged");
        }

        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
        int recordLength = MemberLength + nameLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[30..])
            + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
        if (recordLength > directory.Length)
        {
            throw Malformed(location, "its directory is cut off or damaged");
        }

        string name = Encoding.UTF8.GetString(directory.Slice(MemberLength, nameLength));
        if ((directory[8] & 1) != 0)
        {
            throw new BadInputException(
                $"{location}/{Shown.Of(name)}", "is encrypted, which is not supported. Write it again with numpy.savez.");
        }

        ZipMember member = new(
            name,
            BinaryPrimitives.ReadUInt16LittleEndian(directory[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(directory[42..]));
        directory = directory[recordLength..];
        return member.HeaderOffset + LocalLength + member.CompressedLength <= directoryOffset
            ? member
            : throw Malformed(
                $"{location}/{Shown.Of(name)}",
                $"its {member.CompressedLength} bytes at {member.HeaderOffset} must lie before the directory at {directoryOffset}");
    }

    private static void ReadAt(Stream stream, long offset, Span<byte> bytes, string location)
    {
        stream.Position = offset;
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Malformed(location, $"it must have {bytes.Length} bytes at {offset} but ends before");
        }
    }

    private static BadInputException Malformed(string location, string what) =>
        new(location, $"is not a valid zip archive: {what}. Write it again with numpy.savez.");
}
