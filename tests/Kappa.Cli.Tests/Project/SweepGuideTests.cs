using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The sweep and the commands of the guide, executed in the order of the page.</summary>
public sealed partial class SweepGuideTests
{
    [Fact]
    public void The_commands_of_the_guide_run_on_its_sweep()
    {
        using var folder = new TemporaryFolder();
        string page = Repository.Read("docs/guide/sweeps.md");
        string file = folder.Write("sweep.yaml", Description().Match(page).Groups[1].Value), store = Path.Combine(folder.Path, "runs");
        string[] commands = [.. Command().Matches(page).Select(match => match.Groups[1].Value.Trim())];
        Assert.Equal(7, commands.Length);
        foreach (string command in commands)
        {
            string[] words = [
                .. command.Split(' ').Select(word => word == "sweep.yaml" ? file : word == "NAME" ? SweepFiles.Name(store) : word)];
            string[] folderWords = words.Contains("--out") ? [] : ["--out", store];
            CommandOutcome outcome = CommandLine.Invoke([.. words.Select(word => word == "runs" ? store : word), .. folderWords]);
            Assert.True(outcome.ExitCode == 0, $"{command}: {outcome.Messages}");
        }

        // 2 schemes × 2 residual coefficients × 2 zipped pairs × 5 seeds, less the excluded 2 × 5.
        Assert.Equal(30, SweepFiles.Runs(store).Length);
    }

    [GeneratedRegex("^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Description();

    [GeneratedRegex(@"^    kappa (sweep [^#\n]+)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
