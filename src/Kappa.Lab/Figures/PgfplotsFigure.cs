using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes a figure as a picture for LaTeX: a tikzpicture of exactly
/// the figure's size, its values inline, to be read in with \input.</summary>
/// <remarks>
/// Everything stands where the SVG has it: axes, ticks, labels and legend are placed in big points (1/72 in) from the lower left corner of
/// the picture. Long lines are thinned as in the SVG (extremes kept), because TeX holds every coordinate in memory; the CSV has all.
/// </remarks>
internal static class PgfplotsFigure
{
    private const string Needs =
        @"\usepackage[T1]{fontenc} \usepackage{textcomp} \usepackage{amsmath} \usepackage{pgfplots} \pgfplotsset{compat=1.16}";

    internal static string Write(Figure figure)
    {
        var layout = FigureLayout.For(figure);
        var tex = new StringBuilder();
        _ = tex.Append("% ").Append(TexText.Comment(figure.Title)).Append('\n');
        if (figure.Caption.Length > 0) _ = tex.Append("% Caption: ").Append(TexText.Comment(figure.Caption)).Append('\n');
        foreach (var note in layout.Notes) _ = tex.Append("% Note: ").Append(TexText.Comment(note)).Append('\n');
        _ = tex.Append(
            CultureInfo.InvariantCulture,
            $"% A picture {Inches(layout.Width)} in wide to \\input, in UTF-8. The preamble needs:\n%   {Needs}\n");
        _ = tex.Append("% Another width: \\resizebox{\\columnwidth}{!}{\\input{this file}}, with \\usepackage{graphicx}.\n");
        _ = tex.Append("\\begin{tikzpicture}[x=1bp, y=1bp, ").Append(Font(layout.Sizes.Tick)).Append("]\n");
        DefineColours(tex, layout);
        _ = tex.Append(
            CultureInfo.InvariantCulture,
            $"\\useasboundingbox (0,0) rectangle ({SvgWriter.Number(layout.Width)},{SvgWriter.Number(layout.PanelsBottom)});\n");
        var top = layout.PanelsBottom - FigureLayout.OuterMargin;
        foreach (var line in layout.TitleLines)
        {
            _ = tex.Append(
                CultureInfo.InvariantCulture,
                $"\\node[anchor=base west, inner sep=0, {Font(layout.Sizes.Title, bold: true)}] at "
                    + $"({SvgWriter.Number(FigureLayout.OuterMargin)},{SvgWriter.Number(top - layout.Sizes.Title)}) "
                    + $"{{{TexText.Escape(line)}}};\n");
            top -= layout.Sizes.Title * TextMetrics.LineHeight;
        }

        foreach (var panel in layout.Panels)
        {
            new PgfplotsPanel(tex, layout, panel).Write();
            new PgfplotsLegend(tex, layout, panel).Write();
        }

        return tex.Append("\\end{tikzpicture}\n").ToString();
    }

    /// <summary>The option for a type of the given size in big points.</summary>
    internal static string Font(double size, bool bold = false) =>
        $"font=\\fontsize{{{SvgWriter.Number(size)}bp}}{{{SvgWriter.Number(size * TextMetrics.LineHeight)}"
            + $"bp}}\\selectfont{(bold ? "\\bfseries" : "")}";

    internal static string ColourName(string colour) => "c" + colour[1..];

    internal static string Dash(DashStyle dash) => dash switch
    {
        DashStyle.Dashed => "dashed",
        DashStyle.Dotted => "dotted",
        DashStyle.DashDotted => "dash dot",
        DashStyle.LongDashed => "loosely dashed",
        _ => "solid",
    };

    internal static string Mark(MarkerShape marker) => marker switch
    {
        MarkerShape.Square => "square*",
        MarkerShape.Triangle => "triangle*",
        MarkerShape.Diamond => "diamond*",
        MarkerShape.Cross => "x",
        MarkerShape.TriangleDown => "triangle*, mark options={rotate=180}",
        MarkerShape.Plus => "+",
        _ => "*",
    };

    private static string Inches(double points) => (points / 72).ToString("0.##", CultureInfo.InvariantCulture);

    private static void DefineColours(StringBuilder tex, FigureLayout layout)
    {
        var colours = layout.Panels.SelectMany(p => p.Axes.Series).Select(s => layout.Looks.Of(s).Colour)
            .Concat([Palette.Ink, Palette.Muted, Palette.Grid, Palette.Floor]).Distinct();
        foreach (var colour in colours)
            _ = tex.Append(
                CultureInfo.InvariantCulture, $"\\definecolor{{{ColourName(colour)}}}{{HTML}}{{{colour[1..].ToUpperInvariant()}}}\n");
    }
}
