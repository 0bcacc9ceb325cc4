using System.Text.RegularExpressions;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The pages and the code say the same: labels, links, names.</summary>
public sealed partial class DocumentationTests
{
    /// <summary>Labels that a page defines and no code computes, with the reason.</summary>
    private static readonly Dictionary<string, string> OnPagesOnly = new()
    {
        ["C.18"] = "a limit of the method, shown by measurement",
        ["P.6"] = "an explanation (why the residual connection matters); its quantities are those of P.2 and P.3",
    };

    private static readonly string[] Defined = [
        .. Repository.Under("docs/theory/", ".md").SelectMany(path => Definition().Matches(Repository.Read(path)))
            .Select(match => match.Groups[1].Value)];

    private static readonly (string Label, string Place)[] Used =
        [
            .. Repository.Under("src/", ".cs").SelectMany(path =>
                Use().Matches(SourceText.Of(Repository.Read(path)).Comments).Select(match => (match.Groups[1].Value, path)))];

    [Fact]
    public void Every_label_has_one_home()
    {
        Assert.NotEmpty(Defined);
        Assert.Equal(Defined.Distinct().Order(StringComparer.Ordinal), Defined.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_label_in_a_comment_is_defined_on_a_theory_page()
    {
        IEnumerable<string> offences = Used.Where(use => !Defined.Contains(use.Label)).Select(use => $"{use.Place}: {use.Label}")
            .Distinct();
        Assert.True(
            !offences.Any(),
            $"A label in a comment must be defined in docs/theory as **(R.1)**; define it there or correct the "
                + $"comment:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Every_label_of_the_theory_pages_is_carried_by_the_code_that_computes_it()
    {
        IEnumerable<string> offences = Defined.Except(Used.Select(use => use.Label)).Except(OnPagesOnly.Keys);
        Assert.True(
            !offences.Any(),
            $"Code that computes an equation must carry its label in a comment. Nothing in src mentions: {string.Join(", ", offences)}.");
    }

    [Fact]
    public void Every_label_mentioned_on_a_page_is_defined()
    {
        IEnumerable<string> offences = Repository.Under("", ".md").SelectMany(path =>
            Use().Matches(Repository.Read(path)).Select(match => (Label: match.Groups[1].Value, path)))
            .Where(use => !Defined.Contains(use.Label)).Select(use => $"{use.path}: {use.Label}").Distinct();
        Assert.True(!offences.Any(), $"A label must be defined in docs/theory as **(R.1)**:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Every_link_between_pages_leads_somewhere()
    {
        List<string> offences = [];
        foreach (string path in Repository.Under("", ".md"))
        {
            string text = Fence().Replace(Repository.Read(path), match => new string('\n', match.Value.Count(c => c == '\n')));
            offences.AddRange(
                Link().Matches(text).Where(match => !Resolves(path, match.Groups[1].Value))
                    .Select(match => $"{path}:{Repository.LineAt(text, match.Index)}: {match.Groups[1].Value}"));
        }

        Assert.True(offences.Count == 0, $"These links lead nowhere:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void Every_test_name_is_a_sentence()
    {
        IEnumerable<string> offences = Repository.Under("tests/", ".cs").SelectMany(path =>
            TestMethod().Matches(SourceText.Of(Repository.Read(path)).Code)
            .Where(match => match.Groups["name"].Value.Count(c => c == '_') < 2).Select(match => $"{path}: {match.Groups["name"].Value}"));
        Assert.True(
            !offences.Any(),
            $"A test name must be a true sentence with underscores, of three words or more:\n{string.Join('\n', offences)}");
    }

    [Fact]
    public void No_test_is_skipped()
    {
        IEnumerable<string> offences = Repository.Under("tests/", ".cs").SelectMany(path =>
            Repository.Places(path, SourceText.Of(Repository.Read(path)).Code, Skipped()));
        Assert.True(!offences.Any(), $"A skipped test proves nothing; repair it or delete it:\n{string.Join('\n', offences)}");
    }

    private static bool Resolves(string page, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal))
            return true;
        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0
            ? page
            : Path.GetRelativePath(
                Repository.Root,
                Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, parts[0]))).Replace('\\', '/');
        bool exists = Repository.Files.Contains(file) || Directory.Exists(Path.Combine(Repository.Root, file));
        return exists
            && (parts.Length == 1 || Heading().Matches(Repository.Read(file)).Any(heading => Anchor(heading.Groups[1].Value) == parts[1]));
    }

    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\*\*\(([RGSPCE]\.\d+)\)")]
    private static partial Regex Definition();

    [GeneratedRegex(@"(?<![\w.])([RGSPCE]\.\d{1,2})(?![\w.]*\d)\b")]
    private static partial Regex Use();

    [GeneratedRegex(@"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#+\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(Fact|Theory)\b[^\]]*\](?:\s*\[[^\]]*\])*\s*public\s+(?:static\s+|async\s+)*[\w<>]+\s+(?<name>\w+)\s*\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"\[(Fact|Theory)\s*\([^)]*\bSkip\s*=")]
    private static partial Regex Skipped();
}
