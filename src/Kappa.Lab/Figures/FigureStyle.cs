namespace Kappa.Lab.Figures;

/// <summary>Sizes of a preset, in points at the printed size.</summary>
internal sealed record FigureSizes(
    double Width, double Title, double PanelTitle, double Label, double Tick, double Caption, double Stroke, double Marker,
    double MaximumPlotHeight)
{
    internal static FigureSizes For(FigurePreset preset) => preset switch
    {
        FigurePreset.Column => new(3.4 * 72, 9.5, 9, 8.5, 8, 8, 1.1, 4, 150),
        FigurePreset.Slide => new(10 * 72, 20, 16, 14, 13, 13, 2, 7, 300),
        _ => new(7 * 72, 11, 10.5, 10, 9.6, 9.6, 1.2, 4.2, 190),
    };

    /// <summary>A narrow window: the type of the full width on 4.4 in, so
    /// that a page of 480 pixels shows it without shrinking it.</summary>
    internal static FigureSizes Narrow => For(FigurePreset.TwoColumn) with { Width = 4.4 * 72 };
}

/// <summary>What a series looks like once defaults are resolved.</summary>
internal sealed record Look(string Colour, DashStyle Dash, MarkerShape Marker, double Width, double Opacity);

/// <summary>Gives every name of a figure one colour, dash and marker, in order of first appearance.</summary>
internal sealed class FigureLooks
{
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly double _stroke;

    internal FigureLooks(Figure figure, FigureSizes sizes)
    {
        _stroke = sizes.Stroke;
        foreach (var series in figure.Panels.SelectMany(p => p.Series))
        {
            if (series is LineSeries or BandSeries or ScatterSeries or IntervalSeries)
                _ = _indices.TryAdd(series.Name, _indices.Count);
        }
    }

    internal Look Of(Series series)
    {
        var style = series.Style;
        var index = 0;
        var known = series switch
        {
            FitSeries fit => fit.Of is { } of && _indices.TryGetValue(of, out index),
            ReferenceLine or IdentityLine => false,
            _ => _indices.TryGetValue(series.Name, out index),
        };
        var colour = style.Colour is { } chosen
            ? Palette.Colour(chosen)
            : known ? Palette.Colour(index)
            : series is FitSeries ? Palette.Ink
            : Palette.Muted;
        return new Look(
            colour, style.Dash ?? Palette.Dash(index), style.Marker ?? Palette.Marker(index), _stroke * style.WidthFactor, style.Opacity);
    }

    internal static string? DashPattern(DashStyle dash, double width)
    {
        string Pattern(params double[] lengths) => string.Join(' ', lengths.Select(l => SvgWriter.Number(l * width)));
        return dash switch
        {
            DashStyle.Dashed => Pattern(4, 2.2),
            DashStyle.Dotted => Pattern(1, 1.8),
            DashStyle.DashDotted => Pattern(5, 1.8, 1, 1.8),
            DashStyle.LongDashed => Pattern(8, 2.5),
            _ => null,
        };
    }
}
