using Kappa.Lab.Figures;
using Kappa.Lab.Runs;

namespace Kappa.Lab.Studies.Phases;

/// <summary>Loss curves by group: the median over seeds, and the band between the quartiles.</summary>
/// <remarks>A run that has ended counts with its last loss, one that is not finite as infinite. Of
/// many groups an even selection is drawn, and the caption says which; the table has all.</remarks>
internal static class LossBands
{
    private const int MostPanels = 6;
    internal const int MostLines = 5;
    private const int MostPoints = 400;

    // A curve that diverges would leave no room for those that do not.
    private const double LargestShare = 100;

    /// <summary>The figure; null when no run has a curve.</summary>
    /// <param name="groups">All groups.</param>
    /// <param name="panelKey">The key whose values are panels; null for one panel.</param>
    public static Figure? Of(IReadOnlyList<SweepGroup> groups, SweptKey? panelKey)
    {
        var panels = groups.Where(group => Curves(group).Any()).GroupBy(group => TextOf(group, panelKey)).ToList();
        if (panels.Count == 0)
            return null;
        var shown = Figures.Thinning.Even(panels, MostPanels);
        int lines = shown.Sum(panel => Math.Min(panel.Count(), MostLines)), all = panels.Sum(panel => panel.Count());
        string selection = lines < all ? $" {lines} of {all} groups are drawn, evenly chosen; the table has all." : string.Empty;
        var figure = new Figure(
            "loss-curves", "Loss by group",
            $"Line: median over seeds; band: quartiles. A run that has ended counts with its last loss, one that is not finite as "
                + $"infinite.{selection}{Thinning(groups)}");
        bool rises = groups.SelectMany(Curves).Any(curve => curve.Losses.Any(loss => loss > LargestShare * curve.Losses[0]));
        foreach (var panel in shown)
        {
            Axes axes = figure.AddPanel(
                panelKey is null ? string.Empty : $"{panelKey.Key.Name} = {panel.Key}", Axis.Whole("step k"),
                Axis.Log("ℒ/ℒ_0", null, rises ? LargestShare : null));
            foreach (SweepGroup group in Figures.Thinning.Even([.. panel], MostLines))
                Draw(axes, group, panelKey);
        }

        return figure;
    }

    private static string Thinning(IReadOnlyList<SweepGroup> groups) =>
        groups.SelectMany(Curves).Any(curve => curve.Steps.Length > MostPoints)
        ? $" Of each curve {MostPoints} steps, evenly chosen, are drawn." : string.Empty;

    private static void Draw(Axes axes, SweepGroup group, SweptKey? panelKey)
    {
        var others = group.Values.Where(pair => pair.Key != panelKey).ToList();
        string name = others.Count == 0 ? "all runs" : string.Join(", ", others.Select(pair => $"{pair.Key.Key.Name} = {pair.Text}"));
        RecordedCurve[] curves = [.. Curves(group)];
        double[] steps = Thinned(curves.MaxBy(curve => curve.Steps[^1])!.Steps);
        double[] low = new double[steps.Length], median = new double[steps.Length], high = new double[steps.Length];
        for (int k = 0; k < steps.Length; k++)
        {
            double[] losses = [.. curves.Select(curve => At(curve, steps[k])).Order()];
            (low[k], median[k], high[k]) = (
                Quantiles.OfSorted(losses, 0.25), Quantiles.OfSorted(losses, 0.5), Quantiles.OfSorted(losses, 0.75));
        }

        if (curves.Length > 1)
            _ = axes.Band(name, steps, low, high);
        _ = axes.Line(name, steps, median);
    }

    private static IEnumerable<RecordedCurve> Curves(SweepGroup group) =>
        group.Cell.Outcomes.Select(outcome => outcome.Curve).OfType<RecordedCurve>();

    private static double At(RecordedCurve curve, double step)
    {
        int at = Array.BinarySearch(curve.Steps, step);
        double share = curve.Losses[at >= 0 ? at : Math.Max(0, ~at - 1)] / curve.Losses[0];
        return double.IsFinite(share) ? share : double.PositiveInfinity;
    }

    private static string TextOf(SweepGroup group, SweptKey? key) =>
        group.Values.FirstOrDefault(pair => pair.Key == key).Text ?? string.Empty;

    private static double[] Thinned(double[] steps) => [.. Figures.Thinning.Even(steps, MostPoints)];
}
