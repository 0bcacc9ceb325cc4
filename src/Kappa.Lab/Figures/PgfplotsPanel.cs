using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes one panel as a pgfplots axis.</summary>
internal sealed class PgfplotsPanel(StringBuilder tex, FigureLayout layout, PanelLayout panel)
{
    internal void Write()
    {
        _ = tex.Append("\\begin{axis}[").AppendJoin(", ", PgfplotsAxis.Options(layout, panel)).Append("]\n");
        WriteFloor();
        foreach (var series in panel.Axes.Series) Write(series);
        _ = tex.Append("\\end{axis}\n");
    }

    private void WriteFloor()
    {
        if (panel.Y.ScaleLow is not { } top) return;
        var (left, right, bottom) = (panel.X.ValueAt(0), panel.X.ValueAt(1), panel.Y.ValueAt(0));
        _ = tex.Append(
            CultureInfo.InvariantCulture,
            $"\\addplot[draw=none, fill={PgfplotsFigure.ColourName(Palette.Floor)}] coordinates {{({Number(left)},{Number(bottom)}) "
                + $"({Number(right)},{Number(bottom)}) ({Number(right)},{Number(Math.Pow(10, top))}) "
                + $"({Number(left)},{Number(Math.Pow(10, top))})}} -- cycle;\n");
    }

    private void Write(Series series)
    {
        var look = layout.Looks.Of(series);
        switch (series)
        {
            case LineSeries s: WriteLine(s, look); break;
            case BandSeries s: WriteBands(s, look); break;
            case ScatterSeries s: Plot($"only marks, mark={Mark(look.Marker)}, mark size=1.6pt, {Colour(look)}", Shown(s.Xs, s.Ys)); break;
            case FitSeries s: WriteFit(s, look); break;
            case ReferenceLine s: WriteReference(s, look); break;
            case IdentityLine s: WriteIdentity(s, look); break;
            case SurfaceSeries s: WriteSurface(s); break;
            case SurfacePathSeries s: WriteSurfacePath(s); break;
            case HeatMapSeries s: WriteHeatMap(s); break;
            case CellSeries s: WriteCells(s, look); break;
            case IntervalSeries s: WriteIntervals(s, look); break;
        }
    }

    private void WriteLine(LineSeries series, Look look)
    {
        var marks = series.Style.ShowMarkers ? $"mark={Mark(look.Marker)}, mark size=1.4pt" : "no marks";
        var options = $"{Colour(look)}, {Dash(look.Dash)}, {marks}, line width={SvgWriter.Number(look.Width * 0.7)}pt, "
            + $"opacity={SvgWriter.Number(look.Opacity)}";
        foreach (var piece in Pieces(series)) Plot(options, piece);
    }

    /// <summary>The unbroken pieces of a line, thinned as on the page.</summary>
    private IEnumerable<List<(double X, double Y)>> Pieces(LineSeries series)
    {
        var piece = new List<(double X, double Y)>();
        for (var i = 0; i <= series.Xs.Length; i++)
        {
            if (i < series.Xs.Length && panel.X.CanShow(series.Xs[i]) && panel.Y.CanShow(series.Ys[i]))
            {
                piece.Add((series.Xs[i], series.Ys[i]));
                continue;
            }

            if (piece.Count > 0) yield return Thinned(piece);
            piece = [];
        }
    }

    private List<(double X, double Y)> Thinned(List<(double X, double Y)> points)
    {
        var across = points.Select(p => panel.X.Position(p.X)).ToArray();
        var down = points.Select(p => panel.Y.Position(p.Y)).ToArray();
        return Decimation.Straighten(Decimation.Keep(across, down), across, down).ConvertAll(i => points[i]);
    }

    private void WriteBands(BandSeries band, Look look)
    {
        bool Shown(int i) => panel.X.CanShow(band.Xs[i]) && panel.Y.CanShow(band.Low[i]) && panel.Y.CanShow(band.High[i]);
        var start = 0;
        while (start < band.Xs.Length)
        {
            var end = start;
            while (end < band.Xs.Length && Shown(end)) end++;
            var indices = Enumerable.Range(start, end - start).ToList();
            if (indices.Count > 0)
            {
                var low = Thinned(indices.ConvertAll(i => (band.Xs[i], band.Low[i])));
                var high = Thinned(indices.ConvertAll(i => (band.Xs[i], band.High[i])));
                Plot(
                    $"draw=none, fill={PgfplotsFigure.ColourName(look.Colour)}, fill opacity=0.2", [.. low, .. Enumerable.Reverse(high)],
                    " -- cycle");
            }

            start = end + 1;
        }
    }

    private void WriteFit(FitSeries fit, Look look)
    {
        var (xs, centre, low, high) = Geometry.Sampled(fit, panel.X, panel.Y);
        if (fit.Interval is not null) WriteBands(new BandSeries("", fit.Style, xs, low, high), look);
        Plot($"{Colour(look)}, {Dash(look.Dash)}, no marks", Shown(xs, centre));
    }

    private void WriteReference(ReferenceLine line, Look look)
    {
        var map = line.Horizontal ? panel.Y : panel.X;
        if (!map.Axis.CanShow(line.Value)) return;
        var other = line.Horizontal ? panel.X : panel.Y;
        var (from, to) = (other.ValueAt(0), other.ValueAt(1));
        Plot(
            $"{Colour(look)}, {Dash(look.Dash)}, no marks",
            line.Horizontal ? [(from, line.Value), (to, line.Value)] : [(line.Value, from), (line.Value, to)]);
    }

    private void WriteIdentity(IdentityLine line, Look look)
    {
        var xs = Enumerable.Range(0, 33).Select(i => panel.X.ValueAt(i / 32.0)).ToArray();
        Plot($"{Colour(look)}, {Dash(look.Dash)}, no marks", Shown(xs, xs));
    }

    private void WriteHeatMap(HeatMapSeries map)
    {
        var block = panel.HeatMap!.ColumnsPerCell(panel.Plot.Width);
        var columns = (map.Xs.Length + block - 1) / block;
        _ = tex.Append(
            CultureInfo.InvariantCulture,
            $"\\addplot[matrix plot*, point meta=explicit, mesh/cols={columns}, mesh/rows={map.Ys.Length}] coordinates {{\n");
        for (var row = 0; row < map.Ys.Length; row++)
        {
            for (var column = 0; column < map.Xs.Length; column += block)
            {
                var meta = panel.HeatMap!.Representative(row, column, block) is not { } value
                    ? "nan"
                    : Number(map.Colour.Scale == AxisScale.Logarithmic ? Math.Log10(value) : value);
                _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(map.Xs[column])},{Number(map.Ys[row])}) [{meta}]\n");
            }
        }

        _ = tex.Append("};\n");
    }

    private void WriteSurfacePath(SurfacePathSeries path)
    {
        var colour = panel.HeatMap!.Map.Colour;
        _ = tex.Append("\\addplot3[black, mark=*, mark size=1.2pt, mark options={fill=white}, unbounded coords=jump] coordinates {");
        for (var i = 0; i < path.Xs.Length; i++)
        {
            var height = !colour.CanShow(path.Values[i])
                ? "nan"
                : Number(colour.Scale == AxisScale.Logarithmic ? Math.Log10(path.Values[i]) : path.Values[i]);
            _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(path.Xs[i])},{Number(path.Ys[i])},{height}) ");
        }

        _ = tex.Append("};\n");
    }

    private void WriteSurface(SurfaceSeries surface)
    {
        _ = tex.Append(
            CultureInfo.InvariantCulture,
            $"\\addplot3[surf, shader=faceted, mesh/cols={surface.Xs.Length}, mesh/rows={surface.Ys.Length}, unbounded coords=jump] "
                + $"coordinates {{\n");
        for (var row = 0; row < surface.Ys.Length; row++)
        {
            for (var column = 0; column < surface.Xs.Length; column++)
            {
                var value = surface.Values[row, column];
                var height = !surface.Colour.CanShow(value)
                    ? "nan"
                    : Number(surface.Colour.Scale == AxisScale.Logarithmic ? Math.Log10(value) : value);
                _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(surface.Xs[column])},{Number(surface.Ys[row])},{height}) ");
            }

            _ = tex.Append('\n');
        }

        _ = tex.Append("};\n");
    }

    private void WriteCells(CellSeries series, Look look)
    {
        var (columns, rows) = (SeriesPoints.Edges(series.Xs, panel.X.Axis), SeriesPoints.Edges(series.Ys, panel.Y.Axis));
        foreach (var (row, column) in series.Cells())
        {
            Plot(
                $"draw=white, fill={PgfplotsFigure.ColourName(look.Colour)}",
                [
                    (columns[column], rows[row]), (columns[column + 1], rows[row]), (columns[column + 1], rows[row + 1]),
                    (columns[column], rows[row + 1])],
                " -- cycle");
            if (series.Shares[row, column] < 1)
                _ = tex.Append(
                    CultureInfo.InvariantCulture,
                    $"\\node[inner sep=0.5pt, fill=white, fill opacity=0.6, text opacity=1] at (axis "
                        + $"cs:{Number(series.Xs[column])},{Number(series.Ys[row])}) "
                        + $"{{{CellSeries.Percent(series.Shares[row, column])}}};\n");
        }
    }

    private void WriteIntervals(IntervalSeries series, Look look)
    {
        foreach (var i in Enumerable.Range(0, series.Categories.Length))
        {
            var slot = SeriesPoints.Slot(panel.Axes, series.Categories[i]) + CategoryMarks.Offset(series, panel.Axes);
            Plot($"{Colour(look)}, mark=-, line width=0.8pt", OnSlot(slot, series.Lows[i], series.Highs[i]));
            Plot($"{Colour(look)}, only marks, mark={Mark(look.Marker)}, mark size=1.8pt", OnSlot(slot, series.Centres[i]));
        }
    }

    private List<(double X, double Y)> OnSlot(double slot, params ReadOnlySpan<double> values)
    {
        var points = new List<(double, double)>();
        var (vertical, map) = panel.Axes.X.Scale == AxisScale.Categories ? (true, panel.Y) : (false, panel.X);
        foreach (var value in values)
        {
            if (map.CanShow(value)) points.Add(vertical ? (slot, value) : (value, slot));
        }

        return points;
    }

    private List<(double X, double Y)> Shown(double[] xs, double[] ys) =>
        [.. xs.Select((x, i) => (x, ys[i])).Where(p => panel.X.CanShow(p.x) && panel.Y.CanShow(p.Item2))];

    /// <summary>One addplot; what lies on the floor line of the vertical axis is put there.</summary>
    private void Plot(string options, List<(double X, double Y)> points, string end = "")
    {
        if (points.Count == 0) return;
        _ = tex.Append(CultureInfo.InvariantCulture, $"\\addplot[{options}] coordinates {{");
        foreach (var (x, y) in points) _ = tex.Append(
            CultureInfo.InvariantCulture, $"({Number(x)},{Number(PgfplotsAxis.OnScale(panel.Y, y))}) ");
        _ = tex.Append('}').Append(end).Append(";\n");
    }

    private static string Colour(Look look) => PgfplotsFigure.ColourName(look.Colour);

    private static string Dash(DashStyle dash) => PgfplotsFigure.Dash(dash);

    private static string Mark(MarkerShape marker) => PgfplotsFigure.Mark(marker);

    private static string Number(double value) => value.ToString("G8", CultureInfo.InvariantCulture);
}
