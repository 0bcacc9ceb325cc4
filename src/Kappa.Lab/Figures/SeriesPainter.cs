using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Draws the series of one panel, inside its clip.</summary>
internal sealed class SeriesPainter(SvgWriter svg, FigureLayout layout, PanelLayout panel)
{
    private readonly double _markerSize = layout.Sizes.Marker;

    internal void Paint(Series series)
    {
        var look = layout.Looks.Of(series);
        switch (series)
        {
            case LineSeries s: PaintLine(s, look); break;
            case BandSeries s: PaintBands(Geometry.Bands(s, panel.X, panel.Y), look); break;
            case ScatterSeries s: PaintPoints(Geometry.Points(s.Xs, s.Ys, panel.X, panel.Y), look); break;
            case FitSeries s: PaintFit(s, look); break;
            case ReferenceLine s: PaintReference(s, look); break;
            case IdentityLine: PaintIdentity(look); break;
            case HeatMapSeries: PaintHeatMap(); break;
            case CellSeries s: PaintCells(s, look); break;
            case IntervalSeries s: PaintIntervals(s, look); break;
            default: break; // a path over a surface is drawn with its surface
        }
    }

    private void PaintLine(LineSeries series, Look look)
    {
        var pieces = Geometry.Pieces(series.Xs, series.Ys, panel.X, panel.Y);
        Stroke(pieces, look);
        // A lone point between gaps has no length and would vanish.
        List<PagePoint> points = series.Style.ShowMarkers
            ? Geometry.Points(series.Xs, series.Ys, panel.X, panel.Y)
            : [.. pieces.Where(p => p.Count == 1).Select(p => p[0])];
        PaintPoints(points, look);
    }

    private void PaintBands(List<(List<PagePoint> Low, List<PagePoint> High)> bands, Look look)
    {
        foreach (var (low, high) in bands)
        {
            var outline = Path([.. low, .. Enumerable.Reverse(high)]) + "Z";
            _ = svg.Empty(
                "path", ("d", outline), ("fill", look.Colour), ("fill-opacity", SvgWriter.Number(0.2 * look.Opacity)),
                ("stroke", look.Colour), ("stroke-opacity", "0.35"), ("stroke-width", "0.3"));
        }
    }

    private void PaintFit(FitSeries series, Look look)
    {
        var (xs, centre, low, high) = Geometry.Sampled(series, panel.X, panel.Y);
        if (series.Interval is not null) PaintBands(
            Geometry.Bands(new BandSeries("", series.Style, xs, low, high), panel.X, panel.Y), look with { Opacity = 0.6 });
        Stroke(Geometry.Pieces(xs, centre, panel.X, panel.Y), look);
    }

    private void PaintReference(ReferenceLine line, Look look)
    {
        var map = line.Horizontal ? panel.Y : panel.X;
        if (!map.Axis.CanShow(line.Value)) return;
        var position = map.Position(line.Value);
        List<PagePoint> ends = line.Horizontal
            ? [new PagePoint(panel.Plot.X, position), new PagePoint(panel.Plot.Right, position)]
            : [new PagePoint(position, panel.Plot.Y), new PagePoint(position, panel.Plot.Bottom)];
        Stroke([ends], look with { Width = look.Width * 0.8 });
    }

    private void PaintIdentity(Look look)
    {
        const int samples = 65; // a straight line when both scales agree, a curve when they do not
        var xs = Enumerable.Range(0, samples).Select(i => panel.X.ValueAt(i / (samples - 1.0))).ToArray();
        Stroke(Geometry.Pieces(xs, xs, panel.X, panel.Y), look with { Width = look.Width * 0.8 });
    }

    private void PaintHeatMap()
    {
        var colours = panel.HeatMap!;
        var columns = Array.ConvertAll(SeriesPoints.Edges(colours.Map.Xs, panel.X.Axis), panel.X.Position);
        var rows = Array.ConvertAll(SeriesPoints.Edges(colours.Map.Ys, panel.Y.Axis), panel.Y.Position);
        _ = svg.Open("g", ("shape-rendering", "crispEdges"));
        foreach (var cell in colours.Cells(panel.Plot.Width))
        {
            var (left, right, top, bottom) = (columns[cell.From], columns[cell.To + 1], rows[cell.Row + 1], rows[cell.Row]);
            // Each cell reaches a little under the next, because rounded edges leave white seams that look like data.
            const double overlap = 0.1;
            _ = svg.Rectangle(
                left, top, right - left + overlap, bottom - top + overlap,
                ("fill", cell.Fraction is { } fraction ? Palette.Map(fraction) : Palette.Missing));
        }

        _ = svg.Close();
    }

    private void PaintCells(CellSeries series, Look look)
    {
        var columns = Array.ConvertAll(SeriesPoints.Edges(series.Xs, panel.X.Axis), panel.X.Position);
        var rows = Array.ConvertAll(SeriesPoints.Edges(series.Ys, panel.Y.Axis), panel.Y.Position);
        foreach (var (row, column) in series.Cells())
        {
            // A thin white edge tells cells apart, also those of one class.
            var (left, top, width, height) = (
                columns[column], rows[row + 1], columns[column + 1] - columns[column], rows[row] - rows[row + 1]);
            _ = svg.Rectangle(left, top, width, height, ("fill", look.Colour), ("stroke", "#ffffff"), ("stroke-width", "0.5"));
            var (share, size) = (series.Shares[row, column], layout.Sizes.Tick);
            if (!(share < 1)) continue;
            var text = CellSeries.Percent(share);
            if (TextMetrics.Width(text, size) >= width - 2 || size >= height) continue;
            var room = _markerSize + 3;

            // In the corner, because a mark of the cell is in its middle; where the cell is too small for both, the mark alone.
            var isMarked = IsMarked(left, top, width, height);
            if (isMarked && TextMetrics.Width(text, size) >= (width / 2) - room && size >= (height / 2) - room) continue;
            var (x, y, anchor) = isMarked
                ? (left + 3, top + height - 2.5, "start")
                : (left + (width / 2), top + (height / 2) + (size * 0.36), "middle");
            _ = svg.Text(
                x, y, text, size, anchor, ("fill", Palette.Ink), ("stroke", "#ffffff"), ("stroke-width", "2"), ("stroke-linejoin", "round"),
                ("paint-order", "stroke"));
        }
    }

    private bool IsMarked(double left, double top, double width, double height) => panel.Axes.Series.OfType<ScatterSeries>()
        .SelectMany(marks => Geometry.Points(marks.Xs, marks.Ys, panel.X, panel.Y))
        .Any(point => point.X > left && point.X < left + width && point.Y > top && point.Y < top + height);

    private void PaintIntervals(IntervalSeries series, Look look)
    {
        foreach (var mark in CategoryMarks.Of(series, panel))
        {
            if ((mark.Low ?? mark.Centre) is { } low && (mark.High ?? mark.Centre) is { } high)
                Stroke([[mark.At(low), mark.At(high)]], look with { Dash = DashStyle.Solid, Width = look.Width * 1.2 });
            var cap = Math.Min(mark.Thickness / 2, _markerSize * 0.7);
            foreach (var end in new[] { mark.Low, mark.High }.OfType<double>())
            {
                var (from, to) = (mark with { Across = mark.Across - cap }, mark with { Across = mark.Across + cap });
                Stroke([[from.At(end), to.At(end)]], look with { Dash = DashStyle.Solid });
            }

            if (mark.Centre is { } centre) PaintPoints([mark.At(centre)], look);
        }
    }

    private void PaintPoints(List<PagePoint> points, Look look)
    {
        if (points.Count > 0) Markers.Paint(svg, points, look, _markerSize);
    }

    internal void Stroke(List<List<PagePoint>> pieces, Look look)
    {
        var path = string.Concat(pieces.Where(p => p.Count > 1).Select(Path));
        if (path.Length == 0) return;
        List<(string, string)> attributes =
        [
            ("d", path), ("fill", "none"), ("stroke", look.Colour), ("stroke-width", SvgWriter.Number(look.Width)),
            ("stroke-linejoin", "round"),
        ];
        if (FigureLooks.DashPattern(look.Dash, look.Width) is { } pattern) attributes.Add(("stroke-dasharray", pattern));
        if (look.Opacity < 1) attributes.Add(("stroke-opacity", SvgWriter.Number(look.Opacity)));
        _ = svg.Empty("path", [.. attributes]);
    }

    private static string Path(List<PagePoint> points)
    {
        var path = new StringBuilder();
        for (var i = 0; i < points.Count; i++)
            _ = path.Append(i == 0 ? 'M' : 'L').Append(SvgWriter.Number(points[i].X)).Append(' ').Append(SvgWriter.Number(points[i].Y));
        return path.ToString();
    }
}
