using System.Text.Json.Nodes;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Damaged folders, changed lists, changed data: noticed, named, and the rest goes on.</summary>
public sealed class SweepDamageTests
{
    private static readonly string[] Words = ["sweep", .. CommandLine.Tiny, "seed=range(0,4)"];

    [Theory]
    [InlineData("status.json", "{")]
    [InlineData("telemetry.csv", "")]
    [InlineData("checkpoint.safetensors", "")]
    [InlineData("checkpoint.safetensors", "nothing of the kind", "interrupted")]
    [InlineData("spec.yaml", "depth: [", "interrupted")]
    public void A_damaged_run_is_named_and_put_aside_and_computed_again(string file, string content, string? state = null)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        string expected = SweepFiles.Bytes(folder.Path);
        var run = new RunFiles(SweepFiles.Runs(folder.Path)[1]);
        string name = Path.GetFileName(run.Path);
        if (state is not null)
        {
            File.WriteAllText(run.Status, File.ReadAllText(run.Status).Replace("\"done\"", $"\"{state}\"", StringComparison.Ordinal));
        }

        File.WriteAllText(Path.Combine(run.Path, file), content);
        CommandOutcome outcome = CommandLine.Invoke("sweep", "resume", SweepFiles.Name(folder.Path), "--out", folder.Path, "--json");
        Assert.Equal((0, 4), (outcome.ExitCode, JsonNode.Parse(outcome.Results)!["done"]!.GetValue<int>()));
        Assert.Contains($"run {name} is damaged", outcome.Messages, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Path.Combine(folder.Path, "quarantine", $"{name}-1", file)));
        Assert.Equal(expected, SweepFiles.Bytes(folder.Path));
    }

    [Fact]
    public void A_folder_that_is_removed_under_a_sweep_is_named_at_its_end_and_computed_again()
    {
        using var folder = new TemporaryFolder();
        string description = folder.Write(
            "sweep.yaml",
            "base: {depth: 1, width: 8, ffnWidth: 8, samples: 2, tokens: 4, lossFloor: 0, quantities: loss, telemetry.every: 1000}\nzip: "
                + "{steps: [50, 1000000], seed: [0, 1]}\n");
        string store = folder.At("runs");
        using ChildProcess sweep = ChildProcess.Start("sweep", description, "--threads", "1", "--out", store);
        string first = "";
        sweep.WaitUntil(
            () =>
                Directory.Exists(store)
                && (
                    first = SweepFiles.Runs(store).FirstOrDefault(run =>
                        File.ReadAllText(Path.Combine(run, "status.json")).Contains("\"done\"", StringComparison.Ordinal))
                    ?? "").Length > 0,
            "the end of the first run");
        Directory.Delete(first, recursive: true);
        CommandOutcome outcome = sweep.End();
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(
            $"kappa: 1 of 2 runs is not done: its folder was removed or changed while the sweep ran, the first "
                + $"{Path.GetFileName(first)}. Compute what is missing: {ChildProcess.Name} sweep resume ",
            outcome.Messages, StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke("sweep", "resume", SweepFiles.Name(store), "--out", store).ExitCode);
        Assert.True(File.Exists(Path.Combine(first, "status.json")));
    }

    [Fact]
    public void A_run_does_not_go_on_as_another_than_its_name_says()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        string expected = SweepFiles.Bytes(folder.Path);
        var run = new RunFiles(SweepFiles.Runs(folder.Path)[1]);
        File.WriteAllText(run.Status, File.ReadAllText(run.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        File.WriteAllText(
            run.Specification, File.ReadAllText(run.Specification).Replace("steps: 50", "steps: 60", StringComparison.Ordinal));
        CommandOutcome outcome = CommandLine.Invoke("sweep", "resume", SweepFiles.Name(folder.Path), "--out", folder.Path);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(
            $"{run.Specification}: must be the specification that the run is named by but is another one.", outcome.Messages,
            StringComparison.Ordinal);
        Assert.Equal(expected, SweepFiles.Bytes(folder.Path));
    }

    [Fact]
    public void A_list_of_runs_that_was_changed_is_refused_by_its_line()
    {
        using var folder = new TemporaryFolder();
        string name = SweepFiles.Freeze(folder.Path, Words[1..]);
        string list = Path.Combine(folder.Path, "sweeps", name, "runs.jsonl");
        string[] lines = File.ReadAllLines(list);
        File.WriteAllText(
            list,
            string.Concat(
                lines.Select((line, k) => (k == 2 ? line.Replace("steps: 50", "steps: 51", StringComparison.Ordinal) : line) + "\n")));
        CommandOutcome outcome = CommandLine.Invoke("sweep", "status", name, "--out", folder.Path);
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("runs.jsonl:3: run", outcome.Messages, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}")]
    [InlineData("{\"name\": 3}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void A_damaged_list_of_runs_is_one_line(string line)
    {
        using var folder = new TemporaryFolder();
        string name = SweepFiles.Freeze(folder.Path, Words[1..]), list = Path.Combine(folder.Path, "sweeps", name, "runs.jsonl");
        string[] lines = File.ReadAllLines(list);
        File.WriteAllLines(list, [lines[0], line, .. lines[2..]]);
        CommandOutcome outcome = CommandLine.Invoke("sweep", "status", name, "--out", folder.Path);
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(
            "the sweep is damaged: ", Assert.Single(outcome.Messages.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sweep.json", "null", "sweep.json: the sweep is damaged: a key is missing.")]
    [InlineData("sweep.json", "{", "sweep.json: the sweep is damaged: it is no JSON.")]
    [InlineData("runs.jsonl", "{", "runs.jsonl: the sweep is damaged: it must have the 4 runs that sweep.json counts but has 1.")]
    public void A_damaged_sweep_is_started_again_from_its_specification_as_it_says(string file, string content, string expected)
    {
        using var folder = new TemporaryFolder();
        string name = SweepFiles.Freeze(folder.Path, Words[1..]), path = Path.Combine(folder.Path, "sweeps", name, file),
            whole = File.ReadAllText(path);
        File.WriteAllText(path, content);
        CommandOutcome refused = CommandLine.Invoke("sweep", "resume", name, "--out", folder.Path);
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains(expected, Assert.Single(refused.MessageLines), StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        Assert.Equal(whole, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("formatVersion")]
    [InlineData("numericsVersion")]
    public void A_sweep_of_another_version_is_not_written_over(string key)
    {
        using var folder = new TemporaryFolder();
        string name = SweepFiles.Freeze(folder.Path, Words[1..]), path = Path.Combine(folder.Path, "sweeps", name, "sweep.json");
        JsonNode header = JsonNode.Parse(File.ReadAllText(path))!;
        header[key] = 99;
        File.WriteAllText(path, header.ToJsonString());
        CommandOutcome refused = CommandLine.Invoke([.. Words, "--out", folder.Path]);
        Assert.Equal((3, header.ToJsonString()), (refused.ExitCode, File.ReadAllText(path)));
        Assert.Contains($"{key} must be", Assert.Single(refused.MessageLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_does_not_fit_the_memory_fails_and_the_others_are_done()
    {
        using var folder = new TemporaryFolder();
        Dictionary<string, string> little = new() { ["DOTNET_GCHeapHardLimit"] = "0x6000000", ["DOTNET_gcServer"] = "0" };
        using ChildProcess process = ChildProcess.StartIn(
            little, "sweep", "samples=4", "tokens=4", "width=8,2048", "ffnWidth=8", "steps=5", "seed=0,1", "--threads", "1", "--out",
            folder.Path, "--json", "--quiet");
        CommandOutcome ended = process.End();
        Assert.Contains(
            "The evaluator and the descent must fit into the memory that there is, 96 MiB but would take about ",
            Assert.Single(ended.MessageLines), StringComparison.Ordinal);
        JsonNode outcome = JsonNode.Parse(ended.Results)!;
        Assert.Equal((2, 2), (outcome["done"]!.GetValue<int>(), outcome["failed"]!.GetValue<int>()));
    }

    [Fact]
    public void Data_that_changed_after_freezing_fail_the_run_and_retry_takes_it_up_when_they_are_back()
    {
        using var folder = new TemporaryFolder();
        string text = Path.Combine(folder.Path, "text.txt"), content = string.Concat(Enumerable.Repeat("a rose is a rose is a rose. ", 40));
        File.WriteAllText(text, content);
        string store = Path.Combine(folder.Path, "store");
        string name = SweepFiles.Freeze(store, [.. Words[1..], "data.source=text", $"data.path={text}"]);
        File.WriteAllText(text, content.ToUpperInvariant());
        CommandOutcome refused = CommandLine.Invoke("sweep", "resume", name, "--out", store, "--json");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("4 of 4 runs failed. The first is ", refused.Messages, StringComparison.Ordinal);
        JsonNode changed = JsonNode.Parse(refused.Results)!;
        Assert.Equal((0, 4), (changed["done"]!.GetValue<int>(), changed["failed"]!.GetValue<int>()));
        Assert.Contains("the data have changed", RunRecord.Read(SweepFiles.Runs(store)[0]).Status.Message, StringComparison.Ordinal);
        File.WriteAllText(text, content);
        File.WriteAllText(Path.Combine(SweepFiles.Runs(store)[0], "status.json"), "{");
        JsonNode restored = JsonNode.Parse(CommandLine.Invoke("sweep", "retry", name, "--out", store, "--json").Results)!;
        Assert.Equal((4, 0), (restored["done"]!.GetValue<int>(), restored["failed"]!.GetValue<int>()));
    }

    [Fact]
    public void A_forecast_counts_shapes_and_grows_with_the_runs()
    {
        using var folder = new TemporaryFolder();
        JsonNode Forecast(params string[] more) =>
            JsonNode.Parse(
                CommandLine.Invoke(
                    [
                        .. Words.Where(word => word != "tokens=4"), .. more, "--threads", "1", "--show", "--json", "--out",
                        folder.Path]).Results)!["forecast"]!;
        JsonNode one = Forecast("tokens=4"), two = Forecast("tokens=4,8");
        Assert.Equal((1, 2), (one["shapes"]!.GetValue<int>(), two["shapes"]!.GetValue<int>()));
        Assert.True(two["diskBytes"]!.GetValue<long>() >= 2 * one["diskBytes"]!.GetValue<long>());
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        double bytes = SweepFiles.Runs(folder.Path).SelectMany(run => Directory.GetFiles(run, "*", SearchOption.AllDirectories))
            .Sum(file => new FileInfo(file).Length);
        Assert.InRange(one["diskBytes"]!.GetValue<long>() / bytes, 0.5, 2);
    }
}
