using Kappa.Lab.Benchmarks;
using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>Executes the runs of a frozen sweep: claims one, runs it on one thread, publishes its outcome, claims the next. Any number of workers, in any processes, share one sweep.</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="environment">This process.</param>
public sealed class SweepWorker(SweepFolder sweep, RunEnvironment environment)
{
    private readonly Lock _lock = new();
    private Exception? _failure;

    /// <summary>Works until nothing is left to claim, one pinned thread per core.</summary>
    /// <param name="threads">Runs at the same time.</param>
    /// <param name="share">Of the runs, this worker takes every <c>Of</c>-th from <c>Task</c> on.</param>
    /// <param name="watcher">Told of every run; one call at a time.</param>
    /// <param name="cancellation">Running runs save their state and stop.</param>
    /// <exception cref="BadInputException">The disk refused; the other runs have saved their state.</exception>
    public void Work(int threads, (int Task, int Of) share, Action<SweepEvent>? watcher, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = new Timer(_ => StopIfCancelled(stop), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        using var disk = new StoreSync(sweep.Document);
        int next = share.Task;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(core => new Thread(() => WorkOn(core, threads, () => Interlocked.Add(ref next, share.Of) - share.Of, watcher, disk, stop)))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        if (_failure is not null)
            throw new BadInputException(sweep.Path, $"the sweep stopped: {_failure.Message} Then continue: kappa sweep resume {sweep.Plan.Name}", _failure);
    }

    private void StopIfCancelled(CancellationTokenSource stop)
    {
        try
        {
            if (sweep.IsCancelled)
                stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The last run ended while the timer rang.
        }
    }

    private void WorkOn(int core, int threads, Func<int> next, Action<SweepEvent>? watcher, StoreSync disk, CancellationTokenSource stop)
    {
        if (threads > 1)
            _ = CorePinning.TryPin(core);
        using var execution = new SweepExecution(sweep, environment, Tell, disk);
        try
        {
            for (int index = next(); index < sweep.Plan.Runs.Count && !stop.IsCancellationRequested; index = next())
                execution.Execute(index, stop.Token);
        }
        catch (Exception failure) when (failure is BadInputException or IOException or UnauthorizedAccessException)
        {
            _failure = failure;
            stop.Cancel();
        }

        void Tell(SweepEvent happened)
        {
            lock (_lock)
                watcher?.Invoke(happened);
        }
    }
}
