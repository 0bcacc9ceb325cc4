using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Studies;

/// <summary>A run that a reproduction needs.</summary>
/// <param name="Study">What is shown when it is done.</param>
/// <param name="Specification">Any specification without problems.</param>
/// <param name="Weight">How much work it is beside the others, above 0.</param>
internal sealed record StudyRun(string Study, ExperimentSpecification Specification, double Weight);

/// <summary>Another living process executes runs that this one needs: nothing is wrong, and it has to be waited for.</summary>
internal sealed class RunsOfOthersException(string message) : Exception(message);

/// <summary>The runs of a reproduction: sweeps that are planned from code, whose runs are ordinary ones in a folder of runs.</summary>
/// <remarks>
/// Stage by stage: a later one may be planned from what came out of the earlier. Each stage is a frozen sweep of its own, so that
/// everything that is promised of sweeps holds: what is there already is not made again, what was begun goes on, what is damaged is put
/// aside. One caller.
/// </remarks>
internal sealed class StudyRuns
{
    private const string NoStep = "descent.stepSize";

    private readonly ReproductionWork _work;
    private readonly (int Count, double Weight) _planned;
    private readonly RunNames _names = new();
    private readonly Dictionary<string, RunRecord> _made = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _count;
    private double _done;

    /// <summary>Prepares the runs of a plan.</summary>
    /// <param name="work">How it is carried out.</param>
    /// <param name="planned">Number and weight of all that may be made.</param>
    public StudyRuns(ReproductionWork work, (int Count, double Weight) planned) => (_work, _planned) = (work, planned);

    /// <summary>Makes a stage: all of these runs, in this order on each thread.</summary>
    /// <exception cref="BadInputException">A run failed, or the disk refused.</exception>
    /// <exception cref="RunsOfOthersException">Another process holds one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was made is kept.</exception>
    public void Make(IEnumerable<StudyRun> stage)
    {
        var named = new Dictionary<string, StudyRun>(StringComparer.Ordinal);
        foreach (StudyRun run in stage)
        {
            if (_made.ContainsKey(NameOf(run.Specification)) || !named.TryAdd(NameOf(run.Specification), run))
                Report(run.Study, run.Weight);
        }

        if (named.Count == 0)
            return;
        SweepFolder sweep = SweepFolder.Freeze(_work.Runs, SweepPlan.Of(named.Select(run => (run.Key, run.Value.Specification))));
        sweep.Continue();
        _ = sweep.Retry();
        foreach (int index in Enumerable.Range(0, sweep.Plan.Runs.Count).Where(sweep.IsEnded))
            Report(named[sweep.Plan.Runs[index].Name].Study, named[sweep.Plan.Runs[index].Name].Weight);
        var worker = new SweepWorker(sweep, RunEnvironment.Current(_work.CommandLine, _work.Threads, TimeProvider.System));
        worker.Work(_work.Threads, (0, 1), happened => Watch(happened, named), _work.Cancellation);
        _work.Cancellation.ThrowIfCancellationRequested();
        if (sweep.IsCancelled)
            throw new OperationCanceledException($"The sweep {sweep.Plan.Name} was cancelled.");
        if (worker.LeftToOthers.Count > 0)
            throw new RunsOfOthersException(
                $"{worker.LeftToOthers.Count} of {sweep.Plan.Runs.Count} runs are not done: another process has them.");
        foreach (string name in named.Keys)
            _made.Add(name, Read(name));
    }

    /// <summary>Counts work that turned out not to be needed.</summary>
    public void Spare(StudyRun run) => Report(run.Study, run.Weight);

    /// <summary>A run that was made.</summary>
    public RunRecord this[ExperimentSpecification specification] => _made[NameOf(specification)];

    /// <summary>Whether the kernel at the start was zero, so that there is no automatic step and nothing is learned at any.</summary>
    public static bool IsWithoutStep(RunRecord run) =>
        run.Status is { State: RunState.Failed, Message: { } reason } && reason.StartsWith(NoStep, StringComparison.Ordinal);

    /// <summary>What a run with <c>best(…)</c> tried where none of it is stable, the lowest end first; null where one is. The run then
    /// follows <c>adaptive(1)</c>, which is no step of its own: to a claim about own steps it has diverged.</summary>
    public static StepTrial? Unstable(RunRecord run) =>
        run.Specification.Descent.StepSize is { Kind: StepSizeKind.Best, Factors: var factors }
        && StepTrials.Find(run.Files) is { } trials && trials.Trials.Count == factors.Count && trials.Best(factors) is null
            ? factors.Select(factor => trials.Trials.Single(trial => trial.Factor == factor))
                .MinBy(trial => double.IsNaN(trial.EndFraction) ? double.PositiveInfinity : trial.EndFraction)
            : null;

    /// <summary>Every row that a run recorded.</summary>
    /// <exception cref="BadInputException">The file is damaged, or rows are missing.</exception>
    public static TelemetryTable TelemetryOf(RunRecord run)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        RecordedSteps.Require(run, telemetry);
        return telemetry;
    }

    /// <summary>Something of each of several runs, on all threads.</summary>
    public T[] Select<TRun, T>(IEnumerable<TRun> runs, Func<TRun, T> of) => Select(runs, of, _ => { });

    /// <summary>What is measured of each of several runs, on all threads; each is counted as work.</summary>
    /// <param name="study">What is shown when one is measured.</param>
    /// <param name="weight">How much work each is, above 0.</param>
    /// <param name="runs">The runs, those with most work first.</param>
    /// <param name="of">Measures one.</param>
    public T[] Measure<TRun, T>(string study, double weight, IEnumerable<TRun> runs, Func<TRun, T> of) =>
        Select(runs, of, _ => Report(study, weight));

    private T[] Select<TRun, T>(IEnumerable<TRun> runs, Func<TRun, T> of, Action<TRun> done)
    {
        TRun[] all = [.. runs];
        var found = new T[all.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _work.Threads, CancellationToken = _work.Cancellation };

        // Without buffering each thread takes the next single one, so that long ones do not queue behind each other.
        var source = Partitioner.Create(Enumerable.Range(0, all.Length), EnumerablePartitionerOptions.NoBuffering);
        try
        {
            _ = Parallel.ForEach(source, options, k =>
            {
                found[k] = of(all[k]);
                done(all[k]);
            });
        }
        catch (AggregateException several) when (several.InnerExceptions.Count > 0)
        {
            // They fail alike, on the same disk or the same text: the first failure is the one to report, as itself.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return found;
    }

    private RunRecord Read(string name)
    {
        var run = RunRecord.Read(Path.Combine(_work.Runs, name));
        return run.Status.State == RunState.Done || IsWithoutStep(run)
            ? run
            : throw new BadInputException(
                run.Files.Path, $"a run of the reproduction must be done but {RunRecord.Word(run.Status.State)}: {run.Status.Message}");
    }

    private string NameOf(ExperimentSpecification specification)
    {
        // Readers of runs ask for them on several threads.
        lock (_lock)
            return _names.Of(specification);
    }

    private void Watch(SweepEvent happened, Dictionary<string, StudyRun> stage)
    {
        if (happened is SweepRunEnded { Status.State: RunState.Done or RunState.Failed })
            Report(stage[happened.Run].Study, stage[happened.Run].Weight);
    }

    private void Report(string study, double weight)
    {
        lock (_lock)
        {
            (_count, _done) = (_count + 1, _done + weight);
            _work.Progress?.Report(new ReproductionProgress(_count, _planned.Count, study) { Work = _done, TotalWork = _planned.Weight });
        }
    }
}
