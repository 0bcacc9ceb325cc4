using System.Globalization;
using Kappa.Descent;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>The ladder of a run in its folder: its states are made again from its specification.</summary>
internal static class RunLadder
{
    // Another machine rounds differently, other data differ by far more. In single
    // precision E errs by 4 u √k of F and of Y, ten thousandths of ‖E‖ and √(2 floor).
    private const double LossTolerance = 1e-9;
    private const double SingleLossTolerance = 1e-4;

    /// <summary>Computes the ladder of a run that has recorded something.</summary>
    /// <param name="analysis">The run.</param>
    /// <param name="threads">Threads of one step; they change the time and nothing else.</param>
    /// <param name="limits">What it may cost; the defaults when null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BadInputException">Nothing is recorded, or the data are missing or are no longer those of the run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RateLadder Compute(
        RunAnalysis analysis, int threads = 1, LadderLimits? limits = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(analysis);
        if (analysis.Telemetry.Rows == 0)
        {
            throw new BadInputException(
                analysis.Run.Files.Telemetry, "must have a row for a ladder of rates but has none; the run stopped before its first step.");
        }

        using Experiment experiment = PrepareAgain(analysis, threads);
        return RateLadder.Of(experiment, analysis.Rate, (long)analysis.Telemetry[Quantities.Step][^1], limits, cancellation)
            ?? throw new BadInputException(
                analysis.Run.Files.Path,
                "a ladder of rates is about gradient descent on a squared loss over all samples, and this run is something else.");
    }

    /// <summary>The experiment of a run that has recorded a row, with its first step size; its states can be made again.</summary>
    /// <exception cref="BadInputException">The data are missing or are no longer those of the run.</exception>
    internal static Experiment PrepareAgain(RunAnalysis analysis, int threads)
    {
        double recorded = analysis.Telemetry[Quantities.Loss][0];
        var experiment = Experiment.Of(analysis.Run, threads);
        double floor = experiment.RoundingFloor ?? 0;
        double tolerance = experiment.Specification.Descent.Precision == Precision.Double
            ? LossTolerance * recorded
            : (SingleLossTolerance * recorded) + (2 * Math.Sqrt(floor * recorded)) + floor;

        // What a run over batches records is the loss of a batch: then its checkpoint alone knows its data.
        bool isOther = !experiment.IsFullBatch && File.Exists(analysis.Run.Files.Checkpoint)
            && !RunCheckpoint.IsOn(analysis.Run.Files.Checkpoint, experiment.DataFingerprint);
        if (isOther)
        {
            experiment.Dispose();
            throw new BadInputException(
                analysis.Run.Files.Path,
                "the data must be those of the run but the files or the built-in text have changed since. Run the experiment again.");
        }

        if (experiment.IsFullBatch && analysis.Telemetry[Quantities.Step][0] == 0
            && !(Math.Abs(experiment.InitialLoss - recorded) <= tolerance))
        {
            experiment.Dispose();
            throw new BadInputException(
                analysis.Run.Files.Path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the data must be those of the run, whose first loss is {recorded:R}, but give {experiment.InitialLoss:R}: the "
                        + $"files or the built-in text have changed since. Run the experiment again."));
        }

        return experiment;
    }
}
