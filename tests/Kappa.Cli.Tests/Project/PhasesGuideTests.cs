using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guide about phase diagrams run, and every study that is shipped expands.</summary>
public sealed partial class PhasesGuideTests
{
    private static readonly string[] Commands = [
        .. Command().Matches(Repository.Read("docs/guide/phases.md")).Select(match => match.Groups[1].Value)];

    public static TheoryData<string> Studies => [.. Repository.Under("studies/", ".yaml")];

    [Fact]
    public void The_commands_of_the_guide_run()
    {
        using var folder = new TemporaryFolder();
        string sweep = "";
        Assert.Equal(12, Commands.Length);
        foreach (string command in Commands)
        {
            string[] words = [
                .. command.Split(' ').Select(word => word.Trim('\''))
                    .Select(word =>
                        word == "SWEEP"
                            ? sweep
                            : word.StartsWith("studies/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word)
                            : word)];
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
        CommandOutcome whole = CommandLine.Invoke("sweep", file, "--show", "--json", "--out", folder.Path),
            quick = CommandLine.Invoke("sweep", file, "seed=0,1", "steps=300", "--show", "--json", "--out", folder.Path);
        Assert.Equal((0, "", 0, ""), (whole.ExitCode, whole.Messages, quick.ExitCode, quick.Messages));
        foreach (string word in (string[])["# Question: ", "# What is seen: ", "# Takes: ", "seed=0,1 steps=300"])
            Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.Contains($"# Takes: {JsonNode.Parse(whole.Results)!["runs"]!.AsArray().Count} runs", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Studies))]
    public void A_shipped_study_runs_and_the_command_in_its_header_draws_it(string path)
    {
        using var folder = new TemporaryFolder();
        CommandOutcome sweep = CommandLine.Invoke(
            "sweep", Path.Combine(Repository.Root, path), "seed=0", "steps=20", "--json", "--out", folder.Path);
        Assert.True(sweep.ExitCode == 0, sweep.Messages);
        string name = JsonNode.Parse(sweep.Results)!["sweep"]!.GetValue<string>();
        string[] words = [.. Then().Match(Repository.Read(path)).Groups[1].Value.Split(' ').Select(word => word == "SWEEP" ? name : word)];
        CommandOutcome report = CommandLine.Invoke([.. words, "--out", folder.Path, "--to", folder.At("report"), "--json"]);
        Assert.True(report.ExitCode == 0, report.Messages);
        Assert.Contains(
            "phase",
            string.Join(
                ' ', Directory.GetFiles(folder.At("report"), "*.svg", SearchOption.AllDirectories).Select(file => Path.GetFileName(file))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_guide_lists_every_study()
    {
        Assert.Equal(10, Studies.Count);
        Assert.All(
            Repository.Under("studies/", ".yaml"),
            path => Assert.Contains($"kappa sweep {path} --show", Repository.Read("docs/guide/phases.md"), StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^# Then:  kappa (report SWEEP.*)$", RegexOptions.Multiline)]
    private static partial Regex Then();

    [GeneratedRegex(@"^    kappa ([^\n#]*[^\n# ])", RegexOptions.Multiline)]
    private static partial Regex Command();
}
