namespace Kappa.Lab.Formats;

/// <summary>A folder that nobody reads yet, <c>.NAME.partial</c>: it is filled and
/// then renamed to <c>NAME</c>, so a reader finds all of it or nothing.</summary>
/// <remarks>Its files need no temporary file and no flush of their own: the rename publishes them together. A
/// process that is killed before leaves a folder that every reader ignores and the next writer empties.</remarks>
internal static class UnpublishedFolder
{
    private const string Extension = ".partial";

    /// <summary>Where the folder <paramref name="name"/> of <paramref name="parent"/> is filled.</summary>
    public static string PathOf(string parent, string name) => Path.Combine(parent, $".{name}{Extension}");

    /// <summary>Whether a file lies in such a folder, directly or one folder deeper.</summary>
    public static bool Holds(string file)
    {
        ReadOnlySpan<char> folder = Path.GetDirectoryName(file.AsSpan());
        return IsOne(folder) || IsOne(Path.GetDirectoryName(folder));
    }

    private static bool IsOne(ReadOnlySpan<char> folder) =>
        Path.GetFileName(folder).EndsWith(Extension, StringComparison.Ordinal)
            && Path.GetFileName(folder).StartsWith(".", StringComparison.Ordinal);
}
