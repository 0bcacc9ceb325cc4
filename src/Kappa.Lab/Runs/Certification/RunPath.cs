using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs.Certification;

/// <summary>The descent that a point lies on: any of its steps, made again to the bits of the run.</summary>
/// <remarks>From the run's checkpoint when that is not later, from the start
/// otherwise. Uses the point's model and disposes of nothing.</remarks>
internal sealed class RunPath
{
    private readonly ModelPoint _point;
    private readonly DescentState? _checkpoint;

    /// <summary>Reads what the run left.</summary>
    /// <param name="point">The point.</param>
    /// <exception cref="BadInputException">The record is damaged, or the data have changed since.</exception>
    public RunPath(ModelPoint point)
    {
        _point = point;
        if (point.Run is not { } run)
        {
            LastStep = point.Experiment?.Specification.Descent.Steps ?? 0;
            return;
        }

        LastStep = run.Status.Step;
        Telemetry = TelemetryReader.Read(run.Files.Telemetry);
        if (File.Exists(run.Files.Checkpoint))
        {
            // Also when it is of a later step: it knows the data that the run was made on.
            _checkpoint = RunCheckpoint.Read(run.Files.Checkpoint, point.Experiment!);
            point.Experiment!.Adopt(_checkpoint);
        }
    }

    /// <summary>The last step there is: that of the record, of the specification, or 0 for a point without a run.</summary>
    public long LastStep { get; }

    /// <summary>The recorded steps; <c>null</c> when nothing was recorded.</summary>
    public TelemetryTable? Telemetry { get; }

    /// <summary>The state before step <paramref name="step"/>, and where it was computed from.</summary>
    /// <exception cref="BadInputException">There is no such step.</exception>
    public (DescentState State, StepOrigin Origin) At(long step, CancellationToken cancellation)
    {
        if (step > LastStep)
        {
            throw new BadInputException("--step", $"must be from 0 to {LastStep}, the last step of {_point.Subject}, but is {step}.");
        }

        bool isFromCheckpoint = _checkpoint is not null && _checkpoint.Step <= step;
        DescentState state = isFromCheckpoint ? _checkpoint!.Clone() : Start();
        long from = state.Step;
        if (step > from)
        {
            DescentOutcome outcome = _point.Experiment!.DescentTo(step).Run(state, cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            if (outcome.Reason != StopReason.StepBudget)
            {
                throw new BadInputException("--step", $"{_point.Subject} does not reach step {step}: {outcome.Explanation}");
            }
        }

        // What a run over batches records is the loss of a batch.
        return (
            state,
            new StepOrigin(
                step, from, isFromCheckpoint, _point.Experiment is { IsFullBatch: true } ? StepOrigin.Recorded(Telemetry, step) : null));
    }

    private DescentState Start() =>
        _point.Experiment?.Start() ?? new DescentState(_point.Parameters.Clone(), _point.Parameters.Clone(), 0, 0, 0);
}
