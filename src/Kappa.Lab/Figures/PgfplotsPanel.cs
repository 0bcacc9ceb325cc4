using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes one panel as a pgfplots axis.</summary>
internal sealed class PgfplotsPanel(StringBuilder tex, FigureLayout layout, PanelLayout panel)
{
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);

    internal void Write()
    {
        Begin();
        foreach (var series in panel.Axes.Series) Write(series);
    }

    private void Begin()
    {
        var axes = panel.Axes;
        List<string> options =
        [
            $"width={SvgWriter.Number(panel.Plot.Width)}pt", $"height={SvgWriter.Number(panel.Plot.Height)}pt", $"title={{{TexText.Escape(axes.Title)}}}",
            $"xlabel={{{TexText.Escape(axes.X.Label)}}}", $"ylabel={{{TexText.Escape(axes.Y.Label)}}}",
            .. Limits("x", panel.X), .. Limits("y", panel.Y), LegendPosition(),
        ];
        if (axes.Y.Scale == AxisScale.Categories) options.Add("y dir=reverse");
        if (panel.HeatMap is { } map) options.AddRange(["colorbar", "colormap/viridis", $"colorbar style={{ylabel={{{ColourLabel(map)}}}}}", map.Map is SurfaceSeries ? "view={35}{35}" : "axis on top"]);
        _ = tex.Append("\\nextgroupplot[").AppendJoin(", ", options).Append("]\n");
    }

    private IEnumerable<string> Limits(string axis, AxisMap map)
    {
        if (map.Axis.Scale == AxisScale.Logarithmic) yield return axis + "mode=log";
        if (map.Axis.Scale == AxisScale.Categories)
        {
            yield return $"{axis}tick={{{string.Join(',', Enumerable.Range(0, panel.Axes.Categories.Count))}}}";
            yield return $"{axis}ticklabels={{{string.Join(',', panel.Axes.Categories.Select(c => $"{{{TexText.Escape(c)}}}"))}}}";
        }

        yield return $"{axis}min={Number(map.ValueAt(0))}";
        yield return $"{axis}max={Number(map.ValueAt(1))}";
    }

    private string LegendPosition()
    {
        if (panel.Margins.Legend == LegendPlace.Below)
        {
            var rows = panel.Legend!.RowsWithin(panel.LegendBox.Width);
            var middle = (panel.LegendBox.X + (panel.LegendBox.Width / 2) - panel.Plot.X) / panel.Plot.Width;
            var below = (panel.Plot.Bottom - panel.LegendBox.Y) / panel.Plot.Height;
            return $"legend columns={rows.Max(r => r.Count)}, legend style={{at={{({SvgWriter.Number(middle)},{SvgWriter.Number(below)})}}, anchor=north}}";
        }

        if (panel.Margins.Legend != LegendPlace.Inside) return "legend pos=outer north east";
        var vertical = panel.LegendBox.Y + (panel.LegendBox.Height / 2) < panel.Plot.Y + (panel.Plot.Height / 2) ? "north" : "south";
        var horizontal = panel.LegendBox.X + (panel.LegendBox.Width / 2) < panel.Plot.X + (panel.Plot.Width / 2) ? "west" : "east";
        return $"legend pos={vertical} {horizontal}";
    }

    private static string ColourLabel(HeatMapColours map) =>
        map.Map.Colour.Scale == AxisScale.Logarithmic ? $"$\\log_{{10}}$ {TexText.Escape(map.Map.Name)}" : TexText.Escape(map.Map.Name);

    private void Write(Series series)
    {
        var look = layout.Looks.Of(series);
        switch (series)
        {
            case LineSeries s: WriteLine(s, look); break;
            case BandSeries s: WriteBands(s, look); break;
            case ScatterSeries s: Plot(s, $"only marks, mark={Mark(look.Marker)}, mark size=1.6pt, {Colour(look)}", Shown(s.Xs, s.Ys)); break;
            case FitSeries s: WriteFit(s, look); break;
            case ReferenceLine s: WriteReference(s, look); break;
            case IdentityLine s: WriteIdentity(s, look); break;
            case SurfaceSeries s: WriteSurface(s); break;
            case SurfacePathSeries s: WriteSurfacePath(s); break;
            case HeatMapSeries s: WriteHeatMap(s); break;
            case CellSeries s: WriteCells(s, look); break;
            case IntervalSeries s: WriteIntervals(s, look); break;
            case BarSeries s: WriteBars(s, look); break;
            default: _ = tex.Append("\\node[anchor=north west, font=\\scriptsize] at (rel axis cs:0.02,0.98) {").Append(TexText.Escape(series.Name)).Append("};\n"); break;
        }
    }

    private void WriteLine(LineSeries series, Look look)
    {
        var marks = series.Style.ShowMarkers ? $"mark={Mark(look.Marker)}, mark size=1.4pt" : "no marks";
        var options = $"{Colour(look)}, {Dash(look.Dash)}, {marks}, line width={SvgWriter.Number(look.Width * 0.7)}pt, opacity={SvgWriter.Number(look.Opacity)}";
        foreach (var piece in Pieces(series)) Plot(series, options, piece);
    }

    /// <summary>The unbroken pieces of a line, thinned as on the page.</summary>
    private IEnumerable<List<(double X, double Y)>> Pieces(LineSeries series)
    {
        var piece = new List<(double X, double Y)>();
        for (var i = 0; i <= series.Xs.Length; i++)
        {
            if (i < series.Xs.Length && panel.X.Axis.CanShow(series.Xs[i]) && panel.Y.Axis.CanShow(series.Ys[i]))
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
        bool Shown(int i) => panel.X.Axis.CanShow(band.Xs[i]) && panel.Y.Axis.CanShow(band.Low[i]) && panel.Y.Axis.CanShow(band.High[i]);
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
                Plot(band, $"draw=none, fill={PgfplotsFigure.ColourName(look.Colour)}, fill opacity=0.2, area legend", [.. low, .. Enumerable.Reverse(high)], " -- cycle");
            }

            start = end + 1;
        }
    }

    private void WriteFit(FitSeries fit, Look look)
    {
        var (xs, centre, low, high) = Geometry.Sampled(fit, panel.X, panel.Y);
        if (fit.Interval is not null) WriteBands(new BandSeries("", fit.Style, xs, low, high), look);
        Plot(fit, $"{Colour(look)}, {Dash(look.Dash)}, no marks", Shown(xs, centre));
    }

    private void WriteReference(ReferenceLine line, Look look)
    {
        var map = line.Horizontal ? panel.Y : panel.X;
        if (!map.Axis.CanShow(line.Value)) return;
        var other = line.Horizontal ? panel.X : panel.Y;
        var (from, to) = (other.ValueAt(0), other.ValueAt(1));
        Plot(line, $"{Colour(look)}, {Dash(look.Dash)}, no marks", line.Horizontal ? [(from, line.Value), (to, line.Value)] : [(line.Value, from), (line.Value, to)]);
        var anchor = line.Horizontal ? "south east" : "north west";
        var at = line.Horizontal ? (to, line.Value) : (line.Value, to);
        if (line.Name.Length > 0)
            _ = tex.Append(CultureInfo.InvariantCulture, $"\\node[anchor={anchor}, font=\\scriptsize] at (axis cs:{Number(at.Item1)},{Number(at.Item2)}) {{{TexText.Escape(line.Name)}}};\n");
    }

    private void WriteIdentity(IdentityLine line, Look look)
    {
        var xs = Enumerable.Range(0, 33).Select(i => panel.X.ValueAt(i / 32.0)).ToArray();
        Plot(line, $"{Colour(look)}, {Dash(look.Dash)}, no marks", Shown(xs, xs));
    }

    private void WriteHeatMap(HeatMapSeries map)
    {
        var block = panel.HeatMap!.ColumnsPerCell(panel.Plot.Width);
        var columns = (map.Xs.Length + block - 1) / block;
        _ = tex.Append(CultureInfo.InvariantCulture, $"\\addplot[matrix plot*, point meta=explicit, mesh/cols={columns}, mesh/rows={map.Ys.Length}] coordinates {{\n");
        for (var row = 0; row < map.Ys.Length; row++)
        {
            for (var column = 0; column < map.Xs.Length; column += block)
            {
                var meta = panel.HeatMap!.Representative(row, column, block) is not { } value ? "nan" : Number(map.Colour.Scale == AxisScale.Logarithmic ? Math.Log10(value) : value);
                _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(map.Xs[column])},{Number(map.Ys[row])}) [{meta}]\n");
            }
        }

        _ = tex.Append("};\n");
    }

    private void WriteSurfacePath(SurfacePathSeries path)
    {
        var colour = panel.HeatMap!.Map.Colour;
        _ = tex.Append("\\addplot3[black, mark=*, mark size=1.2pt, mark options={fill=white}, unbounded coords=jump, forget plot] coordinates {");
        for (var i = 0; i < path.Xs.Length; i++)
        {
            var height = !colour.CanShow(path.Values[i]) ? "nan" : Number(colour.Scale == AxisScale.Logarithmic ? Math.Log10(path.Values[i]) : path.Values[i]);
            _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(path.Xs[i])},{Number(path.Ys[i])},{height}) ");
        }

        _ = tex.Append("};\n");
    }

    private void WriteSurface(SurfaceSeries surface)
    {
        _ = tex.Append(CultureInfo.InvariantCulture, $"\\addplot3[surf, shader=faceted, mesh/cols={surface.Xs.Length}, mesh/rows={surface.Ys.Length}, unbounded coords=jump, forget plot] coordinates {{\n");
        for (var row = 0; row < surface.Ys.Length; row++)
        {
            for (var column = 0; column < surface.Xs.Length; column++)
            {
                var value = surface.Values[row, column];
                var height = !surface.Colour.CanShow(value) ? "nan" : Number(surface.Colour.Scale == AxisScale.Logarithmic ? Math.Log10(value) : value);
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
            Plot(series, $"draw=white, fill={PgfplotsFigure.ColourName(look.Colour)}, area legend", [(columns[column], rows[row]), (columns[column + 1], rows[row]), (columns[column + 1], rows[row + 1]), (columns[column], rows[row + 1])], " -- cycle");
        }
    }

    private void WriteIntervals(IntervalSeries series, Look look)
    {
        foreach (var i in Enumerable.Range(0, series.Categories.Length))
        {
            var slot = SeriesPoints.Slot(panel.Axes, series.Categories[i]) + CategoryMarks.Offset(series, panel.Axes);
            Plot(series, $"{Colour(look)}, mark=-, line width=0.8pt, forget plot", OnSlot(slot, series.Lows[i], series.Highs[i]));
            Plot(series, $"{Colour(look)}, only marks, mark={Mark(look.Marker)}, mark size=1.8pt", OnSlot(slot, series.Centres[i]));
        }
    }

    private void WriteBars(BarSeries series, Look look)
    {
        var half = CategoryMarks.Share(panel.Axes) / 2;
        var values = panel.Axes.X.Scale == AxisScale.Categories ? panel.Y : panel.X;
        var foot = values.Axis.Scale == AxisScale.Logarithmic ? values.ValueAt(0) : 0;
        for (var i = 0; i < series.Categories.Length; i++)
        {
            if (!values.Axis.CanShow(series.Values[i])) continue;
            var slot = SeriesPoints.Slot(panel.Axes, series.Categories[i]) + CategoryMarks.Offset(series, panel.Axes);
            Plot(series, $"{Colour(look)}, fill={PgfplotsFigure.ColourName(look.Colour)}, fill opacity=0.75, area legend", [.. OnSlot(slot - half, foot, series.Values[i]), .. OnSlot(slot + half, series.Values[i], foot)], " -- cycle");
        }
    }

    private List<(double X, double Y)> OnSlot(double slot, params ReadOnlySpan<double> values)
    {
        var points = new List<(double, double)>();
        var (vertical, map) = panel.Axes.X.Scale == AxisScale.Categories ? (true, panel.Y) : (false, panel.X);
        foreach (var value in values)
        {
            if (map.Axis.CanShow(value)) points.Add(vertical ? (slot, value) : (value, slot));
        }

        return points;
    }

    private List<(double X, double Y)> Shown(double[] xs, double[] ys) =>
        [.. xs.Select((x, i) => (x, ys[i])).Where(p => panel.X.Axis.CanShow(p.x) && panel.Y.Axis.CanShow(p.Item2))];

    /// <summary>One addplot; the first of each name is the one the legend shows.</summary>
    private void Plot(Series series, string options, List<(double X, double Y)> points, string end = "")
    {
        if (points.Count == 0) return;
        var entry = panel.Legend is not null && series.Style.InLegend && series is not ReferenceLine && !HasLine(series) && series.Name.Length > 0
            && !options.EndsWith("forget plot", StringComparison.Ordinal) && _named.Add(series.Name);
        var forget = entry || options.EndsWith("forget plot", StringComparison.Ordinal) ? "" : ", forget plot";
        _ = tex.Append(CultureInfo.InvariantCulture, $"\\addplot[{options}{forget}] coordinates {{");
        foreach (var (x, y) in points) _ = tex.Append(CultureInfo.InvariantCulture, $"({Number(x)},{Number(y)}) ");
        _ = tex.Append('}').Append(end).Append(";\n");
        if (entry) _ = tex.Append("\\addlegendentry{").Append(TexText.Escape(series.Name)).Append("}\n");
    }

    /// <summary>Whether a line of the same name stands for this band in the legend.</summary>
    private bool HasLine(Series series) => series is BandSeries && panel.Axes.Series.Any(s => s is LineSeries { Style.InLegend: true } && s.Name == series.Name);

    private static string Colour(Look look) => PgfplotsFigure.ColourName(look.Colour);

    private static string Number(double value) => value.ToString("G8", CultureInfo.InvariantCulture);

    private static string Dash(DashStyle dash) => dash switch
    {
        DashStyle.Dashed => "dashed",
        DashStyle.Dotted => "dotted",
        DashStyle.DashDotted => "dash dot",
        DashStyle.LongDashed => "loosely dashed",
        _ => "solid",
    };

    private static string Mark(MarkerShape marker) => marker switch
    {
        MarkerShape.Square => "square*",
        MarkerShape.Triangle => "triangle*",
        MarkerShape.Diamond => "diamond*",
        MarkerShape.Cross => "x",
        MarkerShape.TriangleDown => "triangle*, mark options={rotate=180}",
        MarkerShape.Plus => "+",
        _ => "*",
    };
}
