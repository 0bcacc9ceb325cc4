using System.Globalization;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Data;

/// <summary>The files of a data folder that can be read, and what else lies there: nothing is dropped without a word.</summary>
/// <remarks>A link to a regular file is a file: tools that keep data apart from their names store everything so.</remarks>
/// <param name="Paths">Files with content, in an order that does not depend on the disk.</param>
/// <param name="LeftOut">What was not read and how many of it, for the line that describes the data; empty when nothing was.</param>
internal sealed record FolderListing(string[] Paths, string LeftOut)
{
    /// <summary>The files of a folder with an extension, those whose names start with
    /// a number by this number, then by name. Hidden ones do not count.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="extension">With the dot.</param>
    /// <param name="layout">What lies where, for the message.</param>
    /// <exception cref="BadInputException">The folder is missing, may not be read, or has no such file that can be read.</exception>
    internal static FolderListing Of(string folder, string extension, string layout)
    {
        var leftOut = new LeftOut();
        string[] files = [.. Guarded(folder, layout, () => Entries(folder, "*" + extension)
                .Where(path => !Directory.Exists(path) || IsLink(path))
                .Where(leftOut.Keeps).ToArray())
            .OrderBy(LeadingNumber).ThenBy(path => Path.GetFileName(path), StringComparer.Ordinal)];
        return files.Length > 0
            ? new FolderListing(files, leftOut.Words)
            : throw new BadInputException(folder, leftOut.Count == 0
                ? $"must contain files *{extension} but contains none: {layout}."
                : $"must contain files *{extension} that can be read, but there are only {leftOut.Words}: {layout}.");
    }

    /// <summary>Every file under a folder in the ordinal order of the relative paths. Hidden files and
    /// folders do not count; links to folders are not followed, for they may lead in a circle.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BadInputException">The folder may not be read as a whole, or has no file that can be read.</exception>
    internal static FolderListing Under(string folder)
    {
        var leftOut = new LeftOut();
        var found = new List<string>();
        var folders = new Stack<string>([folder]);
        while (folders.TryPop(out string? next))
        {
            foreach (string path in Guarded(next, "the folder is searched as a whole", () => Entries(next, "*").ToArray()))
            {
                if (Directory.Exists(path) && !IsLink(path))
                {
                    folders.Push(path);
                }
                else if (leftOut.Keeps(path))
                {
                    found.Add(path);
                }
            }
        }

        string[] files = [.. found.OrderBy(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), StringComparer.Ordinal)];
        return files.Length > 0
            ? new FolderListing(files, leftOut.Words)
            : throw new BadInputException(
                folder,
                $"must contain at least one text file that is not empty but contains "
                    + $"{(leftOut.Count == 0 ? "none" : $"only {leftOut.Words}")}. Choose another folder.");
    }

    // Links are entries of their own kind for the system, so the filter is by name alone.
    private static IEnumerable<string> Entries(string folder, string pattern) => Directory
        .EnumerateFileSystemEntries(folder, pattern, new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = 0 })
        .Where(path =>
            !Path.GetFileName(path.AsSpan()).StartsWith('.')
            && (!OperatingSystem.IsWindows() || !File.GetAttributes(path).HasFlag(FileAttributes.Hidden)));

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static T Guarded<T>(string folder, string layout, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                folder,
                Directory.Exists(folder)
                    ? $"cannot be read ({failure.Message.TrimEnd('.')}). Change the permissions."
                    : $"must be a folder but does not exist as one: {layout}.",
                failure);
        }
    }

    private static long LeadingNumber(string path)
    {
        ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
        int digits = name.IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && long.TryParse(name[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : long.MaxValue;
    }
}

/// <summary>Counts what is not read, by reason.</summary>
internal sealed class LeftOut
{
    private readonly SortedDictionary<string, (int Count, string Many)> _reasons = new(StringComparer.Ordinal);

    /// <summary>How many in all.</summary>
    public int Count => _reasons.Values.Sum(reason => reason.Count);

    /// <summary>Such as <c>1 empty file, 2 links that lead nowhere</c>; empty when there is nothing.</summary>
    public string Words =>
        string.Join(
            ", ",
            _reasons.Select(reason =>
                reason.Value.Count == 1
                    ? $"1 {reason.Key}"
                    : string.Create(CultureInfo.InvariantCulture, $"{reason.Value.Count} {reason.Value.Many}")));

    /// <summary>Words after a description: <c>; not read: 1 empty file</c>, or nothing.</summary>
    /// <param name="words">From <see cref="Words"/>, of one or more folders.</param>
    public static string Suffix(params string[] words) =>
        string.Join(", ", words.Where(part => part.Length > 0)) is { Length: > 0 } all ? $"; not read: {all}" : "";

    /// <summary>Whether the entry is a file with content, or a link to one; if not it is
    /// counted. A file that may not be looked at is kept, so that reading it says why.</summary>
    public bool Keeps(string path)
    {
        FileFacts facts = FileFacts.Of(path);
        (string One, string Many)? reason = facts.Kind switch
        {
            FileKind.Regular when facts.Length > 0 => null,
            FileKind.Regular => ("empty file", "empty files"),
            FileKind.Folder => ("link to a folder", "links to folders"),
            FileKind.Pipe => ("named pipe", "named pipes"),
            FileKind.UnixSocket => ("socket", "sockets"),
            FileKind.Device => ("device", "devices"),
            _ when new FileInfo(path).LinkTarget is not null => ("link that leads nowhere", "links that lead nowhere"),
            _ => null,
        };
        if (reason is { } found)
        {
            Add(found.One, found.Many);
        }

        return reason is null;
    }

    /// <summary>Counts one more.</summary>
    public void Add(string one, string many) => _reasons[one] = (_reasons.GetValueOrDefault(one).Count + 1, many);
}
