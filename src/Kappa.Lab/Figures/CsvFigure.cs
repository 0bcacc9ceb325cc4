using System.Globalization;
using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>Writes the data of a figure as one long table, every value in full: nothing is thinned or left out.</summary>
/// <remarks>
/// Columns: panel (its number, from 1), kind, series, curve (numbers the series of one name, from 1), x, y, low, high, value. Numbers
/// are the shortest that read back to the same double; NaN, Infinity and -Infinity are written so. Fields are quoted as in RFC 4180.
/// </remarks>
internal static class CsvFigure
{
    internal const string Header = "panel,kind,series,curve,x,y,low,high,value";

    internal static string Write(Figure figure)
    {
        var text = new StringBuilder(Header).Append('\n');
        for (var panel = 0; panel < figure.Panels.Count; panel++)
        {
            var curves = new Dictionary<(string, string), int>();
            foreach (var series in figure.Panels[panel].Series)
            {
                var key = (Kind(series), series.Name);
                curves[key] = curves.GetValueOrDefault(key) + 1;
                var start = $"{panel + 1},{key.Item1},{Field(series.Name)},{curves[key]},";
                foreach (var row in Rows(series)) _ = text.Append(start).Append(row).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Kind(Series series) => series switch
    {
        LineSeries => "line",
        BandSeries => "band",
        ScatterSeries => "scatter",
        FitSeries => "fit",
        ReferenceLine { Horizontal: true } => "horizontal",
        ReferenceLine => "vertical",
        IdentityLine => "identity",
        SurfaceSeries => "surface",
        SurfacePathSeries => "surfacePath",
        HeatMapSeries => "heatmap",
        CellSeries => "cells",
        IntervalSeries => "interval",
        _ => throw new ArgumentException($"A series must be of a kind that has a table but is {series.GetType().Name}.", nameof(series)),
    };

    /// <summary>The columns x, y, low, high, value. A fit has its slope as value and its intercept as y.</summary>
    private static IEnumerable<string> Rows(Series series) => series switch
    {
        LineSeries s => s.Xs.Select((x, i) => $"{Number(x)},{Number(s.Ys[i])},,,"),
        ScatterSeries s => s.Xs.Select((x, i) => $"{Number(x)},{Number(s.Ys[i])},,,"),
        SurfacePathSeries s => s.Xs.Select((x, i) => $"{Number(x)},{Number(s.Ys[i])},,,{Number(s.Values[i])}"),
        BandSeries s => s.Xs.Select((x, i) => $"{Number(x)},,{Number(s.Low[i])},{Number(s.High[i])},"),
        IntervalSeries s => s.Categories.Select((c, i) => $"{Field(c)},{Number(s.Centres[i])},{Number(s.Lows[i])},{Number(s.Highs[i])},"),
        FitSeries s => [$",{Number(s.Intercept)},{Optional(s.From)},{Optional(s.To)},{Number(s.Slope)}"],
        ReferenceLine { Horizontal: true } s => [$",{Number(s.Value)},,,"],
        ReferenceLine s => [$"{Number(s.Value)},,,,"],
        CellSeries s =>
            s.Ys.SelectMany((y, row) => s.Xs.Select((x, column) => $"{Number(x)},{Number(y)},,,{Number(s.Shares[row, column])}")),
        HeatMapSeries s =>
            s.Ys.SelectMany((y, row) => s.Xs.Select((x, column) => $"{Number(x)},{Number(y)},,,{Number(s.Values[row, column])}")),
        _ => [",,,,"],
    };

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Optional(double? value) => value is { } given ? Number(given) : "";

    private static string Field(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
