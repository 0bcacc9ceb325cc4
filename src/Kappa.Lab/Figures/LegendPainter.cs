namespace Kappa.Lab.Figures;

/// <summary>Draws the legend of a placed panel.</summary>
internal sealed class LegendPainter(SvgWriter svg, FigureLayout layout, PanelLayout panel)
{
    private readonly FigureSizes _sizes = layout.Sizes;

    internal void Paint()
    {
        if (panel.Legend is not { } legend) return;
        var box = panel.LegendBox;
        if (panel.Margins.Legend == LegendPlace.Inside)
            _ = svg.Rectangle(
                box.X, box.Y, box.Width, box.Height, ("rx", "1.5"), ("fill", "#ffffff"), ("fill-opacity", "0.85"), ("stroke", Palette.Grid),
                ("stroke-width", "0.5"));
        foreach (var (entry, x, y, width) in legend.Placed(panel)) PaintEntry(legend, entry, x, y, width);
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
        if (LegendEntry.Area(entry) is { } area)
            _ = svg.Rectangle(
                x, y - (legend.RowHeight * 0.36), legend.GlyphWidth, legend.RowHeight * 0.72, ("fill", layout.Looks.Of(area).Colour),
                ("fill-opacity", LegendEntry.AreaOpacity(area)));
        if (LegendEntry.Line(entry) is { } line)
        {
            var look = layout.Looks.Of(line);
            painter.Stroke(
                [[new PagePoint(x, y), new PagePoint(end, y)]], line is IntervalSeries ? look with { Dash = DashStyle.Solid } : look);
        }

        if (LegendEntry.Points(entry) is { } points)
            Markers.Paint(svg, [centre], layout.Looks.Of(points), _sizes.Marker);
    }
}
