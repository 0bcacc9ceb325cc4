namespace Kappa.Lab.Figures;

/// <summary>Draws the legend of a placed panel.</summary>
internal sealed class LegendPainter(SvgWriter svg, FigureLayout layout, PanelLayout panel)
{
    private readonly FigureSizes _sizes = layout.Sizes;

    internal void Paint()
    {
        if (panel.Legend is not { } legend) return;
        var box = panel.LegendBox;
        if (panel.Margins.Legend == LegendPlace.Below)
        {
            PaintRows(legend, box);
            return;
        }

        if (panel.Margins.Legend == LegendPlace.Inside)
            _ = svg.Rectangle(box.X, box.Y, box.Width, box.Height, ("rx", "1.5"), ("fill", "#ffffff"), ("fill-opacity", "0.85"), ("stroke", Palette.Grid), ("stroke-width", "0.5"));
        var rows = legend.Rows(panel.LegendColumns);
        var columnWidth = Math.Min(legend.EntryWidth, (box.Width - Legend.Inset) / panel.LegendColumns);
        for (var i = 0; i < legend.Entries.Count; i++)
        {
            var x = box.X + Legend.Inset + (i / rows * columnWidth);
            var y = box.Y + Legend.Inset + (((i % rows) + 0.5) * legend.RowHeight);
            PaintEntry(legend, legend.Entries[i], x, y, columnWidth);
        }
    }

    private void PaintRows(Legend legend, Box box)
    {
        var y = box.Y + (legend.RowHeight / 2);
        foreach (var row in legend.RowsWithin(box.Width))
        {
            var x = box.X + Math.Max(0, (box.Width - row.Sum(legend.WidthOf)) / 2);
            foreach (var entry in row)
            {
                PaintEntry(legend, entry, x, y, Math.Min(legend.WidthOf(entry), box.Width));
                x += legend.WidthOf(entry);
            }

            y += legend.RowHeight;
        }
    }

    private void PaintEntry(Legend legend, LegendEntry entry, double x, double y, double width)
    {
        PaintGlyph(legend, entry, x, y);
        var name = TextMetrics.Shortened(entry.Name, _sizes.Tick, width - legend.GlyphWidth - 3);
        _ = svg.Text(x + legend.GlyphWidth + 3, y + (_sizes.Tick * 0.36), name, _sizes.Tick);
    }

    private void PaintGlyph(Legend legend, LegendEntry entry, double x, double y)
    {
        var (end, centre) = (x + legend.GlyphWidth, new PagePoint(x + (legend.GlyphWidth / 2), y));
        var painter = new SeriesPainter(svg, layout, panel);
        if (entry.Shown.FirstOrDefault(s => s is BandSeries or BarSeries or CellSeries or FitSeries { Interval: not null }) is { } area)
            _ = svg.Rectangle(x, y - (legend.RowHeight * 0.36), legend.GlyphWidth, legend.RowHeight * 0.72, ("fill", layout.Looks.Of(area).Colour), ("fill-opacity", area is CellSeries ? "1" : area is BarSeries ? "0.75" : "0.2"));
        if (entry.Shown.FirstOrDefault(s => s is LineSeries or FitSeries or IdentityLine or IntervalSeries) is { } line)
        {
            var look = layout.Looks.Of(line);
            painter.Stroke([[new PagePoint(x, y), new PagePoint(end, y)]], line is IntervalSeries ? look with { Dash = DashStyle.Solid } : look);
        }

        if (entry.Shown.FirstOrDefault(s => s is ScatterSeries or IntervalSeries or LineSeries { Style.ShowMarkers: true }) is { } points)
            Markers.Paint(svg, [centre], layout.Looks.Of(points), _sizes.Marker);
    }
}
