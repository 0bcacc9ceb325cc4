using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guide about phase diagrams run, and every study that is shipped expands.</summary>
public sealed partial class PhasesGuideTests
{
    private static readonly string[] Commands = [.. Command().Matches(Repository.Read("docs/guide/phases.md")).Select(match => match.Groups[1].Value)];

    public static TheoryData<string> Studies => [.. Repository.Under("studies/", ".yaml")];

    [Fact]
    public void The_commands_of_the_guide_run()
    {
        using var folder = new TemporaryFolder();
        string sweep = "";
        Assert.Equal(7, Commands.Length);
        foreach (string command in Commands)
        {
            string[] words = [.. command.Split(' ').Select(word => word.Trim('\'')).Select(word => word == "SWEEP" ? sweep : word.StartsWith("studies/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word) : word)];
            CommandOutcome outcome = CommandLine.Invoke([.. words, "--out", folder.Path, "--json"]);
            Assert.True(outcome.ExitCode == 0, $"{command}: {outcome.Messages}");
            sweep = JsonNode.Parse(outcome.Results)!["sweep"]!.GetValue<string>();
        }
    }

    [Theory]
    [MemberData(nameof(Studies))]
    public void A_shipped_study_expands_and_its_header_says_what_it_is(string path)
    {
        using var folder = new TemporaryFolder();
        string text = Repository.Read(path), file = Path.Combine(Repository.Root, path);
        CommandOutcome whole = CommandLine.Invoke("sweep", file, "--show", "--json", "--out", folder.Path), quick = CommandLine.Invoke("sweep", file, "seed=0,1", "steps=300", "--show", "--json", "--out", folder.Path);
        Assert.Equal((0, "", 0, ""), (whole.ExitCode, whole.Messages, quick.ExitCode, quick.Messages));
        foreach (string word in (string[])["# Question: ", "# What is seen: ", "# Takes: ", "seed=0,1 steps=300"])
            Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.Contains($"# Takes: {JsonNode.Parse(whole.Results)!["runs"]!.AsArray().Count} runs", text, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_five_studies() => Assert.Equal(5, Studies.Count);

    [GeneratedRegex(@"^    kappa ([^\n#]*[^\n# ])", RegexOptions.Multiline)]
    private static partial Regex Command();
}
