using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Runs.Certification;

/// <summary>The descent that a point of a model other than R lies on: any of its steps, made again to the bits of the run.</summary>
/// <remarks>From the run's checkpoint when that is not later, from the start otherwise. Uses the point's model and disposes of nothing.</remarks>
internal sealed class ModelPath
{
    private readonly TrainablePoint _point;
    private readonly Experiment? _experiment;
    private readonly DescentState? _checkpoint;

    /// <summary>Reads what the run left.</summary>
    /// <param name="point">The point.</param>
    /// <exception cref="BadInputException">The record is damaged, or the data have changed since.</exception>
    public ModelPath(TrainablePoint point)
    {
        (_point, _experiment) = (point, point.Experiment);
        if (point.Run is not { } run)
        {
            LastStep = _experiment?.Specification.Descent.Steps ?? 0;
            return;
        }

        LastStep = run.Status.Step;
        Telemetry = TelemetryReader.Read(run.Files.Telemetry);
        if (File.Exists(run.Files.Checkpoint))
        {
            _checkpoint = RunCheckpoint.Read(run.Files.Checkpoint, _experiment!);
            _experiment!.Adopt(_checkpoint);
        }
    }

    /// <summary>The last step there is: that of the record, of the specification, or 0 for a point without a run.</summary>
    public long LastStep { get; }

    /// <summary>Whether there are steps after the first.</summary>
    public bool HasSteps => _experiment is not null;

    /// <summary>The recorded steps; <c>null</c> when nothing was recorded.</summary>
    public TelemetryTable? Telemetry { get; }

    /// <summary>The state before step <paramref name="step"/>, and where it was computed from.</summary>
    /// <exception cref="BadInputException">There is no such step.</exception>
    public (DescentState State, StepOrigin Origin) At(long step, CancellationToken cancellation)
    {
        if (step > LastStep)
        {
            throw new BadInputException("--step", $"must be from 0 to {LastStep}, the last step of {_point.Name}, but is {step}.");
        }

        bool isFromCheckpoint = _checkpoint is not null && _checkpoint.Step <= step;
        DescentState state = isFromCheckpoint ? _checkpoint!.Clone() : Start();
        long from = state.Step;
        bool isThere = Advance(state, step, null, cancellation);
        cancellation.ThrowIfCancellationRequested();

        // What a run over batches records is the loss of a batch.
        return isThere
            ? (state, new StepOrigin(step, from, isFromCheckpoint, _experiment is { IsFullBatch: true } ? StepOrigin.Recorded(Telemetry, step) : null))
            : throw new BadInputException("--step", $"{_point.Name} does not reach step {step}: the loss or the gradient at step {state.Step} is not finite.");
    }

    /// <summary>Descends in place, whatever the loss.</summary>
    /// <param name="state">Advanced.</param>
    /// <param name="step">Where to.</param>
    /// <param name="observer">Told of every step before its update.</param>
    /// <param name="cancellation">Ends it before the next step.</param>
    /// <returns>False when it stopped before.</returns>
    public bool Advance(DescentState state, long step, Action<DescentStep>? observer, CancellationToken cancellation) => state.Step >= step
        || _experiment!.DescentTo(step).Run(state, seen => Observe(seen, step, observer), cancellation: cancellation).Reason == StopReason.StepBudget;

    // The step that is gone to is not one before an update.
    private static void Observe(DescentStep seen, long step, Action<DescentStep>? observer)
    {
        if (seen.Step < step)
        {
            observer?.Invoke(seen);
        }
    }

    /// <summary>The path as one theorem is asked along it, of the model in double precision.</summary>
    public ICertifiablePath<DescentState> For(Theorem theorem, IModel model, CancellationToken cancellation) => new Asked(this, theorem, model, cancellation);

    private DescentState Start() => _experiment?.Start() ?? new DescentState(_point.Parameters.Clone(), _point.Parameters.Clone(), 0, 0, 0);

    private sealed class Asked(ModelPath path, Theorem theorem, IModel model, CancellationToken cancellation) : ICertifiablePath<DescentState>
    {
        public long StepOf(DescentState state) => state.Step;

        public DescentState Copy(DescentState state) => state.Clone();

        public bool Advance(DescentState state, long target) => path.Advance(state, target, null, cancellation);

        public double Loss(DescentState state) => model.Loss(state.Parameters, model.AllSamples);

        public Certificate Certify(DescentState state, CertificateOptions options) => ModelTheorems.At(model, state.Parameters, path._point.Trained).Ask(theorem, options);
    }
}
