using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The ladder of rates of one run of the reproduction.</summary>
/// <param name="Setting">Which run.</param>
/// <param name="Command">The command that repeats it.</param>
/// <param name="Ladder">Its rates.</param>
internal sealed record RunRates(string Setting, string Command, RateLadder Ladder);

/// <summary>Ladders of a few runs that stand for the others: seed 0, Gaussian data,
/// with and without the attention residual, the two smallest depths.</summary>
internal static class LadderStudy
{
    private const int Depths = 2;
    private const double Multiple = 0.3;

    /// <summary>The runs, each with what it is called.</summary>
    public static IEnumerable<(string Setting, ExperimentSpecification Specification)> Runs(ResidualPlan plan) =>
        from depth in plan.Cases.Select(problem => problem.Depth).Distinct().Order().Take(Depths)
        from arm in (Arm[])[Arm.Residual, Arm.NoAttentionResidual]
        let problem = new LearningProblem(plan.SmallSize, DataSource.Gaussian, depth, 1, 0)
        let specification = ArmSpecification.Of(problem, arm, StepSizeSpecification.Auto(Multiple), plan.Steps)
        select ($"{problem.Setting}, {arm.Name}, {specification.Descent.StepSize}", specification);

    /// <summary>The ladder of a run: that of its folder, where it is made if it is missing.</summary>
    public static RunRates Of(string setting, RunRecord run, CancellationToken cancellation)
    {
        var analysis = RunAnalysis.Of(run);
        RateLadder? ladder = analysis.Ladder;
        if (ladder is null)
        {
            ladder = RunLadder.Compute(analysis, cancellation: cancellation);
            LadderFile.Write(run.Files, ladder);
        }

        return new RunRates(setting, ArmSpecification.Command(run.Specification), ladder);
    }
}
