using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Kernels;
using Kappa.Lab.Studies.Residual;
using Kappa.Lab.Studies.Shallow;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

/// <summary>Runs of model S made up number by number, to see each verdict come out.</summary>
public sealed class ShallowClaimTests
{
    private const int Budget = 200;

    [Theory]
    [InlineData(0.99, 0.8, Verdict.Reproduced)]
    [InlineData(0.8, 0.8, Verdict.Partly)]
    [InlineData(0.99, 0.999, Verdict.Partly)]
    [InlineData(0.8, 0.999, Verdict.NotReproduced)]
    public void Every_width_but_the_smallest_must_be_linear(double narrow, double wide, Verdict expected) =>
        Assert.Equal(expected, WidthClaim.Judge([.. Seeds(seed => Run(10, narrow, seed)), .. Seeds(seed => Run(100, wide, seed))]).Verdict);

    // A run that ended early does not reach a hundredth later: the budget counts, as a bound.
    [Fact]
    public void The_steps_to_a_hundredth_are_those_of_the_run_or_a_bound_by_its_budget()
    {
        Assert.Equal((2.0, false), (Run(10, 0.9) with { Loss = [1, 0.5, 0.01, 0] }).StepsToTarget);
        Assert.Equal((Budget + 1.0, true), (Run(10, 0.9) with { Loss = [1, 0.5, 0.011] }).StepsToTarget);
        Assert.Equal((2.0, false), Synthetic.Run(Arm.Residual, loss: [1, 0.5, 0.01, 0]).StepsToTarget);
        Assert.Equal((Synthetic.Budget + 1.0, true), Synthetic.Run(Arm.Residual, loss: [1, 0.5, 0.011]).StepsToTarget);
        Assert.Equal(
            (1, null),
            (
                Synthetic.Run(Arm.Residual, loss: [1, 0.5, 0.02]).Path.FirstPassage(0.5),
                Synthetic.Run(Arm.Residual, loss: [1, 0.5, 0.02]).Path.FirstPassage(0.01)));
        Assert.Equal(2, AllTrainedStudy.Passage([1, 0.05, 0.01, 0]));
    }

    // Axes.Fit draws e^intercept · x^slope: a figure's line must go through its points.
    [Fact]
    public void The_line_of_an_exponent_goes_through_the_points_it_was_fitted_to()
    {
        (SeedSummary exponent, Regression fit) = ShallowMeasurements.Exponent(
            new double[] { 16, 64, 256 }.SelectMany(x => new long[] { 0, 1 }.Select(seed => (x, 3 / Math.Sqrt(x), seed))));
        Assert.Equal(-0.5, exponent.Median, 1e-12);
        Assert.All(
            new double[] { 16, 64, 256 }, x => Assert.Equal(3 / Math.Sqrt(x), Math.Exp(fit.Intercept) * Math.Pow(x, fit.Slope), 1e-12));
    }

    [Fact]
    public void A_literal_run_that_leaves_the_finite_numbers_or_ends_above_its_start_refutes()
    {
        EncoderOutcome calm = Literal(Run(100, 0.9)), wild = Literal(Run(100, 0.9)) with { Diverged = true },
            risen = Literal(Run(100, 1.01));
        Assert.Equal(Verdict.Reproduced, LiteralSettingClaim.Judge([calm, calm, calm, .. Wide(calm, calm, calm)]).Verdict);
        Assert.Equal(Verdict.NotReproduced, LiteralSettingClaim.Judge([risen, risen, wild, .. Wide(wild, wild, wild)]).Verdict);
        Assert.Equal(Verdict.NotDecided, LiteralSettingClaim.Judge([calm, risen, wild, .. Wide(calm, calm, wild)]).Verdict);
        Assert.Equal(Verdict.NotMeasured, LiteralSettingClaim.Judge([Literal(Run(10, 1.01))]).Verdict);

        static IEnumerable<EncoderOutcome> Wide(params EncoderOutcome[] outcomes) =>
            outcomes.Select(outcome => outcome with { Run = outcome.Run with { Width = 1000 } });

        static EncoderOutcome Literal(EncoderOutcome outcome) =>
            outcome with { Run = outcome.Run with { Normalisation = Normalisation.Literal } };
    }

    // T(1e-2) of ratio r is ⌈log 0.01/log r⌉: 44 for 0.9, 90 for 0.95, 21 for 0.8.
    [Theory]
    [InlineData(0.95, 0.95, Verdict.Reproduced)]
    [InlineData(0.95, 0.9, Verdict.Partly)]
    [InlineData(0.9, 0.9, Verdict.NotReproduced)]
    public void Ntk_must_need_half_as_many_steps_again_under_both_rules(double own, double same, Verdict expected)
    {
        ComparedRun[] runs = [.. Arms(StepRule.Own, own), .. Arms(StepRule.Same, same)];
        Assert.Equal(expected, SchemeClaim.Judge(runs).Verdict);

        static IEnumerable<ComparedRun> Arms(StepRule rule, double ntk) =>
            Seeds(seed => new ComparedRun("LeCun", rule, Run(64, 0.9, seed)))
                .Concat(Seeds(seed => new ComparedRun("He", rule, Run(64, 0.9, seed))))
                .Concat(Seeds(seed => new ComparedRun("NTK", rule, Run(64, ntk, seed))));
    }

    [Theory]
    [InlineData(-0.5, -0.5, Verdict.Reproduced)]
    [InlineData(-0.5, -0.2, Verdict.Partly)]
    [InlineData(-0.2, -0.1, Verdict.NotReproduced)]
    public void Movement_must_shrink_at_least_like_the_width_to_minus_0_3(double weights, double kernel, Verdict expected)
    {
        EncoderOutcome[] runs = [.. from width in new[] { 64, 256, 1024 } from seed in new long[] { 0, 1, 2 } select Moved(width, seed)];
        ClaimFinding finding = MovementClaim.Judge(runs);
        Assert.Equal(expected, finding.Verdict);
        Assert.Equal(kernel, finding.Measurements[^1].Value.Median, 1e-9);

        EncoderOutcome Moved(int width, long seed)
        {
            EncoderOutcome outcome = Run(width, 0.9, seed);
            return outcome with
            { Movement = [.. Enumerable.Repeat(Math.Pow(width, weights), 4)], KernelMovement = 3 * Math.Pow(width, kernel) };
        }
    }

    [Theory]
    [InlineData(0.98, 128, true, Verdict.Reproduced)]
    [InlineData(0.95, 128, true, Verdict.NotReproduced)]
    [InlineData(0.95, 32, true, Verdict.NotMeasured)]
    [InlineData(0.95, 128, false, Verdict.NotMeasured)]
    public void Only_wide_models_on_centred_samples_decide_about_the_logit_scale(double slow, int width, bool centred, Verdict expected)
    {
        Assert.Equal(
            expected,
            LogitScaleClaim.Judge(
                [
                    .. new[] { width, 2 * width }.SelectMany(size =>
                        Seeds(seed => Arm("p = 0.5", 0.9, size, seed)).Concat(Seeds(seed => Arm("p = 1", slow, size, seed))))]).Verdict);

        ComparedRun Arm(string name, double ratio, int size, long seed)
        {
            EncoderOutcome outcome = Run(size, ratio, seed);
            return new ComparedRun(name, StepRule.Own, outcome with { Run = outcome.Run with { Centred = centred } });
        }
    }

    // The denominator's budget of 200 steps ended first: 201 or more over 201 or more is unknown, and 201 or more over 90 is 2.2 or more.
    [Fact]
    public void A_ratio_of_which_only_a_lower_bound_below_the_threshold_is_known_decides_nothing()
    {
        ComparedRun[] runs = [
            .. Seeds(seed => new ComparedRun("bound", StepRule.Own, Run(64, 0.999, seed))),
            .. Seeds(seed => new ComparedRun("known", StepRule.Own, Run(64, 0.95, seed)))];
        Assert.Null(ComparedRun.Ratio(runs, "bound", "bound").IsBelow(3));
        Assert.Null(ComparedRun.Ratio(runs, "bound", "known").IsBelow(3));
        Assert.Equal(false, ComparedRun.Ratio(runs, "bound", "known").IsBelow(2));
        Assert.Equal(true, ComparedRun.Ratio(runs, "known", "bound").IsBelow(2));
        Assert.Equal(true, ComparedRun.Ratio(runs, "known", "known").IsBelow(2));
    }

    [Theory]
    [InlineData(-0.5, Verdict.Reproduced)]
    [InlineData(-0.9, Verdict.NotReproduced)]
    [InlineData(-0.1, Verdict.NotReproduced)]
    public void The_error_of_the_limiting_kernel_must_fall_like_the_inverse_root(double exponent, Verdict expected) =>
        Assert.Equal(
            expected,
            LimitClaim.Judge(
                [.. new[] { 64, 256, 1024 }.SelectMany(width => Seeds(seed => Point(width, Math.Pow(width, exponent), 5, seed)))]).Verdict);

    [Fact]
    public void One_width_at_which_all_conditions_hold_is_enough()
    {
        Assert.Equal(
            Verdict.NotReproduced,
            ConditionsClaim.Judge([.. Seeds(seed => Point(64, 1, 100, seed)), .. Seeds(seed => Point(256, 1, 10, seed))]).Verdict);
        Assert.Equal(
            Verdict.Reproduced,
            ConditionsClaim.Judge([.. Seeds(seed => Point(64, 1, 100, seed)), .. Seeds(seed => Point(256, 1, 1, seed))]).Verdict);
        Assert.Equal(Verdict.NotMeasured, ConditionsClaim.Judge([Point(64, 1, double.NaN)]).Verdict);
    }

    [Theory]
    [InlineData(2.2, Verdict.Reproduced)]
    [InlineData(1, Verdict.NotReproduced)]
    public void A_width_that_grows_more_slowly_than_the_square_is_not_tight(double exponent, Verdict expected)
    {
        WidthSearchResult[] searches = [
            .. from samples in new[] { 4, 8, 16 } from seed in new long[] { 0, 1, 2 }
            select new WidthSearchResult(samples, seed, Math.Pow(samples, exponent), false)];
        ClaimFinding finding = WidthGrowthClaim.Judge(searches);
        Assert.Equal((expected, exponent), (finding.Verdict, Math.Round(finding.Measurements[0].Value.Median, 9)));
        Assert.Equal(
            Verdict.NotMeasured,
            WidthGrowthClaim.Judge([new WidthSearchResult(4, 0, 256, true), new WidthSearchResult(8, 0, 256, true)]).Verdict);
    }

    [Theory]
    [InlineData(1, 1.5, Verdict.Reproduced)]
    [InlineData(1, 1, Verdict.Partly)]
    [InlineData(1.5, 1, Verdict.NotReproduced)]
    public void Digits_must_be_alike_when_narrow_and_differ_when_wide(double narrow, double wide, Verdict expected)
    {
        ClaimFinding finding = DigitsClaim.Judge(
            [
                .. Seeds(seed => Digits(8, 0.5, 1, seed)), .. Seeds(seed => Digits(8, 1, narrow, seed)),
                .. Seeds(seed => Digits(64, 0.5, 1, seed)), .. Seeds(seed => Digits(64, 1, wide, seed))],
            "stand-in digits");
        Assert.Equal(expected, finding.Verdict);
        Assert.All(
            finding.Measurements, measurement => Assert.StartsWith("stand-in digits", measurement.Setting, StringComparison.Ordinal));

        static DigitOutcome Digits(int width, double exponent, double loss, long seed) =>
            new(new DigitRun(width, exponent, 1, seed), [loss], loss, 0.5, false);
    }

    [Fact]
    public void Every_setting_has_conditions_of_its_own_and_only_that_of_the_limit_is_judged_by_it()
    {
        EncoderPointResult ntk = Point(64, 0.1, 100),
            leCun = ntk with
            {
                Run = ntk.Run with { Start = NamedStart.LeCun, LogitExponent = 0.5 },
                LimitDistance = double.NaN,
                Shortfalls = [1, double.PositiveInfinity, 3],
            };
        ClaimFinding finding = ConditionsClaim.Judge(
            [
                .. Seeds(seed => ntk with { Run = ntk.Run with { Seed = seed } }),
                .. Seeds(seed => leCun with { Run = leCun.Run with { Seed = seed } })]);
        Assert.Equal(Verdict.Partly, finding.Verdict);
        Assert.Equal(
            ["NTK, τ₀ = d_m^−1: True 100", "NTK, τ₀ = d_m^−1: True 100", "LeCun, τ₀ = d_m^−0.5: False 1", "LeCun, τ₀ = d_m^−0.5: True ∞"],
            finding.Measurements.Where(m => m.Refutes is not null).Select(m =>
                FormattableString.Invariant(
                    $"{m.Setting}: {m.Refutes} {m.Value.Median}").Replace("Infinity", "∞", StringComparison.Ordinal)));
        Assert.Contains("LeCun, τ₀ = d_m^−0.5: 1 (encoder), none (encoder-sharper)", finding.Reason, StringComparison.Ordinal);
        Assert.Equal(
            Verdict.Reproduced,
            LimitClaim.Judge(
                [
                    .. Seeds(seed => Point(64, 1, 1, seed)), .. Seeds(seed => Point(256, 0.5, 1, seed)),
                    leCun with { LimitDistance = 7 }]).Verdict);
    }

    // N^1 up to 256 at N = 16, where the true exponent is larger: without the bounds the fit would see N = 4 and 8 alone.
    [Fact]
    public void Searches_without_a_width_at_the_largest_N_only_bound_the_exponent_and_elsewhere_leave_it_unknown()
    {
        WidthSearchResult[] flat = [.. Searches(4, 4), .. Searches(8, 8)], steep = [.. Searches(4, 4), .. Searches(8, 16)];
        ClaimFinding bounded = WidthGrowthClaim.Judge([.. flat, .. Searches(16, 16, isBound: true)]),
            confirmed = WidthGrowthClaim.Judge([.. steep, .. Searches(16, 256, isBound: true)]);
        Assert.Equal((Verdict.NotDecided, true), (bounded.Verdict, bounded.Measurements[0].Value.MedianIsLowerBound));
        Assert.Equal((Verdict.Reproduced, true), (confirmed.Verdict, confirmed.Measurements[0].Value.MedianIsLowerBound));
        Assert.Equal(3, confirmed.Measurements[0].Value.Median, 1e-9);
        Assert.Equal(
            Verdict.NotDecided, WidthGrowthClaim.Judge([.. Searches(4, 4), .. Searches(8, 8, isBound: true), .. Searches(16, 16)]).Verdict);
        Assert.Equal(Verdict.NotReproduced, WidthGrowthClaim.Judge([.. flat, .. Searches(16, 16)]).Verdict);

        static IEnumerable<WidthSearchResult> Searches(int samples, double width, bool isBound = false) =>
            new long[] { 0, 1, 2 }.Select(seed => new WidthSearchResult(samples, seed, width, isBound));
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 1, 1, double.PositiveInfinity, Verdict.Partly)]
    [InlineData(1, 1, 1, double.PositiveInfinity, Verdict.Reproduced)]
    [InlineData(1, 1, double.PositiveInfinity, 1, Verdict.Partly)]
    [InlineData(1, 1, double.PositiveInfinity, double.PositiveInfinity, Verdict.NotDecided)]
    public void A_diverged_training_has_no_loss_to_win_with(
        double narrowHalf, double narrowOne, double wideHalf, double wideOne, Verdict expected)
    {
        ClaimFinding finding = DigitsClaim.Judge(
            [
                .. Seeds(seed => Digits(8, 0.5, narrowHalf, seed)), .. Seeds(seed => Digits(8, 1, narrowOne, seed)),
                .. Seeds(seed => Digits(64, 0.5, wideHalf, seed)), .. Seeds(seed => Digits(64, 1, wideOne, seed))],
            "stand-in digits");
        Assert.Equal(expected, finding.Verdict);
        Assert.Contains(finding.Measurements, m => m.Note?.StartsWith("diverged: 3 with d_m^−", StringComparison.Ordinal) == true);

        static DigitOutcome Digits(int width, double exponent, double loss, long seed) =>
            new(new DigitRun(width, exponent, 1, seed), [loss], loss, 0.5, double.IsInfinity(loss));
    }

    [Fact]
    public void A_digit_training_that_leaves_the_finite_numbers_has_an_infinite_loss_from_there_on()
    {
        using var folder = new TemporaryFolder();
        var plan = ShallowPlan.Quick(1, null) with { DigitCount = 100 };
        DigitRun calm = new(4, 0.5, 3, 0), wild = calm with { StepSize = 1e160 };
        var runs = new StudyRuns(new ReproductionWork(1, null, folder.Path, TestContext.Current.CancellationToken), (2, 2));
        runs.Make(new[] { calm, wild }.Select(run => new StudyRun("digits", ShallowSpecifications.Of(run, plan), 1)));
        DigitOutcome end = Outcome(calm), diverged = Outcome(wild);
        Assert.False(end.Diverged);
        Assert.All(end.Loss, loss => Assert.InRange(loss, 1, 4));
        Assert.True(diverged.Diverged);
        Assert.Equal((double.PositiveInfinity, double.PositiveInfinity), (diverged.Loss[^1], diverged.TestLoss));

        DigitOutcome Outcome(DigitRun run) => DigitOutcome.Of(run, runs[ShallowSpecifications.Of(run, plan)]);
    }

    private static IEnumerable<T> Seeds<T>(Func<long, T> of) => new long[] { 0, 1, 2 }.Select(of);

    private static EncoderPointResult Point(int width, double distance, double shortfall, long seed = 0) =>
        new(
            Run(width, 0.9, seed).Run with { Start = NamedStart.Ntk, LogitExponent = 1 }, distance,
            [shortfall, shortfall, double.PositiveInfinity]);

    private static EncoderOutcome Run(int width, double ratio, long seed = 0) => new(
        new EncoderRun { Sizes = new EncoderSizes(4, 3, 5), Width = width, Steps = Budget, Seed = seed }, 0.1, 10, false,
        [.. Enumerable.Range(0, Budget + 1).Select(k => Math.Pow(ratio, k))], [1, 1, 1, 1], 1);
}
