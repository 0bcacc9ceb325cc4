using System.Globalization;
using Kappa.Lab.Figures;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The price of a certificate and the first certified step, by depth and ρ_a.</summary>
internal static class PriceFigure
{
    public static Figure Of(ResidualResult result)
    {
        PriceGrid grid = result.Plan.Price;
        var figure = new Figure(
            "certificate-price",
            "What a certificate costs, by depth and attention residual",
            string.Create(
                CultureInfo.InvariantCulture,
                $"Gaussian data, {grid.Size}; median and range over {result.Plan.Seeds} seeds. c: smallest factor on the features of the "
                    + $"last block from which the ball certificate guarantees convergence. First certified step: path certificate along "
                    + $"an ordinary run of at most {grid.LastStep} steps. Settings in which a seed has none are left out."));
        Axes price = figure.AddPanel("price", Axis.Linear("ρ_a"), Axis.Log("smallest c"));
        Axes step = figure.AddPanel("from a step on", Axis.Linear("ρ_a"), Axis.Log("first certified step"));
        foreach (int depth in grid.Depths)
        {
            PricePoint[] points = [.. result.Prices.Where(point => point.Depth == depth)];
            Draw(price, depth, points, point => point.Price);
            Draw(step, depth, points, point => point.CertifiedFrom);
        }

        return figure;
    }

    private static void Draw(Axes panel, int depth, PricePoint[] points, Func<PricePoint, (double Value, bool IsLowerBound)> value)
    {
        (double Residual, SeedSummary Summary)[] shown =
        [
            .. points.GroupBy(point => point.AttentionResidual).OrderBy(group => group.Key)
                .Select(group => (group.Key, Summary: SeedSummary.Of(group.Select(value)))).Where(entry => entry.Summary.LowerBounds == 0),
        ];
        double[] residuals = [.. shown.Select(entry => entry.Residual)];
        _ = panel.Band(
            $"depth {depth}", residuals, [.. shown.Select(entry => entry.Summary.Low)], [.. shown.Select(entry => entry.Summary.High)]);
        _ = panel.Line($"depth {depth}", residuals, [.. shown.Select(entry => entry.Summary.Median)]);
    }
}
