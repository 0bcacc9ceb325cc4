using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What killed, stopped, doubled and starved processes leave of a sweep:
/// nothing lost, nothing run twice, the bytes of an undisturbed one.</summary>
public sealed class SweepCrashTests
{
    private static readonly string[] Model = [
        .. CommandLine.Tiny.Where(word => !word.StartsWith("steps", StringComparison.Ordinal)), "lossFloor=0"];
    private static readonly string[] Words = ["sweep", .. Model, "steps=1000", "seed=range(0,40)", "--quiet"];
    private static readonly string[] Endless = [.. Model, "steps=100000000", "stepSize=1e-6", "seed=range(0,2)", "telemetry.every=1000"];

    /// <summary>A sweep that ends between two kills is compared and begun again in another folder.</summary>
    [Fact]
    public void A_hundred_kills_at_seeded_moments_change_no_byte()
    {
        using var folder = new TemporaryFolder();
        string whole = Path.Combine(folder.Path, "whole"), killed = Path.Combine(folder.Path, "killed");
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", whole]).ExitCode);
        string expected = SweepFiles.Bytes(whole);
        var random = new Random(1);
        int cutShort = 0;
        for (int kill = 0; kill < 100; kill++)
        {
            using (ChildProcess process = ChildProcess.Start([.. Words, "--out", killed, "--threads", "2"]))
            {
                cutShort += process.EndsWithin(TimeSpan.FromMilliseconds(100 + random.Next(250))) ? 0 : 1;
            }

            if (kill % 25 == 24)
            {
                Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", killed]).ExitCode);
                Assert.Equal(expected, SweepFiles.Bytes(killed));
                Directory.Delete(killed, recursive: true);
            }
        }

        Assert.InRange(cutShort, 20, 100);
    }

    [Fact]
    public void Two_processes_on_one_sweep_run_every_run_once()
    {
        using var folder = new TemporaryFolder();
        using ChildProcess first = ChildProcess.Start([.. Words, "--out", folder.Path, "--threads", "2"]),
            second = ChildProcess.Start([.. Words, "--out", folder.Path, "--threads", "2"]);
        CommandOutcome[] outcomes = [first.End(), second.End()];

        // Whoever ends last sees all of them done; the other one says what it leaves to it.
        Assert.Contains(outcomes, outcome => outcome is { ExitCode: 0, Messages: "" });
        Assert.All(
            outcomes,
            outcome =>
                Assert.True(
                    outcome.ExitCode == 0
                        || (outcome.ExitCode == 75 && outcome.Messages.Contains("not done: another process has", StringComparison.Ordinal)),
                    outcome.Messages));
        RunRecord[] runs = [.. SweepFiles.Runs(folder.Path).Select(RunRecord.Read)];
        Assert.Equal(40, runs.Length);
        Assert.All(runs, run => Assert.Equal((RunState.Done, 1), (run.Status.State, run.Sessions.Count)));
        Assert.Empty(Directory.GetDirectories(folder.Path, ".*"));
    }

    /// <summary>The owner has the run when the worker comes by, and is killed when the worker has finished another one.</summary>
    [Fact]
    public void A_run_whose_owner_dies_after_the_worker_passed_it_is_taken_at_the_end()
    {
        using var folder = new TemporaryFolder();
        var sweep = SweepFolder.Freeze(folder.Path, SweepReader.ReadText("test", "zip: {steps: [100000, 50], seed: [0, 1]}", Model).Plan!);
        string passed = sweep.Plan.Runs[0].Name;
        using ChildProcess owner = ChildProcess.Start(
            "sweep", "work", sweep.Plan.Name, "--task", "0", "--of", "2", "--out", folder.Path, "--quiet");
        owner.WaitUntil(() => File.Exists(Path.Combine(folder.Path, $".{passed}.partial", "spec.yaml")), "the owner's claim");
        List<string> ended = [];
        new SweepWorker(sweep, RunEnvironment.Current([], 1, TimeProvider.System)).Work(1, (0, 1), Watch, CancellationToken.None);
        Assert.Equal([sweep.Plan.Runs[1].Name, passed], ended);
        Assert.Equal(2, SweepStatus.Of(sweep).Done);

        void Watch(SweepEvent happened)
        {
            if (happened is SweepRunEnded run)
                ended.Add(run.Run);
            if (ended.Count == 1)
                owner.Kill();
        }
    }

    [Theory]
    [InlineData("USR1")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void A_worker_that_is_told_to_leave_saves_and_asks_to_be_started_again(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals by name and number are Linux's.");
        using var folder = new TemporaryFolder();
        using ChildProcess worker = StartEndless(folder.Path);
        worker.WaitUntil(() => SweepFiles.Runs(folder.Path).Any(run => File.Exists(new RunFiles(run).Status)), "the first second of a run");
        worker.Signal(signal);
        Assert.Equal(75, worker.End().ExitCode);
        RunRecord run = RunRecord.Read(Assert.Single(SweepFiles.Runs(folder.Path)));
        Assert.Equal((RunState.Interrupted, true), (run.Status.State, File.Exists(run.Files.Checkpoint)));
    }

    /// <summary>A heartbeat is written every second and after the checkpoint: so what it says cannot be lost.</summary>
    [Fact]
    public void A_kill_loses_nothing_of_what_the_last_heartbeat_said_and_the_dead_owner_is_noticed()
    {
        using var folder = new TemporaryFolder();
        string run = "";
        long said = 0;
        using (ChildProcess worker = StartEndless(folder.Path))
        {
            worker.WaitUntil(
                () => (run = SweepFiles.Runs(folder.Path).FirstOrDefault() ?? "").Length > 0 && File.Exists(new RunFiles(run).Status),
                "the first second of a run");
            long first = RunRecord.Read(run).Status.Step;
            worker.WaitUntil(() => (said = RunRecord.Read(run).Status.Step) > first, "the next heartbeat");
            worker.Kill();
        }

        long saved = Checkpoint.Load(new RunFiles(run).Checkpoint, "kappa-descent-state", 1).GetInteger("step");
        TelemetryTable telemetry = TelemetryReader.Read(new RunFiles(run).Telemetry);
        Assert.InRange(saved, Math.Max(1, said), 100_000_000);
        Assert.InRange(telemetry["step"][^1], saved - 1000, 100_000_000);
        RunStatus status = RunRecord.Read(run).Status;
        File.WriteAllText(
            new RunFiles(run).Status,
            File.ReadAllText(new RunFiles(run).Status).Replace(status.Heartbeat.ToString("yyyy", null), "2000", StringComparison.Ordinal));
        Assert.Contains(
            "1 lost", CommandLine.Invoke("sweep", "status", SweepFiles.Name(folder.Path), "--out", folder.Path).Results,
            StringComparison.Ordinal);
    }

    /// <summary>A limit on the size of a file refuses a write as a full disk does.</summary>
    [Fact]
    public void A_sweep_stops_cleanly_when_the_disk_refuses_and_goes_on_to_the_same_bytes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is a shell's.");
        using var folder = new TemporaryFolder();
        string whole = Path.Combine(folder.Path, "whole"), full = Path.Combine(folder.Path, "full");
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", whole]).ExitCode);
        using (ChildProcess limited = ChildProcess.StartLimited(256, [.. Words, "--out", full]))
        {
            CommandOutcome outcome = limited.End();
            Assert.Equal(3, outcome.ExitCode);
            Assert.Contains("the sweep stopped", outcome.Messages, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", outcome.Messages, StringComparison.Ordinal);
        }

        Assert.Equal(0, CommandLine.Invoke("sweep", "resume", SweepFiles.Name(full), "--out", full, "--quiet").ExitCode);
        Assert.Equal(SweepFiles.Bytes(whole), SweepFiles.Bytes(full));
    }

    private static ChildProcess StartEndless(string store)
    {
        string name = SweepFiles.Freeze(store, Endless);
        return ChildProcess.Start("sweep", "work", name, "--out", store, "--quiet");
    }
}
