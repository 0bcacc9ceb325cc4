namespace Kappa.Lab.Figures;

/// <summary>One line of the legend: a name and the series whose looks it shows.</summary>
internal sealed record LegendEntry(string Name, IReadOnlyList<Series> Shown)
{
    /// <summary>What its sample is filled as, if anything.</summary>
    internal static Series? Area(LegendEntry entry) =>
        entry.Shown.FirstOrDefault(s => s is BandSeries or CellSeries or FitSeries { Interval: not null });

    /// <summary>How dense the filling is.</summary>
    internal static string AreaOpacity(Series area) => area is CellSeries ? "1" : "0.2";

    /// <summary>What its sample is struck as, if anything.</summary>
    internal static Series? Line(LegendEntry entry) =>
        entry.Shown.FirstOrDefault(s => s is LineSeries or FitSeries or IdentityLine or IntervalSeries);

    /// <summary>What its sample is marked as, if anything.</summary>
    internal static Series? Points(LegendEntry entry) =>
        entry.Shown.FirstOrDefault(s => s is ScatterSeries or IntervalSeries or LineSeries { Style.ShowMarkers: true });
}

/// <summary>Where a legend stands.</summary>
internal enum LegendPlace
{
    None,
    Inside,
    Right,
    Below,
}

/// <summary>The entries of a panel's legend and the room they need.</summary>
internal sealed record Legend(IReadOnlyList<LegendEntry> Entries, FigureSizes Sizes)
{
    internal double GlyphWidth => 2.6 * Sizes.Tick;

    internal double RowHeight => 1.35 * Sizes.Tick;

    internal const double Inset = 3;

    internal double EntryWidth => Entries.Max(WidthOf);

    internal double Width(int columns) => (EntryWidth * columns) + (2 * Inset) - 6;

    internal double Height(int columns) => (Rows(columns) * RowHeight) + (2 * Inset);

    internal int Rows(int columns) => (Entries.Count + columns - 1) / columns;

    /// <summary>The room of one entry: its glyph, its name, and a blank before the next.</summary>
    internal double WidthOf(LegendEntry entry) => GlyphWidth + 3 + TextMetrics.Width(entry.Name, Sizes.Tick) + 8;

    /// <summary>The entries in rows no wider than given, each entry as wide as it needs; a single wider one has its row.</summary>
    internal List<List<LegendEntry>> RowsWithin(double width)
    {
        var rows = new List<List<LegendEntry>>();
        var used = double.PositiveInfinity;
        foreach (var entry in Entries)
        {
            if (used + WidthOf(entry) > width)
            {
                rows.Add([]);
                used = 0;
            }

            rows[^1].Add(entry);
            used += WidthOf(entry);
        }

        return rows;
    }

    /// <summary>The height of the rows within a width.</summary>
    internal double FlowHeight(double width) => (RowsWithin(width).Count * RowHeight) + Inset;

    internal static Legend Of(Axes axes, FigureSizes sizes)
    {
        var entries = axes.Series
            .Where(s => s.Style.InLegend && s.Name.Length > 0 && s is not (ReferenceLine or HeatMapSeries))
            .GroupBy(s => s.Name)
            .Select(g => new LegendEntry(g.Key, [.. g]))
            .ToList();
        return new Legend(entries, sizes);
    }

    /// <summary>Every entry with the left end of its sample, the height of its middle and its room, in points of the page.</summary>
    internal IEnumerable<(LegendEntry Entry, double X, double Y, double Width)> Placed(PanelLayout panel) =>
        panel.Margins.Legend == LegendPlace.Below ? InRows(panel.LegendBox) : InColumns(panel);

    private IEnumerable<(LegendEntry, double, double, double)> InColumns(PanelLayout panel)
    {
        var box = panel.LegendBox;
        var rows = Rows(panel.LegendColumns);
        var columnWidth = Math.Min(EntryWidth, (box.Width - Inset) / panel.LegendColumns);
        return Entries.Select((entry, i) =>
            (entry, box.X + Inset + (i / rows * columnWidth), box.Y + Inset + (((i % rows) + 0.5) * RowHeight), columnWidth));
    }

    private IEnumerable<(LegendEntry, double, double, double)> InRows(Box box)
    {
        var y = box.Y + (RowHeight / 2);
        foreach (var row in RowsWithin(box.Width))
        {
            var x = box.X + Math.Max(0, (box.Width - row.Sum(WidthOf)) / 2);
            foreach (var entry in row)
            {
                yield return (entry, x, y, Math.Min(WidthOf(entry), box.Width));
                x += WidthOf(entry);
            }

            y += RowHeight;
        }
    }

    /// <summary>Boxes inside a plot from the corners inwards, for one and, with many entries, two columns.</summary>
    internal IEnumerable<(Box Box, int Columns)> Candidates(Box plot)
    {
        for (var columns = 1; columns <= (Entries.Count >= 4 ? 2 : 1); columns++)
        {
            var (width, height) = (Width(columns), Height(columns));
            if (width > plot.Width * 0.9 || height > plot.Height * 0.9) continue;
            foreach (var box in Corners.In(plot, width, height, 4)) yield return (box, columns);
        }
    }
}

/// <summary>Places for a box in a plot, the most usual first.</summary>
internal static class Corners
{
    internal static IEnumerable<Box> In(Box plot, double width, double height, double margin)
    {
        var (left, right) = (plot.X + margin, plot.Right - margin - width);
        var (top, bottom) = (plot.Y + margin, plot.Bottom - margin - height);
        var (centre, middle) = ((left + right) / 2, (top + bottom) / 2);
        foreach (
            var (x, y) in ((double, double)[])[
                (right, top), (left, bottom), (left, top), (right, bottom), (right, middle), (left, middle), (centre, top),
                (centre, bottom), (centre, middle)])
            yield return new Box(x, y, width, height);
    }
}
