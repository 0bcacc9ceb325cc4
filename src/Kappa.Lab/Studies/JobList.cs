using System.Runtime.ExceptionServices;

namespace Kappa.Lab.Studies;

/// <summary>A piece of work whose result is there once the list has run.</summary>
/// <typeparam name="T">What it produces.</typeparam>
internal sealed class Job<T>
{
    private T? _result;

    /// <summary>What the work produced.</summary>
    /// <exception cref="InvalidOperationException">The list has not run.</exception>
    public T Result => IsDone ? _result! : throw new InvalidOperationException("The job has not run.");

    public bool IsDone { get; private set; }

    public void Set(T result) => (_result, IsDone) = (result, true);
}

/// <summary>Independent jobs, done on a fixed number of threads in the order in which they were added.</summary>
internal sealed class JobList(int threads, IProgress<ReproductionProgress>? progress, CancellationToken cancellation)
{
    private readonly List<(string Name, double Weight, Action<CancellationToken> Work)> _jobs = [];
    private readonly Lock _lock = new();
    private int _done;
    private double _work;

    /// <summary>Adds work to be done.</summary>
    /// <param name="name">What is shown when it is done.</param>
    /// <param name="work">The work.</param>
    /// <param name="weight">How much work it is beside the others, above 0.</param>
    public Job<T> Add<T>(string name, Func<CancellationToken, T> work, double weight = 1)
    {
        var job = new Job<T>();
        _jobs.Add((name, weight, token => job.Set(work(token))));
        return job;
    }

    /// <summary>Does all of it.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };

        // Without buffering each thread takes the next single job, so that long jobs do not queue behind each other.
        var source = System.Collections.Concurrent.Partitioner.Create(
            _jobs, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering);
        try
        {
            _ = Parallel.ForEach(source, options, job =>
            {
                job.Work(cancellation);
                Report(job.Name, job.Weight);
            });
        }
        catch (AggregateException several) when (several.InnerExceptions.Count > 0)
        {
            // Jobs fail alike, on the same disk or the same text: the first failure is the one to report, as itself.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    private void Report(string name, double weight)
    {
        lock (_lock)
        {
            (_done, _work) = (_done + 1, _work + weight);
            progress?.Report(new ReproductionProgress(_done, _jobs.Count, name) { Work = _work, TotalWork = _jobs.Sum(job => job.Weight) });
        }
    }
}
