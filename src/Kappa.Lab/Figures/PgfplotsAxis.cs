using System.Globalization;

namespace Kappa.Lab.Figures;

/// <summary>The options of one pgfplots axis: its place in the picture, its limits, and its ticks as the layout has chosen them.</summary>
internal static class PgfplotsAxis
{
    internal static IEnumerable<string> Options(FigureLayout layout, PanelLayout panel)
    {
        var (axes, plot, sizes) = (panel.Axes, panel.Plot, layout.Sizes);
        string[] options =
        [
            $"at={{({SvgWriter.Number(plot.X)}bp,{SvgWriter.Number(layout.PanelsBottom - plot.Bottom)}bp)}}", "anchor=south west",
            "scale only axis",
            $"width={SvgWriter.Number(plot.Width)}bp", $"height={SvgWriter.Number(plot.Height)}bp",
            $"title={{{string.Join(@"\\", panel.TitleLines.Select(TexText.Escape))}}}",
            $"title style={{at={{(0,1)}}, anchor=south west, align=left, inner xsep=0, "
                + $"{PgfplotsFigure.Font(sizes.PanelTitle, bold: true)}}}",
            $"label style={{{PgfplotsFigure.Font(sizes.Label)}}}", $"xlabel={{{TexText.Escape(panel.XTicks.Labelled(axes.X.Label))}}}",
            $"ylabel={{{TexText.Escape(panel.YTicks.Labelled(axes.Y.Label))}}}",
            $"grid=major, grid style={{{PgfplotsFigure.ColourName(Palette.Grid)}}}", "axis on top=false", "filter discard warning=false",
            .. Scale("x", panel.X, panel.XTicks, panel.XCategories), .. Scale("y", panel.Y, panel.YTicks, panel.YCategories),
        ];
        return panel.HeatMap is not { } map ? [.. options, .. axes.Y.Scale == AxisScale.Categories ? (string[])["y dir=reverse"] : []] :
        [
            .. options, "colorbar", "colormap/viridis",
            $"colorbar style={{at={{(1,1)}}, anchor=north west, xshift=8bp, width={SvgWriter.Number(panel.ColourBarWidth)}bp, "
                + $"ylabel={{{ColourLabel(map)}}}}}",
            map.Map is SurfaceSeries ? "view={35}{35}" : "axis on top",
        ];
    }

    /// <summary>A value as a coordinate of the axis: one on the floor line at the line's middle.</summary>
    internal static double OnScale(AxisMap map, double value) =>
        map.ScaleLow is not null && map.Axis.IsAtFloor(value) ? Math.Pow(10, map.Coordinate(value)) : value;

    private static IEnumerable<string> Scale(string axis, AxisMap map, TickSet ticks, CategoryLabels? categories)
    {
        if (map.Axis.Scale == AxisScale.Logarithmic) yield return axis + "mode=log";
        yield return $"{axis}min={Number(map.ValueAt(0))}";
        yield return $"{axis}max={Number(map.ValueAt(1))}";
        Tick[] labelled = [.. ticks.Major];
        if (categories is null)
        {
            yield return $"{axis}tick={{{string.Join(',', labelled.Select(t => Number(OnScale(map, t.Value))))}}}";
            yield return $"{axis}ticklabels={{{string.Join(',', labelled.Select(t => $"{{{TexText.Escape(t.Label)}}}"))}}}";
            yield break;
        }

        yield return $"{axis}tick={{{string.Join(',', Enumerable.Range(0, categories.Lines.Count))}}}";
        IEnumerable<string> labels = categories.Lines.Select(lines => $"{{{string.Join(@"\\", lines.Select(TexText.Escape))}}}");
        yield return $"{axis}ticklabels={{{string.Join(',', labels)}}}";
        yield return categories.Turned
            ? $"{axis}ticklabel style={{rotate={SvgWriter.Number(CategoryLabels.Angle)}, anchor=north east}}"
            : $"{axis}ticklabel style={{align={(axis == "x" ? "center" : "right")}}}";
    }

    private static string ColourLabel(HeatMapColours map) =>
        map.Map.Colour.Scale == AxisScale.Logarithmic ? $"$\\log_{{10}}$ {TexText.Escape(map.Map.Name)}" : TexText.Escape(map.Map.Name);

    private static string Number(double value) => value.ToString("G8", CultureInfo.InvariantCulture);
}
