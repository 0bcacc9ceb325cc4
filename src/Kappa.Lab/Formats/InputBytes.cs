namespace Kappa.Lab.Formats;

/// <summary>Reads files of others into memory, their length checked first.</summary>
internal static class InputBytes
{
    /// <summary>The whole content of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximum">Most bytes it may have.</param>
    /// <param name="isText">Whether text is wanted.</param>
    /// <exception cref="BadInputException">The file cannot be read, is empty or has more bytes.</exception>
    internal static byte[] Read(string path, long maximum, bool isText = false)
    {
        using FileStream stream = InputFile.Open(path, isText);
        try
        {
            return Read(stream, path, maximum);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                path, $"cannot be read ({failure.Message.TrimEnd('.')}). Check the disk and the permissions.", failure);
        }
    }

    /// <summary>A stream from its position to its end.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="maximum">Most bytes it may have.</param>
    /// <exception cref="BadInputException">It has more bytes, or fewer than it announced.</exception>
    internal static byte[] Read(Stream stream, string location, long maximum)
    {
        long length = stream.Length - stream.Position;
        if (length > Math.Min(maximum, Array.MaxLength))
        {
            throw new BadInputException(
                location,
                $"must have at most {Math.Min(maximum, Array.MaxLength)} bytes but has {length}. Choose another file or raise the limit.");
        }

        byte[] content = new byte[length];
        int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return read == length
            ? content
            : throw new BadInputException(
                location, $"must have {length} bytes but ends after {read}: it is being changed. Read it when it is complete.");
    }
}
