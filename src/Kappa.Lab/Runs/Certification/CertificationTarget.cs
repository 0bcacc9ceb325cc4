using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>What is certified: an experiment as it is specified, a recorded run, or a point from a file.</summary>
/// <remarks>Owns its evaluator. A step of a run is computed again, from its checkpoint when that is not later and from the start otherwise: both give the bits of the run. Not thread-safe.</remarks>
internal sealed class CertificationTarget : IDisposable
{
    private readonly Func<DescentState> _start;
    private readonly DescentState? _checkpoint;
    private readonly TelemetryTable? _telemetry;

    private CertificationTarget(string name, ResidualTransformer model, TrainedSet trained, Func<DescentState> start) =>
        (Name, Model, Trained, _start) = (name, model, trained, start);

    private CertificationTarget(string name, Experiment experiment, RunRecord? run, TelemetryTable? telemetry, StepSizeRule rule)
        : this(name, experiment.Residual, experiment.Trained, experiment.Start)
    {
        _telemetry = telemetry;
        Descent = new DescentOptions { StepSize = rule, Trained = experiment.Trained, MaximumSteps = 0 };
        LastStep = run?.Status.Step ?? experiment.Specification.Descent.Steps;
        if (run is not null && File.Exists(run.Files.Checkpoint))
        {
            // Also when it is of a later step: it knows the data that the run was made on.
            _checkpoint = RunCheckpoint.Read(run.Files.Checkpoint, experiment);
        }
    }

    /// <summary>What it is called in results.</summary>
    public string Name { get; }

    /// <summary>What it is called where it must be told from others: a specification with what differs from the defaults.</summary>
    public string Title { get => field ?? Name; private init; }

    /// <summary>The last step there is: that of the record, of the specification, or 0 for a point.</summary>
    public long LastStep { get; }

    /// <summary>Whether there are steps after the first.</summary>
    public bool HasPath => Descent is not null;

    /// <summary>Whether the step size changes from step to step.</summary>
    public bool IsAdaptive => Descent?.StepSize is MonotoneStepSize;

    /// <summary>The precision of the descent; certificates are computed in double precision in either.</summary>
    public Precision Precision => Model.Precision;

    internal ResidualTransformer Model { get; }

    internal TrainedSet Trained { get; }

    /// <summary>How the run descends, without a reason to stop; <c>null</c> for a point.</summary>
    internal DescentOptions? Descent { get; }

    /// <summary>The recorded steps; <c>null</c> when nothing was recorded.</summary>
    internal TelemetryTable? Telemetry => _telemetry;

    /// <summary>An experiment that need not have been run.</summary>
    /// <param name="specification">A specification without problems.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="stepSizeOf">Finds the step size of another run, for <c>stepSize: same(RUN)</c>.</param>
    /// <exception cref="BadInputException">The data cannot be read or do not fit.</exception>
    public static CertificationTarget OfSpecification(ExperimentSpecification specification, int threads = 1, Func<string, double>? stepSizeOf = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var experiment = Experiment.Prepare(specification, ExperimentData.Load(specification), threads, stepSizeOf);
        string changes = string.Join(' ', SpecificationWriter.Changes(specification));
        return new CertificationTarget("the specification", experiment, null, null, specification.Descent.StepSize.ToRule(stepSizeOf ?? Experiment.NoOtherRuns))
        {
            Title = changes.Length > 0 ? $"the specification {changes}" : "the default specification",
        };
    }

    /// <summary>A recorded run.</summary>
    /// <param name="run">The run, finished or not.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <exception cref="BadInputException">The record is damaged, or the data have changed since.</exception>
    public static CertificationTarget OfRun(RunRecord run, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(run);
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);

        // The run itself knows the step size that it took from another one, which may be gone.
        double StepSizeOf(string other) => telemetry.Rows > 0
            ? telemetry[Quantities.StepSize][0]
            : throw new BadInputException(run.Files.Telemetry, $"the step size that was taken from run {other} is in the first row, but there is none. Run it first.");
        var experiment = Experiment.Prepare(run.Specification, ExperimentData.Load(run.Specification), threads, StepSizeOf);
        return new CertificationTarget($"run {run.Name}", experiment, run, telemetry, run.Specification.Descent.StepSize.ToRule(StepSizeOf));
    }

    /// <summary>A point without a path: only its own step 0 can be certified.</summary>
    /// <param name="point">The point.</param>
    /// <param name="threads">Threads of one evaluation.</param>
    public static CertificationTarget OfPoint(Evaluation.ModelPoint point, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(point);
        var model = new ResidualTransformer(point.Shape, point.Inputs, point.Targets, point.Samples, threads);
        return new CertificationTarget(
            $"point {point.Name}", model, point.Trained, () => new DescentState(point.Weights.Clone(), point.Weights.Clone(), 0, 0, 0));
    }

    /// <summary>The state before step <paramref name="step"/>, and where it was computed from.</summary>
    /// <exception cref="BadInputException">There is no such step.</exception>
    internal ReachedStep At(long step, CancellationToken cancellation)
    {
        if (step > LastStep)
        {
            throw new BadInputException("--step", $"must be from 0 to {LastStep}, the last step of {Name}, but is {step}.");
        }

        bool isFromCheckpoint = _checkpoint is not null && _checkpoint.Step <= step;
        DescentState state = isFromCheckpoint ? _checkpoint!.Clone() : _start();
        long origin = state.Step;
        if (step > origin)
        {
            DescentOutcome outcome = new GradientDescent(Model, Descent! with { MaximumSteps = step }).Run(state, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (outcome.Reason != StopReason.StepBudget)
            {
                throw new BadInputException("--step", $"{Name} does not reach step {step}: {outcome.Explanation}");
            }
        }

        return new ReachedStep(state, new StepOrigin(step, origin, isFromCheckpoint, StepOrigin.Recorded(_telemetry, step)));
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>A step of a run, computed again.</summary>
/// <param name="State">The state before it.</param>
/// <param name="Origin">Where it was computed from.</param>
internal sealed record ReachedStep(DescentState State, StepOrigin Origin);
