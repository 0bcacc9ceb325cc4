using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>Whether the telemetry of a run has every row that the run
/// recorded: a copy that was cut must not be read as a shorter run.</summary>
internal static class RecordedSteps
{
    /// <summary>Requires a row for every recorded step up to the last one, and of a run that is done up to its last step.</summary>
    /// <param name="run">The run.</param>
    /// <param name="telemetry">Its rows.</param>
    /// <exception cref="BadInputException">A row is missing, or there are rows beyond the last step of a run that is done.</exception>
    public static void Require(RunRecord run, TelemetryTable telemetry)
    {
        long every = run.Specification.Telemetry.Every;
        ReadOnlySpan<double> steps = telemetry[Quantities.Step];
        for (int row = 0; row < steps.Length; row++)
        {
            if (steps[row] != row * every)
            {
                throw Missing(run, row * every, $"but step {steps[row].ToString(CultureInfo.InvariantCulture)} follows the one before");
            }
        }

        if (run.Status.State != RunState.Done)
        {
            return;
        }

        // The step at which a loss leaves the finite numbers has no row, nor has the end of a run over batches, which sees no batch there.
        bool endsBefore = run.Status.StopReason == nameof(StopReason.NonFinite) || run.Specification.Descent.BatchSize is not null;
        long last = run.Status.Step, due = (endsBefore ? last - 1 : last) / every * every;
        if (last > 0 && (steps.Length - 1) * every < due)
        {
            throw Missing(run, steps.Length * every, $"which the run made on its way to step {last}, but ends before it");
        }

        if (steps.Length > 0 && steps[^1] > last)
        {
            throw new BadInputException(run.Files.Status, string.Create(CultureInfo.InvariantCulture,
                $"says that the run is done at step {last} but its telemetry goes on to step {steps[^1]}: the two are not of one time. "
                    + $"Restore them together, or compute the run again: kappa rerun {run.Name} --to FOLDER"));
        }
    }

    private static BadInputException Missing(RunRecord run, long step, string found) =>
        new(run.Files.Telemetry, string.Create(CultureInfo.InvariantCulture,
        $"must have a row for step {step}, {found}: the file was cut, edited or copied too early. Restore it, or compute the run again: "
            + $"kappa rerun {run.Name} --to FOLDER"));
}
