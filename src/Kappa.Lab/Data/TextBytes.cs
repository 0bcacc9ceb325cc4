using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Kappa.Lab.Data;

/// <summary>Tells text from other bytes.</summary>
internal static class TextBytes
{
    /// <summary>Refuses what is no UTF-8 text, with the offset of the first offending byte.</summary>
    /// <param name="content">The whole content of a file.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <exception cref="BadInputException">There is a zero byte, or the bytes are no UTF-8.</exception>
    internal static void Require(ReadOnlySpan<byte> content, string location)
    {
        if (content.IndexOf((byte)0) is >= 0 and int zero)
        {
            throw new BadInputException(
                location,
                $"must be text but has a zero byte at offset {zero}: it looks like a binary file. Leave it out or convert it to UTF-8.");
        }

        if (!Utf8.IsValid(content))
        {
            throw new BadInputException(
                location, $"must be UTF-8 text but its bytes are not at offset {FirstInvalid(content)}. Convert it: iconv -t UTF-8.");
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> content)
    {
        int offset = 0;
        while (offset < content.Length && Rune.DecodeFromUtf8(content[offset..], out _, out int length) == OperationStatus.Done)
        {
            offset += length;
        }

        return offset;
    }
}
