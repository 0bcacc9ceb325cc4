using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>What a study asks of one kernel and one seed: ordinary runs, and what is read of them.</summary>
/// <param name="Study">The study.</param>
/// <param name="Setting">Everything but kernel and seed, for tables.</param>
/// <param name="Arm">The kernel.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Plan">Specifications of the runs: one, or several step sizes of
/// which the best counts. Made once, for a step size can be a computation.</param>
/// <param name="Measure">Reads the runs.</param>
internal sealed record KernelJob(
    KernelStudy Study, string Setting, string Arm, long Seed, Func<IReadOnlyList<ExperimentSpecification>> Plan,
    Func<IReadOnlyList<RunRecord>, KernelReading> Measure)
{
    /// <summary>What the runs of this job gave.</summary>
    public KernelRun Read(IReadOnlyList<RunRecord> runs)
    {
        KernelReading reading = Measure(runs);
        return new KernelRun(Study, Setting, Arm, Seed, reading.Numbers, reading.Series);
    }
}

/// <summary>Numbers and series of a run, by the names of <see cref="Quantity"/>.</summary>
internal sealed record KernelReading(Dictionary<string, double> Numbers, Dictionary<string, double[]> Series)
{
    /// <summary>η of a run, and ℒ_k of every step that was finite; +∞ after the last where the run diverged.</summary>
    public static (double StepSize, double[] Losses) Path(RunRecord run)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        return (telemetry[Quantities.StepSize][0], Losses(run, telemetry));
    }

    /// <summary>Something of a run's model at its start.</summary>
    public static T AtStart<T>(RunRecord run, Func<Experiment, T> of)
    {
        using var loaded = LoadedRun.Of(run);
        return of(loaded.Experiment);
    }

    /// <summary>The best of several step sizes, see <see cref="BestRun"/>.</summary>
    public static KernelReading OfBest(IReadOnlyList<RunRecord> runs, int budget)
    {
        (double stepSize, double[] losses) = BestRun.Of(
            runs.Select(Path), run => AllTrainedStudy.Passage(run.Losses), run => run.Losses[^1] / run.Losses[0]);
        return new(
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Quantity.StepSize] = stepSize,
                [Quantity.EndFraction] = losses[^1] / losses[0],
                [Quantity.Passage] = AllTrainedStudy.Passage(losses) ?? double.NaN,
                [Quantity.Budget] = budget,
            },
            new Dictionary<string, double[]>(StringComparer.Ordinal) { [Quantity.Loss] = losses });
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
            [Quantity.Loss] = Losses(run, telemetry),
            [Quantity.Step] = [.. tested.Select(row => steps[row]), run.Status.Step],
            [Quantity.TestLoss] = [.. tested.Select(row => losses[row]), run.Status.TestLoss ?? double.PositiveInfinity],
            [Quantity.TestAccuracy] = [.. tested.Select(row => accuracies[row]), run.Status.TestAccuracy ?? double.NaN],
        };
    }

    private static double[] Losses(RunRecord run, TelemetryTable telemetry) => run.Status.StopReason == nameof(StopReason.NonFinite)
        ? [.. telemetry[Quantities.Loss], double.PositiveInfinity]
        : telemetry[Quantities.Loss].ToArray();
}
