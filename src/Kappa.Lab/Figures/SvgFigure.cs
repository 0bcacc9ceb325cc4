namespace Kappa.Lab.Figures;

/// <summary>Draws a figure as SVG 1.1: text as text, no style sheet, no resources, identifiers prefixed by the figure's name.</summary>
internal static class SvgFigure
{
    /// <summary>The whole file, with XML declaration and the caption under the panels.</summary>
    internal static string File(Figure figure) =>
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + Draw(figure, FigureLayout.For(figure), figure.Name, standalone: true);

    /// <summary>An svg element for an HTML page, which shows the caption itself.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="prefix">The prefix of its identifiers, unique on the page.</param>
    internal static string Inline(Figure figure, string prefix) => Draw(figure, FigureLayout.For(figure), prefix, standalone: false);

    /// <summary>The same for a narrow window: as wide as a telephone, the panels one under another.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="prefix">The prefix of its identifiers, unique on the page.</param>
    internal static string InlineNarrow(Figure figure, string prefix) =>
        Draw(figure, FigureLayout.Narrow(figure), prefix, standalone: false);

    private static string Draw(Figure figure, FigureLayout layout, string prefix, bool standalone)
    {
        var sizes = layout.Sizes;
        var caption = standalone ? layout.CaptionLines() : [];
        var height = layout.PanelsBottom + (caption.Count * sizes.Caption * TextMetrics.LineHeight) + (caption.Count > 0 ? 4 : 0);
        var svg = new SvgWriter();
        OpenRoot(svg, layout.Width, height, prefix, standalone);
        _ = svg.Leaf("title", RichText.Plain(figure.Title), ("id", $"{prefix}-title"));
        _ = svg.Leaf("desc", Description(figure), ("id", $"{prefix}-desc"));
        _ = svg.Rectangle(0, 0, layout.Width, height, ("fill", "#ffffff"));
        var y = FigureLayout.OuterMargin;
        foreach (var line in layout.TitleLines)
        {
            _ = svg.Text(FigureLayout.OuterMargin, y + sizes.Title, line, sizes.Title, "start", ("font-weight", "bold"));
            y += sizes.Title * TextMetrics.LineHeight;
        }

        for (var i = 0; i < layout.Panels.Count; i++) new PanelPainter(svg, layout, layout.Panels[i], $"{prefix}-panel{i + 1}").Paint();
        DrawCaption(svg, caption, layout.PanelsBottom, sizes);
        return svg.Close().ToString();
    }

    private static void OpenRoot(SvgWriter svg, double width, double height, string prefix, bool standalone)
    {
        List<(string, string)> attributes =
        [
            ("width", SvgWriter.Number(width) + "pt"), ("height", SvgWriter.Number(height) + "pt"),
            ("viewBox", $"0 0 {SvgWriter.Number(width)} {SvgWriter.Number(height)}"),
            ("role", "img"), ("aria-labelledby", $"{prefix}-title {prefix}-desc"),
            ("font-family", TextMetrics.FontStack), ("fill", Palette.Ink),
        ];
        if (standalone) attributes.Insert(0, ("xmlns", "http://www.w3.org/2000/svg"));
        _ = svg.Open("svg", [.. attributes]);
    }

    private static void DrawCaption(SvgWriter svg, List<string> lines, double top, FigureSizes sizes)
    {
        var y = top + sizes.Caption;
        foreach (var line in lines)
        {
            _ = svg.Text(FigureLayout.OuterMargin, y, line, sizes.Caption, "start", ("fill", Palette.Muted));
            y += sizes.Caption * TextMetrics.LineHeight;
        }
    }

    /// <summary>What a reader who cannot see the picture is told: caption, and each panel's axes and series.</summary>
    private static string Description(Figure figure)
    {
        var panels = figure.Panels.Select(p =>
        {
            var names = p.Series.Where(s => s is not ReferenceLine && s.Name.Length > 0).Select(s => RichText.Plain(s.Name)).Distinct();
            var title = p.Title.Length == 0 ? "Panel" : RichText.Plain(p.Title);
            return $"{title}: {RichText.Plain(p.Y.Label)} against {RichText.Plain(p.X.Label)}; {string.Join(", ", names)}.";
        });
        return string.Join(" ", panels.Prepend(RichText.Plain(figure.Caption)).Where(t => t.Length > 0));
    }
}
