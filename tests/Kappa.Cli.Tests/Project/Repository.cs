using System.Text.RegularExpressions;

namespace Kappa.Cli.Tests.Project;

/// <summary>The files of the project as they lie in the working tree, without what is built or produced.</summary>
internal static partial class Repository
{
    private static readonly string[] LeftOut = [".git", "artifacts", "bin", "obj", "runs", "TestResults", ".vs", ".idea", "__pycache__"];

    /// <summary>The folder that holds Kappa.slnx.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Every text file, as path relative to the root with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [
        .. Walk(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>The files under a folder with an extension.</summary>
    public static IEnumerable<string> Under(string folder, string extension) =>
        Files.Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>The content of a file.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The number, from 1, of the line that holds a position.</summary>
    public static int LineAt(string text, int position) => text.AsSpan(0, position).Count('\n') + 1;

    /// <summary>Every match of a pattern in a text as <c>path:line</c> with the matched words.</summary>
    public static IEnumerable<string> Places(string path, string text, Regex pattern) =>
        pattern.Matches(text).Select(match => $"{path}:{LineAt(text, match.Index)}: {Blanks().Replace(match.Value, " ").Trim()}");

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Where(path => Path.GetFileName(path) != ".git")
            .Concat(Directory.EnumerateDirectories(folder).Where(path => !LeftOut.Contains(Path.GetFileName(path))).SelectMany(Walk));

    private static string FindRoot(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kappa.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"Kappa.slnx must lie in a folder above {start}. Run the tests from a clone.");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
