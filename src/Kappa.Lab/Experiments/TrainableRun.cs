using Kappa.Descent;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Experiments;

/// <summary>Runs an experiment on a model other than R into its run folder: telemetry, checkpoints, status, and at the end a test of a classifier.</summary>
/// <remarks>The order on disk is that of <see cref="ExperimentRun"/>: telemetry, then checkpoint, then status, so an interrupted run is continued to the same bytes. One object runs once.</remarks>
internal sealed class TrainableRun
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly RunFolder _folder;
    private readonly TrainableExperiment _experiment;
    private readonly TrainableTelemetry _columns;
    private readonly TimeProvider _time;
    private readonly IProgress<RunProgress>? _progress;
    private readonly double[] _row;
    private readonly double? _roundingFloor;
    private TelemetryWriter _telemetry = null!;
    private (long Step, double Loss) _last;
    private long _lastBeat;

    /// <summary>Prepares a run.</summary>
    /// <param name="folder">The run folder, held by this process.</param>
    /// <param name="experiment">The experiment of the folder's specification.</param>
    /// <param name="time">The clock of heartbeats.</param>
    /// <param name="progress">Told of every second's progress, or null.</param>
    public TrainableRun(RunFolder folder, TrainableExperiment experiment, TimeProvider time, IProgress<RunProgress>? progress)
    {
        (_folder, _experiment, _time, _progress) = (folder, experiment, time, progress);
        _columns = new TrainableTelemetry(experiment);
        _row = new double[_columns.Columns.Count];
        _roundingFloor = experiment.RoundingFloor();
    }

    private TelemetrySpecification Telemetry => _folder.Specification.Telemetry;

    /// <summary>Runs from the checkpoint, or from the start when there is none, until a reason to stop.</summary>
    /// <param name="cancellation">Saves the state and returns <see cref="StopReason.Cancelled"/>.</param>
    /// <exception cref="BadInputException">The disk refused, or the checkpoint cannot be continued; what was recorded before is kept.</exception>
    public DescentOutcome Execute(CancellationToken cancellation)
    {
        TrainingState? restored = Restore();
        var training = new Training(_experiment.Model, _experiment.Options());
        TrainingState state = restored ?? training.Start(_experiment.Initial);
        _last = (state.Step, _experiment.InitialLoss);
        using (_telemetry = OpenTelemetry(state.Step))
        {
            _folder.HasBegun = true;
            try
            {
                // What is not published yet is a second's work at most: its first heartbeat, or its end, publishes it.
                if (_folder.IsUnpublished)
                    _lastBeat = _time.GetTimestamp();
                else
                    Begin(state.Step);
                TrainingEnd end = training.Run(state, Observe, cancellation);
                DescentOutcome outcome = Conclude(end, state);
                Finish(state, outcome);
                return outcome;
            }
            catch (Exception failure) when (failure is BadInputException or IOException or OutOfMemoryException)
            {
                TryMarkFailed(state.Step, failure);
                throw;
            }
        }
    }

    private TrainingState? Restore()
    {
        if (!File.Exists(_folder.Files.Checkpoint))
        {
            return null;
        }

        (TrainingState state, double stepSize) = TrainableCheckpoint.Read(_folder.Files.Checkpoint, _experiment);
        _experiment.StepSize = stepSize;
        return state;
    }

    private TelemetryWriter OpenTelemetry(long step)
    {
        TelemetryWriter writer = TelemetryWriter.Continue(_folder.Files.Telemetry, _columns.Columns, step - 1);
        long lastDue = (step - 1) / Telemetry.Every * Telemetry.Every;
        if (step > 0 && (writer.LastStep ?? -1) < lastDue)
        {
            writer.Dispose();
            throw new BadInputException(
                _folder.Files.Telemetry,
                $"the telemetry must reach step {lastDue}, where the checkpoint continues, but ends at step {writer.LastStep ?? -1}. Restore the file, or start the run anew under another name.");
        }

        return writer;
    }

    private void Observe(TrainingStep step)
    {
        _last = (step.Step, step.Loss);
        if (step.Step % Telemetry.Every == 0)
        {
            _columns.Measure(step, _row);
            _telemetry.Append(_row);
        }

        if (step.Step > 0 && step.Step % Telemetry.CheckpointEvery == 0 && !_folder.IsUnpublished)
        {
            Save(step.State);
        }

        if (_time.GetElapsedTime(_lastBeat) >= Heartbeat)
        {
            if (step.Step > 0)
                Save(step.State);
            else
                _telemetry.Flush();
            _folder.WriteStatus(Status(RunState.Running, step.Step, step.Loss));

            // The next second begins when this is written: a slow disk slows the run by half at most.
            _lastBeat = _time.GetTimestamp();
            _progress?.Report(new RunProgress(step.Step, _folder.Specification.Descent.Steps, step.Loss));
        }
    }

    // A training ends after its last update: what came of it is measured here, over all samples.
    private DescentOutcome Conclude(TrainingEnd end, TrainingState state)
    {
        switch (end)
        {
            case TrainingEnd.LossFloor:
                return new DescentOutcome(StopReason.LossFloor, state.Step, _last.Loss);
            case TrainingEnd.GradientTolerance:
                return new DescentOutcome(StopReason.GradientTolerance, state.Step, _last.Loss);
            case TrainingEnd.Cancelled:
                return new DescentOutcome(StopReason.Cancelled, state.Step, _last.Loss);
            case TrainingEnd.NonFinite:
                return new DescentOutcome(StopReason.NonFinite, state.Step, double.NaN);
        }

        var gradient = new ModelParameters(_experiment.Model.Layout);
        double loss = _experiment.Model.LossAndGradient(state.Parameters, _experiment.Model.AllSamples, gradient, _experiment.Trained);
        if (!double.IsFinite(loss) || !double.IsFinite(Vectors.SquaredNorm(gradient.Vector)))
        {
            return new DescentOutcome(StopReason.NonFinite, state.Step, loss);
        }

        if (_experiment.IsFullBatch && state.Step % Telemetry.Every == 0)
        {
            _columns.Measure(new TrainingStep(state.Step, loss, _experiment.Options().Schedule.At(state.Step), state, gradient), _row);
            _telemetry.Append(_row);
        }

        return new DescentOutcome(StopReason.StepBudget, state.Step, loss);
    }

    private void Begin(long step)
    {
        RunPublication.TakeBack(_folder.Files);
        _folder.WriteStatus(Status(RunState.Running, step, null));
    }

    // Telemetry first: a checkpoint ahead of it could not be continued. Unpublished, the rename and the sweep's own flush bring both to the disk.
    private void Save(TrainingState state)
    {
        if (_folder.IsUnpublished)
            _telemetry.Flush();
        else
            _telemetry.FlushToDisk();
        TrainableCheckpoint.Write(_folder.Files.Checkpoint, state, _experiment);
    }

    private void Finish(TrainingState state, DescentOutcome outcome)
    {
        Save(state);
        bool isCancelled = outcome.Reason == StopReason.Cancelled;
        (double Loss, double Accuracy)? test = isCancelled || outcome.Reason == StopReason.NonFinite ? null : _experiment.Test(state.Parameters);
        string message = outcome.Reason == StopReason.NonFinite
            ? NonFinite(outcome.Step)
            : outcome.Explanation;
        _folder.WriteStatus(Status(isCancelled ? RunState.Interrupted : RunState.Done, outcome.Step, outcome.Loss) with
        {
            StopReason = outcome.Reason.ToString(),
            Message = test is { } seen ? FormattableString.Invariant($"{message} Test: accuracy {seen.Accuracy:P1}, loss {NumberText.Of(seen.Loss)}.") : message,
            TestAccuracy = test?.Accuracy,
            TestLoss = test?.Loss,
        });
    }

    private string NonFinite(long step)
    {
        Matrix inputs = _experiment.Model is ShallowEncoder { Inputs: var tokens } ? tokens : default;
        Matrix targets = _experiment.Model switch
        {
            ShallowEncoder encoder => encoder.Targets,
            KernelAttention attention => attention.Targets,
            _ => default,
        };
        return step == 0
            ? FirstLoss.Words(_experiment.Specification.Data, _experiment.Specification.Model.Kind, _experiment.InitialLoss, Numbers(inputs), Numbers(targets))
            : $"It diverged: loss or gradient are not finite after {step} steps. A smaller step size may help.";

        static ReadOnlySpan<double> Numbers(in Matrix matrix) => matrix.IsContiguous ? matrix.Span : [];
    }

    private void TryMarkFailed(long step, Exception failure)
    {
        try
        {
            // A disk that is full, or memory that another program has, is nothing about the run: it can be resumed.
            RunState state = failure is IOException or OutOfMemoryException || failure.InnerException is IOException ? RunState.Interrupted : RunState.Failed;
            _folder.WriteStatus(Status(state, step, null) with { Message = failure.Message });
        }
        catch (BadInputException)
        {
            // The disk refuses this as well; the first failure is the one to report.
        }
    }

    private RunStatus Status(RunState state, long step, double? loss) => new() { State = state, Step = step, Loss = loss, RoundingFloor = _roundingFloor };
}
