using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>The commands of the guide about speed are ones that the program takes.</summary>
public sealed partial class PerformanceGuideTests
{
    private static readonly string[] Least = [
        "--sizes", "2x2x4x8", "--depth", "1", "--threads", "1", "--precision", "double", "--repeats", "1", "--no-torch", "--quick",
        "--quiet"];

    public static TheoryData<string> Commands =>
        [.. Command().Matches(Repository.Read("docs/guide/performance.md")).Select(match => match.Groups[1].Value)];

    // What it measures takes minutes and is another matter: sizes, depth and rounds are
    // cut to the least, FOLDER is what a command before it wrote, README.md a copy.
    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_of_the_guide_runs(string command)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke(["bench", "--suite", "step", .. Least, "--out", folder.Path]).ExitCode);
        string rows = Assert.Single(Directory.GetDirectories(folder.Path));
        string page = folder.Write("README.md", Repository.Read("README.md"));
        IEnumerable<string> words = command.Split(' ').Where(word => word != "--quick")
            .Select(word =>
                word switch { "FOLDER" => rows, "README.md" => page, "benchmarks/results" => folder.Path, "all" => "step", _ => word });
        CommandOutcome outcome = CommandLine.Invoke([.. words, .. Least]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.Contains("torch: skipped: not asked for", outcome.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void The_guide_shows_how_to_measure_and_how_to_print() => Assert.Equal(4, Commands.Count);

    [GeneratedRegex(@"^kappa (bench[^\n]*)$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
