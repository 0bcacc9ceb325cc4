using System.Text.Json.Nodes;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

public sealed class BenchCommandTests
{
    private static readonly string[] Tiny = [
        "--sizes", "2x2x4x8", "--depth", "1", "--threads", "1", "--precision", "double", "--repeats", "1", "--no-torch", "--quick"];

    [Fact]
    public void A_benchmark_without_torch_says_so_and_measures_kappa()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(["bench", .. Tiny, "--json", "--quiet", "--out", folder.Path]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        JsonNode result = JsonNode.Parse(outcome.Results)!;
        Assert.Equal("skipped: not asked for", result["machine"]!["torch"]!.GetValue<string>());
        JsonNode row = Assert.Single(result["rows"]!.AsArray())!;
        Assert.Equal(("kappa", 0.0), (row["side"]!.GetValue<string>(), row["bytes"]!.GetValue<double>()));
        Assert.True(row["microseconds"]!["median"]!.GetValue<double>() > 0);
        string rows = Assert.Single(Directory.GetDirectories(folder.Path));
        Assert.Contains("skipped: not asked for", CommandLine.Invoke("bench", "--from", rows).Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_without_marks_is_refused_and_not_changed()
    {
        using var folder = new TemporaryFolder();
        string page = folder.Write("page.md", "no marks\n");
        string from = Path.Combine(folder.Path, "none");
        Assert.Equal(3, CommandLine.Invoke("bench", "--from", from).ExitCode);
        CommandOutcome outcome = CommandLine.Invoke(["bench", .. Tiny, "--readme", page, "--quiet"]);
        Assert.Equal((3, "no marks\n"), (outcome.ExitCode, File.ReadAllText(page)));
    }
}
