using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The ladder of rates of one run of the reproduction.</summary>
/// <param name="Setting">Which run.</param>
/// <param name="Command">The command that repeats it.</param>
/// <param name="Ladder">Its rates.</param>
internal sealed record RunRates(string Setting, string Command, RateLadder Ladder);

/// <summary>Ladders of a few runs that stand for the others: seed 0, Gaussian data, with and without the attention residual, the two smallest depths.</summary>
internal static class LadderStudy
{
    private const int Depths = 2;
    private const double Multiple = 0.3;

    public static IEnumerable<Func<CancellationToken, RunRates>> Runs(ResidualPlan plan) =>
        from depth in plan.Cases.Select(problem => problem.Depth).Distinct().Order().Take(Depths)
        from arm in (Arm[])[Arm.Residual, Arm.NoAttentionResidual]
        select (Func<CancellationToken, RunRates>)(cancellation => Run(plan, depth, arm, cancellation));

    private static RunRates Run(ResidualPlan plan, int depth, Arm arm, CancellationToken cancellation)
    {
        var problem = new LearningProblem(plan.SmallSize, DataSource.Gaussian, depth, 1, 0);
        ExperimentSpecification specification = ArmSpecification.Of(problem, arm, StepSizeSpecification.Auto(Multiple), plan.Steps);
        using Experiment experiment = Experiment.Prepare(specification, ExperimentData.Load(specification));
        var losses = new List<double>();
        _ = experiment.Descent.Run(experiment.Start(), step => losses.Add(step.Loss), cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        RateFit? fit = losses.Count < 2 ? null : LateRate.Of(losses.ToArray(), experiment.Data);
        var ladder = RateLadder.Of(experiment, fit, Math.Max(0, losses.Count - 1), cancellation: cancellation)!;
        return new RunRates($"{problem.Setting}, {arm.Name}, {specification.Descent.StepSize}", ArmSpecification.Command(specification), ladder);
    }
}
