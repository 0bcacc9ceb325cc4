using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Models;

namespace Kappa.Lab.Studies.Residual;

/// <summary>All arms on one case: which runs they are, and what the claims read of their folders.</summary>
/// <param name="Problem">The case.</param>
/// <param name="Steps">Step budget.</param>
internal sealed record Comparison(LearningProblem Problem, int Steps)
{
    /// <summary>The run of an arm at its own step.</summary>
    public ExperimentSpecification Own(Arm arm) => ArmSpecification.Of(Problem, arm, ArmSpecification.OwnStep, Steps, spectra: true);

    /// <summary>The run of an arm at a step that all share.</summary>
    public ExperimentSpecification Same(Arm arm, double stepSize) =>
        ArmSpecification.Of(Problem, arm, StepSizeSpecification.Fixed(stepSize), Steps, spectra: true);

    /// <summary>The smallest own step of the arms; where all are adaptive, the smallest
    /// that was tried on any of them is as close as one can come to it.</summary>
    /// <param name="own">The arms at their own steps.</param>
    public static double SharedStep(IReadOnlyList<ArmRun> own) => own.Where(run => !run.IsAdaptive).Select(run => run.StepSize)
        .DefaultIfEmpty(own.Min(run => ArmSpecification.OwnStep.Factors.Min() / run.LargestEigenvalue)).Min();

    /// <summary>The arms whose own step is not the shared one: these are made once more.</summary>
    public static IEnumerable<Arm> NotShared(IReadOnlyList<ArmRun> own, double shared) =>
        own.Where(run => run.IsAdaptive || run.StepSize != shared).Select(run => run.Arm);

    /// <summary>The arms at their own steps, in order.</summary>
    /// <param name="recordOf">The runs that were made.</param>
    /// <param name="keepsLayers">Whether σ_M of every layer is kept.</param>
    public IReadOnlyList<ArmRun> ReadOwn(Func<ExperimentSpecification, RunRecord> recordOf, bool keepsLayers)
    {
        TokenData data = ExperimentData.Load(Own(Arm.Residual));
        return [.. Arm.All.Select(arm =>
        {
            RunRecord record = recordOf(Own(arm));
            StepTrials trials = StepTrials.Find(record.Files)
                ?? throw new BadInputException(
                    record.Files.StepSize,
                    "must say which step sizes were tried but is missing. Remove the run folder and repeat the command.");
            return Read(
                arm, StepRule.Own, record, trials.Rule(record.Specification.Descent.StepSize.Factors), trials.LargestEigenvalue, data,
                keepsLayers);
        })];
    }

    /// <summary>Both runs of every arm, own step and shared step, in order.</summary>
    /// <param name="own">The arms at their own steps.</param>
    /// <param name="recordOf">The runs that were made.</param>
    public IEnumerable<ArmRun> ReadBoth(IReadOnlyList<ArmRun> own, Func<ExperimentSpecification, RunRecord> recordOf)
    {
        double shared = SharedStep(own);
        Arm[] others = [.. NotShared(own, shared)];
        TokenData data = ExperimentData.Load(Own(Arm.Residual));
        foreach (ArmRun run in own)
        {
            yield return run;
            yield return !others.Contains(run.Arm) ? run with { Rule = StepRule.Same } : Read(
                run.Arm, StepRule.Same, recordOf(Same(run.Arm, shared)), StepSizeSpecification.Fixed(shared), run.LargestEigenvalue, data,
                run.Path.LayerSigmaMin is not null);
        }
    }

    private ArmRun Read(
        Arm arm, StepRule rule, RunRecord record, StepSizeSpecification stepSize, double eigenvalue, TokenData data, bool keepsLayers)
    {
        TelemetryTable telemetry = StudyRuns.TelemetryOf(record);
        var path = new ArmPath(
            telemetry[Quantities.Loss].ToArray(),
            telemetry[Quantities.ConditionNumber, Output(Problem.Depth - 1)].ToArray(),
            SigmaMinRatio(telemetry),
            keepsLayers
                ? [.. Enumerable.Range(0, Problem.Depth).Select(layer => telemetry[Quantities.SigmaMin, Output(layer)].ToArray())]
                : null);
        return new ArmRun(
            Problem, arm, rule, telemetry[Quantities.StepSize][0], stepSize, eigenvalue, Steps,
            Enum.Parse<StopReason>(record.Status.StopReason!),
            StallLevel.Of(data), LateRate.Of(path.Loss, data), path)
        { Name = record.Name, Specification = record.Specification };
    }

    private double[] SigmaMinRatio(TelemetryTable telemetry)
    {
        double[] smallest = new double[telemetry.Rows];
        Array.Fill(smallest, double.PositiveInfinity);
        for (int layer = 0; layer < Problem.Depth; layer++)
        {
            ReadOnlySpan<double> values = telemetry[Quantities.SigmaMin, Output(layer)];
            for (int row = 0; row < smallest.Length; row++)
                smallest[row] = Math.Min(smallest[row], values[row] / values[0]);
        }

        return smallest;
    }

    private static string Output(int layer) => LayerMatrix.NameOf(layer, LayerPart.AttentionOutput);
}
