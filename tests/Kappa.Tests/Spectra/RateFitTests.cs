using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class RateFitTests
{
    [Fact]
    public void An_exact_geometric_curve_gives_its_rate_with_an_interval_of_rounding_width()
    {
        RateFit fit = RateFit.Of(Curve(400, t => 7 * Math.Pow(0.96, t)));
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(0.04, fit.Rate, 1e-13);
        Assert.Equal(0.04, fit.RateLow, 1e-12);
        Assert.Equal(0.04, fit.RateHigh, 1e-12);
        Assert.Equal(Math.Log(0.96), fit.Slope, 1e-13);
        Assert.Equal(0.04, fit.LateRate, 1e-12);

        // 0.96^57 is the first power at or below 0.1.
        Assert.Equal(57, fit.FirstStep);
        Assert.Equal(399, fit.LastStep);
        Assert.Equal((399 - 57) * -Math.Log10(0.96), fit.Decades, 1e-11);
        Assert.Null(fit.FloorLoss);
    }

    [Fact]
    public void Recorded_steps_are_the_abscissae()
    {
        long[] steps = [.. Enumerable.Range(0, 100).Select(k => 5L * k)];
        RateFit fit = RateFit.Of([.. steps.Select(t => Math.Exp(-0.02 * t))], steps);
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(-0.02, fit.Slope, 1e-14);
        Assert.Equal(1 - Math.Exp(-0.02), fit.Rate, 1e-14);
    }

    [Fact]
    public void A_tiny_rate_is_not_lost_to_cancellation()
    {
        RateFit fit = RateFit.Of(
            [.. Enumerable.Range(0, 100).Select(k => Math.Exp(-0.1 * k))],
            [.. Enumerable.Range(0, 100).Select(k => 1_000_000_000_000L * k)]);
        Assert.Equal(1e-13, fit.Rate, 1e-24);
    }

    [Fact]
    public void A_transient_before_the_first_decade_is_outside_the_window()
    {
        RateFit fit = RateFit.Of(Curve(600, t => (50 * Math.Pow(0.5, t)) + Math.Pow(0.97, t)));
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(0.03, fit.Rate, 1e-4);
    }

    [Fact]
    public void Two_rates_one_after_another_are_slowing_and_the_late_slope_is_the_second()
    {
        RateFit fit = RateFit.Of(Curve(900, t => Math.Exp(-0.1 * t) + (1e-3 * Math.Exp(-0.01 * t))));
        Assert.Equal(RateOutcome.Slowing, fit.Outcome);
        Assert.Equal(-0.01, fit.LateSlope, 1e-5);
        Assert.True(fit.EarlySlope < -0.013, $"Early slope {fit.EarlySlope}");
        Assert.True(
            fit.SlopeLow <= fit.EarlySlope && fit.SlopeHigh >= fit.LateSlope,
            $"The interval must show the bend but is [{fit.SlopeLow}, {fit.SlopeHigh}].");
    }

    [Theory]
    [InlineData(0.5, 20_000)]
    [InlineData(0.5, 200_000)]
    [InlineData(1, 200)]
    [InlineData(1, 2000)]
    [InlineData(1, 200_000)]
    [InlineData(2, 100)]
    [InlineData(2, 20_000)]
    public void A_power_of_the_step_is_slowing_and_has_no_floor(double power, int count)
    {
        RateFit fit = RateFit.Of(Curve(count, t => Math.Pow(1 + t, -power)));
        Assert.Equal(RateOutcome.Slowing, fit.Outcome);
        Assert.Null(fit.FloorLoss);
    }

    [Fact]
    public void A_curve_that_speeds_up_is_accelerating() =>
        Assert.Equal(RateOutcome.Accelerating, RateFit.Of(Curve(300, t => Math.Exp(-1e-4 * t * t))).Outcome);

    [Theory]
    [InlineData(1e-12)]
    [InlineData(1e-28)]
    public void A_floor_is_found_and_left_out_of_the_window(double floor)
    {
        double[] noise = new double[2000];
        new RandomSequence(3, "tests.floor").FillUniform(noise);
        RateFit fit = RateFit.Of(Curve(2000, t => Math.Exp(-0.1 * t) + (floor * (0.5 + noise[t]))));
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(-0.1, fit.Slope, 1e-3);
        Assert.InRange(fit.FloorLoss!.Value, 0.7 * floor, 1.3 * floor);
        Assert.InRange(fit.FloorStep!.Value, -10 * Math.Log(floor) - 20, -10 * Math.Log(floor) + 40);
        Assert.True(fit.LastStep < fit.FloorStep);
    }

    [Fact]
    public void A_rounding_floor_given_by_the_caller_ends_the_window()
    {
        RateFit fit = RateFit.Of(Curve(400, t => Math.Exp(-0.1 * t)), options: new RateFitOptions { RoundingFloor = 1e-9 });
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(207, fit.LastStep);
        Assert.Equal(208, fit.FloorStep);
    }

    [Fact]
    public void A_loss_of_exactly_zero_is_a_floor()
    {
        RateFit fit = RateFit.Of(Curve(400, t => t < 200 ? Math.Exp(-0.1 * t) : 0));
        Assert.Equal(RateOutcome.Linear, fit.Outcome);
        Assert.Equal(0, fit.FloorLoss);
        Assert.Equal(200, fit.FloorStep);
    }

    [Fact]
    public void A_stall_high_above_zero_is_a_plateau_with_its_level()
    {
        RateFit fit = RateFit.Of(Curve(3000, t => 0.6 + (0.4 * Math.Exp(-0.05 * t))));
        Assert.Equal(RateOutcome.Plateau, fit.Outcome);
        Assert.Equal(0.6, fit.FloorLoss!.Value, 1e-9);
        Assert.Contains("levels off at 0.6", fit.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_curve_that_falls_by_less_than_a_decade_has_too_few_decades()
    {
        RateFit fit = RateFit.Of(Curve(200, t => Math.Exp(-0.005 * t)));
        Assert.Equal(RateOutcome.TooFewDecades, fit.Outcome);
        Assert.True(double.IsNaN(fit.Slope), $"{fit}");
    }

    [Fact]
    public void Constant_and_increasing_curves_do_not_decrease()
    {
        Assert.Equal(RateOutcome.NotDecreasing, RateFit.Of(Curve(100, _ => 2.0)).Outcome);
        RateFit rising = RateFit.Of(Curve(100, t => Math.Exp(0.01 * t)));
        Assert.Equal(RateOutcome.NotDecreasing, rising.Outcome);
        Assert.Contains("0.01", rising.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_curve_with_a_non_finite_tail_diverges_and_has_no_rate(double bad)
    {
        RateFit fit = RateFit.Of(Curve(200, t => t < 150 ? Math.Exp(0.3 * t) : bad));
        Assert.Equal(RateOutcome.Diverged, fit.Outcome);
        Assert.True(double.IsNaN(fit.Slope) && double.IsNaN(fit.Rate) && double.IsNaN(fit.LateRate), $"{fit}");
        Assert.Equal(149, fit.LastStep);
        Assert.Contains("step 150", fit.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Short_and_empty_curves_are_too_short()
    {
        Assert.Equal(RateOutcome.TooShort, RateFit.Of([]).Outcome);
        RateFit fit = RateFit.Of(Curve(15, t => Math.Exp(-2.0 * t)));
        Assert.Equal(RateOutcome.TooShort, fit.Outcome);
        Assert.True(double.IsNaN(fit.Rate));
    }

    [Fact]
    public void Small_noise_leaves_a_line_and_its_interval_holds_the_true_slope_as_often_as_promised()
    {
        int held = 0;
        const int trials = 200;
        for (int trial = 0; trial < trials; trial++)
        {
            double[] noise = new double[500];
            new RandomSequence(trial, "tests.noise").FillGaussian(noise);
            RateFit fit = RateFit.Of(Curve(500, t => Math.Exp((-0.05 * t) + (0.1 * noise[t]))));
            Assert.Equal(RateOutcome.Linear, fit.Outcome);
            held += fit.SlopeLow <= -0.05 && -0.05 <= fit.SlopeHigh ? 1 : 0;
        }

        // 96.1 % of 200 is 192; four binomial standard deviations below it is 181.
        Assert.InRange(held, 181, trials);
    }

    [Fact]
    public void Wide_oscillation_about_a_line_is_irregular()
    {
        RateFit fit = RateFit.Of(Curve(600, t => Math.Exp((-0.02 * t) + (3 * Math.Sin(t / 5.0)))));
        Assert.Equal(RateOutcome.Irregular, fit.Outcome);
    }

    [Fact]
    public void Steps_that_do_not_increase_or_do_not_match_are_refused()
    {
        Assert.Contains("increase", Assert.Throws<ArgumentException>(() => RateFit.Of([1, 2], [3, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("there are 1", Assert.Throws<ArgumentException>(() => RateFit.Of([1, 2], [3])).Message, StringComparison.Ordinal);
    }

    private static double[] Curve(int count, Func<int, double> loss) => [.. Enumerable.Range(0, count).Select(loss)];
}
