using Kappa.Lab.Figures;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Runs;

/// <summary>The loss of one run against the step, with the fitted line where the fit says that the curve is one.</summary>
internal static class LossFigure
{
    /// <summary>The figure.</summary>
    /// <param name="run">The name of the run, for the caption.</param>
    /// <param name="steps">Recorded steps [k], rising.</param>
    /// <param name="losses">ℒ at each [k].</param>
    /// <param name="rate">The fit of the curve; null without one.</param>
    /// <param name="roundingFloor">The loss at which only rounding is left; 0 when unknown.</param>
    public static Figure Of(string run, double[] steps, double[] losses, RateFit? rate, double roundingFloor)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(losses);
        var figure = new Figure(
            "loss", "Loss", string.Join(' ', new[] { $"Run {run}.", Ends(losses), rate?.Explanation }.OfType<string>()));
        bool reachesFloor = roundingFloor > 0 && losses.Any(loss => loss >= 0 && loss < roundingFloor);
        Axis axis = reachesFloor
            ? Axis.Log("loss ℒ", minimum: roundingFloor) with
            { FloorMeaning = $"at the rounding of the loss, below {TickLabels.Rounded(roundingFloor, 2)}" }
            : Axis.Log("loss ℒ");
        Axes panel = figure.AddPanel(string.Empty, Axis.Whole("step k"), axis);
        _ = panel.Line("measured", steps, losses);
        if (rate is { Outcome: RateOutcome.Linear })
        {
            (double[] at, double[] line) = FittedLine(steps, losses, rate);
            _ = panel.Line(
                FormattableString.Invariant(
                    $"fit, rate {NumberText.Of(rate.Rate, 3)} [{NumberText.Of(rate.RateLow, 3)}, {NumberText.Of(rate.RateHigh, 3)}]"),
                at, line, SeriesStyle.Dashed);
        }

        return figure;
    }

    /// <summary>
    /// The fitted line at both ends of its window. Its height is the median of log ℒ − slope · k over the window, so that half of the curve
    /// lies above it and half below: a line through the ends of the curve leaves the curve wherever an end is no typical point.
    /// </summary>
    internal static (double[] Steps, double[] Losses) FittedLine(double[] steps, double[] losses, RateFit rate)
    {
        double[] heights =
        [
            .. Enumerable.Range(0, steps.Length).Where(row =>
                steps[row] >= rate.FirstStep && steps[row] <= rate.LastStep && losses[row] > 0 && double.IsFinite(losses[row]))
                .Select(row => Math.Log(losses[row]) - (rate.Slope * steps[row])).Order(),
        ];
        double height = Quantiles.OfSorted(heights, 0.5);
        double[] ends = [rate.FirstStep, rate.LastStep];
        return (ends, Array.ConvertAll(ends, step => Math.Exp(height + (rate.Slope * step))));
    }

    private static string? Ends(double[] losses) => losses.Length > 1 && losses[0] > 0 && double.IsFinite(losses[^1])
        ? $"ℒ_0 = {TickLabels.Rounded(losses[0], 4)}, at the end {TickLabels.Rounded(losses[^1] / losses[0], 3)} ℒ_0."
        : null;
}
