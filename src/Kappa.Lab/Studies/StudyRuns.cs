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

/// <summary>The runs of a reproduction: sweeps that are planned from code, whose runs are ordinary ones in a folder of runs.</summary>
/// <remarks>Stage by stage: a later one may be planned from what came out of the earlier. What is there already is not made again. One caller.</remarks>
internal sealed class StudyRuns
{
    private const string NoStep = "descent.stepSize";

    private readonly ReproductionWork _work;
    private readonly (int Count, double Weight) _planned;
    private readonly Dictionary<DataSpecification, string> _fingerprints = [];
    private readonly Dictionary<string, RunRecord> _made = new(StringComparer.Ordinal);
    private int _count;
    private double _done;

    /// <summary>Prepares the runs of a plan.</summary>
    /// <param name="work">How it is carried out.</param>
    /// <param name="planned">Number and weight of all that may be made.</param>
    public StudyRuns(ReproductionWork work, (int Count, double Weight) planned) => (_work, _planned) = (work, planned);

    /// <summary>Makes a stage: all of these runs, in this order on each thread.</summary>
    /// <exception cref="BadInputException">A run failed, another process holds one, or the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was made is kept.</exception>
    public void Make(IEnumerable<StudyRun> stage)
    {
        var named = new Dictionary<string, StudyRun>(StringComparer.Ordinal);
        foreach (StudyRun run in stage)
        {
            if (_made.ContainsKey(NameOf(run.Specification)) || !named.TryAdd(NameOf(run.Specification), run))
                Report(run);
        }

        if (named.Count == 0)
            return;
        SweepRun[] runs = [.. named.Select(run => new SweepRun(run.Key, new Dictionary<string, string>(), run.Value.Specification.Resolve()))];
        var sweep = SweepFolder.Freeze(_work.Runs, new SweepPlan(SweepReader.NameOf(runs), runs));
        _ = sweep.Retry();
        var worker = new SweepWorker(sweep, RunEnvironment.Current([], 1, TimeProvider.System));
        worker.Work(_work.Threads, (0, 1), happened => Watch(happened, named), _work.Cancellation);
        _work.Cancellation.ThrowIfCancellationRequested();
        if (worker.LeftToOthers.Count > 0)
            throw new BadInputException(sweep.Path, $"{worker.LeftToOthers.Count} runs are held by another process. Wait for it, or end it, and repeat the command.");
        foreach ((string name, StudyRun run) in named)
            _made.Add(name, Read(name, run.Specification));
    }

    /// <summary>Counts work that turned out not to be needed.</summary>
    public void Spare(StudyRun run) => Report(run);

    /// <summary>A run that was made.</summary>
    public RunRecord this[ExperimentSpecification specification] => _made[NameOf(specification)];

    /// <summary>Whether the kernel at the start was zero, so that there is no automatic step and nothing is learned at any.</summary>
    public static bool IsWithoutStep(RunRecord run) => run.Status is { State: RunState.Failed, Message: { } reason } && reason.StartsWith(NoStep, StringComparison.Ordinal);

    /// <summary>Something of each of several runs, on all threads.</summary>
    public T[] Select<TRun, T>(IEnumerable<TRun> runs, Func<TRun, T> of)
    {
        try
        {
            return [.. runs.AsParallel().AsOrdered().WithDegreeOfParallelism(_work.Threads).WithCancellation(_work.Cancellation).Select(of)];
        }
        catch (AggregateException several) when (several.InnerExceptions.Count > 0)
        {
            // They fail alike, on the same disk: the first failure is the one to report, as itself.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
            throw;
        }
    }

    private RunRecord Read(string name, ExperimentSpecification specification)
    {
        var run = RunRecord.Read(Path.Combine(_work.Runs, name));
        return run.Status.State == RunState.Done || IsWithoutStep(run)
            ? run
            : throw new BadInputException(run.Files.Path, $"a run of the reproduction must be done but {RunRecord.Word(run.Status.State)}: {run.Status.Message}");
    }

    private string NameOf(ExperimentSpecification specification)
    {
        if (!ExperimentData.IsExternal(specification))
            return RunName.Of(specification);
        if (!_fingerprints.TryGetValue(specification.Data, out string? fingerprint))
        {
            using var run = PreparedRun.Of(specification);
            _fingerprints.Add(specification.Data, fingerprint = run.ExternalData!);
        }

        return RunName.Of(specification, fingerprint);
    }

    private void Watch(SweepEvent happened, Dictionary<string, StudyRun> stage)
    {
        if (happened is SweepRunEnded { Status.State: RunState.Done or RunState.Failed })
            Report(stage[happened.Run]);
    }

    private void Report(StudyRun run)
    {
        (_count, _done) = (_count + 1, _done + run.Weight);
        _work.Progress?.Report(new ReproductionProgress(_count, _planned.Count, run.Study) { Work = _done, TotalWork = _planned.Weight });
    }
}
