using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Ladder;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Experiments;

/// <summary>A run of any kind of model, ready to begin: what it is called, how it is executed, and the rates that can be stated about it.</summary>
/// <remarks>Owns its evaluator. One object runs once.</remarks>
public sealed class PreparedRun : IDisposable
{
    private readonly Experiment? _residual;
    private readonly TrainableExperiment? _other;

    private PreparedRun(Experiment? residual, TrainableExperiment? other) => (_residual, _other) = (residual, other);

    /// <summary>The resolved specification.</summary>
    public ExperimentSpecification Specification => _residual?.Specification ?? _other!.Specification;

    /// <summary>SHA-256 of data from outside; <see langword="null"/> when the specification alone decides them.</summary>
    public string? ExternalData => !ExperimentData.IsExternal(Specification) ? null : _residual?.Data.Fingerprint ?? _other!.DataFingerprint;

    /// <summary>Where the data come from, how much of them, and what of their files was not read.</summary>
    public string DataDescription => _residual?.Data.Description ?? _other!.DataDescription;

    /// <summary>Whether files of the user were read.</summary>
    public bool ReadsFiles => Specification.Data is { } data && (data.Path ?? data.Inputs) is not null;

    /// <summary>Builds model and data.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="stepSizeOf">Finds the step size of the run that <c>stepSize: same(RUN)</c> names.</param>
    /// <exception cref="BadInputException">The data cannot be read, or contradict the model.</exception>
    public static PreparedRun Of(ExperimentSpecification specification, int threads = 1, Func<string, double>? stepSizeOf = null) => Of(specification, threads, stepSizeOf, null);

    /// <summary>The same in the memory of the evaluator of an earlier run, if it is of this shape; it stays its owner's.</summary>
    internal static PreparedRun Of(ExperimentSpecification specification, int threads, Func<string, double>? stepSizeOf, ResidualTransformer? earlier)
    {
        ArgumentNullException.ThrowIfNull(specification);
        if (specification.Model.Kind != ModelKind.Residual)
        {
            return new PreparedRun(null, TrainableExperiment.Prepare(specification, threads, stepSizeOf));
        }

        TokenData data = ExperimentData.Load(specification);
        return new PreparedRun(Experiment.Prepare(specification, data, threads, stepSizeOf, earlier), null);
    }

    /// <summary>Determines the step size, so that one that cannot be is known before anything is written. Not for a run that is continued, which has one.</summary>
    /// <exception cref="BadInputException">It is no finite positive number.</exception>
    public void RequireStepSize()
    {
        _residual?.RequireStepSize();
        _ = _other?.StepSize;
    }

    /// <summary>Leaves the evaluator to the caller, for a later run of the same shape; null for models other than R.</summary>
    internal ResidualTransformer? KeepModel() => _residual?.KeepModel();

    /// <summary>Runs into a folder, from its checkpoint when it has one.</summary>
    /// <param name="folder">The run folder, held by this process.</param>
    /// <param name="progress">Told of every second's progress, or null.</param>
    /// <param name="cancellation">Saves the state and ends.</param>
    /// <exception cref="BadInputException">The disk refused, or the checkpoint cannot be continued.</exception>
    public DescentOutcome Execute(RunFolder folder, IProgress<RunProgress>? progress = null, CancellationToken cancellation = default) => _residual is not null
        ? new ExperimentRun(folder, _residual, TimeProvider.System, progress).Execute(cancellation)
        : new TrainableRun(folder, _other!, TimeProvider.System, progress).Execute(cancellation);

    /// <summary>What the run will take, in one line; null when that is too little to say.</summary>
    /// <param name="stepsDone">Steps that an interrupted run has behind it.</param>
    public string? Forecast(long stepsDone)
    {
        if (_residual is null)
        {
            return TrainableForecast.Words(_other!, stepsDone);
        }

        var forecast = RunForecast.Of(_residual, stepsDone);
        return forecast.Seconds > RunForecast.SecondsWorthSaying ? forecast.Words() : null;
    }

    /// <summary>The rates from guaranteed to measured; null where they mean nothing: for a classifier, minibatches, momentum or Adam, and when nothing was recorded.</summary>
    /// <param name="analysis">The run.</param>
    public RateLadder? Ladder(RunAnalysis analysis)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        if (analysis.Telemetry.Rows == 0)
        {
            return null;
        }

        long last = (long)analysis.Telemetry["step"][^1];
        return _residual is not null ? RateLadder.Of(_residual, analysis.Rate, last) : TrainableLadder.Of(_other!, analysis.Rate, last);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _residual?.Dispose();
        _other?.Dispose();
    }
}
