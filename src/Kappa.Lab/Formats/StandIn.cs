namespace Kappa.Lab.Formats;

/// <summary>Recognises what often lies in the place of a file of data: a pointer of a version
/// control system whose content was not fetched, or a web page that was saved instead.</summary>
internal static class StandIn
{
    private const int Looked = 256;

    /// <summary>What stands in for the file, in one line without the path;
    /// null when nothing does. The stream is left at its start.</summary>
    /// <param name="stream">A file, at its start.</param>
    /// <param name="isText">Whether text is wanted, so that a web page is what it says.</param>
    internal static string? Problem(Stream stream, bool isText)
    {
        Span<byte> start = stackalloc byte[Looked];
        int length = stream.ReadAtLeast(start, Looked, throwOnEndOfStream: false);
        stream.Position = 0;
        return Problem(start[..length], isText);
    }

    /// <summary>The same of the first bytes of a file.</summary>
    internal static string? Problem(ReadOnlySpan<byte> start, bool isText)
    {
        // The first line names the version of the specification; its host has changed once.
        if (start.StartsWith("version https:"u8) && start.IndexOf("/spec/v"u8) is > 0 and < 64)
        {
            return "is a pointer of Git LFS: the content was not fetched. Fetch it: git lfs pull.";
        }

        if (start.StartsWith("/annex/objects/"u8))
        {
            return "is a pointer of git-annex: the content was not fetched. Fetch it: git annex get.";
        }

        return !isText && IsPage(start)
            ? "is a web page: a page was saved in place of the file, of an error or a login perhaps. Download the file itself."
            : null;
    }

    private static bool IsPage(ReadOnlySpan<byte> start)
    {
        start = start.StartsWith("\uFEFF"u8) ? start[3..] : start;
        start = start.TrimStart(" \t\r\n"u8);
        return Begins(start, "<!doctype"u8) || Begins(start, "<html"u8) || Begins(start, "<?xml"u8);
    }

    private static bool Begins(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase)
    {
        for (int k = 0; k < lowerCase.Length; k++)
        {
            if (k >= text.Length || (text[k] is >= (byte)'A' and <= (byte)'Z' ? text[k] + 0x20 : text[k]) != lowerCase[k])
            {
                return false;
            }
        }

        return true;
    }
}
