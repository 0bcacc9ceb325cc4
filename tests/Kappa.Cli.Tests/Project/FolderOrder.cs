using System.Text.RegularExpressions;

namespace Kappa.Cli.Tests.Project;

/// <summary>The order of a project's folders: a folder may use those before it, in <c>using</c>
/// lines and in qualified names. Files above the folders come before all.</summary>
/// <param name="project">Its namespace, for example <c>Kappa</c>.</param>
/// <param name="folders">In order.</param>
internal sealed partial class FolderOrder(string project, IReadOnlyList<string> folders)
{
    private readonly Regex _use = Use(project, folders);

    /// <summary>The order in words.</summary>
    public override string ToString() => string.Join(" ← ", folders);

    /// <summary>Every arrow against the order, as <c>path:line: what is wrong and what to do</c>.</summary>
    /// <param name="sources">Paths below the project's folder, with forward slashes, and code without comments and strings.</param>
    public IReadOnlyList<string> Offences(IReadOnlyList<(string Path, string Code)> sources)
    {
        ILookup<string, string> types = sources.SelectMany(source =>
            Declaration().Matches(source.Code).Select(match => (Type: match.Groups["type"].Value, Folder: FolderOf(source.Path))))
            .ToLookup(declared => declared.Type, declared => declared.Folder);
        return [.. sources.SelectMany(source => OffencesOf(source.Path, source.Code, types))];
    }

    private IEnumerable<string> OffencesOf(string path, string code, ILookup<string, string> types)
    {
        string folder = FolderOf(path);
        int rank = Rank(folder);
        if (folder.Length > 0 && rank < 0)
            yield return $"{path}:1: the folder {folder} has no place in the order {this}: add it there with its reason, or move the "
                + $"file to a folder that has.";
        foreach (Match match in _use.Matches(code))
        {
            string used = match.Groups["folder"].Value;
            if (Rank(used) > rank && (match.Groups["names"] is { Success: false } || Names(match).Any(name => types[name].Contains(used))))
            {
                yield return $"{path}:{Repository.LineAt(code, match.Index)}: {(rank < 0 ? "what lies above all folders" : folder)} must "
                    + $"not use {used}, which comes after it, but has '{Blanks().Replace(match.Value, " ").Trim()}': "
                    + $"move what is used down to {(rank < 0 ? project : folder)} or below, or this code up to {used}.";
            }
        }
    }

    // A using line of any kind, or Folder.Type with or without what stands before and
    // between. A property that is called like a folder is followed by no type of it.
    private static Regex Use(string project, IReadOnlyList<string> folders)
    {
        string any = string.Join('|', folders), root = string.Join(@"\s*\.\s*", project.Split('.'));
        string last = project.Split('.')[^1];
        return new Regex(
            $@"using\s+(?:static\s+)?(?:\w+\s*=\s*)?{root}\s*\.\s*(?<folder>{any})\b[^;]*;"
                + $@"|(?<![\w.])(?:(?:{root}|{last})\s*\.\s*)?(?<folder>{any})\s*\.\s*(?<names>[A-Z]\w*(?:\s*\.\s*[A-Z]\w*)*)");
    }

    private static IEnumerable<string> Names(Match match) => match.Groups["names"].Value.Split('.').Select(name => name.Trim());

    private int Rank(string folder) => folders.ToList().IndexOf(folder);

    private static string FolderOf(string path) =>
        path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "";

    [GeneratedRegex(
        @"^(?:(?:public|internal|file|sealed|static|abstract|readonly|partial|unsafe|ref)\s+)*"
            + @"(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+(?<type>[A-Z]\w*)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
