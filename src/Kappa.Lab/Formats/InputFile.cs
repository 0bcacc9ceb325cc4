namespace Kappa.Lab.Formats;

/// <summary>Opens files of others: what the system refuses becomes one line that says what to do.</summary>
/// <remarks>Only regular files, and links to such, are opened: a named pipe would wait for ever
/// and a device never end. Nothing else in the program may open what a user names.</remarks>
internal static class InputFile
{
    private const int Buffer = 65536;

    /// <summary>Opens a file with content for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isText">Whether text is wanted, so that a web page is what it says.</param>
    /// <exception cref="BadInputException">There is no such file, it is empty, a folder,
    /// pipe or device, it may not be read, or something else stands in for it.</exception>
    internal static FileStream Open(string path, bool isText = false)
    {
        FileStream stream = OpenRegular(path);
        string? problem;
        try
        {
            problem = stream.Length == 0 ? "is empty. Choose a file with content." : StandIn.Problem(stream, isText);
        }
        catch (IOException failure)
        {
            stream.Dispose();
            throw new BadInputException(path, Reason(path, failure), failure);
        }

        if (problem is null)
        {
            return stream;
        }

        stream.Dispose();
        throw new BadInputException(path, problem);
    }

    /// <summary>Opens a file for reading that may be empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="share">What others may do with it meanwhile; files that
    /// a run is writing need <see cref="FileShare.ReadWrite"/>.</param>
    /// <exception cref="BadInputException">There is no such file, it is a folder, pipe or device, or it may not be read.</exception>
    internal static FileStream OpenRegular(string path, FileShare share = FileShare.Read)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (Obstacle(path) is { } obstacle)
            {
                throw new BadInputException(path, obstacle);
            }

            return new FileStream(path, FileMode.Open, FileAccess.Read, share, Buffer);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new BadInputException(path.Length == 0 ? "(no path)" : path, Reason(path, failure), failure);
        }
    }

    /// <summary>Why what lies at <paramref name="path"/> must not be opened, in one
    /// line without the path; null when it may, or when there is nothing.</summary>
    internal static string? Obstacle(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Length == 0 ? null : FileFacts.Of(path).Kind switch
        {
            FileKind.Folder => "must be a file but is a folder. Name a file in it.",
            FileKind.Pipe => "must be a regular file but is a named pipe. Write its content to a file first.",
            FileKind.UnixSocket => "must be a regular file but is a socket. Name a file.",
            FileKind.Device => "must be a regular file but is a device. Name a file.",
            // Where the system cannot say, a pipe or device is told by the length that it does not have.
            FileKind.Regular when !OperatingSystem.IsLinux() && HasNoLength(path) =>
                "is empty or no regular file. Choose a file with content.",
            _ => null,
        };
    }

    private static bool HasNoLength(string path) =>
        !path.Contains('\0', StringComparison.Ordinal) && new FileInfo(path) is { Exists: true, Length: 0 };

    private static string Reason(string path, Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException when new FileInfo(path).LinkTarget is { } target =>
            $"is a link to '{Shown.Of(target)}', which does not exist. Fetch the content that it stands for (git annex get, dvc pull), "
                + $"or mend the link.",
        FileNotFoundException or DirectoryNotFoundException => "does not exist. Check the path.",
        UnauthorizedAccessException => "may not be read. Change its permissions.",
        PathTooLongException => $"is too long for a path ({path.Length} characters). Name another file.",
        ArgumentException or NotSupportedException => "is not a possible path. Check its characters.",
        _ => $"cannot be read ({failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}).",
    };
}
