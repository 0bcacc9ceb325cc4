using System.Globalization;

namespace Kappa.Lab.Figures;

/// <summary>Says in words what the picture leaves out.</summary>
internal static class FigureNotes
{
    /// <summary>What is said of a figure whose lines have more points than
    /// the page resolves. A page with several figures says it once.</summary>
    internal const string Thinned = "Long lines are drawn thinned, every extreme kept; the CSV has all points.";

    private const int NamesListed = 6;

    internal static List<string> Of(FigureLayout layout)
    {
        var counts = layout.Panels.SelectMany(p => SeriesPoints.Counts(p.Axes, p.X, p.Y)).GroupBy(c => c.Name).Select(Sum).ToList();
        var notes = new List<string>();
        var skipped = counts.Where(c => c.NotFinite + c.NotPositive > 0).Select(Skipped).ToList();
        if (skipped.Count > 0) notes.Add($"Not drawn: {Listed(skipped)}.");
        var floors = counts.Where(c => c.AtFloor > 0).ToList();
        if (floors.Count > 0) notes.Add($"Shaded line: {FloorMeaning(layout)}: {Extents(floors, c => c.AtFloor)}.");
        var outside = counts.Where(c => c.Outside > 0).ToList();
        if (outside.Count > 0) notes.Add($"Outside the axes: {Extents(outside, c => c.Outside)}.");
        if (layout.Panels.Any(Thinning.IsThinned)) notes.Add(Thinned);
        var lines = layout.Panels.SelectMany(HiddenLines).ToList();
        if (lines.Count > 0) notes.Add($"Reference lines without a place on their axis: {Listed(lines)}.");
        notes.AddRange(layout.Panels.Where(p => p.HeatMap is not null).SelectMany(HeatMapNotes).Distinct());
        return notes;
    }

    private static IEnumerable<string> HeatMapNotes(PanelLayout panel)
    {
        var map = panel.HeatMap!;
        if (map.Missing > 0)
        {
            string undrawn = map.Map.Colour.Scale == AxisScale.Logarithmic ? "not finite or not positive" : "not finite";
            string meaning = map.Map is SurfaceSeries
                ? "where one is a corner of a cell the surface has a hole"
                : "a cell with no other value is grey";
            yield return Text($"{map.Map.Name}: {map.Missing} of {map.Map.Values.Length} values are {undrawn}; {meaning}.");
        }

        if (map.ColumnsPerCell(panel.Plot.Width) is > 1 and var columns)
        {
            yield return Text($"Each drawn cell of {map.Map.Name} stands for {columns} columns")
                + " and shows the value farthest from the median; the CSV has them all.";
        }
    }

    private static IEnumerable<string> HiddenLines(PanelLayout panel) => panel.Axes.Series.OfType<ReferenceLine>()
        .Where(l => !(l.Horizontal ? panel.Y : panel.X).Axis.CanShow(l.Value))
        .Select(l => Text($"{(l.Name.Length == 0 ? "unnamed" : l.Name)} at {TickLabels.Value(l.Value)}"));

    /// <summary>Which series are meant, those that lie there with all their points apart from those with some.</summary>
    private static string Extents(List<DrawnCount> counts, Func<DrawnCount, int> of)
    {
        List<string> whole = [.. counts.Where(c => of(c) == c.Total).Select(c => Or(c.Name, "every point"))];
        List<string> parts = [.. counts.Where(c => of(c) < c.Total).Select(c => Text($"{Named(c.Name)}{of(c)} of {c.Total} points"))];
        if (whole.Count == 0) return Listed(parts);
        return $"{Listed(whole, ", ")} throughout{(parts.Count > 0 ? $"; {Listed(parts)}" : "")}";
    }

    private static string FloorMeaning(FigureLayout layout) =>
        string.Join(", ", layout.Panels.Where(p => p.Y.ScaleLow is not null).Select(p => p.Y.Axis).Select(axis =>
        axis.FloorMeaning.Length > 0
            ? axis.FloorMeaning
            : axis.Minimum is { } least ? $"below {TickLabels.Short(least)}"
            : "values that are 0").Distinct());

    private static string Or(string name, string otherwise) => name.Length == 0 ? otherwise : name;

    private static DrawnCount Sum(IGrouping<string, DrawnCount> same) => new(
        same.Key, same.Sum(c => c.Total), same.Sum(c => c.NotFinite), same.Sum(c => c.NotPositive), same.Sum(c => c.AtFloor),
        same.Sum(c => c.Outside));

    private static string Skipped(DrawnCount count)
    {
        var reasons = new List<string>();
        if (count.NotFinite > 0) reasons.Add(Text($"{count.NotFinite} not finite"));
        if (count.NotPositive > 0) reasons.Add(Text($"{count.NotPositive} not positive on a logarithmic axis"));
        return Text($"{Named(count.Name)}{count.NotFinite + count.NotPositive} of {count.Total} points ({string.Join(", ", reasons)})");
    }

    private static string Named(string name) => name.Length == 0 ? "" : $"{name} ";

    private static string Listed(List<string> items, string separator = "; ") => items.Count <= NamesListed
        ? string.Join(separator, items)
        : $"{string.Join(separator, items.Take(NamesListed))}{separator}and "
            + $"{(items.Count - NamesListed).ToString(CultureInfo.InvariantCulture)} more series";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
