using System.Globalization;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>A run that was interrupted, asked to end or killed continues to the bytes of one that never was.</summary>
public sealed class InterruptionTests(UninterruptedRun whole) : IClassFixture<UninterruptedRun>
{
    [Fact]
    public void An_interrupted_run_says_how_to_go_on_and_continues_to_the_same_bytes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill.");
        Assert.SkipWhen(IgnoresInterrupts(), "This process was started with SIGINT ignored, and so are its children.");
        using var folder = new TemporaryFolder();
        RunFiles files;
        string resume;
        using (ChildProcess first = ChildProcess.Start(["run", .. UninterruptedRun.Words, "--out", folder.Path]))
        {
            files = WaitForRows(first, folder.Path, 1);
            resume = $"run --resume {Path.GetFileName(files.Path)} --out {folder.Path}";
            CommandOutcome second = CommandLine.Invoke(resume.Split(' '));
            Assert.Equal(
                (3, $"kappa: {files.Path}: another process is writing this run. Wait until it has ended, or stop it.\n"),
                (second.ExitCode, second.Messages));
            first.Signal("INT");
            RequireSaved(first.End(), files, $"{ChildProcess.Name} {resume}");
        }

        using (ChildProcess continued = ChildProcess.Start(resume.Split(' ')))
        {
            _ = WaitForRows(continued, folder.Path, RunRecord.Read(files.Path).Status.Step + 1);
            continued.Signal("HUP");
            RequireSaved(continued.End(), files, $"{ChildProcess.Name} {resume}");
        }

        RequireSameAsWhole(CommandLine.Invoke([.. resume.Split(' '), "--quiet"]), files);
        Assert.Equal(3, RunRecord.Read(files.Path).Sessions.Count);
    }

    /// <summary>A ladder that takes several times as long as a signal waits, whatever the machine's speed.</summary>
    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void After_the_last_step_a_signal_ends_the_run_at_once_and_it_says_how_to_get_the_rest(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill.");
        using var folder = new TemporaryFolder();
        using ChildProcess child = ChildProcess.Start(
            "run", "width=32", "samples=4", "tokens=8", "depth=4", "steps=60", "quantities=loss", "--threads", "1", "--out", folder.Path);
        string[] runs = [];
        child.WaitUntil(
            () =>
                (runs = SweepFiles.Runs(folder.Path)).Length == 1 && File.Exists(new RunFiles(runs[0]).Status)
                && RunRecord.Read(runs[0]).Status.State == RunState.Done,
            "the end of its steps");
        child.Signal(signal);
        CommandOutcome outcome = child.End();
        string run = Path.GetFileName(runs[0]);
        Assert.Equal(
            (
                130,
                "Interrupted. The run is done; its ladder of rates and its report are not. Get them: "
                    + $"{ChildProcess.Name} report {run} --out "
                    + $"{folder.Path}"),
            (outcome.ExitCode, outcome.MessageLines[^1]));
        Assert.Equal((RunState.Done, false), (RunRecord.Read(runs[0]).Status.State, File.Exists(new RunFiles(runs[0]).Report)));
    }

    [Fact]
    public void Under_nohup_a_lost_terminal_stops_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for bash.");
        using var folder = new TemporaryFolder();
        using ChildProcess child = ChildProcess.StartInShell(
            "trap '' HUP; exec \"$0\" \"$@\"", ["run", .. UninterruptedRun.Words, "--out", folder.Path, "--quiet"]);
        RunFiles files = WaitForRows(child, folder.Path, 1);
        child.Signal("HUP");
        Assert.Equal((0, ""), (child.End().ExitCode, child.End().Messages));
        Assert.Equal(RunState.Done, RunRecord.Read(files.Path).Status.State);
    }

    [Fact]
    public void A_killed_run_continues_from_its_checkpoint_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        RunFiles files;
        using (ChildProcess child = ChildProcess.Start(["run", .. UninterruptedRun.Words, "--out", folder.Path]))
        {
            files = WaitForRows(child, folder.Path, 1);
            child.WaitUntil(() => File.Exists(files.Checkpoint), "the first checkpoint");
            child.Kill();
        }

        Assert.Equal(RunState.Running, RunRecord.Read(files.Path).Status.State);
        File.AppendAllText(files.Telemetry, "999999,0.12"); // The half of a line, as a machine that loses its power leaves it.
        CommandOutcome begun = CommandLine.Invoke(["run", .. UninterruptedRun.Words, "--out", folder.Path]);
        Assert.Equal(
            (
                3,
                $"kappa: {files.Path}: this experiment was begun and is lost. Continue it: kappa run --resume "
                    + $"{Path.GetFileName(files.Path)} --out {folder.Path}\n"),
            (begun.ExitCode, begun.Messages));
        RequireSameAsWhole(CommandLine.Invoke("run", "--resume", Path.GetFileName(files.Path), "--out", folder.Path, "--quiet"), files);
    }

    private static RunFiles WaitForRows(ChildProcess child, string store, long step)
    {
        RunFiles? files = null;
        child.WaitUntil(
            () =>
            {
                files ??= Directory.GetDirectories(store).Select(path => new RunFiles(path)).FirstOrDefault();
                return files is not null && File.Exists(files.Status) && RunRecord.Read(files.Path).Status.State == RunState.Running
                    && LastStep(files) >= step;
            },
            $"a row of step {step} or later");
        return files!;
    }

    private static double LastStep(RunFiles files)
    {
        if (!File.Exists(files.Telemetry))
        {
            return -1;
        }

        TelemetryTable telemetry = TelemetryReader.Read(files.Telemetry);
        return telemetry.Rows == 0 ? -1 : telemetry["step"][^1];
    }

    private static void RequireSaved(CommandOutcome outcome, RunFiles files, string resume)
    {
        RunStatus status = RunRecord.Read(files.Path).Status;
        Assert.Equal((130, RunState.Interrupted), (outcome.ExitCode, status.State));
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"Interrupted at step {status.Step}; the state is saved. Continue: {resume}"),
            outcome.MessageLines[^1]);
        Assert.True(File.Exists(files.Checkpoint));
    }

    private void RequireSameAsWhole(CommandOutcome outcome, RunFiles files)
    {
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.Equal(RunState.Done, RunRecord.Read(files.Path).Status.State);
        Assert.Equal(File.ReadAllBytes(whole.Files.Telemetry), File.ReadAllBytes(files.Telemetry));
        Assert.Equal(File.ReadAllBytes(whole.Files.Checkpoint), File.ReadAllBytes(files.Checkpoint));
    }

    // A shell without job control starts what it puts into the background with SIGINT (signal 2, bit 1) ignored.
    private static bool IgnoresInterrupts()
    {
        const string Key = "SigIgn:";
        string? line = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is not null
            && (ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;
    }
}

/// <summary>The run that nobody interrupts, made once.</summary>
public sealed class UninterruptedRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public UninterruptedRun() => Files = CommandLine.Run(_folder.Path, [.. Words]);

    /// <summary>A run of a few seconds; the adaptive step size and the path length are state that only a checkpoint carries on.</summary>
    internal static IReadOnlyList<string> Words { get; } =
        [
            "depth=2", "width=8", "ffnWidth=8", "samples=2", "tokens=4", "steps=12000", "checkpointEvery=200", "lossFloor=0",
            "stepSize=adaptive(0.01)", "--threads", "1"];

    internal RunFiles Files { get; }

    public void Dispose() => _folder.Dispose();
}
