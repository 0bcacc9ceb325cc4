namespace Kappa.Lab.Formats;

/// <summary>Opens regular files and nothing else: a named pipe or a terminal would hold the
/// program up for ever, a device never ends. A link to a regular file is one.</summary>
internal static class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="bufferBytes">Size of the stream's buffer; 0 for none.</param>
    /// <exception cref="BadInputException">Something else stands there.</exception>
    /// <exception cref="IOException">There is nothing, or it cannot be opened;
    /// likewise <see cref="UnauthorizedAccessException"/>.</exception>
    public static FileStream OpenToRead(string path, FileShare share = FileShare.Read, int bufferBytes = 4096) =>
        InputFile.Obstacle(path) is { } obstacle
            ? throw new BadInputException(path, obstacle)
            : new(path, FileMode.Open, FileAccess.Read, share, bufferBytes);

    /// <summary>Refuses to write through what is not the folder's own: a link leads to files
    /// of somebody else, and what is neither file nor folder cannot be replaced.</summary>
    /// <param name="path">A file or folder that need not exist.</param>
    /// <param name="isFolder">Which of the two it must be.</param>
    /// <exception cref="BadInputException">It is a link or of another kind.</exception>
    public static void RequireOwn(string path, bool isFolder)
    {
        FileKind kind = FileFacts.Of(path, followsLinks: false).Kind;
        if (kind != FileKind.Unknown && kind != (isFolder ? FileKind.Folder : FileKind.Regular))
            throw new BadInputException(
                path,
                $"must be a {(isFolder ? "folder" : "regular file")} of its own to be written but is {Word(kind)}. Nothing was written; "
                    + $"put a {(isFolder ? "folder" : "file")} in its place.");
    }

    private static string Word(FileKind kind) => kind switch
    {
        FileKind.Unknown => "not there",
        FileKind.Regular => "a file",
        FileKind.Folder => "a folder",
        FileKind.Link => "a link",
        FileKind.Pipe => "a named pipe",
        FileKind.UnixSocket => "a socket",
        _ => "a device",
    };
}
