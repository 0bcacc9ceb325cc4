using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The tree stands alone: no path of a machine, no address of a private server, nothing unfinished.</summary>
public sealed class TreeTests
{
    private const string ThisFile = "tests/Kappa.Cli.Tests/Project/TreeTests.cs";

    private static readonly string[] TextFiles = [
        ".cs", ".md", ".csproj", ".props", ".targets", ".slnx", ".json", ".yaml", ".yml", ".txt", ".py", ".sh", ".svg", "run", ".gitignore",
        ".editorconfig"];

    /// <summary>Hosts that may be named: the sources that are cited, the namespaces of standards, and where to get the SDK.</summary>
    private static readonly string[] Hosts = [
        "arxiv.org", "github.com", "dotnet.microsoft.com", "learn.microsoft.com", "www.w3.org", "doi.org"];

    private static readonly (Regex Pattern, string Reason)[] Forbidden =
    [
        (new(@"(?<![\w.])/(work|root|home|Users)/\w"), "a path of one machine"),
        (new(@"\b[A-Z]:\\\\?(Users|work)\b"), "a path of one machine"),
        (new(@"(?<!\w)\.\./shared/|(?<![\w/])shared/\w"), "a folder outside the project"),
        (new(@"\b(TODO|FIXME|HACK|XXX)\b"), "unfinished work; finish it or describe the limit in words"),
        (new(@"\b(ChatGPT|Copilot|Claude|LLM-generated)\b"), "tools are not part of the project"),
        (new(@"(?i)\blorem ipsum\b"), "filler"),
    ];

    [Fact]
    public void No_file_names_a_machine_or_leaves_work_unfinished()
    {
        List<string> offences = [];
        foreach (string path in Texts())
        {
            string text = Repository.Read(path);
            offences.AddRange(
                Forbidden.SelectMany(rule => Repository.Places(path, text, rule.Pattern).Select(place => $"{place}: {rule.Reason}")));
        }

        Assert.True(offences.Count == 0, string.Join('\n', offences));
    }

    [Fact]
    public void Only_known_hosts_are_named()
    {
        Regex address = new(@"\bhttps?://([\w.-]+)");
        IEnumerable<string> offences = Texts().SelectMany(path =>
            address.Matches(Repository.Read(path)).Where(match => !Hosts.Contains(match.Groups[1].Value))
                .Select(match => $"{path}: {match.Value}"));
        Assert.True(
            !offences.Any(),
            $"Only these hosts may be named: {string.Join(", ", Hosts)}. Remove the address or add the host to "
                + $"{nameof(TreeTests)}:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Text_files_end_with_one_line_end_and_hold_no_carriage_returns_or_tabs()
    {
        IEnumerable<string> offences = Texts().Where(path =>
            path.EndsWith(".cs", StringComparison.Ordinal) || path.EndsWith(".md", StringComparison.Ordinal))
            .Where(path =>
                Repository.Read(path) is var text
                && (text.Contains('\r') || text.Contains('\t') || !text.EndsWith('\n') || text.EndsWith("\n\n", StringComparison.Ordinal)));
        Assert.True(
            !offences.Any(),
            $"Text files must end with exactly one line feed and hold no carriage return or tab:\n{string.Join('\n', offences)}");
    }

    private static IEnumerable<string> Texts() =>
        Repository.Files.Where(path =>
            path != ThisFile && !path.StartsWith("tests/Data/", StringComparison.Ordinal)
            && TextFiles.Any(end => path.EndsWith(end, StringComparison.Ordinal)));
}
