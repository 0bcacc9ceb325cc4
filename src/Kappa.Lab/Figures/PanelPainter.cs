namespace Kappa.Lab.Figures;

/// <summary>Draws one placed panel: grid, series, frame, ticks, labels, colour bar, legend.</summary>
internal sealed class PanelPainter(SvgWriter svg, FigureLayout layout, PanelLayout panel, string identifier)
{
    private readonly FigureSizes _sizes = layout.Sizes;

    private Box Plot => panel.Plot;

    internal void Paint()
    {
        _ = svg.Open("g", ("id", identifier));
        PaintTitle();
        if (panel.HeatMap?.Map is SurfaceSeries surface)
        {
            new SurfacePainter(svg, panel, _sizes).Paint(surface, panel.Axes.Series.OfType<SurfacePathSeries>());
            PaintColourBar();
            _ = svg.Close();
            return;
        }

        PaintGrid();
        PaintSeries();
        _ = svg.Rectangle(Plot.X, Plot.Y, Plot.Width, Plot.Height, ("fill", "none"), ("stroke", Palette.Ink), ("stroke-width", "0.6"));
        PaintXAxis();
        PaintYAxis();
        PaintColourBar();
        PaintLabels();
        new LegendPainter(svg, layout, panel).Paint();
        _ = svg.Close();
    }

    private void PaintTitle()
    {
        var y = Plot.Y - 5 - ((panel.TitleLines.Count - 1) * _sizes.PanelTitle * TextMetrics.LineHeight);
        foreach (var line in panel.TitleLines)
        {
            _ = svg.Text(Plot.X, y, line, _sizes.PanelTitle, "start", ("font-weight", "bold"));
            y += _sizes.PanelTitle * TextMetrics.LineHeight;
        }
    }

    private void PaintGrid()
    {
        if (panel.Axes.Series.Any(s => s is HeatMapSeries or CellSeries)) return;
        if (panel.FloorLine is { } floor) _ = svg.Rectangle(
            floor.X, floor.Y, floor.Width, floor.Height, ("fill", Palette.Floor), ("class", "floor"));
        foreach (
            var x in panel.XTicks.Major.Select(t => panel.X.Position(t.Value))) _ = svg.Line(x, Plot.Y, x, Plot.Bottom, Palette.Grid, 0.5);
        foreach (
            var y in panel.YTicks.Major.Select(t => panel.Y.Position(t.Value))) _ = svg.Line(Plot.X, y, Plot.Right, y, Palette.Grid, 0.5);
    }

    private void PaintSeries()
    {
        var clip = $"{identifier}-clip";
        _ = svg.Open("clipPath", ("id", clip)).Rectangle(Plot.X, Plot.Y, Plot.Width, Plot.Height).Close();
        _ = svg.Open("g", ("clip-path", $"url(#{clip})"));
        var painter = new SeriesPainter(svg, layout, panel);
        foreach (var series in panel.Axes.Series.OrderBy(Depth)) painter.Paint(series);
        _ = svg.Close();
        if (!panel.HasData)
            _ = svg.Text(
                Plot.X + (Plot.Width / 2), Plot.Y + (Plot.Height / 2), "no value can be drawn", _sizes.Label, "middle",
                ("fill", Palette.Muted));
    }

    /// <summary>Areas lie under lines, lines under points.</summary>
    private static int Depth(Series series) => series switch
    {
        HeatMapSeries or CellSeries => 0,
        BandSeries => 1,
        ReferenceLine or IdentityLine => 2,
        LineSeries { Style.InLegend: false } => 3,
        LineSeries => 4,
        ScatterSeries or IntervalSeries => 5,
        _ => 6,
    };

    private void PaintXAxis()
    {
        foreach (var tick in panel.XTicks.Ticks)
        {
            var x = panel.X.Position(tick.Value);
            _ = svg.Line(x, Plot.Bottom, x, Plot.Bottom + (tick.IsMajor ? 3.5 : 2), Palette.Ink, tick.IsMajor ? 0.6 : 0.4);
            if (tick.IsMajor) _ = svg.Text(x, Plot.Bottom + 5 + _sizes.Tick, tick.Label, _sizes.Tick, "middle");
        }

        if (panel.XCategories is { } categories) PaintCategoriesBelow(categories);
        var room = panel.XCategories?.Extent ?? (_sizes.Tick * 1.1);
        var label = panel.XTicks.Labelled(panel.Axes.X.Label);
        if (label.Length > 0)
            _ = svg.Text(
                Plot.X + (Plot.Width / 2), Plot.Bottom + 5 + room + (_sizes.Label * 1.15),
                TextMetrics.Shortened(label, _sizes.Label, LabelRoom), _sizes.Label, "middle");
    }

    /// <summary>The width of a label centred under the plot that stays within the panel's cell.</summary>
    private double LabelRoom => 2 * Math.Min(Plot.X + (Plot.Width / 2) - panel.Cell.X, panel.Cell.Right - Plot.X - (Plot.Width / 2));

    private void PaintCategoriesBelow(CategoryLabels categories)
    {
        for (var i = 0; i < categories.Lines.Count; i++)
        {
            var (x, y) = (panel.X.PositionAt(i), Plot.Bottom + 4 + _sizes.Tick);
            _ = svg.Line(x, Plot.Bottom, x, Plot.Bottom + 3.5, Palette.Ink, 0.6);
            if (categories.Turned)
            {
                _ = svg.Text(
                    x + 2, y, categories.Lines[i][0], _sizes.Tick, "end",
                    ("transform", $"rotate(-{SvgWriter.Number(CategoryLabels.Angle)} {SvgWriter.Number(x + 2)} {SvgWriter.Number(y)})"));
                continue;
            }

            foreach (var line in categories.Lines[i])
            {
                _ = svg.Text(x, y, line, _sizes.Tick, "middle");
                y += _sizes.Tick * 1.2;
            }
        }
    }

    private void PaintYAxis()
    {
        var baseline = _sizes.Tick * 0.36; // half the height of a digit
        foreach (var tick in panel.YTicks.Ticks)
        {
            var y = panel.Y.Position(tick.Value);
            _ = svg.Line(Plot.X - (tick.IsMajor ? 3.5 : 2), y, Plot.X, y, Palette.Ink, tick.IsMajor ? 0.6 : 0.4);
            if (tick.IsMajor) _ = svg.Text(Plot.X - 5.5, y + baseline, tick.Label, _sizes.Tick, "end");
        }

        for (var i = 0; i < (panel.YCategories?.Lines.Count ?? 0); i++)
        {
            var lines = panel.YCategories!.Lines[i];
            var y = panel.Y.PositionAt(i) + baseline - ((lines.Count - 1) * _sizes.Tick * 0.6);
            _ = svg.Line(Plot.X - 3.5, panel.Y.PositionAt(i), Plot.X, panel.Y.PositionAt(i), Palette.Ink, 0.6);
            foreach (var line in lines)
            {
                _ = svg.Text(Plot.X - 5.5, y, line, _sizes.Tick, "end");
                y += _sizes.Tick * 1.2;
            }
        }

        var label = panel.YTicks.Labelled(panel.Axes.Y.Label);
        if (label.Length > 0) Upright(Plot.X - panel.YLabelOffset, label);
    }

    /// <summary>A label that reads upwards, centred on the plot's height.</summary>
    private void Upright(double x, string label)
    {
        var y = Plot.Y + (Plot.Height / 2);
        var baseline = x + (_sizes.Label * 0.36);
        _ = svg.Text(
            baseline, y, TextMetrics.Shortened(label, _sizes.Label, Plot.Height + (4 * _sizes.Label)), _sizes.Label, "middle",
            ("transform", $"rotate(-90 {SvgWriter.Number(baseline)} {SvgWriter.Number(y)})"));
    }

    private void PaintColourBar()
    {
        if (panel.HeatMap is not { } colours || panel.ColourTicks is not { } ticks) return;
        var (x, width) = (Plot.Right + 8, panel.ColourBarWidth);
        const int steps = 96; // the shades of the map
        for (var i = 0; i < steps; i++)
        {
            var top = Plot.Bottom - (Plot.Height * (i + 1) / steps);
            _ = svg.Rectangle(
                x, top, width, (Plot.Height / steps) + 0.05, ("fill", Palette.Map(i / (steps - 1.0))), ("shape-rendering", "crispEdges"));
        }

        _ = svg.Rectangle(x, Plot.Y, width, Plot.Height, ("fill", "none"), ("stroke", Palette.Ink), ("stroke-width", "0.6"));
        var scale = colours.Scale with { Start = Plot.Bottom, End = Plot.Y };
        var widest = 0.0;
        foreach (var tick in ticks.Ticks)
        {
            var y = scale.Position(tick.Value);
            _ = svg.Line(x + width, y, x + width + (tick.IsMajor ? 3 : 1.8), y, Palette.Ink, tick.IsMajor ? 0.6 : 0.4);
            if (tick.IsMajor) _ = svg.Text(x + width + 4.5, y + (_sizes.Tick * 0.36), tick.Label, _sizes.Tick);
            widest = Math.Max(widest, TextMetrics.Width(tick.Label, _sizes.Tick));
        }

        Upright(x + width + 5 + widest + (_sizes.Label * 0.9), ticks.Labelled(colours.Map.Name));
    }

    private void PaintLabels()
    {
        foreach (var label in panel.Labels)
        {
            // A white outline under the letters keeps them readable where a place without data did not exist.
            _ = svg.Text(
                label.Box.X, label.Box.Y + (_sizes.Tick * 0.95), label.Text, _sizes.Tick, "start",
                ("fill", label.Colour), ("stroke", "#ffffff"), ("stroke-width", "2"), ("stroke-linejoin", "round"),
                ("paint-order", "stroke"));
        }
    }
}
