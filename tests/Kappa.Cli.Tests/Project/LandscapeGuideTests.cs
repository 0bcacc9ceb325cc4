using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guide about landscapes run, in their order, and print what it shows, last digits apart.</summary>
public sealed partial class LandscapeGuideTests
{
    private const string Page = "docs/guide/landscape.md";

    [Fact]
    public void The_commands_of_the_guide_print_what_it_shows()
    {
        using var folder = new TemporaryFolder();
        string run = "";
        MatchCollection examples = Example().Matches(Repository.Read(Page));
        Assert.Equal(5, examples.Count);
        foreach (Match example in examples)
        {
            string[] words = example.Groups["command"].Value.Split(' ');
            if (words[0] == "run")
            {
                run = CommandLine.Run(folder.Path, words[1..]).Path;
                continue;
            }

            words[1] = words[1].Replace("RUN", run, StringComparison.Ordinal);
            CommandOutcome outcome = CommandLine.Invoke([.. words, "--out", folder.Path, "--quiet"]);
            Assert.Equal(0, outcome.ExitCode);
            string shown = example.Groups["output"].Value.Replace("RUN", Path.GetFileName(run), StringComparison.Ordinal);
            Assert.Equal(shown.StartsWith("kappa:", StringComparison.Ordinal) ? shown : "", outcome.Messages);
            if (shown.StartsWith('╭'))
            {
                string[] expected = shown.Split('\n'), found = outcome.Results.Split('\n')[1..];
                Assert.Equal(expected.Select(Names), found.Select(Names));
                Assert.All(
                    Numbers(shown).Zip(Numbers(outcome.Results[outcome.Results.IndexOf('\n', StringComparison.Ordinal)..])),
                    pair => Assert.Equal(pair.First, pair.Second, 2e-3 * Math.Abs(pair.First)));
            }
        }
    }

    private static string Names(string line) =>
        line.Split('│') is { Length: > 1 } cells ? cells[1].Trim() : line[..Math.Min(1, line.Length)];

    private static IEnumerable<double> Numbers(string table) =>
        Number().Matches(table).Select(match => double.Parse(match.Value, System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^\$ kappa (?<command>(?:run|landscape) [^\n]+)\n(?<output>(?:(?!\$ |```)[^\n]*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\d[\d.]*(?:E[+-]\d+)?")]
    private static partial Regex Number();
}
