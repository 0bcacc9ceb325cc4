using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guide about the models run.</summary>
public sealed partial class ModelsGuideTests
{
    public static TheoryData<string> Commands =>
        [.. Command().Matches(Repository.Read("docs/guide/models.md")).Select(match => match.Groups[1].Value)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_the_guide_does_what_the_page_says(string command)
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke([.. command.Split(' '), "--out", folder.Path]);
        Assert.True(outcome.ExitCode == 0, outcome.Messages);
        if (command.StartsWith("certify", StringComparison.Ordinal))
        {
            Assert.StartsWith("Certified from ", outcome.Results, StringComparison.Ordinal);
        }
        else
        {
            _ = Assert.Single(Directory.GetDirectories(folder.Path));
        }
    }

    [Fact]
    public void What_the_guide_shows_to_be_refused_is_refused_so()
    {
        (string Command, string Message)[] shown = [
            .. Refusal().Matches(Repository.Read("docs/guide/models.md")).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        Assert.Equal(3, shown.Length);
        Assert.All(shown, refusal =>
        {
            CommandOutcome outcome = CommandLine.Invoke(refusal.Command.Split(' '));
            Assert.Equal((3, refusal.Message), (outcome.ExitCode, Assert.Single(outcome.MessageLines)));
        });
    }

    [Fact]
    public void The_guide_names_every_key_of_a_model()
    {
        string page = Repository.Read("docs/guide/models.md");
        Assert.All(
            Lab.Specifications.SpecificationKeys.All.Where(key => key.Group == "model" && key.Name is not ("depth" or "trained")),
            key => Assert.Matches($"`(?:model\\.)?{key.Name}[`= ]", page));
    }

    [Fact]
    public void The_guide_has_runs_of_each_model_and_certificates() =>
        Assert.Equal(
            (6, 2),
            (
                Commands.Count(row => row.Data.StartsWith("run", StringComparison.Ordinal)),
                Commands.Count(row => row.Data.StartsWith("certify", StringComparison.Ordinal))));

    [Fact]
    public void The_commands_about_starting_from_a_run_work_in_the_order_of_the_page()
    {
        using var folder = new TemporaryFolder();
        string[] commands = [.. Ordered().Matches(Repository.Read("docs/guide/models.md")).Select(match => match.Groups[1].Value)];
        Assert.Equal(6, commands.Length);
        foreach (string command in commands)
        {
            string placed = command.Replace("from=weights/warm-3f9a2b61c0de.safetensors", $"from={Weights()}", StringComparison.Ordinal)
                .Replace("--to weights", $"--to {folder.At("weights")}", StringComparison.Ordinal);
            CommandOutcome outcome = CommandLine.Invoke([.. placed.Split(' '), "--out", folder.At("runs")]);
            Assert.True(outcome.ExitCode == 0, $"{command}: {outcome.Messages}");
        }

        // The export has the whole name of the run.
        string Weights() => Directory.Exists(folder.At("weights")) ? Directory.GetFiles(folder.At("weights"))[0] : "";
    }

    [GeneratedRegex(@"^    kappa ([^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex Ordered();

    [GeneratedRegex(@"^kappa ((?:run|certify) [^\n#…]+)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"^\$ kappa (run [^\n]+)\n([^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex Refusal();
}
