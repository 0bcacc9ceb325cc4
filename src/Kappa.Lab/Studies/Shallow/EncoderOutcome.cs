using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>What a run of model S gave.</summary>
/// <param name="Run">The run.</param>
/// <param name="StepSize">η.</param>
/// <param name="LargestEigenvalue">λ_max(K_0), of the summed loss; NaN where the run did not need it.</param>
/// <param name="Diverged">Whether loss or gradient left the finite numbers.</param>
/// <param name="Loss">ℓ_k, one a step, up to the last finite one.</param>
/// <param name="Movement">‖W_T − W_0‖/‖W_0‖ of <see cref="Matrices"/>.</param>
/// <param name="KernelMovement">‖K_T − K_0‖/‖K_0‖; NaN when it is not measured.</param>
internal sealed record EncoderOutcome(
    EncoderRun Run, double StepSize, double LargestEigenvalue, bool Diverged, double[] Loss, double[] Movement, double KernelMovement)
{
    /// <summary>The loss fraction of T(1e-2).</summary>
    public const double Target = FirstPassage.Hundredth;

    /// <summary>Names of the matrices, in the order of <see cref="Movement"/>.</summary>
    public static IReadOnlyList<string> Matrices { get; } = ["query", "key", "value", "readout"];

    /// <summary>T(1e-2), or one more than the budget as a lower bound.</summary>
    public (double Value, bool IsLowerBound) StepsToTarget =>
        FirstPassage.Of(Loss, Target) is int step ? (step, false) : (Run.Steps + 1.0, true);

    public double FinalFraction => Diverged ? double.PositiveInfinity : Loss[^1] / Loss[0];

    public RateFit Rate => RateFit.Of(Loss);

    /// <summary>What a run folder says: its telemetry, and where the kernel is asked for, the state at both ends.</summary>
    /// <exception cref="BadInputException">The folder is damaged.</exception>
    public static EncoderOutcome Of(EncoderRun run, RunRecord record)
    {
        if (StudyRuns.IsWithoutStep(record))
        {
            // A kernel of zero teaches nothing, at any step.
            using var start = Experiment.Prepare(record.Specification);
            return new EncoderOutcome(run, 0, 0, false, [start.InitialLoss], new double[Matrices.Count], double.NaN);
        }

        TelemetryTable telemetry = TelemetryReader.Read(record.Files.Telemetry);
        StepTrial? unstable = StudyRuns.Unstable(record);
        bool diverged = unstable is not null || record.Status.StopReason == nameof(StopReason.NonFinite);
        double[] losses = telemetry.Rows == 0 ? [double.MaxValue]
            : unstable is null ? telemetry[Quantities.Loss].ToArray()
            : [telemetry[Quantities.Loss][0]];
        double stepSize = unstable?.StepSize ?? (telemetry.Rows > 0 ? telemetry[Quantities.StepSize][0] : run.Step.Value);
        double[] movement = [.. Matrices.Select(name => diverged ? double.PositiveInfinity : telemetry[Quantities.Movement, name][^1])];

        // The mean over samples divides the kernel of the loss by N.
        double samples = run.Normalisation.Reduction == LossReduction.Mean ? run.Sizes.Samples : 1;
        (double eigenvalue, double kernelMovement) = (samples * EigenvalueOf(run.Step, stepSize, record), double.NaN);
        if (run.MeasuresKernel && !diverged)
        {
            IReadOnlyDictionary<string, double> kernel = RunMeasurements.FindOrMeasure(
                record.Files, "shallow.kernel", () => Kernel(record));
            (eigenvalue, kernelMovement) = (kernel["largest"], kernel["movement"]);
        }

        return new EncoderOutcome(run, stepSize, eigenvalue, diverged, losses, movement, kernelMovement);
    }
    // λ_max of the kernel of the loss, where the step was made from it.
    private static double EigenvalueOf(StepSizeSpecification rule, double stepSize, RunRecord record) => rule.Kind switch
    {
        StepSizeKind.Auto => rule.Value / stepSize,
        StepSizeKind.Best => StepTrials.Find(record.Files)?.LargestEigenvalue ?? double.NaN,
        _ => double.NaN,
    };

    private static Dictionary<string, double> Kernel(RunRecord record)
    {
        using var ends = LoadedRun.Of(record);
        Matrix start = EncoderKernel.Of(ends.Model, ends.Experiment.Initial);
        return new(StringComparer.Ordinal)
        {
            ["largest"] = EncoderKernel.Largest(start),
            ["movement"] = EncoderKernel.Distance(EncoderKernel.Of(ends.Model, ends.Parameters), start),
        };
    }
}
