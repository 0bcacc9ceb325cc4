using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Lab.Runs;

/// <summary>What a reader of the progress line wants to know.</summary>
/// <param name="Step">The step just measured.</param>
/// <param name="Steps">The step budget.</param>
/// <param name="Loss">ℒ at that step.</param>
public readonly record struct RunProgress(long Step, long Steps, double Loss);

/// <summary>Runs an experiment into its run folder: telemetry at every recorded step,
/// spectra at the chosen ones, checkpoints, status, and at the end a test.</summary>
/// <remarks>
/// Order on disk: telemetry first, then the checkpoint, then the status. So whenever the process ends, the telemetry reaches at least to
/// the checkpoint, and a resumed run cuts the telemetry back to it and goes on to the same bytes. One object runs once.
/// </remarks>
internal sealed class ExperimentRun
{
    // Status and telemetry reach the disk at least this often in wall-clock time, so that a watcher sees life and a crash loses little.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly RunFolder _folder;
    private readonly Experiment _experiment;
    private readonly RunTelemetry _columns;
    private readonly TimeProvider _time;
    private readonly IProgress<RunProgress>? _progress;
    private readonly double? _roundingFloor;
    private long _lastBeat;
    private TelemetryWriter _telemetry = null!;
    private SpectraWriter _spectra = null!;

    /// <summary>Prepares a run.</summary>
    /// <param name="folder">The run folder, held by this process.</param>
    /// <param name="experiment">The experiment of the folder's specification.</param>
    /// <param name="time">The clock of heartbeats.</param>
    /// <param name="progress">Told of every second's progress, or null.</param>
    public ExperimentRun(RunFolder folder, Experiment experiment, TimeProvider time, IProgress<RunProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(time);
        (_folder, _experiment, _time, _progress) = (folder, experiment, time, progress);
        _columns = new RunTelemetry(experiment);
        _roundingFloor = experiment.RoundingFloor;
    }

    private TelemetrySpecification Telemetry => _folder.Specification.Telemetry;

    /// <summary>Runs from the checkpoint, or from the start when there is none, until a reason to stop.</summary>
    /// <param name="cancellation">Saves the state and returns <see cref="StopReason.Cancelled"/>.</param>
    /// <exception cref="BadInputException">The disk refused, or the checkpoint
    /// cannot be continued; what was recorded before is kept.</exception>
    public DescentOutcome Execute(CancellationToken cancellation)
    {
        if (!TryDecideStepSize(cancellation))
            return new DescentOutcome(StopReason.Cancelled, 0, _experiment.InitialLoss);
        DescentState state = RestoreOrStart();
        using (_telemetry = OpenTelemetry(state.Step))
        {
            _spectra = SpectraWriter.Continue(_folder.Files.Spectra, state.Step);
            _folder.HasBegun = true;
            try
            {
                // What is not published yet is a second's work at most: its first heartbeat, or its end, publishes it.
                if (_folder.IsUnpublished)
                    _lastBeat = _time.GetTimestamp();
                else
                    Begin(state.Step);
                DescentOutcome outcome = _experiment.Descent.Run(state, Observe, _columns.Record, cancellation);
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

    // False when it was cancelled: what was tried is kept, and the run goes on from there.
    private bool TryDecideStepSize(CancellationToken cancellation)
    {
        if (_folder.Specification.Descent.StepSize.Kind != StepSizeKind.Best)
            return true;
        StepTrials? known = StepTrials.Find(_folder.Files);
        if (!File.Exists(_folder.Files.Checkpoint))
            OpenTelemetry(0).Dispose();
        _lastBeat = _time.GetTimestamp();
        try
        {
            _experiment.Decide(known, trials => trials.Write(_folder.Files), BeatInTrial, cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            _folder.WriteStatus(Status(RunState.Interrupted, 0, _experiment.InitialLoss) with
            {
                StopReason = nameof(StopReason.Cancelled),
                Message = "Cancelled while step sizes were tried.",
            });
            return false;
        }
    }

    private void BeatInTrial(DescentStep step)
    {
        if (_time.GetElapsedTime(_lastBeat) < Heartbeat)
            return;
        _folder.WriteStatus(Status(RunState.Running, 0, null) with { Message = "Step sizes are tried." });
        _lastBeat = _time.GetTimestamp();
        _progress?.Report(new RunProgress(step.Step, _folder.Specification.Descent.Steps, step.Loss));
    }

    private DescentState RestoreOrStart() => File.Exists(_folder.Files.Checkpoint)
        ? RunCheckpoint.Read(_folder.Files.Checkpoint, _experiment)
        : _experiment.Start();

    private TelemetryWriter OpenTelemetry(long step)
    {
        TelemetryWriter writer = TelemetryWriter.Continue(_folder.Files.Telemetry, _columns.Columns, step - 1);
        long lastDue = (step - 1) / Telemetry.Every * Telemetry.Every;
        if (step > 0 && (writer.LastStep ?? -1) < lastDue)
        {
            writer.Dispose();
            throw new BadInputException(
                _folder.Files.Telemetry,
                $"the telemetry must reach step {lastDue}, where the checkpoint continues, but ends at step {writer.LastStep ?? -1}. "
                    + $"Restore the file, or start the run anew under another name.");
        }

        return writer;
    }

    private void Observe(DescentStep step)
    {
        bool isDue = step.Step % Telemetry.Every == 0;
        bool savesSpectra = _columns.Record is not null && Telemetry.SpectraAt.Includes(step.Step, isLast: false);
        ReadOnlySpan<double> row = isDue || savesSpectra ? _columns.Measure(step) : [];
        if (isDue)
        {
            _telemetry.Append(row);
        }

        if (savesSpectra)
        {
            SaveSpectra(_columns, step);
        }

        if (step.Step > 0 && step.Step % Telemetry.CheckpointEvery == 0 && !_folder.IsUnpublished)
        {
            Save(step.State);
        }

        Beat(step.Step, step.Loss, step.State);
    }

    private void Beat(long step, double loss, DescentState state)
    {
        if (_time.GetElapsedTime(_lastBeat) < Heartbeat)
        {
            return;
        }

        if (step > 0)
            Save(state);
        else
            Flush();
        _folder.WriteStatus(Status(RunState.Running, step, loss));

        // The next second begins when this is written: a slow disk slows the run by half at most.
        _lastBeat = _time.GetTimestamp();
        _progress?.Report(new RunProgress(step, _folder.Specification.Descent.Steps, loss));
    }

    private void SaveSpectra(RunTelemetry columns, DescentStep step) =>
        _spectra.Append(_folder.Files.Spectra, step.Step, columns.Spectra(step));

    private void Begin(long step)
    {
        RunPublication.TakeBack(_folder.Files);
        _folder.WriteStatus(Status(RunState.Running, step, null));
    }

    // Telemetry and spectra first: a checkpoint ahead of them could not be continued.
    private void Save(DescentState state)
    {
        Flush();
        RunCheckpoint.Write(_folder.Files.Checkpoint, state, _experiment.DataFingerprint);
    }

    // Unpublished, the rename and the sweep's own flush bring all to the disk.
    private void Flush()
    {
        if (_folder.IsUnpublished)
            _telemetry.Flush();
        else
            _telemetry.FlushToDisk();
        _spectra.Flush(_folder.Files.Spectra, toDisk: !_folder.IsUnpublished);
    }

    private void Finish(DescentState state, DescentOutcome outcome)
    {
        bool isCancelled = outcome.Reason == StopReason.Cancelled;
        if (!isCancelled && Telemetry.SpectraAt.Last && _columns.Record is not null)
        {
            SaveLastSpectra(state);
        }

        Save(state);
        (double Loss, double Accuracy)? test = isCancelled || outcome.Reason == StopReason.NonFinite
            ? null
            : _columns.LastTest is { } last && last.Step == outcome.Step
                ? last.Result
                : _experiment.Test(state.Parameters);
        string message = _experiment.Explain(outcome);
        _folder.WriteStatus(Status(isCancelled ? RunState.Interrupted : RunState.Done, outcome.Step, outcome.Loss) with
        {
            StopReason = outcome.Reason.ToString(),
            Message = test is { } seen
                ? FormattableString.Invariant($"{message} Test: accuracy {seen.Accuracy:P1}, loss {NumberText.Of(seen.Loss)}.")
                : message,
            TestAccuracy = test?.Accuracy,
            TestLoss = test?.Loss,
        });
    }

    // The last finite iterate is evaluated once more: the descent stopped before or at its measurement.
    private void SaveLastSpectra(DescentState state)
    {
        DescentOptions options = _experiment.Options with
        { BatchSize = null, MaximumSteps = state.Step, LossFloor = null, GradientTolerance = null };
        var columns = new RunTelemetry(_experiment, isFullBatch: true);
        _ = new GradientDescent(_experiment.Model, options).Run(
            state.Clone(),
            step =>
            {
                _ = columns.Measure(step);
                SaveSpectra(columns, step);
            },
            columns.Record);
    }

    private void TryMarkFailed(long step, Exception failure)
    {
        try
        {
            // A disk that is full, or memory that another program has, is nothing about the run: it can be resumed.
            RunState state = failure is IOException or OutOfMemoryException || failure.InnerException is IOException
                ? RunState.Interrupted
                : RunState.Failed;
            _folder.WriteStatus(Status(state, step, null) with { Message = failure.Message });
        }
        catch (BadInputException)
        {
            // The disk refuses this as well; the first failure is the one to report.
        }
    }

    private RunStatus Status(RunState state, long step, double? loss) =>
        new() { State = state, Step = step, Loss = loss, RoundingFloor = _roundingFloor };
}
