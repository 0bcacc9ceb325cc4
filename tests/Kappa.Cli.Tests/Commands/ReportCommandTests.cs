using System.Text.Json.Nodes;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Reports of small sweeps, whole and broken.</summary>
public sealed class ReportCommandTests
{
    private static readonly string[] Words = [
        "sweep", .. CommandLine.Tiny, "quantities=loss", "stepSize=0.01,0.1,1e6", "attentionResidual=0,1", "seed=0,1"];

    [Fact]
    public void A_sweep_becomes_one_page_with_figures_beside_it()
    {
        using var folder = new TemporaryFolder();
        string sweep = Sweep(folder.Path, Words);
        CommandOutcome outcome = CommandLine.Invoke("report", sweep, "--out", folder.Path, "--json", "--quiet");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        JsonNode summary = JsonNode.Parse(outcome.Results)!;
        Assert.Equal(
            (12, true, 4), (summary["runs"]!.GetValue<int>(), summary["finished"]!.GetValue<bool>(), summary["diverges"]!.GetValue<int>()));
        Assert.Equal(6, summary["groups"]!.AsArray().Count);
        string report = summary["report"]!.GetValue<string>(), page = File.ReadAllText(report);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("href=\"http", page, StringComparison.OrdinalIgnoreCase);
        foreach (
            string word in (string[])[
                "What becomes of a run", "Loss by group", "η λ", "diverged", "kappa sweep resume", "interval of the median",
                "What the classes mean"])
            Assert.Contains(word, page, StringComparison.Ordinal);
        string beside = Path.GetDirectoryName(report)!;
        foreach (
            string file in (string[])[
                "phase-diagram.svg", "phase-diagram.csv", "phase-diagram.tex", "loss-curves.svg", "summary.json", "initial-points.json"])
            Assert.True(File.Exists(Path.Combine(beside, file)), file);

        // The same sweep again gives the same page, and takes the initial points from their file.
        DateTime computed = File.GetLastWriteTimeUtc(Path.Combine(beside, "initial-points.json"));
        Assert.Equal(0, CommandLine.Invoke("report", sweep, "--out", folder.Path).ExitCode);
        Assert.Equal(page, File.ReadAllText(report));
        Assert.Equal(computed, File.GetLastWriteTimeUtc(Path.Combine(beside, "initial-points.json")));

        // A damaged file is computed anew.
        JsonNode points = JsonNode.Parse(File.ReadAllText(Path.Combine(beside, "initial-points.json")))!;
        JsonObject known = points.AsObject().First(pair => pair.Value is JsonObject).Value!.AsObject();
        known[known.First().Key] = null;
        File.WriteAllText(Path.Combine(beside, "initial-points.json"), points.ToJsonString());
        Assert.Equal(0, CommandLine.Invoke("report", sweep, "--out", folder.Path).ExitCode);
        Assert.Equal(page, File.ReadAllText(report));
    }

    [Fact]
    public void An_unfinished_sweep_and_a_damaged_run_are_reported_as_such()
    {
        using var folder = new TemporaryFolder();
        string sweep = Sweep(folder.Path, Words);
        string[] runs = [
            .. Directory.GetDirectories(folder.Path).Where(path => File.Exists(Path.Combine(path, "status.json")))
                .Order(StringComparer.Ordinal)];
        Directory.Delete(runs[0], recursive: true);
        File.WriteAllText(Path.Combine(runs[1], "status.json"), "{");
        CommandOutcome outcome = CommandLine.Invoke("report", sweep, "--out", folder.Path, "--json");
        JsonNode summary = JsonNode.Parse(outcome.Results)!;
        Assert.Equal(
            (0, false, 1, 1),
            (
                outcome.ExitCode, summary["finished"]!.GetValue<bool>(), summary["unfinished"]!.GetValue<int>(),
                summary["damaged"]!.GetValue<int>()));
        Assert.Contains("1 of 12 runs are missing", outcome.Messages, StringComparison.Ordinal);
        string page = File.ReadAllText(summary["report"]!.GetValue<string>());
        Assert.Contains("unfinished", page, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(runs[1]), page, StringComparison.Ordinal);
    }

    [Fact]
    public void One_swept_key_has_a_report_without_a_diagram_unless_axes_are_asked_for()
    {
        using var folder = new TemporaryFolder();
        string sweep = Sweep(folder.Path, ["sweep", .. CommandLine.Tiny, "quantities=loss", "stepSize=0.01,0.1", "seed=0,1"]);
        CommandOutcome outcome = CommandLine.Invoke("report", sweep, "--out", folder.Path, "--to", Path.Combine(folder.Path, "else"));
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(
            "No phase diagram: it needs two swept keys but the sweep has one, stepSize.", outcome.Messages, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.Path, "else", "report.html")));
        Refused(CommandLine.Invoke("report", sweep, "--out", folder.Path, "--x", "stepSize"), "needs two swept keys");
    }

    [Fact]
    public void Wrong_inputs_are_one_line()
    {
        using var folder = new TemporaryFolder();
        string sweep = Sweep(folder.Path, [.. Words, "gain=1,2"]);
        Refused(CommandLine.Invoke("report", sweep, "--out", folder.Path), "Choose two with --x and --y");
        Refused(CommandLine.Invoke("report", sweep, "--out", folder.Path, "--x", "width"), "The swept keys are");
        Refused(
            CommandLine.Invoke("report", "nothing", "--out", folder.Path),
            $"{folder.Path}: has no run 'nothing'. It holds 24 runs. It has no sweep of this name either.");
        Refused(
            CommandLine.Invoke("report", sweep, "--out", folder.Path, "--to", Path.Combine(folder.Path, "sweeps", sweep, "sweep.json")),
            "is a file. Choose another one with --to.");
        Refused(CommandLine.Invoke("report", sweep, "--out", Path.Combine(folder.Path, "nowhere")), "no sweep");
        Assert.Equal(0, CommandLine.Invoke("report", sweep, "--out", folder.Path, "--x", "stepSize", "--y", "gain").ExitCode);
        File.WriteAllText(Path.Combine(folder.Path, "sweeps", sweep, "runs.jsonl"), "{");
        Refused(CommandLine.Invoke("report", sweep, "--out", folder.Path), "damaged");
    }

    [Fact]
    public void A_run_has_its_own_report()
    {
        using var folder = new TemporaryFolder();
        string run = CommandLine.Run(folder.Path, CommandLine.Tiny).Path;
        CommandOutcome outcome = CommandLine.Invoke("report", Path.GetFileName(run), "--out", folder.Path);
        Assert.Equal((0, Path.Combine(run, "report.html")), (outcome.ExitCode, outcome.Results.Trim()));
        Assert.Equal(2, CommandLine.Invoke("report", Path.GetFileName(run), "--out", folder.Path, "--x", "depth").ExitCode);
    }

    [Fact]
    public void A_page_of_a_run_says_at_its_top_that_tokens_became_equal_and_what_to_change()
    {
        using var folder = new TemporaryFolder();
        string[] words = ["depth=3", "width=8", "ffnWidth=8", "samples=2", "tokens=4", "steps=20", "attentionResidual=0", "queryGain=0.1"];
        string run = CommandLine.Run(folder.Path, words).Path;
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        string top = page[page.IndexOf("class=\"lead\"", StringComparison.Ordinal)..page.IndexOf("</div>", StringComparison.Ordinal)];
        Assert.Contains("tokens of a sample have become equal from layer", top, StringComparison.Ordinal);
        Assert.Contains("What to change: attentionResidual=1", top, StringComparison.Ordinal);
    }

    internal static string Sweep(string store, string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke([.. words, "--out", store, "--json", "--quiet"]);
        Assert.Equal(0, outcome.ExitCode);
        return JsonNode.Parse(outcome.Results)!["sweep"]!.GetValue<string>();
    }

    private static void Refused(CommandOutcome outcome, string words)
    {
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        Assert.Contains(words, outcome.MessageLines[^1], StringComparison.Ordinal);
    }
}
