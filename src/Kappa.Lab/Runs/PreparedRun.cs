using Kappa.Descent;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs;

/// <summary>A run of any kind of model, ready to begin: what it is called,
/// how it is executed, and the rates that can be stated about it.</summary>
/// <remarks>Owns its evaluator. One object runs once.</remarks>
public sealed class PreparedRun : IDisposable
{
    private readonly Experiment _experiment;

    private PreparedRun(Experiment experiment) => _experiment = experiment;

    /// <summary>The resolved specification.</summary>
    public ExperimentSpecification Specification => _experiment.Specification;

    /// <summary>SHA-256 of data from outside; <see langword="null"/> when the specification alone decides them.</summary>
    public string? ExternalData => ExperimentData.IsExternal(Specification) ? _experiment.DataFingerprint : null;

    /// <summary>Where the data come from, how much of them, and what of their files was not read.</summary>
    public string DataDescription => _experiment.DataDescription;

    /// <summary>Whether files of the user were read.</summary>
    public bool ReadsFiles => Specification.Data is { } data && (data.Path ?? data.Inputs) is not null;

    /// <summary>Builds model and data.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="others">The folder of the runs that <c>stepSize: same(RUN)</c> and <c>initialisation.from</c> name.</param>
    /// <exception cref="BadInputException">The data cannot be read, or contradict the model;
    /// another run is not there or does not fit.</exception>
    public static PreparedRun Of(ExperimentSpecification specification, int threads = 1, RunStore? others = null) =>
        Of(specification, threads, OtherRuns.In(others));

    /// <summary>The same in the memory of the evaluator of an earlier run, if it is of this shape; it stays its owner's.</summary>
    internal static PreparedRun Of(
        ExperimentSpecification specification, int threads, OtherRuns others, ResidualTransformer? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return new PreparedRun(Experiment.Prepare(specification, threads, others, earlier));
    }

    /// <summary>Determines the step size, so that one that cannot be is known before
    /// anything is written. Not for a run that is continued, which has one.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    public void RequireStepSize() => _experiment.RequireStepSize();

    /// <summary>Leaves the evaluator to the caller, for a later run of the same
    /// shape; null for models that are not made again in the same memory.</summary>
    internal ResidualTransformer? KeepModel() => _experiment.KeepModel();

    /// <summary>Runs into a folder, from its checkpoint when it has one.</summary>
    /// <param name="folder">The run folder, held by this process.</param>
    /// <param name="progress">Told of every second's progress, or null.</param>
    /// <param name="cancellation">Saves the state and ends.</param>
    /// <exception cref="BadInputException">The disk refused, or the checkpoint cannot be continued.</exception>
    public DescentOutcome Execute(RunFolder folder, IProgress<RunProgress>? progress = null, CancellationToken cancellation = default) =>
        new ExperimentRun(folder, _experiment, TimeProvider.System, progress).Execute(cancellation);

    /// <summary>What the run will take, in one line; null when that is too little to say.</summary>
    /// <param name="stepsDone">Steps that an interrupted run has behind it.</param>
    public string? Forecast(long stepsDone)
    {
        var forecast = RunForecast.Of(_experiment, stepsDone);
        return forecast.Seconds > RunForecast.SecondsWorthSaying ? forecast.Words() : null;
    }

    /// <summary>The rates from guaranteed to measured; null where they mean nothing: for a
    /// classifier, minibatches, momentum or Adam, and when nothing was recorded.</summary>
    /// <param name="analysis">The run.</param>
    internal RateLadder? Ladder(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        if (analysis.Telemetry.Rows == 0)
        {
            return null;
        }

        long last = (long)analysis.Telemetry[Quantities.Step][^1];
        return RateLadder.Of(_experiment, analysis.Rate, last);
    }

    /// <inheritdoc/>
    public void Dispose() => _experiment.Dispose();
}
