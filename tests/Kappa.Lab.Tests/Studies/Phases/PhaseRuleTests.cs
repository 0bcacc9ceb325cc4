using Kappa.Lab.Studies.Phases;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Phases;

/// <summary>Every class on made curves, and the two sides of every number in docs/guide/phases.md.</summary>
public sealed class PhaseRuleTests
{
    [Fact]
    public void A_loss_that_is_not_finite_diverges_also_when_it_had_arrived()
    {
        double[] losses = Curve(100, k => Math.Exp(-k));
        losses[^1] = double.NaN;
        Assert.Equal(RunPhase.Diverges, Of(losses));
        Assert.Equal(RunPhase.Diverges, Of(Curve(100, k => Math.Exp(-k)), stopReason: "NonFinite"));
    }

    [Theory]
    [InlineData(1.001, RunPhase.Diverges)]
    [InlineData(0.999, RunPhase.Stalls)]
    public void The_median_of_the_last_tenth_above_the_first_loss_diverges(double end, object phase)
    {
        // 200 rows: the last tenth is 20. A single spike at the end is not a median.
        double[] losses = Curve(200, k => k == 0 ? 1 : k < 180 ? 0.5 : end);
        Assert.Equal((RunPhase)phase, Of(losses));
        losses = Curve(200, k => k == 0 ? 1 : 0.5);
        losses[^1] = 100;
        Assert.NotEqual(RunPhase.Diverges, Of(losses));
    }

    // A power law has no single rate, so only the last loss can make it converge: (1 + k)^-2 at k = 999 is 1e-6.
    [Theory]
    [InlineData(1000, 0, RunPhase.Converges)]
    [InlineData(999, 0, RunPhase.Slow)]
    [InlineData(999, 1e-5, RunPhase.Converges)]
    [InlineData(300, 1e-5, RunPhase.Slow)]
    public void A_millionth_of_the_first_loss_or_the_floor_of_the_run_has_arrived(int rows, double floor, object phase) =>
        Assert.Equal((RunPhase)phase, Of(Curve(rows, k => 4 * Math.Pow(1 + k, -2)), lossFloor: floor));

    [Fact]
    public void The_floor_of_rounding_has_arrived() =>
        Assert.Equal(
            (RunPhase.Converges, RunPhase.Slow),
            (
                Of(Curve(300, k => Math.Pow(1 + k, -2)), roundingFloor: 1.2e-5),
                Of(Curve(300, k => Math.Pow(1 + k, -2)), roundingFloor: 1e-6)));

    // Two and a half decades at one rate: the window needs one below a tenth of the first loss.
    [Theory]
    [InlineData(2.5, RunPhase.Converges)]
    [InlineData(1.5, RunPhase.Slow)]
    public void One_rate_over_a_decade_below_the_transient_converges(double decades, object phase) =>
        Assert.Equal((RunPhase)phase, Of(Curve(400, k => Math.Pow(10, -decades * k / 399))));

    [Fact]
    public void A_curve_that_levels_off_stalls_however_far_it_fell()
    {
        Assert.Equal(RunPhase.Stalls, Of(Curve(2000, k => 0.3 + Math.Exp(-0.1 * k))));
        Assert.Equal(RunPhase.Stalls, Of(Curve(2000, k => 1e-4 + Math.Exp(-0.05 * k))));
    }

    // k^-p falls by p decades from T/10 to T.
    [Theory]
    [InlineData(0.09, RunPhase.Stalls)]
    [InlineData(0.11, RunPhase.Slow)]
    public void Less_than_a_tenth_of_a_decade_over_the_last_decade_of_steps_stalls(double power, object phase) =>
        Assert.Equal((RunPhase)phase, Of(Curve(1001, k => Math.Pow(Math.Max(k, 1), -power))));

    [Theory]
    [InlineData("GradientTolerance")]
    [InlineData("NoDecrease")]
    public void A_run_that_ends_as_stationary_before_it_arrived_stalls(string reason) =>
        Assert.Equal(
            (RunPhase.Stalls, RunPhase.Slow), (Of(Curve(100, k => 1 / (1.0 + k)), stopReason: reason), Of(Curve(100, k => 1 / (1.0 + k)))));

    [Fact]
    public void A_single_row_without_a_gradient_stalls() => Assert.Equal(RunPhase.Stalls, Of([2.0], stopReason: "GradientTolerance"));

    private static double[] Curve(int rows, Func<int, double> loss) => [.. Enumerable.Range(0, rows).Select(loss)];

    private static RunPhase Of(double[] losses, string stopReason = "StepBudget", double lossFloor = 0, double roundingFloor = 0)
    {
        RateFit? rate = losses.Length < 2 ? null : RateFit.Of(losses, [], new RateFitOptions { RoundingFloor = roundingFloor });
        return PhaseRule.Of(new([.. losses.Select((_, k) => (double)k)], losses, rate, stopReason, lossFloor, roundingFloor)).Phase;
    }
}
