using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Specifications;
using Kappa.Lab.Studies.Residual;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>The figures of the reproduction, each from the recorded numbers alone.</summary>
internal static class ShallowFigures
{
    public static IReadOnlyList<Figure> All(ShallowResult result) =>
    [
        Widths(result), Schemes(result), Movement(result), LogitScale(result), Limit(result), Conditions(result), WidthGrowth(result),
        Digits(result), Open(result),
    ];

    private static Figure Widths(ShallowResult result)
    {
        var figure = new Figure(
            "widths", "Loss by width, stable and literal normalisation",
            $"{result.Plan.PaperSizes}, LeCun, τ₀ = d_m^{{−1/2}}, step 1; line: median, band: range over {result.Plan.Seeds} seeds. "
                + $"Curves end where the loss leaves the finite numbers.");
        foreach (Normalisation normalisation in new[] { Normalisation.Stable, Normalisation.Literal })
        {
            Axes panel = figure.AddPanel(normalisation.Name.Split(':')[0], Axis.Whole("epoch"), Axis.Log("ℓ / ℓ₀"));
            foreach (
                IGrouping<int, EncoderOutcome> width in result.Paper.Where(run => run.Run.Normalisation == normalisation)
                    .GroupBy(run => run.Run.Width).OrderBy(group => group.Key))
            {
                SeedBand.Of(width.Select(Relative)).DrawOn(panel, $"width {width.Key}");
            }
        }

        return figure;
    }

    private static Figure Schemes(ShallowResult result)
    {
        int width = result.Plan.SchemeWidths[^1];
        var figure = new Figure(
            "initialisations", "LeCun, He and NTK initialisation at the same step and at each one's own",
            $"{result.Plan.SmallSizes}, width {width}. A run ends at a hundredth of its loss and counts with its last loss from there "
                + $"on. Line: median, band: range over {result.Plan.Seeds} seeds.");
        foreach (StepRule rule in new[] { StepRule.Same, StepRule.Own })
        {
            Axes panel = figure.AddPanel(rule == StepRule.Own ? "own step" : "same step", Axis.Whole("step k"), Axis.Log("ℓ / ℓ₀"));
            foreach (
                IGrouping<string, ComparedRun> arm in result.Schemes.Where(run =>
                    run.Outcome.Run.Width == width && run.Rule == rule).GroupBy(run => run.Arm))
            {
                SeedBand.Of(arm.Select(run => Relative(run.Outcome))).DrawOn(panel, arm.Key);
            }
        }

        return figure;
    }

    private static Figure Movement(ShallowResult result)
    {
        var figure = new Figure(
            "movement", "Relative movement of weights and kernel against the width",
            $"{result.Plan.SmallSizes}, 0.3/λ_max(K₀), at the first loss below a hundredth; line: median, band: range over "
                + $"{result.Plan.Seeds} seeds. Runs that did not get there are left out.");
        foreach (IGrouping<string, EncoderOutcome> start in result.Movement.GroupBy(run => run.Run.Start.Name))
        {
            Axes panel = figure.AddPanel(start.Key, Axis.Log("width d_m"), Axis.Log("relative movement"));
            foreach (string quantity in MovementClaim.Quantities)
            {
                ByNumber(
                    panel, quantity,
                    start.Where(run => !run.StepsToTarget.IsLowerBound).Select(run =>
                        ((double)run.Run.Width, MovementClaim.Of(run, quantity))));
            }
        }

        return figure;
    }

    private static Figure LogitScale(ShallowResult result)
    {
        string start = result.Plan.LogitStarts[0].Name;
        var figure = new Figure(
            "logit-scale", "Steps to a hundredth of the loss by τ₀ = d_m^{−p}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Plan.SmallSizes}, {start}, own step; line: median, band: range over {result.Plan.Seeds} seeds. "
                    + $"{result.Plan.Steps + 1} means not within the budget."));
        foreach (bool centred in new[] { false, true })
        {
            foreach (SampleLabels labels in new[] { SampleLabels.Gaussian, SampleLabels.Attention })
            {
                Axes panel = figure.AddPanel(
                    $"{(centred ? "centred" : "ordinary")}, {(labels == SampleLabels.Attention ? "attention" : "Gaussian")} labels",
                    Axis.Log("width d_m"), Axis.Log("T(1e-2) [steps]"));
                foreach (
                    IGrouping<string, ComparedRun> arm in result.Logits.Where(run =>
                        run.Rule == StepRule.Own && run.Outcome.Run.Start.Name == start && run.Outcome.Run.Centred == centred
                        && run.Outcome.Run.Labels == labels).GroupBy(run => run.Arm))
                {
                    ByNumber(panel, arm.Key, arm.Select(run => ((double)run.Outcome.Run.Width, run.Outcome.StepsToTarget.Value)));
                }
            }
        }

        return figure;
    }

    private static Figure Limit(ShallowResult result)
    {
        var figure = new Figure(
            "limiting-kernel", "Distance of the kernel from its limit of infinite width",
            $"{result.Plan.SmallSizes}, NTK initialisation, τ₀ = d_m^{{−1}}; line: median, band: range over {result.Plan.Seeds} seeds.");
        Axes panel = figure.AddPanel("at the start", Axis.Log("width d_m"), Axis.Log("‖K₀ − K_{∞}‖ / ‖K_{∞}‖"));
        EncoderPointResult[] points = [.. result.Points.Where(point => EncoderPointResult.HasLimit(point.Run))];
        ByNumber(panel, "measured", points.Select(point => ((double)point.Run.Width, point.LimitDistance)));
        if (result.Plan.PointWidths.Count > 1)
        {
            var fit = ShallowMeasurements.Exponent(
                points.Select(point => ((double)point.Run.Width, point.LimitDistance, point.Run.Seed))).Fit;
            panel.Fit(
                fit.Slope, fit.Intercept, FormattableString.Invariant($"slope {fit.Slope:F2} [{fit.SlopeLow:F2}, {fit.SlopeHigh:F2}]"));
        }

        return figure;
    }

    private static Figure Conditions(ShallowResult result)
    {
        var figure = new Figure(
            "conditions", "By which factor the residual is too large for the theorems",
            $"{result.Plan.SmallSizes}; the factor by which √(2ℓ₀) would have to be smaller for all conditions to hold with the best "
                + $"radii; line: median, band: range over {result.Plan.Seeds} seeds. 1: all hold; no line: no residual is small enough.");
        foreach (IGrouping<string, EncoderPointResult> setting in result.Points.GroupBy(point => point.Setting))
        {
            EncoderRun run = setting.First().Run;
            Axes panel = figure.AddPanel(
                FormattableString.Invariant($"{run.Start.Name}, τ₀ = d_m^{{−{run.LogitExponent}}}"), Axis.Log("width d_m"),
                Axis.Log("factor"));
            for (int k = 0; k < EncoderPointResult.TheoremNames.Count; k++)
            {
                int theorem = k;
                ByNumber(
                    panel, EncoderPointResult.TheoremNames[k],
                    setting.Select(point => ((double)point.Run.Width, point.Shortfalls[theorem])));
            }

            panel.HorizontalLine(1, "holds");
        }

        return figure;
    }

    private static Figure WidthGrowth(ShallowResult result)
    {
        var figure = new Figure(
            "width-growth", "Smallest width that converges, against the number of samples",
            FormattableString.Invariant(
                $"T(1e-2) within {result.Plan.Steps} steps at 0.3/λ_max(K₀), LeCun, τ₀ = d_m^{{−1/2}}; {result.Plan.Seeds} seeds."));
        Axes panel = figure.AddPanel(string.Empty, Axis.Log("samples N"), Axis.Log("smallest width d_m"));
        foreach (
            IGrouping<bool, WidthSearchResult> part in result.Searches.GroupBy(search => search.IsLowerBound).OrderBy(part => part.Key))
        {
            panel.Scatter(
                part.Key ? "none found: larger than" : "found", [.. part.Select(search => (double)search.Samples)],
                [.. part.Select(search => search.Width)]);
        }

        if (WidthGrowthClaim.Exponent(result.Searches) is var (_, fit))
        {
            panel.Fit(
                fit.Slope, fit.Intercept, FormattableString.Invariant($"exponent {fit.Slope:F2} [{fit.SlopeLow:F2}, {fit.SlopeHigh:F2}]"));
        }

        return figure;
    }

    private static Figure Digits(ShallowResult result)
    {
        var figure = new Figure(
            "digits", "A one-layer vision Transformer on digits",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.DigitName}, {result.Plan.DigitCount} pictures, momentum 0.9, step 0.05, batches of 50, τ₀ = d_m^{{−p}}; mean "
                    + $"training loss of each epoch; line: median, band: range over {result.Plan.Seeds} seeds."));
        foreach (IGrouping<int, DigitOutcome> width in result.Digits.GroupBy(run => run.Run.Width).OrderBy(group => group.Key))
        {
            Axes panel = figure.AddPanel($"width {width.Key}", Axis.Whole("epoch"), Axis.Log("training cross-entropy [nats]"));
            foreach (IGrouping<double, DigitOutcome> arm in width.GroupBy(run => run.Run.LogitExponent).OrderBy(group => group.Key))
            {
                SeedBand.Of(arm.Select(run => run.Loss)).DrawOn(panel, FormattableString.Invariant($"p = {arm.Key}"));
            }
        }

        return figure;
    }

    private static Figure Open(ShallowResult result)
    {
        var figure = new Figure(
            "open-questions", "Other starts and correlated data",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Plan.SmallSizes}, width {result.Plan.OpenWidth}, 0.3/λ_max(K₀); point: median, bar: range over "
                    + $"{result.Plan.Seeds} seeds. {result.Plan.Steps + 1} means not within the budget."));
        Axes panel = figure.AddPanel(string.Empty, Axis.Categories("setting"), Axis.Log("T(1e-2) [steps]"));
        Measurement[] steps = [.. OpenAnswers.Of(result.Open).Where(answer => answer.Quantity.StartsWith("T(", StringComparison.Ordinal))];
        panel.Intervals(
            [.. steps.Select(answer => answer.Setting)], [.. steps.Select(answer => answer.Value.Median)],
            [.. steps.Select(answer => answer.Value.Low)], [.. steps.Select(answer => answer.Value.High)], "median and range");
        return figure;
    }

    private static double[] Relative(EncoderOutcome outcome) => [.. outcome.Loss.Select(loss => loss / outcome.Loss[0])];

    private static void ByNumber(Axes panel, string name, IEnumerable<(double X, double Y)> points)
    {
        (double X, SeedSummary Y)[] summaries = [
            .. points.Where(point => point.Y > 0 && double.IsFinite(point.Y)).GroupBy(point => point.X).OrderBy(group => group.Key)
                .Select(group => (group.Key, SeedSummary.Of(group.Select(point => point.Y))))];
        if (summaries.Length == 0)
        {
            return;
        }

        double[] xs = [.. summaries.Select(summary => summary.X)];
        _ = panel.Band(name, xs, [.. summaries.Select(summary => summary.Y.Low)], [.. summaries.Select(summary => summary.Y.High)]);
        _ = panel.Line(name, xs, [.. summaries.Select(summary => summary.Y.Median)]);
    }
}
