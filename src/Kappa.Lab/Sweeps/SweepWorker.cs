using System.Collections.Concurrent;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Lab.Sweeps;

/// <summary>Executes the runs of a frozen sweep: claims one, runs it on one thread, publishes its
/// outcome, claims the next. Any number of workers, in any processes, share one sweep.</summary>
/// <param name="sweep">The sweep.</param>
/// <param name="environment">This process.</param>
public sealed class SweepWorker(SweepFolder sweep, RunEnvironment environment)
{
    private readonly Lock _lock = new();
    private Exception? _failure;

    /// <summary>Of the runs of the share, those that other living processes had
    /// when <see cref="Work(int, CancellationToken)"/> came by last; their places in the list.</summary>
    public IReadOnlyList<int> LeftToOthers { get; private set; } = [];

    /// <summary>Sends what was published to the disk on which the given file is.</summary>
    internal Func<string, StoreSync> Disk { get; init; } = file => new StoreSync(file);

    /// <summary>Works until every run is done, failed, or held by a living process, one pinned thread per core.</summary>
    /// <param name="threads">Runs at the same time.</param>
    /// <param name="cancellation">Running runs save their state and stop.</param>
    /// <exception cref="BadInputException">The disk refused; the other runs have saved their state.</exception>
    public void Work(int threads, CancellationToken cancellation = default) => Work(threads, (0, 1), null, cancellation);

    /// <summary>The same on a share of the runs, watched.</summary>
    /// <param name="threads">Runs at the same time.</param>
    /// <param name="share">Of the runs, this worker takes every <c>Of</c>-th from <c>Task</c> on.</param>
    /// <param name="watcher">Told of every run; one call at a time.</param>
    /// <param name="cancellation">Running runs save their state and stop.</param>
    /// <exception cref="BadInputException">The disk refused; the other runs have saved their state.</exception>
    internal void Work(int threads, (int Task, int Of) share, Action<SweepEvent>? watcher, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = new Timer(_ => StopIfCancelled(stop), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        using StoreSync disk = Disk(sweep.Document);
        int[] left = [.. Enumerable.Range(0, sweep.Plan.Runs.Count).Where(index => index % share.Of == share.Task)];

        // What another process held may be free by now: the process can have
        // died. Each time fewer are left, or all of them have living owners.
        for (int before = int.MaxValue; left.Length is > 0 and var count && count < before && !stop.IsCancellationRequested; before = count)
            left = WorkThrough(left, threads, watcher, disk, stop);
        LeftToOthers = left;
        Guard(disk.Complete, stop);
        if (_failure is not null)
            throw new BadInputException(
                sweep.Path, $"the sweep stopped: {_failure.Message} Then continue: {sweep.ResumeCommand}", _failure);
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

    // Those that another process holds, in order.
    private int[] WorkThrough(int[] indices, int threads, Action<SweepEvent>? watcher, StoreSync disk, CancellationTokenSource stop)
    {
        int next = -1;
        var held = new ConcurrentBag<int>();
        Thread[] workers = [
            .. Enumerable.Range(0, Math.Min(threads, indices.Length)).Select(core => new Thread(() => Guard(() => WorkOn(core), stop)))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return [.. held.Order()];

        void WorkOn(int core)
        {
            if (threads > 1)
                _ = CorePinning.TryBindCurrentThread(core);
            using var execution = new SweepExecution(sweep, environment, Tell, disk);
            for (
                int k = Interlocked.Increment(ref next); k < indices.Length
                && !stop.IsCancellationRequested; k = Interlocked.Increment(ref next))
            {
                if (!execution.TryExecute(indices[k], stop.Token) && !sweep.IsEnded(indices[k]))
                    held.Add(indices[k]);
            }
        }

        void Tell(SweepEvent happened)
        {
            lock (_lock)
                watcher?.Invoke(happened);
        }
    }

    // The first failure is the one to report.
    private void Guard(Action work, CancellationTokenSource stop)
    {
        try
        {
            work();
        }
        catch (Exception failure) when (failure is BadInputException or IOException or UnauthorizedAccessException)
        {
            _ = Interlocked.CompareExchange(ref _failure, failure, null);
            stop.Cancel();
        }
    }
}
