using Kappa.Lab.Benchmarks;
using Kappa.Lab.Experiments;
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
    /// <param name="ended">Told of every run that ended here; one call at a time.</param>
    /// <param name="cancellation">Running runs save their state and stop.</param>
    /// <exception cref="BadInputException">The disk refused, or a run's folder is damaged; the other runs have saved their state.</exception>
    public void Work(int threads, (int Task, int Of) share, Action<RunStatus>? ended, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = new Timer(_ => StopIfCancelled(stop), null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        int next = share.Task;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(core => new Thread(() => WorkOn(core, threads, () => Interlocked.Add(ref next, share.Of) - share.Of, ended, stop)))];
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

    private void WorkOn(int core, int threads, Func<int> next, Action<RunStatus>? ended, CancellationTokenSource stop)
    {
        if (threads > 1)
            _ = CorePinning.TryPin(core);
        try
        {
            for (int index = next(); index < sweep.Plan.Runs.Count && !stop.IsCancellationRequested; index = next())
                Execute(index, ended, stop.Token);
        }
        catch (Exception failure) when (failure is BadInputException or IOException or UnauthorizedAccessException)
        {
            _failure = failure;
            stop.Cancel();
        }
    }

    private void Execute(int index, Action<RunStatus>? ended, CancellationToken cancellation)
    {
        using RunFolder? folder = sweep.TryClaim(index, environment);
        if (folder is null)
            return;
        try
        {
            using Experiment experiment = Experiment.Prepare(folder.Specification, ExperimentData.Load(folder.Specification), 1, StepSizes.Of(new RunStore(sweep.Store)));
            _ = new ExperimentRun(folder, experiment, TimeProvider.System).Execute(cancellation);
        }
        catch (Exception failure) when (failure is not IOException and not OutOfMemoryException && failure.InnerException is not IOException)
        {
            // An outcome of this run; the sweep goes on.
            folder.WriteStatus(new RunStatus { State = RunState.Failed, Step = folder.Status.Step, Message = failure.Message.ReplaceLineEndings(" ") });
        }

        lock (_lock)
            ended?.Invoke(folder.Status);
    }
}
