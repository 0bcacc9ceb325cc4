using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Draws the legend of a panel, its title and the labels of its reference
/// lines where the layout has put them, in the coordinates of the picture.</summary>
/// <remarks>pgfplots places a legend without knowing what lies there; the layout has looked for a free place.</remarks>
internal sealed class PgfplotsLegend(StringBuilder tex, FigureLayout layout, PanelLayout panel)
{
    private readonly FigureSizes _sizes = layout.Sizes;

    internal void Write()
    {
        foreach (var label in panel.Labels)
            Text(
                label.Box.X, label.Box.Y + (_sizes.Tick * 0.95), label.Text, label.Colour,
                ", fill=white, fill opacity=0.7, text opacity=1");
        if (panel.Legend is not { } legend) return;
        if (panel.Margins.Legend == LegendPlace.Inside)
            Draw(
                $"\\fill[white, opacity=0.85] {At(panel.LegendBox.X, panel.LegendBox.Y)} rectangle "
                    + $"{At(panel.LegendBox.Right, panel.LegendBox.Bottom)};");
        foreach (var (entry, x, y, width) in legend.Placed(panel)) Entry(legend, entry, x, y, width);
    }

    private void Entry(Legend legend, LegendEntry entry, double x, double y, double width)
    {
        if (LegendEntry.Area(entry) is { } area)
            Draw(
                $"\\fill[{PgfplotsFigure.ColourName(layout.Looks.Of(area).Colour)}, fill opacity={LegendEntry.AreaOpacity(area)}] "
                    + $"{At(x, y - (legend.RowHeight * 0.36))} rectangle {At(x + legend.GlyphWidth, y + (legend.RowHeight * 0.36))};");
        if (LegendEntry.Line(entry) is { } line)
        {
            var look = layout.Looks.Of(line);
            Draw(
                $"\\draw[{PgfplotsFigure.ColourName(look.Colour)}, "
                    + $"{PgfplotsFigure.Dash(line is IntervalSeries ? DashStyle.Solid : look.Dash)}, line "
                    + $"width={SvgWriter.Number(look.Width * 0.8)}bp] {At(x, y)} -- {At(x + legend.GlyphWidth, y)};");
        }

        if (LegendEntry.Points(entry) is { } points)
        {
            var look = layout.Looks.Of(points);
            Draw(
                $"\\draw[{PgfplotsFigure.ColourName(look.Colour)}, fill={PgfplotsFigure.ColourName(look.Colour)}, mark size=1.8pt] "
                    + $"plot[mark={PgfplotsFigure.Mark(look.Marker)}] coordinates {{{At(x + (legend.GlyphWidth / 2), y)}}};");
        }

        Text(
            x + legend.GlyphWidth + 3, y + (_sizes.Tick * 0.36),
            TextMetrics.Shortened(entry.Name, _sizes.Tick, width - legend.GlyphWidth - 3), Palette.Ink);
    }

    private void Text(double x, double y, string text, string colour, string options = "") =>
        Draw(
            $"\\node[anchor=base west, inner sep=0, text={PgfplotsFigure.ColourName(colour)}{options}] at {At(x, y)} "
                + $"{{{TexText.Escape(text)}}};");

    private void Draw(string command) => _ = tex.Append(command).Append('\n');

    private string At(double x, double y) =>
        string.Create(CultureInfo.InvariantCulture, $"({SvgWriter.Number(x)},{SvgWriter.Number(layout.PanelsBottom - y)})");
}
