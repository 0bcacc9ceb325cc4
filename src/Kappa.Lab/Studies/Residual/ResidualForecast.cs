using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Time and memory of a reproduction before it begins: its steps are
/// counted, one is timed on this machine, what it keeps is counted.</summary>
/// <param name="Seconds">Of everything, with the given number of runs at a
/// time on cores of their own; twice as long where others use them.</param>
/// <param name="Bytes">Evaluators of the runs at a time, and the recorded paths.</param>
internal sealed record ResidualForecast(double Seconds, long Bytes)
{
    // Numbers that are held of every step of a comparison: loss, condition number, ratio of σ_min.
    private const int RecordedPerStep = 3;

    // A comparison keeps a run at its own step size and one at the common step size.
    private const int RunsPerArm = 2;

    // The part of the counted steps that is taken and costs what the timed one does: runs stop at their loss floor, and the rate grid
    // measures at few steps. Measured on the quick plan, on busy cores: 41 s on the processor, where the counted steps times the timed one
    // make 52 s.
    private const double TakenPart = 0.8;

    /// <summary>Forecasts a plan.</summary>
    /// <param name="plan">What will be run.</param>
    /// <param name="threads">Runs at a time.</param>
    public static ResidualForecast Of(ResidualPlan plan, int threads)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ProblemSize small = plan.SmallSize, largest = plan.Cases.Select(problem => problem.Size).Append(small).MaxBy(size => size.Width)!;
        int deepest = plan.Cases.Max(problem => problem.Depth);
        long evaluators = Math.Min(threads, plan.Cases.Count) * RunForecast.BytesOf(
            Shape(largest, deepest), largest.Samples, largest.Tokens, spectra: true);
        long paths = (long)plan.Cases.Count * Arm.All.Count * RunsPerArm * plan.Steps * RecordedPerStep * sizeof(double);
        return new ResidualForecast(TakenPart * CountedSteps(plan) * SecondsPerStep(small) / threads, evaluators + paths);
    }

    /// <summary>Steps of the small size at depth 1 that cost as much as all steps of the budgets.</summary>
    internal static double CountedSteps(ResidualPlan plan)
    {
        double comparisons = plan.Cases.Sum(problem => Weight(plan, problem));
        RateGrid grid = plan.Grid;
        double gridRuns = 2.0 * plan.Seeds * grid.QueryKeyScales.Count * grid.ValueScales.Count
            * grid.TemperatureFactors.Count * grid.AttentionResiduals.Count;
        return comparisons + (gridRuns * grid.Steps);
    }

    /// <summary>The forecast in one line.</summary>
    public string Words() =>
        string.Create(
            CultureInfo.InvariantCulture, $"About {DurationText.Of(Seconds)} and {Math.Ceiling(Bytes / 1048576.0):F0} MiB of memory.");

    /// <summary>The cost of a comparison in the same steps: what a progress line weighs it by.</summary>
    internal static double Weight(ResidualPlan plan, LearningProblem problem) =>
        Arm.All.Count * (double)plan.Steps * StepOperations(problem.Size, problem.Depth) / StepOperations(plan.SmallSize, depth: 1);

    private static double SecondsPerStep(ProblemSize size)
    {
        LearningProblem problem = new(size, DataSource.Gaussian, 1, 1, 0);
        ExperimentSpecification specification = ArmSpecification.Of(
            problem, Arm.Residual, StepSizeSpecification.Fixed(0), steps: 1_000_000, spectra: true);
        using Experiment experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
        return RunForecast.Of(experiment).SecondsPerStep;
    }

    private static double StepOperations(ProblemSize size, int depth) => StepCost.Operations(Shape(size, depth), size.Samples, size.Tokens);

    private static ResidualTransformerShape Shape(ProblemSize size, int depth) =>
        new() { Depth = depth, Width = size.Width, FfnWidth = size.FfnWidth };
}
