using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Store;

/// <summary>What happens between the look at a damaged run and its lock, as another process may have done it.</summary>
public sealed class RunQuarantineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Quarantine => _folder.At("quarantine");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("status.json", "{")]
    [InlineData("telemetry.csv", "")]
    public void A_run_that_was_computed_again_before_its_lock_was_held_stays(string file, string content)
    {
        (SweepFolder sweep, RunFiles run) = Executed();
        string path = Path.Combine(run.Path, file);
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllText(path, content);
        Assert.NotNull(Record.Exception(() => sweep.TryClaim(0, Machine)));
        File.WriteAllBytes(path, whole);
        Assert.Null(RunQuarantine.TryMove(_folder.Path, sweep.Plan.Runs[0].Name, sweep.Plan.Runs[0].Specification));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.False(Directory.Exists(Quarantine));

        File.WriteAllText(path, content);
        Assert.Equal(
            Path.Combine(Quarantine, $"{sweep.Plan.Runs[0].Name}-1"),
            RunQuarantine.TryMove(_folder.Path, sweep.Plan.Runs[0].Name, sweep.Plan.Runs[0].Specification));
        Assert.False(Directory.Exists(run.Path));
    }

    [Fact]
    public void A_run_that_has_gone_is_nothing_to_move() => Assert.Null(RunQuarantine.TryMove(_folder.Path, "gone", new()));

    [Fact]
    public void A_damaged_run_that_another_process_holds_is_left_to_it()
    {
        (SweepFolder sweep, RunFiles run) = Executed();
        File.WriteAllText(run.Status, "{");
        using (RunLock.Take(run))
        {
            Execute(sweep);
        }

        Assert.Equal(("{", false), (File.ReadAllText(run.Status), Directory.Exists(Quarantine)));
        Execute(sweep);
        Assert.True(sweep.IsEnded(0) && Directory.Exists(Quarantine));
    }

    /// <summary>The damage is found by the one who holds the lock, and until the folder is aside nobody else can take it.</summary>
    [Fact]
    public void A_checkpoint_that_cannot_be_taken_up_is_put_aside_under_the_lock_that_found_it()
    {
        (SweepFolder sweep, RunFiles run) = Executed();
        File.WriteAllText(run.Status, File.ReadAllText(run.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        File.WriteAllText(run.Checkpoint, "nothing of the kind");
        bool isFree = true;
        Execute(sweep, happened => isFree &= happened is not SweepRunQuarantined aside || RunLock.TryTake(new(aside.Folder)) is not null);
        Assert.False(isFree);
        Assert.True(sweep.IsEnded(0));
    }

    private static RunEnvironment Machine => RunEnvironment.Current([], 1, TimeProvider.System);

    private static void Execute(SweepFolder sweep, Action<SweepEvent>? watcher = null) =>
        new SweepWorker(sweep, Machine).Work(1, (0, 1), watcher, CancellationToken.None);

    private (SweepFolder Sweep, RunFiles Run) Executed()
    {
        SweepReading reading = SweepReader.ReadText("test", "", ["depth=1", "width=4", "samples=2", "tokens=3", "steps=5", "seed=1"]);
        var sweep = SweepFolder.Freeze(_folder.Path, reading.Plan!);
        Execute(sweep);
        Assert.True(sweep.IsEnded(0));
        return (sweep, sweep.Files(0));
    }
}
