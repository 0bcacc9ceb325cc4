namespace Kappa.Lab.Figures;

/// <summary>Finds free places for the labels of reference lines and for annotations.</summary>
internal static class LabelPlacement
{
    internal static List<PlacedLabel> Place(PanelLayout panel, Occupancy occupancy, FigureSizes sizes)
    {
        var placed = new List<PlacedLabel>();
        foreach (var series in panel.Axes.Series.Where(s => s.Name.Length > 0))
        {
            if (series is not ReferenceLine line || ForLine(line, panel, occupancy, sizes) is not { } label) continue;
            placed.Add(label);
            occupancy.Take(label.Box);
        }

        return placed;
    }

    private static PlacedLabel? ForLine(ReferenceLine line, PanelLayout panel, Occupancy occupancy, FigureSizes sizes)
    {
        var map = line.Horizontal ? panel.Y : panel.X;
        if (!map.Axis.CanShow(line.Value) || !map.Contains(line.Value)) return null;
        var text = TextMetrics.Shortened(line.Name, sizes.Tick, panel.Plot.Width - 12);
        var (width, height) = (TextMetrics.Width(text, sizes.Tick), sizes.Tick * 1.2);
        var candidates = line.Horizontal
            ? AlongHorizontal(panel.Plot, map.Position(line.Value), width, height)
            : AlongVertical(panel.Plot, map.Position(line.Value), width, height);
        return new PlacedLabel(text, occupancy.Freest(candidates.Where(b => Inside(b, panel.Plot))).Box, Palette.Muted);
    }

    private static IEnumerable<Box> AlongHorizontal(Box plot, double y, double width, double height)
    {
        foreach (var top in (double[])[y - height - 1, y + 2])
        {
            yield return new Box(plot.Right - width - 4, top, width, height);
            yield return new Box(plot.X + 4, top, width, height);
            yield return new Box(plot.X + ((plot.Width - width) / 2), top, width, height);
        }
    }

    private static IEnumerable<Box> AlongVertical(Box plot, double x, double width, double height)
    {
        for (var top = plot.Y + 3; top + height < plot.Bottom; top += height)
        {
            yield return new Box(x + 3, top, width, height);
            yield return new Box(x - 3 - width, top, width, height);
        }

        // A label as wide as the plot fits on neither side of the line; it then crosses it.
        yield return new Box(Math.Clamp(x + 3, plot.X + 2, Math.Max(plot.X + 2, plot.Right - width - 2)), plot.Y + 3, width, height);
    }

    private static bool Inside(Box box, Box plot) =>
        box.X >= plot.X && box.Right <= plot.Right + 1 && box.Y >= plot.Y - 1 && box.Bottom <= plot.Bottom + 1;
}
