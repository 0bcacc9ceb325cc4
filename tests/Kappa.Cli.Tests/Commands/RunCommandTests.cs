using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>kappa run</c> from the words to the files.</summary>
public sealed class RunCommandTests
{
    // 1024 rows are four shards of the evaluator, so that two threads really share the work.
    private static readonly string[] FourShards = ["samples=64", "tokens=16", "width=16", "ffnWidth=16", "depth=1", "steps=30"];

    [Fact]
    public void A_run_leaves_all_files_of_its_folder_and_is_done()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "spectraAt=[0,last]"]);
        string[] expected = [
            files.Specification, files.Status, files.Telemetry, files.Checkpoint, files.Spectra, files.Report,
            Path.Combine(files.Figures, "loss.svg")];
        Assert.DoesNotContain(expected, path => !File.Exists(path) || new FileInfo(path).Length == 0);
        Assert.Equal([0, 50], SpectraTable.Read(files.Spectra).Records.Select(record => record.Step));
        Assert.Equal((RunState.Done, 50L), (RunRecord.Read(files.Path).Status.State, RunRecord.Read(files.Path).Status.Step));
        Assert.Equal(
            Enumerable.Range(0, 51),
            File.ReadLines(files.Telemetry).Skip(1)
                .Select(line => int.Parse(line.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void An_experiment_that_was_run_is_shown_instead_of_run_again()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, CommandLine.Tiny);
        DateTimeOffset heartbeat = RunRecord.Read(files.Path).Status.Heartbeat;
        CommandOutcome again = CommandLine.Invoke(["run", .. CommandLine.Tiny, "--out", folder.Path]);
        CommandOutcome shown = CommandLine.Invoke("show", Path.GetFileName(files.Path), "--out", folder.Path);
        CommandOutcome resumed = CommandLine.Invoke("run", "--resume", Path.GetFileName(files.Path), "--out", folder.Path);
        Assert.Equal([$"This experiment has been run: {files.Path} holds its result."], again.MessageLines);
        Assert.Equal([$"{Path.GetFileName(files.Path)} is done; no step is left to do."], resumed.MessageLines);
        Assert.Equal((0, 0, 0), (again.ExitCode, shown.ExitCode, resumed.ExitCode));
        Assert.Equal((shown.Results, shown.Results), (again.Results, resumed.Results));
        Assert.Equal(heartbeat, RunRecord.Read(files.Path).Status.Heartbeat);
    }

    [Fact]
    public void One_thread_and_two_give_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        RunFiles one = CommandLine.Run(folder.At("one"), [.. FourShards, "--threads", "1"]);
        RunFiles two = CommandLine.Run(folder.At("two"), [.. FourShards, "--threads", "2"]);
        Assert.Equal([1, 2], new[] { one, two }.Select(files => Assert.Single(RunRecord.Read(files.Path).Sessions).Threads));
        Assert.Equal(File.ReadAllBytes(one.Telemetry), File.ReadAllBytes(two.Telemetry));
        Assert.Equal(File.ReadAllBytes(one.Checkpoint), File.ReadAllBytes(two.Checkpoint));
    }

    [Fact]
    public void Another_seed_gives_other_numbers()
    {
        using var folder = new TemporaryFolder();
        RunFiles zero = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss"]);
        RunFiles one = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss", "seed=1"]);
        Assert.NotEqual(File.ReadAllBytes(zero.Telemetry), File.ReadAllBytes(one.Telemetry));
    }

    [Fact]
    public void The_same_step_size_as_another_run_is_that_runs_step_size()
    {
        using var folder = new TemporaryFolder();
        RunFiles automatic = CommandLine.Run(folder.Path, CommandLine.Tiny);
        string same = $"stepSize=same({Path.GetFileName(automatic.Path)[..6]})";
        RunFiles repeated = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, same]);
        RunFiles withoutResidual = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, same, "attentionResidual=0"]);
        RunFiles onItsOwn = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "attentionResidual=0"]);
        Assert.Equal(File.ReadAllBytes(automatic.Telemetry), File.ReadAllBytes(repeated.Telemetry));
        Assert.All(
            TelemetryReader.Read(withoutResidual.Telemetry)["stepSize"].ToArray(),
            stepSize => Assert.Equal(FirstStepSize(automatic), stepSize));
        Assert.NotEqual(FirstStepSize(automatic), FirstStepSize(onItsOwn));
    }

    [Fact]
    public void The_step_size_of_an_adaptive_run_is_the_one_of_its_first_step()
    {
        using var folder = new TemporaryFolder();
        RunFiles adaptive = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "stepSize=adaptive(0.1)", "quantities=loss"]);
        RunFiles same = CommandLine.Run(
            folder.Path, [.. CommandLine.Tiny, $"stepSize=same({Path.GetFileName(adaptive.Path)})", "quantities=loss"]);
        Assert.NotEqual(FirstStepSize(adaptive), TelemetryReader.Read(adaptive.Telemetry)["stepSize"][^1]);
        Assert.Equal(FirstStepSize(adaptive), FirstStepSize(same));
    }

    [Theory]
    [InlineData("valueGain=1e200", 0)]
    [InlineData("targetScale=1e300", 0)]
    [InlineData("stepSize=1e100", 1)]
    public void Divergence_is_an_outcome_and_no_failure(string word, long steps)
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "spectraAt=[0,last]", word]);
        RunStatus status = RunRecord.Read(files.Path).Status;
        Assert.Equal((RunState.Done, "NonFinite", steps), (status.State, status.StopReason, status.Step));
        Assert.Equal(steps, TelemetryReader.Read(files.Telemetry).Rows);
        Assert.True(File.Exists(files.Report));
        using var json = System.Text.Json.JsonDocument.Parse(
            CommandLine.Invoke("show", Path.GetFileName(files.Path), "--out", folder.Path, "--json").Results);
        Assert.Equal("NonFinite", json.RootElement.GetProperty("stopReason").GetString());
    }

    [Fact]
    public void Showing_a_specification_runs_nothing_and_its_text_is_the_same_experiment()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome shown = CommandLine.Invoke(["run", .. CommandLine.Tiny, "--show", "--out", folder.Path]);
        Assert.Equal((0, ""), (shown.ExitCode, shown.Messages));
        Assert.Empty(folder.Entries);
        CommandOutcome again = CommandLine.Invoke("run", folder.Write("shown.yaml", shown.Results), "--show");
        Assert.Equal(shown.Results, again.Results);
    }

    [Fact]
    public void A_name_stands_in_front_of_the_identity()
    {
        using var folder = new TemporaryFolder();
        RunFiles named = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss", "--name", "first.try"]);
        Assert.Matches("^first\\.try-[0-9a-f]{12}$", Path.GetFileName(named.Path));
    }

    private static double FirstStepSize(RunFiles files) => TelemetryReader.Read(files.Telemetry)["stepSize"][0];
}
