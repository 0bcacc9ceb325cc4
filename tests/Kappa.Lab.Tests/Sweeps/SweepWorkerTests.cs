using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Sweeps;

public sealed class SweepWorkerTests : IDisposable
{
    private const int InputOutputError = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_disk_that_does_not_take_the_runs_is_an_error_that_names_the_sweep()
    {
        SweepFolder sweep = Frozen(3);
        var worker = new SweepWorker(
            sweep, RunEnvironment.Current([], 1, TimeProvider.System))
        { Disk = file => new StoreSync(file, _ => InputOutputError) };
        BadInputException refusal = Assert.Throws<BadInputException>(() => worker.Work(1, (0, 1), null, CancellationToken.None));
        Assert.StartsWith(sweep.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("the disk did not take what was written (Input/output error)", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith($"kappa sweep resume {sweep.Plan.Name} --out {_folder.Path}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_published_has_reached_the_disk_when_a_sweep_ends()
    {
        SweepFolder sweep = Frozen(3);
        int ended = 0, sent = 0;
        var worker = new SweepWorker(
            sweep, RunEnvironment.Current([], 1, TimeProvider.System))
        { Disk = file => new StoreSync(file, Send) };
        worker.Work(1, (0, 1), happened => ended += happened is SweepRunEnded ? 1 : 0, CancellationToken.None);
        Assert.Equal((3, 3), (ended, sent));

        int Send(Microsoft.Win32.SafeHandles.SafeFileHandle file)
        {
            sent = Enumerable.Range(0, 3).Count(sweep.IsEnded);
            return 0;
        }
    }

    private SweepFolder Frozen(int runs)
    {
        SweepReading reading = SweepReader.ReadText(
            "test", "", ["depth=1", "width=4", "samples=2", "tokens=3", "steps=5", $"seed=range(0,{runs})"]);
        Assert.Empty(reading.Problems);
        return SweepFolder.Freeze(_folder.Path, reading.Plan!);
    }
}
