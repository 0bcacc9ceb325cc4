namespace Kappa.Lab.Formats;

/// <summary>Opens files of others: what the system refuses becomes one line that says what to do.</summary>
internal static class InputFile
{
    /// <summary>Opens <paramref name="path"/> for reading.</summary>
    /// <exception cref="BadInputException">There is no such file, it is a folder, or it may not be read.</exception>
    internal static FileStream Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            // A named pipe or a device would block or never end; it reports no length.
            return path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal) && new FileInfo(path) is { Exists: true, Length: 0 }
                ? throw new BadInputException(path, "is empty. Choose a file with content.")
                : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 65536);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException(path.Length == 0 ? "(no path)" : path, Reason(path, failure), failure);
        }
    }

    private static string Reason(string path, Exception failure) => failure switch
    {
        _ when Directory.Exists(path) => "must be a file but is a folder. Name a file in it.",
        FileNotFoundException or DirectoryNotFoundException => "does not exist. Check the path.",
        UnauthorizedAccessException => "may not be read. Change its permissions.",
        ArgumentException or NotSupportedException => "is not a possible path. Check its characters.",
        _ => $"cannot be read ({failure.Message.TrimEnd('.')}).",
    };
}
