using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

/// <summary>The test for a drift of the slope, on curves whose law is known.</summary>
public sealed class RateDriftTests
{
    private const int Curves = 250;

    /// <summary>A trend has probability 3.1 % for exchangeable increments; four binomial standard
    /// deviations above it, of 250 curves, is 7.8 + 4 √(250 · 0.031 · 0.969) = 18.7.</summary>
    [Theory]
    [InlineData(0, 0.03)]
    [InlineData(0, 0.2)]
    [InlineData(0.5, 0.1)]
    [InlineData(0.9, 0.1)]
    public void A_noisy_line_is_said_to_drift_no_more_often_than_stated(double correlation, double noise)
    {
        int alarms = 0;
        for (int curve = 0; curve < Curves; curve++)
        {
            var draws = new RandomSequence(curve, "tests.drift.noise");
            int count = 60 + (int)draws.Below(0, 400);
            double[] gaussian = new double[count], errors = new double[count];
            draws.FillGaussian(gaussian);
            for (int k = 0; k < count; k++)
                errors[k] = k == 0
                    ? gaussian[0]
                    : (correlation * errors[k - 1]) + (Math.Sqrt(1 - (correlation * correlation)) * gaussian[k]);
            RateOutcome outcome = RateFit.Of([.. errors.Select((error, k) => Math.Exp((-8.0 * k / count) + (noise * error)))]).Outcome;
            alarms += outcome is RateOutcome.Slowing or RateOutcome.Accelerating ? 1 : 0;
        }

        Assert.InRange(alarms, 0, 18);
    }

    /// <summary>The logarithm of a sum of exponentials is convex: its block increments
    /// rise from each to the next, S = 28, and every drift of a tenth is seen.</summary>
    [Fact]
    public void A_sum_of_exponentials_whose_late_half_is_flatter_by_more_than_a_tenth_is_never_called_linear()
    {
        int linearBefore = 0, linear = 0, wrong = 0, wrongLinear = 0;
        for (int curve = 0; curve < Curves; curve++)
        {
            (double[] losses, double slowest) = SumOfExponentials(curve);
            RateFit fit = RateFit.Of(losses),
                withoutDrift = RateFit.Of(losses, options: new RateFitOptions { LargestDrift = double.PositiveInfinity });
            bool isLinear = fit.Outcome == RateOutcome.Linear, isOff = withoutDrift.Slope < 1.2 * slowest;
            linearBefore += withoutDrift.Outcome == RateOutcome.Linear ? 1 : 0;
            linear += isLinear ? 1 : 0;
            wrong += withoutDrift.Outcome == RateOutcome.Linear && isOff ? 1 : 0;
            wrongLinear += isLinear && isOff ? 1 : 0;
            if (isLinear)
            {
                double[] y = [.. losses.Skip((int)fit.FirstStep).Take(fit.Points).Select(loss => Math.Log(loss))];
                int half = y.Length / 2;
                double early = Slope(y[..half]), late = Slope(y[^half..]);
                Assert.True(late - early <= 0.1 * Math.Abs(fit.Slope), $"Curve {curve}: halves {early}, {late}, whole {fit.Slope}");
            }
        }

        TestContext.Current.SendDiagnosticMessage(
            $"linear before {linearBefore}, now {linear}; off by a fifth and linear before {wrong}, now {wrongLinear}");
        Assert.True(
            linear < linearBefore && wrongLinear < wrong / 2,
            $"linear {linear} of {linearBefore}, off by a fifth {wrongLinear} of {wrong}");
    }

    [Fact]
    public void The_words_of_a_drift_give_both_halves_with_their_intervals()
    {
        // Slopes from −0.048 to −0.035: the thirds are within a factor 1.5, the halves differ by 15 %.
        RateFit fit = RateFit.Of([.. Enumerable.Range(0, 300).Select(k => Math.Exp((-0.05 * k) + (2.5e-5 * k * k)))]);
        Assert.Equal(RateOutcome.Slowing, fit.Outcome);
        Assert.Matches(@"The slope is -0\.0\d+ \[-0\.0\d+, -0\.0\d+\] in the early half of the window and -0\.03\d* \[", fit.Explanation);
        Assert.InRange(fit.LateSlope, fit.LateSlopeLow, fit.LateSlopeHigh);
    }

    /// <summary>95 % of 400 is 380; four binomial standard deviations, 4 √(400 · 0.05 · 0.95) = 17, below
    /// it is 363. Independent errors make the interval too wide, so there is no upper limit.</summary>
    [Fact]
    public void The_interval_of_the_late_rate_holds_the_true_rate_at_least_as_often_as_promised()
    {
        const int trials = 400;
        int held = 0;
        for (int trial = 0; trial < trials; trial++)
        {
            double[] noise = new double[200];
            new RandomSequence(trial, "tests.late").FillGaussian(noise);
            RateFit fit = RateFit.Of([.. noise.Select((error, k) => Math.Exp((-0.05 * k) + (0.05 * error)))]);
            double rate = 1 - Math.Exp(-0.05);
            held += fit.LateRateLow <= rate && rate <= fit.LateRateHigh ? 1 : 0;
        }

        Assert.InRange(held, 363, trials);
    }

    [Fact]
    public void The_fitted_line_passes_through_the_middle_of_the_points_of_its_window()
    {
        double[] noise = new double[300];
        new RandomSequence(5, "tests.line").FillGaussian(noise);
        double[] losses = [.. noise.Select((error, k) => Math.Exp((-0.03 * k) + (0.3 * Math.Exp(error))))];
        RateFit fit = RateFit.Of(losses);
        Assert.True(fit.HasRate);
        int above = Enumerable.Range((int)fit.FirstStep, fit.Points).Count(step => losses[step] > fit.FittedLoss(step));
        Assert.InRange(above, (fit.Points / 2) - 1, (fit.Points / 2) + 1);
    }

    [Theory]
    [InlineData(RateOutcome.TooFewDecades, -0.005, 200)]
    [InlineData(RateOutcome.NotDecreasing, 0.01, 200)]
    [InlineData(RateOutcome.TooShort, -0.5, 12)]
    public void A_curve_without_a_rate_has_words_and_no_numbers(RateOutcome outcome, double slope, int count)
    {
        RateFit fit = RateFit.Of([.. Enumerable.Range(0, count).Select(k => Math.Exp(slope * k))]);
        Assert.Equal((outcome, false), (fit.Outcome, fit.HasRate));
        Assert.All(
            [fit.Rate, fit.RateLow, fit.RateHigh, fit.LateRate, fit.LateRateLow, fit.FittedLoss(100)],
            number => Assert.True(double.IsNaN(number), $"{number}"));
        Assert.NotEmpty(fit.Explanation);
    }

    private static double Slope(double[] y)
    {
        double middle = (y.Length - 1) / 2.0, mean = y.Average();
        return y.Select((value, k) => (k - middle) * (value - mean)).Sum() / y.Select((_, k) => (k - middle) * (k - middle)).Sum();
    }

    // Eight rates over two decades, weights χ², cut when the loss has fallen by 2 to 4 decades: the slow directions are not yet alone.
    private static (double[] Losses, double Slowest) SumOfExponentials(int seed)
    {
        var draws = new RandomSequence(seed, "tests.drift.sums");
        double[] weights = new double[8];
        draws.FillGaussian(weights);
        double[] rates = [.. Enumerable.Range(0, 8).Select(k => Math.Pow(10, -2.5 + (2.0 * draws.Below(100 + k, 1 << 20) / (1 << 20))))];
        double depth = 2 + (2.0 * draws.Below(200, 1 << 20) / (1 << 20));
        var losses = new List<double>();
        do
        {
            losses.Add(weights.Zip(rates, (weight, rate) => weight * weight * Math.Exp(-2 * rate * losses.Count)).Sum());
        }
        while (losses[^1] > losses[0] * Math.Pow(10, -depth) && losses.Count < 5000);
        return ([.. losses], -2 * rates.Min());
    }
}
