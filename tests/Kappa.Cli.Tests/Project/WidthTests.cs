using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>Lines fit beside each other on a screen: 140 characters of code, 120 of text.</summary>
public sealed class WidthTests
{
    private const int WidestCode = 140;
    private const int WidestText = 120;

    [Fact]
    public void No_line_of_code_is_wider_than_140_characters() =>
        None(
            Repository.Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
                .SelectMany(path => TooWide(path, Repository.Read(path).Split('\n'), WidestCode)));

    [Fact]
    public void No_line_of_text_is_wider_than_120_characters() =>
        None(
            Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal))
                .SelectMany(path => TooWide(path, Text(Repository.Read(path).Split('\n')), WidestText)));

    [Theory]
    [InlineData("|{0}|", true)]
    [InlineData("```\n{0}\n```", true)]
    [InlineData("[words](address) {0}", true)]
    [InlineData("{0}", false)]
    [InlineData("```\ncode\n```\n{0}", false)]
    public void Tables_code_and_links_may_be_wider(string form, bool isFree)
    {
        string[] lines = form.Replace("{0}", new string('w', WidestText + 1), StringComparison.Ordinal).Split('\n');
        Assert.Equal(isFree, !TooWide("text", Text(lines), WidestText).Any());
    }

    [Fact]
    public void Characters_are_counted_and_not_their_bytes()
    {
        string[] lines = [new string('σ', WidestCode), new string('σ', WidestCode + 1)];
        Assert.Equal("a.cs:2: 141 characters", Assert.Single(TooWide("a.cs", lines, WidestCode)));
    }

    private static void None(IEnumerable<string> offences) =>
        Assert.True(!offences.Any(), $"These lines are too wide; break them:\n{string.Join('\n', offences)}");

    private static IEnumerable<string> TooWide(string path, IEnumerable<string> lines, int widest) =>
        lines.Select((line, index) => (line.Length, Number: index + 1))
            .Where(line => line.Length > widest)
            .Select(line => $"{path}:{line.Number}: {line.Length} characters");

    /// <summary>The lines with those emptied that cannot be broken: tables, code, and what holds a link.</summary>
    private static IEnumerable<string> Text(IEnumerable<string> lines)
    {
        bool isCode = false;
        foreach (string line in lines)
        {
            bool isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            isCode ^= isFence;
            bool isFree = isCode || isFence || line.TrimStart().StartsWith('|') || line.Contains("](", StringComparison.Ordinal);
            yield return isFree ? string.Empty : line;
        }
    }
}
