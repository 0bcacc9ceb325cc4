using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The guide about clusters: its local command is executed, its
/// options exist, and the script keeps the rules that it states.</summary>
public sealed partial class SlurmGuideTests
{
    private const string Page = "docs/guide/slurm.md";

    [Fact]
    public void The_local_command_of_the_guide_writes_a_script_that_keeps_the_rules()
    {
        using var folder = new TemporaryFolder();
        string[] words = LocalCommand().Match(Repository.Read(Page)).Groups[1]
            .Value.Replace("--out runs", $"--out {folder.At("runs")}", StringComparison.Ordinal).Split(' ');
        CommandOutcome outcome = CommandLine.Invoke(words);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        string script = File.ReadAllText(
            Assert.Single(Directory.GetFiles(folder.At("runs"), "submit.sbatch", SearchOption.AllDirectories)));
        Assert.StartsWith("#!/bin/bash\n#SBATCH ", script, StringComparison.Ordinal);
        Assert.All(
            new[]
            {
                "--requeue\n", "--open-mode=append\n", "--signal=B:USR1@120\n", "--time=1:00:00\n",
                "scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"", "--task \"$task\" --of 3 ",
            },
            part => Assert.Contains(part, script, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"trap .*\bCONT\b", script);
        Assert.Contains("nothing is submitted", outcome.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_in_the_table_of_the_guide_is_one_of_the_command()
    {
        string[] options = [
            .. TableRow().Matches(Repository.Read(Page)).SelectMany(row => OptionName().Matches(row.Value)).Select(match => match.Value)
                .Distinct()];
        Assert.InRange(options.Length, 9, 20);
        string help = CommandLine.Invoke("sweep", "--help").Results;
        Assert.All(options, option => Assert.Contains(option + " ", help, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\$ kappa ([^\n]+)$", RegexOptions.Multiline)]
    private static partial Regex LocalCommand();

    [GeneratedRegex(@"^\| `[^|]+`", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"(?<=`)--[a-z-]+")]
    private static partial Regex OptionName();
}
