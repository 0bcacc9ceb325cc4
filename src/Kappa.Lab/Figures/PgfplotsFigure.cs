using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes a figure as a pgfplots document that compiles by itself, its values inline.</summary>
/// <remarks>Long lines are thinned as in the SVG (extremes kept), because TeX holds every coordinate in memory; the CSV has all.</remarks>
internal static class PgfplotsFigure
{
    internal static string Write(Figure figure)
    {
        var layout = FigureLayout.For(figure);
        var tex = new StringBuilder();
        _ = tex.Append("% ").Append(TexText.Comment(figure.Title)).Append('\n');
        if (figure.Caption.Length > 0) _ = tex.Append("% Caption: ").Append(TexText.Comment(figure.Caption)).Append('\n');
        foreach (var note in layout.Notes) _ = tex.Append("% Note: ").Append(TexText.Comment(note)).Append('\n');
        _ = tex.Append("\\documentclass{standalone}\n\\usepackage[utf8]{inputenc}\n\\usepackage[T1]{fontenc}\n\\usepackage{textcomp}\n\\usepackage{amsmath}\n\\usepackage{pgfplots}\n");
        _ = tex.Append("\\usepgfplotslibrary{groupplots}\n\\pgfplotsset{compat=1.16}\n");
        DefineColours(tex, layout);
        var columns = layout.Panels.Count == 0 ? 1 : layout.Panels.Count(p => p.Plot.Y == layout.Panels[0].Plot.Y);
        var rows = (Math.Max(1, layout.Panels.Count) + columns - 1) / columns;
        _ = tex.Append(CultureInfo.InvariantCulture, $"\\begin{{document}}\n\\begin{{tikzpicture}}[font=\\footnotesize]\n\\begin{{groupplot}}[group style={{group size={columns} by {rows}, horizontal sep={Separation(layout, p => p.Plot.X, p => p.Plot.Right)}pt, vertical sep={Separation(layout, p => p.Plot.Y, p => p.Plot.Bottom)}pt}}, scale only axis, tick label style={{font=\\scriptsize}}, legend style={{font=\\scriptsize, draw=none, fill opacity=0.8, text opacity=1}}, legend cell align=left, filter discard warning=false]\n");
        foreach (var panel in layout.Panels) new PgfplotsPanel(tex, layout, panel).Write();
        _ = tex.Append("\\end{groupplot}\n\\end{tikzpicture}\n\\end{document}\n");
        return tex.ToString();
    }

    /// <summary>The widest gap between neighbouring plots of the layout; groupplot has one for all.</summary>
    private static string Separation(FigureLayout layout, Func<PanelLayout, double> start, Func<PanelLayout, double> end)
    {
        var starts = layout.Panels.Select(start).Distinct().Order().ToList();
        var gaps = starts.Skip(1).Select(s => s - layout.Panels.Select(end).Where(e => e < s).DefaultIfEmpty(s).Max());
        return SvgWriter.Number(gaps.DefaultIfEmpty(40).Max());
    }

    internal static string ColourName(string colour) => "c" + colour[1..];

    private static void DefineColours(StringBuilder tex, FigureLayout layout)
    {
        var colours = layout.Panels.SelectMany(p => p.Axes.Series).Select(s => layout.Looks.Of(s).Colour).Append(Palette.Ink).Distinct();
        foreach (var colour in colours)
            _ = tex.Append(CultureInfo.InvariantCulture, $"\\definecolor{{{ColourName(colour)}}}{{HTML}}{{{colour[1..].ToUpperInvariant()}}}\n");
    }
}
