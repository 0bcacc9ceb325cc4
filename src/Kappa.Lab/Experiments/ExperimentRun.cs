using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Experiments;

/// <summary>What a reader of the progress line wants to know.</summary>
/// <param name="Step">The step just measured.</param>
/// <param name="Steps">The step budget.</param>
/// <param name="Loss">ℒ at that step.</param>
public readonly record struct RunProgress(long Step, long Steps, double Loss);

/// <summary>Runs an experiment into its run folder: telemetry at every recorded step, spectra at the chosen ones, checkpoints, status.</summary>
/// <remarks>
/// Order on disk: telemetry first, then the checkpoint, then the status. So whenever the process ends, the telemetry reaches at least to the checkpoint, and a resumed run cuts
/// the telemetry back to it and goes on to the same bytes. One object runs once.
/// </remarks>
public sealed class ExperimentRun
{
    // Status and telemetry reach the disk at least this often in wall-clock time, so that a watcher sees life and a crash loses little.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly RunFolder _folder;
    private readonly Experiment _experiment;
    private readonly TelemetryProbe _probe;
    private readonly TimeProvider _time;
    private readonly IProgress<RunProgress>? _progress;
    private readonly double[] _row;
    private readonly double _roundingFloor;
    private long _lastBeat;
    private TelemetryWriter _telemetry = null!;

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
        _probe = new TelemetryProbe(experiment.Model, experiment.Trained, folder.Specification.Telemetry.Quantities == TelemetryQuantities.All);
        _row = new double[_probe.Columns.Count];
        _roundingFloor = experiment.RoundingFloor;
    }

    private TelemetrySpecification Telemetry => _folder.Specification.Telemetry;

    /// <summary>Runs from the checkpoint, or from the start when there is none, until a reason to stop.</summary>
    /// <param name="cancellation">Saves the state and returns <see cref="StopReason.Cancelled"/>.</param>
    /// <exception cref="BadInputException">The disk refused, or the checkpoint cannot be continued; what was recorded before is kept.</exception>
    public DescentOutcome Execute(CancellationToken cancellation)
    {
        DescentState state = RestoreOrStart();
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
                DescentOutcome outcome = _experiment.Descent.Run(state, Observe, cancellation);
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

    private DescentState RestoreOrStart() => File.Exists(_folder.Files.Checkpoint)
        ? RunCheckpoint.Read(_folder.Files.Checkpoint, _experiment.Model.Shape, _experiment.Data.Fingerprint)
        : _experiment.Start();

    private TelemetryWriter OpenTelemetry(long step)
    {
        TelemetryWriter writer = TelemetryWriter.Continue(_folder.Files.Telemetry, _probe.Columns, step - 1);
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

    private void Observe(DescentStep step)
    {
        bool isDue = step.Step % Telemetry.Every == 0;
        bool savesSpectra = Telemetry.SpectraAt.Includes(step.Step, isLast: false);
        if (isDue || savesSpectra)
        {
            _probe.Measure(step, _row);
        }

        if (isDue)
        {
            _telemetry.Append(_row);
        }

        if (savesSpectra)
        {
            SaveSpectra(step.Step);
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
            _telemetry.Flush();
        _folder.WriteStatus(Status(RunState.Running, step, loss));

        // The next second begins when this is written: a slow disk slows the run by half at most.
        _lastBeat = _time.GetTimestamp();
        _progress?.Report(new RunProgress(step, _folder.Specification.Descent.Steps, loss));
    }

    private void SaveSpectra(long step)
    {
        if (_probe.Spectra.Any())
            MakeSpectra();
        foreach ((string name, ReadOnlyMemory<double> values) in _probe.Spectra)
            NpyFile.Write(_folder.Files.Spectrum(step, name), [values.Length], values);
    }

    private void MakeSpectra()
    {
        string spectra = _folder.Files.Spectra;
        try
        {
            DiskFlush.MakeFolder(spectra);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(spectra, $"cannot be made: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private void Begin(long step)
    {
        RunPublication.TakeBack(_folder.Files);
        _folder.WriteStatus(Status(RunState.Running, step, null));
    }

    // Telemetry first: a checkpoint ahead of it could not be continued. Unpublished, the rename and the sweep's own flush bring both to the disk.
    private void Save(DescentState state)
    {
        if (_folder.IsUnpublished)
            _telemetry.Flush();
        else
            _telemetry.FlushToDisk();
        RunCheckpoint.Write(_folder.Files.Checkpoint, state, _experiment.Data.Fingerprint);
    }

    private void Finish(DescentState state, DescentOutcome outcome)
    {
        if (outcome.Reason != StopReason.Cancelled && Telemetry.SpectraAt.Last)
        {
            SaveLastSpectra(state);
        }

        Save(state);
        RunState end = outcome.Reason == StopReason.Cancelled ? RunState.Interrupted : RunState.Done;
        _folder.WriteStatus(Status(end, outcome.Step, outcome.Loss) with { StopReason = outcome.Reason.ToString(), Message = _experiment.Explain(outcome) });
    }

    // The last finite iterate is evaluated once more: the descent stopped before or at its measurement.
    private void SaveLastSpectra(DescentState state)
    {
        var once = new GradientDescent(_experiment.Model, _experiment.Objective, new DescentOptions { StepSize = StepSizeRule.Fixed(0), Trained = _experiment.Trained, MaximumSteps = state.Step });
        _ = once.Run(state, step =>
        {
            _probe.Measure(step, _row);
            SaveSpectra(step.Step);
        });
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
