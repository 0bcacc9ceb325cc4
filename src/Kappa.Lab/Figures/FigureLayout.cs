namespace Kappa.Lab.Figures;

/// <summary>A figure with every panel in its place, and the notes that placing it produced.</summary>
internal sealed class FigureLayout
{
    private const double Margin = 4;
    private const double Gap = 8;

    private readonly Figure _figure;
    private readonly int _columns;

    private FigureLayout(Figure figure, FigureSizes sizes, int columns)
    {
        _figure = figure;
        Sizes = sizes;
        Looks = new FigureLooks(figure, Sizes);
        _columns = Math.Clamp(columns, 1, Math.Max(1, figure.Panels.Count));
        TitleLines = figure.Title.Length == 0 ? [] : TextMetrics.Wrap(figure.Title, Sizes.Title, Width - (2 * Margin), bold: true);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var axes in figure.Panels)
        {
            var panel = new PanelLayout(axes, Sizes, named);
            Panels.Add(panel);
            named.UnionWith(panel.Legend?.Entries.Select(e => e.Name) ?? []);
        }

        PanelsBottom = PlacePanels(Margin + (TitleLines.Count * Sizes.Title * TextMetrics.LineHeight));
        Notes = FigureNotes.Of(this);
    }

    internal FigureSizes Sizes { get; }

    internal FigureLooks Looks { get; }

    internal double Width => Sizes.Width;

    internal List<string> TitleLines { get; }

    internal List<PanelLayout> Panels { get; } = [];

    /// <summary>Where the panels end and the caption may begin.</summary>
    internal double PanelsBottom { get; }

    internal IReadOnlyList<string> Notes { get; }

    internal static double OuterMargin => Margin;

    internal static FigureLayout For(Figure figure) =>
        new(figure, FigureSizes.For(figure.Preset), figure.Columns ?? DefaultColumns(figure));

    /// <summary>The figure for a narrow window: its panels one under another.</summary>
    internal static FigureLayout Narrow(Figure figure) => new(figure, FigureSizes.Narrow, 1);

    /// <summary>The caption and the notes, in lines.</summary>
    internal List<string> CaptionLines()
    {
        var width = Width - (2 * Margin);
        var lines = _figure.Caption.Length == 0 ? [] : TextMetrics.Wrap(_figure.Caption, Sizes.Caption, width);
        foreach (var note in Notes) lines.AddRange(TextMetrics.Wrap(note, Sizes.Caption, width));
        return lines;
    }

    private static int DefaultColumns(Figure figure) => (figure.Preset, figure.Panels.Count) switch
    {
        (FigurePreset.Column, _) => 1,
        (_, 2 or 4) => 2,
        (_, var n) => Math.Min(n, 3),
    };

    private double PlacePanels(double top)
    {
        var cellWidth = (Width - (2 * Margin) - (Gap * (_columns - 1))) / _columns;
        foreach (var panel in Panels) panel.Measure(cellWidth, HeightOf(panel, cellWidth));
        // A column shares its sides and a row its heights, so that axes line up.
        var left = Enumerable.Range(0, _columns)
            .Select(c => Panels.Where((_, i) => i % _columns == c).Select(p => p.Margins.Left).DefaultIfEmpty(0).Max()).ToArray();
        var right = Enumerable.Range(0, _columns)
            .Select(c => Panels.Where((_, i) => i % _columns == c).Select(p => p.Margins.Right).DefaultIfEmpty(0).Max()).ToArray();
        for (var i = 0; i < Panels.Count; i++) Panels[i].WrapTitle(cellWidth - left[i % _columns]);
        for (var first = 0; first < Panels.Count; first += _columns)
        {
            var row = Panels.Skip(first).Take(_columns).ToList();
            var height = row.Max(p => HeightOf(p, cellWidth));
            var plotTop = top + row.Max(p => p.Top);
            var legendTop = plotTop + height + row.Max(p => p.Margins.Bottom) + 2;
            var bottom = legendTop;
            for (var column = 0; column < row.Count; column++)
            {
                var cell = new Box(Margin + (column * (cellWidth + Gap)), top, cellWidth, 0);
                var plot = new Box(cell.X + left[column], plotTop, Math.Max(20, cellWidth - left[column] - right[column]), height);
                var below = LegendBelow(row[column], cell, legendTop);
                row[column].Place(plot, cell, below);
                bottom = Math.Max(bottom, below.Bottom);
            }

            top = bottom + Gap;
        }

        return top;
    }

    /// <summary>The place of a legend below its panel; the only legend of a figure has the whole width.</summary>
    private Box LegendBelow(PanelLayout panel, Box cell, double top)
    {
        if (panel.Margins.Legend != LegendPlace.Below) return new Box(cell.X, top, 0, 0);
        var (x, width) = Panels.Count(p => p.Legend is not null) == 1 ? (Margin, Width - (2 * Margin)) : (cell.X, cell.Width);
        return new Box(x, top, width, panel.Legend!.FlowHeight(width));
    }

    private double HeightOf(PanelLayout panel, double cellWidth)
    {
        if (_figure.PlotHeight is { } given) return Math.Max(20, given);
        if (panel.Axes.Y.Scale == AxisScale.Categories)
            return Math.Max(3, panel.Axes.Categories.Count) * Sizes.Tick * 2.6;
        return Math.Min(0.6 * cellWidth, Sizes.MaximumPlotHeight);
    }
}
