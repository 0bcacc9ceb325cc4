using Kappa.Descent;
using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Residual;
using Xunit;
using static Kappa.Lab.Tests.Studies.Synthetic;

namespace Kappa.Lab.Tests.Studies;

/// <summary>Every verdict of every claim about the comparison runs, each on runs made up for it.</summary>
public sealed class ResidualClaimTests
{
    // ln(1e-2)/ln(0.7) = 12.9: T = 13.
    private const double Fast = 0.7;

    // ln(1e-2)/ln(0.9) = 43.7: T = 44, 3.4 times as many.
    private const double Slow = 0.9;

    // ln(1e-2)/ln(0.8) = 20.6: T = 21, 1.6 times as many.
    private const double Alike = 0.8;

    [Fact]
    public void Depth_one_with_a_slower_curve_without_the_connection_reproduces_linear_convergence()
    {
        ClaimFinding finding = LinearConvergenceClaim.Judge(AtDepthOne(Fast, Slow));
        Assert.Equal(Verdict.Reproduced, finding.Verdict);
        Assert.All(
            finding.Measurements.Where(m => m.Quantity.StartsWith("ratio", StringComparison.Ordinal)),
            m => Assert.Equal(44.0 / 13, m.Value.Median));
        Assert.Equal(13, finding.Measurements.Single(m => m.Quantity == "T(1e-2) with residual [steps]").Value.Median);
    }

    [Fact]
    public void Depth_one_with_curves_alike_reproduces_linear_convergence_in_part() =>
        Assert.Equal(Verdict.Partly, LinearConvergenceClaim.Judge(AtDepthOne(Fast, Alike)).Verdict);

    [Fact]
    public void Curves_alike_of_which_the_residual_ones_bend_do_not_reproduce_linear_convergence()
    {
        // ℒ = 1/(1 + k)²: the late slope is far flatter than the early one.
        double[] bent = [.. Enumerable.Range(1, Budget + 1).Select(k => 1.0 / k / k)];
        Assert.Equal(
            Verdict.NotReproduced,
            LinearConvergenceClaim.Judge(
                Arms(seed => Run(Arm.Residual, seed, loss: bent), (arm, seed) => Run(arm, seed, loss: bent))).Verdict);
    }

    [Fact]
    public void No_run_measures_nothing()
    {
        Assert.Equal(Verdict.NotMeasured, LinearConvergenceClaim.Judge([]).Verdict);
        Assert.Equal(Verdict.NotMeasured, ConditionNumberClaim.Judge([]).Verdict);
        Assert.Equal(Verdict.NotMeasured, SmallestSingularValueClaim.Judge([]).Verdict);
        Assert.Equal(Verdict.NotMeasured, StallLevelClaim.Judge([]).Verdict);
        Assert.Equal(Verdict.NotMeasured, RateClaim.Judge([]).Verdict);
    }

    [Fact]
    public void At_depth_two_a_single_run_without_the_connection_that_reaches_the_target_refutes()
    {
        ArmRun[] stalled = Arms(seed => Run(Arm.Residual, seed, depth: 2), (arm, seed) => Run(arm, seed, depth: 2, loss: Levelling(0.5)));
        Assert.Equal(Verdict.Reproduced, LinearConvergenceClaim.Judge(stalled).Verdict);
        ArmRun[] one = [
            .. stalled.Select(run =>
                run.Arm == Arm.NoResiduals && run.Problem.Seed == 1 ? Run(run.Arm, 1, depth: 2, loss: Geometric(Slow)) : run)];
        ClaimFinding finding = LinearConvergenceClaim.Judge(one);
        Assert.Equal(Verdict.Partly, finding.Verdict);
        Assert.Contains(
            "no residuals (1 of 3 runs reach 1e-2)", Assert.Single(finding.Measurements, m => m.Refutes == true).Quantity,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_does_not_reach_the_target_counts_with_the_budget_however_early_it_ended()
    {
        Assert.Equal((13, false), Run(Arm.Residual).StepsToTarget);
        Assert.Equal((Budget + 1, true), Run(Arm.Residual, loss: Geometric(0.99)).StepsToTarget);
        Assert.Equal((Budget + 1, true), Run(Arm.Residual, loss: [1, 2, 4], stop: StopReason.NonFinite).StepsToTarget);
        Assert.Equal((0, false), Run(Arm.Residual, loss: [0, 0]).StepsToTarget);
    }

    [Fact]
    public void A_bound_of_either_arm_decides_only_what_it_bounds()
    {
        // T with is 44 and T without above the budget of 100: the ratio is 2.3 or more.
        ClaimFinding censored = LinearConvergenceClaim.Judge(AtDepthOne(Slow, 0.99));
        Assert.All(Ratios(censored), m => Assert.Null(m.Refutes));
        Assert.All(Ratios(censored), m => Assert.True(m.Value.MedianIsLowerBound));

        // Neither reaches the target: nothing is known of the ratio.
        Assert.All(Ratios(LinearConvergenceClaim.Judge(AtDepthOne(0.99, 0.99))), m => Assert.Null(m.Refutes));

        // A lower bound of 7.8 confirms, and a residual run that does not get there where the others do refutes.
        Assert.All(Ratios(LinearConvergenceClaim.Judge(AtDepthOne(Fast, 0.99))), m => Assert.False(m.Refutes));
        Assert.All(Ratios(LinearConvergenceClaim.Judge(AtDepthOne(0.99, Fast))), m => Assert.True(m.Refutes));

        // Residual runs that end early are no fast runs: nothing is known, where the budget as a number would have confirmed.
        ClaimFinding early = LinearConvergenceClaim.Judge(Arms(
            seed => Run(Arm.Residual, seed, loss: [1, 0.9, 0.8], stop: StopReason.GradientTolerance),
            (arm, seed) => Run(arm, seed, loss: Geometric(0.99))));
        Assert.All(Ratios(early), m => Assert.Equal((null, true), (m.Refutes, m.IsUndecided)));

        // One of three seeds ends early: the range reaches down to zero.
        ClaimFinding mixed = LinearConvergenceClaim.Judge(Arms(
            seed => seed == 1 ? Run(Arm.Residual, seed, loss: Geometric(0.99)) : Run(Arm.Residual, seed),
            (arm, seed) => Run(arm, seed, loss: Geometric(Slow))));
        Assert.All(Ratios(mixed), m => Assert.Null(m.Refutes));
    }

    [Theory]
    [InlineData(60, 60, Verdict.Reproduced)]
    [InlineData(60, 30, Verdict.Partly)]
    [InlineData(30, 60, Verdict.Partly)]
    [InlineData(30, 30, Verdict.NotReproduced)]
    public void The_condition_number_claim_needs_a_ratio_of_ten_at_the_start_and_along_the_path(double start, double path, Verdict verdict)
    {
        double[] series = Constant(path);
        series[0] = start;
        Assert.Equal(
            verdict,
            ConditionNumberClaim.Judge(
                Arms(seed => Run(Arm.Residual, seed), (arm, seed) => Run(arm, seed, pathConditionNumber: series))).Verdict);
    }

    [Fact]
    public void Condition_numbers_are_compared_seed_by_seed_and_those_at_the_rounding_floor_give_lower_bounds()
    {
        double floor = 1 / (2.220446049250313e-16 * Math.Sqrt(8));
        ClaimFinding finding = ConditionNumberClaim.Judge(Arms(
            seed => Run(Arm.Residual, seed, conditionNumber: 2 + seed),
            (arm, seed) => Run(arm, seed, conditionNumber: arm == Arm.NoResiduals ? floor : 100 * (2 + seed))));
        Measurement[] ratios = [.. finding.Measurements.Where(m => m.Refutes is not null)];
        Assert.Equal([100, floor / 3, 100, floor / 3], ratios.Select(m => m.Value.Median));
        Assert.Equal([0, 3, 0, 3], ratios.Select(m => m.Value.LowerBounds));
    }

    [Theory]
    [InlineData(0.2, 0.1, Verdict.Reproduced)]
    [InlineData(0.2, 0.05, Verdict.Partly)]
    [InlineData(0.09, 0.05, Verdict.NotReproduced)]
    [InlineData(double.NaN, 0, Verdict.NotReproduced)]
    public void The_smallest_singular_value_claim_looks_at_the_lowest_point_of_the_worst_residual_run(
        double first, double second, Verdict verdict)
    {
        ArmRun[] runs = [.. Of(1, first), .. Of(2, second)];
        Assert.Equal(verdict, SmallestSingularValueClaim.Judge(runs).Verdict);

        ArmRun[] Of(int depth, double lowest) => Arms(
            seed => Run(Arm.Residual, seed, depth, sigmaMinRatio: seed == 1 ? [1, lowest, 0.5] : [1, 0.9, 0.8]),
            (arm, seed) => Run(arm, seed, depth, sigmaMinRatio: [1, 0, 0]));
    }

    [Theory]
    [InlineData(0.5, 0.505, Verdict.Reproduced)]
    [InlineData(0.5, 0.45, Verdict.Partly)]
    [InlineData(0.56, 0.45, Verdict.NotReproduced)]
    public void The_stall_claim_compares_the_end_loss_with_the_level(double atDepthTwo, double atDepthFour, Verdict verdict) =>
        Assert.Equal(
            verdict,
            StallLevelClaim.Judge(
                [.. AtLevel(2, atDepthTwo), .. AtLevel(4, atDepthFour), .. AtLevel(1, 0.1), .. AtLevel(8, 0.1, queryKeyScale: 4)]).Verdict);

    [Fact]
    public void A_run_that_converges_past_the_stall_level_refutes_it_while_it_still_descends() =>
        Assert.Equal(
            Verdict.NotReproduced,
            StallLevelClaim.Judge(
                [
                    .. new[] { 2, 4 }.SelectMany(depth =>
                        Arms(
                            seed => Run(Arm.Residual, seed, depth),
                            (arm, seed) => Run(arm, seed, depth, loss: Geometric(Slow))))]).Verdict);

    [Fact]
    public void One_stalled_seed_decides_nothing_about_the_stall_level()
    {
        ArmRun[] one = [
            .. new[] { 2, 4, 8 }.SelectMany(depth =>
                Arms(
                    seed => Run(Arm.Residual, seed, depth),
                    (arm, seed) => Run(arm, seed, depth, loss: seed == 0 ? Levelling(0.5) : Geometric(0.995))))];
        ClaimFinding finding = StallLevelClaim.Judge(one);
        Assert.Equal(Verdict.NotDecided, finding.Verdict);
        Assert.Equal(
            3,
            finding.Measurements.Count(m => m.IsUndecided && m.Note!.EndsWith("1 seed, 3 are needed to decide", StringComparison.Ordinal)));
    }

    [Fact]
    public void Runs_that_still_descend_towards_the_stall_level_or_diverged_decide_nothing()
    {
        ClaimFinding finding = StallLevelClaim.Judge(Arms(
            seed => Run(Arm.Residual, seed, depth: 2),
            (arm, seed) =>
                seed == 0
                    ? Run(arm, seed, depth: 2, loss: [1, 2, 1e300], stop: StopReason.NonFinite)
                    : Run(arm, seed, depth: 2, loss: Geometric(0.995))));
        Assert.Equal(Verdict.NotDecided, finding.Verdict);

        // A run that came to rest early has stalled, wherever that is.
        ArmRun[] stationary = Arms(
            seed => Run(Arm.Residual, seed, depth: 2),
            (arm, seed) => Run(arm, seed, depth: 2, loss: Levelling(0.6)[..20], stop: StopReason.GradientTolerance));
        ArmRun[] deeper = Arms(
            seed => Run(Arm.Residual, seed, depth: 4),
            (arm, seed) => Run(arm, seed, depth: 4, loss: Levelling(0.6)[..20], stop: StopReason.GradientTolerance));
        Assert.Equal(Verdict.NotReproduced, StallLevelClaim.Judge([.. stationary, .. deeper]).Verdict);
        Assert.All(finding.Measurements, m => Assert.StartsWith("3 of 3 runs were still descending", m.Note, StringComparison.Ordinal));
    }

    [Fact]
    public void The_stall_level_of_a_case_done_by_hand_is_the_spread_about_each_samples_mean()
    {
        // Sample 1: (0, 2), (4, 0), mean (2, 1): squares 4 + 1 + 4 + 1. Sample 2: both tokens (7, −3): nothing.
        var targets = Matrix.From(new double[,] { { 0, 2 }, { 4, 0 }, { 7, -3 }, { 7, -3 } });
        Assert.Equal(
            5, StallLevel.Of(new Kappa.Lab.Data.TokenData(new Kappa.Lab.Data.TokenShape(2, 2, 2, 2), targets, targets, "by hand")));
    }

    [Theory]
    [InlineData(-2, -2, Verdict.Reproduced)]
    [InlineData(-1, -1, Verdict.NotReproduced)]
    [InlineData(-2, -1, Verdict.Partly)]
    public void The_rate_claim_recovers_the_exponent_and_judges_both_ends_of_the_path(double start, double end, Verdict verdict)
    {
        // log rate = start · log κ_start, and κ_end is such that it is end · log κ_end as well.
        RatePoint[] points = [
            .. from seed in new long[] { 0, 1, 2 } from k in Enumerable.Range(1, 6) let kappa = (1 + (0.01 * seed)) * Math.Pow(2, k)
            select Point(kappa, start, seed, endConditionNumber: Math.Pow(kappa, start / end))];
        ClaimFinding finding = RateClaim.Judge(points);
        Assert.Equal(verdict, finding.Verdict);
        Measurement[] judged = [.. finding.Measurements.Where(m => m.Refutes is not null)];
        Assert.Equal([18, 18], judged.Select(m => m.Value.Count));
        Assert.Equal(start, judged[0].Value.Median, 1e-9);
        Assert.Equal(end, judged[1].Value.Median, 1e-9);
        Assert.Contains("0 of 18 runs have no late rate", judged[0].Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Points_without_a_late_rate_are_left_out_and_counted_and_two_are_too_few()
    {
        RatePoint[] points = [
            Point(2, -2, 0), Point(4, -2, 1),
            Point(8, -2, 2) with
                { Rate = new Kappa.Spectra.RateFit { Outcome = Kappa.Spectra.RateOutcome.TooFewDecades, Explanation = "" } }];
        ClaimFinding finding = RateClaim.Judge(points);
        Assert.Equal(Verdict.NotDecided, finding.Verdict);
        Assert.Equal(2, finding.Measurements[0].Value.Count);
        Assert.Contains(
            "1 of 3 runs have no late rate (1 fell too little for a rate) and are left out", finding.Measurements[0].Note,
            StringComparison.Ordinal);
    }

    private static ArmRun[] AtDepthOne(double residual, double without) =>
        Arms(seed => Run(Arm.Residual, seed, loss: Geometric(residual)), (arm, seed) => Run(arm, seed, loss: Geometric(without)));

    private static ArmRun[] AtLevel(int depth, double level, double queryKeyScale = 1) =>
        Arms(
            seed => Run(Arm.Residual, seed, depth, queryKeyScale),
            (arm, seed) => Run(arm, seed, depth, queryKeyScale, loss: Levelling(level)));

    private static IEnumerable<Measurement> Ratios(ClaimFinding finding) =>
        finding.Measurements.Where(m => m.Quantity.StartsWith("ratio", StringComparison.Ordinal));
}
