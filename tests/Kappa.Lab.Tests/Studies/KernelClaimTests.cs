using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Kappa.Lab.Studies.Landscapes;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

/// <summary>Every verdict of every claim about kernels, each on runs made up for it.</summary>
public sealed class KernelClaimTests
{
    [Theory]
    [InlineData(0, 0.1, 0.2, 0.01, Verdict.Reproduced)]
    [InlineData(0, 0.1, 0.05, 0.01, Verdict.Partly)]
    [InlineData(1e-3, 0.1, 0.05, 0, Verdict.NotReproduced)]
    [InlineData(1e-3, 0.1, 0.2, 0.01, Verdict.Partly)]
    public void Values_only_is_judged_by_the_floors_and_by_the_slowest_step(
        double wideFloor, double certified, double slowest, double narrowFloor, Verdict verdict)
    {
        KernelRun[] runs =
        [
            .. Runs(KernelStudy.ValuesOnly, "wide", (_, _) => Values(width: 8, wideFloor, certified, slowest)),
            .. Runs(KernelStudy.ValuesOnly, "narrow", (_, _) => Values(width: 4, narrowFloor, double.NaN, double.NaN)),
        ];
        Assert.Equal(verdict, ValuesOnlyClaim.Judge(runs).Verdict);
    }

    [Fact]
    public void A_floor_of_features_whose_smallest_singular_value_vanishes_refutes_nothing()
    {
        KernelRun[] runs = [
            .. Runs(
                KernelStudy.ValuesOnly, "wide",
                (_, _) =>
                    [
                        .. Values(8, 0.1, double.NaN, double.NaN).Where(number => number.Name != Measured.SmallestFeature),
                        (Measured.SmallestFeature, 0)])];
        Assert.Equal(Verdict.NotDecided, ValuesOnlyClaim.Judge(runs).Verdict);
    }

    [Theory]
    [InlineData(0.02, 0.1, 0.5, 0.5, Verdict.Reproduced)]
    [InlineData(0.021, 0.1, 0.5, 0.5, Verdict.Partly)]
    [InlineData(0.02, 0.099, 0.5, 0.5, Verdict.Partly)]
    [InlineData(0.02, 0.1, 0.01, 0.5, Verdict.Partly)]
    [InlineData(0.5, 0.01, 0.01, 0.5, Verdict.NotReproduced)]
    public void Queries_only_is_judged_inside_and_outside_the_window(
        double gaussianInside, double softmaxInside, double gaussianOutside, double softmaxOutside, Verdict verdict)
    {
        KernelRun[] runs =
        [
            .. Runs(KernelStudy.QueriesOnly, "inside", (arm, _) => Queries(6, arm == KernelArm.Gaussian ? gaussianInside : softmaxInside)),
            .. Runs(
                KernelStudy.QueriesOnly, "outside", (arm, _) => Queries(10, arm == KernelArm.Gaussian ? gaussianOutside : softmaxOutside)),
        ];
        Assert.Equal(verdict, QueriesOnlyClaim.Judge(runs).Verdict);
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(4, true)]
    [InlineData(8, false)]
    [InlineData(3, false)]
    public void The_window_is_where_the_softmax_lacks_rank_and_the_Gaussian_does_not(int heads, bool inside) =>
        Assert.Equal(inside, QueriesOnlyStudy.IsInside(heads));

    [Theory]
    [InlineData(0.1, 0.1, Verdict.Reproduced)]
    [InlineData(0.1, 10, Verdict.Partly)]
    [InlineData(10, 10, Verdict.NotReproduced)]
    public void A_scale_at_which_the_Gaussian_ends_higher_refutes_and_is_named(double first, double second, Verdict verdict)
    {
        KernelRun[] runs = [.. Ends("scale 0.5", first), .. Ends("scale 1", second)];
        ClaimFinding finding = ComparisonClaims.JudgeAllTrained(runs);
        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal(second > 1, finding.Reason.Split("Gaussian worse")[1].Contains("scale 1", StringComparison.Ordinal));
    }

    // End losses, Gaussian / softmax, of three seeds: the median alone would decide the second, third and fourth.
    [Theory]
    [InlineData(0.1, 0.5, 0.9, Verdict.Reproduced, "no worse in: scale 1 (10^-0.3 [-1, -0.046]);")]
    [InlineData(
        0.1, 0.5, 1.5, Verdict.NotDecided, "Undecided in: scale 1 (10^-0.3 [-1, 0.18], the seeds do not agree on which ends lower);")]
    [InlineData(
        0.9, 1.1, 1.5, Verdict.NotDecided,
        "Undecided in: scale 1 (10^0.041 [-0.046, 0.18], the seeds do not agree on which ends lower);")]
    [InlineData(1, 1, 1.5, Verdict.NotDecided, "Undecided in: scale 1 (10^0 [0, 0.18], the seeds do not agree on which ends lower);")]
    [InlineData(1.1, 1.2, 1.5, Verdict.NotReproduced, "Gaussian worse in: scale 1 (10^0.079 [0.041, 0.18]);")]
    [InlineData(1, 1, 1, Verdict.Reproduced, "no worse in: scale 1 (10^0 [0, 0]);")]
    [InlineData(1.1, 1.2, double.NaN, Verdict.NotDecided, "a seed has no finite ratio")]
    public void Seeds_that_disagree_about_the_lower_end_decide_nothing(
        double first, double second, double third, Verdict verdict, string named)
    {
        ClaimFinding finding = ComparisonClaims.JudgeAllTrained(
            [.. Ends("scale 1", first, second, third), .. Ends("scale 2", first, second, third)]);
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains(named, finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Undecided_scales_leave_the_verdict_to_the_others_while_those_are_more()
    {
        KernelRun[] undecided = [.. Ends("scale 0.5", 0.9, 1.1, 1.5)];
        Assert.Equal(
            Verdict.Reproduced, ComparisonClaims.JudgeAllTrained([.. undecided, .. Ends("scale 1", 0.1), .. Ends("scale 2", 0.1)]).Verdict);
        Assert.Equal(
            Verdict.NotReproduced,
            ComparisonClaims.JudgeAllTrained([.. undecided, .. Ends("scale 1", 10), .. Ends("scale 2", 10)]).Verdict);
        Assert.Equal(Verdict.NotDecided, ComparisonClaims.JudgeAllTrained([.. undecided, .. Ends("scale 1", 0.1)]).Verdict);
    }

    // 200 samples: one standard error of a difference is 0.05, guessing ends at 0.5 + 0.0707.
    [Theory]
    [InlineData(0.8, 0.7, Verdict.Reproduced)]
    [InlineData(0.7, 0.8, Verdict.NotReproduced)]
    [InlineData(0.8, 0.77, Verdict.NotDecided)]
    [InlineData(0.77, 0.8, Verdict.NotDecided)]
    [InlineData(0.56, 0.45, Verdict.NotDecided)]
    public void Accuracies_decide_beyond_one_standard_error_and_when_something_was_learned(double gaussian, double softmax, Verdict verdict)
    {
        KernelRun[] runs = [
            .. new[] { KernelStudy.Text, KernelStudy.Pathfinder }.SelectMany(study =>
                Runs(
                    study, "text (stand-in)",
                    (arm, _) =>
                        [
                            (Measured.TestSamples, 200), (Measured.TestAccuracy, arm == KernelArm.Gaussian ? gaussian : softmax),
                            (Measured.TestLoss, 1)]))];
        ClaimFinding finding = ComparisonClaims.JudgeAccuracy(runs);
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains("stand-in", finding.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, 0.5, Verdict.Reproduced)]
    [InlineData(0.5, 2, Verdict.Partly)]
    [InlineData(2, 2, Verdict.NotReproduced)]
    public void A_landscape_is_flatter_by_both_quantiles_of_its_curvature(double median, double high, Verdict verdict)
    {
        KernelRun[] runs = [
            .. Runs(
                KernelStudy.Landscape, "text (stand-in)",
                (arm, _) =>
                    [
                        (Measured.Curvature, arm == KernelArm.Gaussian ? median : 1),
                        (Measured.HighCurvature, arm == KernelArm.Gaussian ? high : 1)])];
        Assert.Equal(verdict, ComparisonClaims.JudgeFlatness(runs).Verdict);
    }

    [Theory]
    [InlineData(0.4, 0.5, 0.9, Verdict.Reproduced)]
    [InlineData(0.4, 0.5, 1.5, Verdict.NotDecided)]
    [InlineData(0.9, 1.1, 1.5, Verdict.NotDecided)]
    [InlineData(1.1, 1.2, 1.5, Verdict.NotReproduced)]
    public void Seeds_that_disagree_about_the_flatter_landscape_decide_nothing(double first, double second, double third, Verdict verdict)
    {
        double[] ratios = [first, second, third];
        KernelRun[] runs = [
            .. Runs(
                KernelStudy.Landscape, "text (stand-in)",
                (arm, seed) =>
                    new[] { Measured.Curvature, Measured.HighCurvature }.Select(quantity =>
                        (quantity, arm == KernelArm.Gaussian ? ratios[seed] : 1)))];
        ClaimFinding finding = ComparisonClaims.JudgeFlatness(runs);
        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal(verdict == Verdict.NotDecided, finding.Reason.Contains("do not agree", StringComparison.Ordinal));
    }

    // ℒ = 0.05 α² − 25 β²: eigenvalues 0.1 and −50 everywhere.
    [Fact]
    public void A_ridge_is_as_curved_as_its_steeper_side()
    {
        LandscapeGrid grid = LandscapeGrid.Around(5, 1);
        double[,] values = new double[5, 5];
        for (int row = 0; row < 5; row++)
        {
            for (int column = 0; column < 5; column++)
            {
                values[row, column] = (0.05 * grid.First[column] * grid.First[column]) - (25 * grid.Second[row] * grid.Second[row]);
            }
        }

        CurvatureQuantiles curvature = LandscapeStudy.Curvature(grid, values);
        Assert.Equal(9, curvature.Points);
        Assert.Equal(50, curvature.Median, 1e-9);
        Assert.Equal(50, curvature.High, 1e-9);
    }

    [Fact]
    public void No_run_measures_nothing() =>
        Assert.All(KernelsReproduction.Judge([]), finding => Assert.Equal(Verdict.NotMeasured, finding.Verdict));

    // One ratio of the end losses for all seeds, or one for each.
    private static IEnumerable<KernelRun> Ends(string setting, params double[] gaussianOverSoftmax) =>
        from arm in KernelArm.All
        from seed in new long[] { 0, 1, 2 }
        let end = arm == KernelArm.Gaussian ? gaussianOverSoftmax[seed % gaussianOverSoftmax.Length] : 1
        select new KernelRun(
            KernelStudy.AllTrained, setting, arm.Name, seed,
            new Dictionary<string, double> { [Measured.EndFraction] = end, [Measured.Budget] = 10 },
            new Dictionary<string, double[]> { [Measured.Loss] = [2, end] });

    private static (string Name, double Value)[] Values(int width, double floor, double certified, double slowest) =>
    [
        (Measured.TokenRows, 8), (Measured.Width, width), (Measured.Floor, floor), (Measured.CertifiedRate, certified),
        (Measured.SlowestShare, slowest), (Measured.SmallestFeature, 1),
    ];

    private static (string Name, double Value)[] Queries(int heads, double end) => [(Measured.Heads, heads), (Measured.EndFraction, end)];

    private static IEnumerable<KernelRun> Runs(
        KernelStudy study, string setting, Func<KernelArm, long, IEnumerable<(string Name, double Value)>> numbers) =>
        from arm in KernelArm.All
        from seed in new long[] { 0, 1, 2 }
        select new KernelRun(
            study, setting, arm.Name, seed, numbers(arm, seed).ToDictionary(number => number.Name, number => number.Value),
            new Dictionary<string, double[]>());
}
