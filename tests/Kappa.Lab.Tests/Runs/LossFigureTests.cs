using Kappa.Lab.Figures;
using Kappa.Lab.Runs;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

public sealed class LossFigureTests
{
    private static readonly double[] Steps = [.. Enumerable.Range(0, 200).Select(step => (double)step)];

    [Fact]
    public void A_refused_fit_is_not_drawn()
    {
        // A power law: its slope never ceases to change, and the fit calls it slowing.
        double[] losses = [.. Steps.Select(step => Math.Pow(1 + step, -2))];
        var rate = RateFit.Of(losses);
        Assert.NotEqual(RateOutcome.Linear, rate.Outcome);
        Assert.True(double.IsFinite(rate.Slope));
        _ = Assert.Single(Panel(losses, rate).Series);
    }

    [Fact]
    public void A_fitted_line_halves_its_curve_also_where_the_ends_of_the_window_are_not_typical()
    {
        double[] losses = [.. Steps.Select(step => Math.Exp(-0.1 * step))];
        var rate = RateFit.Of(losses) with { FirstStep = 40, LastStep = 160 };
        (losses[40], losses[160]) = (3 * losses[40], 3 * losses[160]);
        (double[] at, double[] line) = LossFigure.FittedLine(Steps, losses, rate);
        Assert.Equal([40, 160], at);
        int above = 0, below = 0;
        for (int step = 40; step <= 160; step++)
        {
            double height = line[0] * Math.Exp(rate.Slope * (step - 40));
            above += losses[step] > height * (1 + 1e-9) ? 1 : 0;
            below += losses[step] < height * (1 - 1e-9) ? 1 : 0;
        }

        // The two ends alone lie off the line; one through them would lie three times too high everywhere.
        Assert.Equal((2, 0), (above, below));
        Assert.Equal(RateOutcome.Linear, rate.Outcome);
        Assert.Equal(2, Panel(losses, rate).Series.Count);
    }

    [Fact]
    public void What_lies_below_the_rounding_of_the_loss_is_shaded_and_the_caption_says_the_relative_loss()
    {
        double[] losses = [.. Steps.Select(step => Math.Max(2 * Math.Exp(-0.5 * step), 1e-32))];
        Figure figure = LossFigure.Of("r", Steps, losses, null, roundingFloor: 1e-30);
        Assert.Contains(
            figure.Notes,
            note => note.StartsWith("Shaded line: at the rounding of the loss, below 10^{−30}: measured ", StringComparison.Ordinal));
        Assert.Equal("Run r. ℒ_0 = 2, at the end 5×10^{−33} ℒ_0.", figure.Caption);
    }

    private static Axes Panel(double[] losses, RateFit rate) =>
        Assert.Single(LossFigure.Of("r", Steps, losses, rate, roundingFloor: 0).Panels);
}
