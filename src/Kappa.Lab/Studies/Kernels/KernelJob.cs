using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>What a study asks of one kernel and one seed: an ordinary run, and what is read of it.</summary>
/// <param name="Study">The study.</param>
/// <param name="Setting">Everything but kernel and seed, for tables.</param>
/// <param name="Arm">The kernel.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Plan">The specification of the run. Made once, for a step size can be a computation.</param>
/// <param name="Measure">Reads the run.</param>
internal sealed record KernelJob(
    KernelStudy Study, string Setting, string Arm, long Seed, Func<ExperimentSpecification> Plan, Func<RunRecord, KernelReading> Measure)
{
    /// <summary>The run from whose end this one starts; null for one with parameters of its own.</summary>
    public ExperimentSpecification? Before { get; init; }

    /// <summary>What the run of this job gave.</summary>
    public KernelRun Read(RunRecord run)
    {
        KernelReading reading = Measure(run);
        return new KernelRun(Study, Setting, Arm, Seed, reading.Numbers, reading.Series);
    }
}

/// <summary>Numbers and series of a run, by the names of <see cref="Measured"/>.</summary>
internal sealed record KernelReading(Dictionary<string, double> Numbers, Dictionary<string, double[]> Series)
{
    /// <summary>η of a run, and ℒ_k of every step that was finite; +∞ after the last where the run diverged.</summary>
    public static (double StepSize, double[] Losses) Path(RunRecord run)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        return StudyRuns.Unstable(run) is { } unstable
            ? (unstable.StepSize, [telemetry[Quantities.Loss][0], double.PositiveInfinity])
            : (telemetry[Quantities.StepSize][0], Losses(run, telemetry));
    }

    /// <summary>Numbers of a run's model at its start, measured once and then kept in its folder.</summary>
    public static Dictionary<string, double> AtStart(RunRecord run, KernelStudy study, Func<Experiment, Dictionary<string, double>> of) =>
        new(
            RunMeasurements.FindOrMeasure(run.Files, $"kernels.{study}", () =>
            {
                using var start = Experiment.Of(run);
                return of(start);
            }),
            StringComparer.Ordinal);

    /// <summary>Step size, end and first passage of a descent.</summary>
    public static KernelReading OfDescent(RunRecord run, int budget)
    {
        (double stepSize, double[] losses) = Path(run);
        return new(
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Measured.StepSize] = stepSize,
                [Measured.EndFraction] = losses[^1] / losses[0],
                [Measured.Passage] = AllTrainedStudy.Passage(losses) ?? double.NaN,
                [Measured.Budget] = budget,
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Measured.Loss] = losses });
    }

    /// <summary>Loss of every step's batch; loss and accuracy on the test samples along the run and at its end.</summary>
    public static Dictionary<string, double[]> OfTraining(RunRecord run)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        double[] steps = telemetry[Quantities.Step].ToArray(), losses = telemetry[Quantities.TestLoss].ToArray(),
            accuracies = telemetry[Quantities.TestAccuracy].ToArray();
        int[] tested = [.. Enumerable.Range(0, steps.Length).Where(row => !double.IsNaN(losses[row]))];
        return new(StringComparer.Ordinal)
        {
            [Measured.Loss] = Losses(run, telemetry),
            [Measured.Step] = [.. tested.Select(row => steps[row]), run.Status.Step],
            [Measured.TestLoss] = [.. tested.Select(row => losses[row]), run.Status.TestLoss ?? double.PositiveInfinity],
            [Measured.TestAccuracy] = [.. tested.Select(row => accuracies[row]), run.Status.TestAccuracy ?? double.NaN],
        };
    }

    private static double[] Losses(RunRecord run, TelemetryTable telemetry) => run.Status.StopReason == nameof(StopReason.NonFinite)
        ? [.. telemetry[Quantities.Loss], double.PositiveInfinity]
        : telemetry[Quantities.Loss].ToArray();
}
