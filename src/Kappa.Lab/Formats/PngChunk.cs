using System.Buffers.Binary;
using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>One chunk of a PNG file: 4 bytes of length, 4 of type, the data, 4 of checksum over type and data.</summary>
/// <param name="Start">Offset of the length.</param>
/// <param name="Length">Bytes of data.</param>
internal readonly record struct PngChunk(int Start, int Length)
{
    private const int Overhead = 12;

    /// <summary>Offset of the data.</summary>
    internal int Data => Start + 8;

    /// <summary>Offset of what follows.</summary>
    internal int End => Start + Overhead + Length;

    /// <summary>Finds the chunk at <paramref name="start"/> and checks its checksum.</summary>
    /// <exception cref="BadInputException">The file ends within it, or the checksum disagrees.</exception>
    internal static PngChunk Read(ReadOnlySpan<byte> file, int start, string location)
    {
        long length = start + Overhead <= file.Length ? BinaryPrimitives.ReadUInt32BigEndian(file[start..]) : long.MaxValue;
        if (length > file.Length - start - Overhead)
        {
            throw Malformed(
                location,
                $"a chunk at offset {start} must end within the file's {file.Length} bytes and an IEND chunk must end the file; it is "
                    + $"truncated or damaged");
        }

        PngChunk chunk = new(start, (int)length);
        uint announced = BinaryPrimitives.ReadUInt32BigEndian(file[(chunk.End - 4)..]);
        uint found = Crc32.Of(file.Slice(start + 4, chunk.Length + 4));
        return announced == found
            ? chunk
            : throw Malformed(location, $"the checksum of the chunk at offset {start} must be {found:x8} but is {announced:x8}");
    }

    /// <summary>Whether it has this type.</summary>
    internal bool Is(ReadOnlySpan<byte> type, ReadOnlySpan<byte> file) => file.Slice(Start + 4, 4).SequenceEqual(type);

    /// <summary>Whether a reader that does not know it must give up: the first letter is a capital.</summary>
    internal bool IsCritical(ReadOnlySpan<byte> file) => (file[Start + 4] & 0x20) == 0;

    /// <summary>Its type, for messages.</summary>
    internal string Name(ReadOnlySpan<byte> file) => Encoding.Latin1.GetString(file.Slice(Start + 4, 4));

    internal static BadInputException Malformed(string location, string what, Exception? cause = null) =>
        new(location, $"is not a valid PNG file: {what}. Copy or write it again.", cause);
}
