namespace Kappa.Lab.Figures;

/// <summary>One thing drawn in a panel. The kinds are closed: painter, CSV and pgfplots writers each know all of them.</summary>
internal abstract record Series(string Name, SeriesStyle Style);

/// <summary>Points joined in order; a point without a position breaks the line.</summary>
internal sealed record LineSeries(string Name, SeriesStyle Style, double[] Xs, double[] Ys) : Series(Name, Style);

/// <summary>The region between a lower and an upper curve.</summary>
internal sealed record BandSeries(string Name, SeriesStyle Style, double[] Xs, double[] Low, double[] High) : Series(Name, Style);

/// <summary>Points, not joined.</summary>
internal sealed record ScatterSeries(string Name, SeriesStyle Style, double[] Xs, double[] Ys) : Series(Name, Style);

/// <summary>A straight line u(y) = intercept + slope · u(x), u the natural
/// logarithm on a logarithmic axis and the identity on a linear one.</summary>
internal sealed record FitSeries(
    string Name, SeriesStyle Style, double Slope, double Intercept, double? From, double? To, FitInterval? Interval, string? Of)
    : Series(Name, Style)
{
    /// <summary>The fitted value at x and the half width of its interval, both in u-coordinates.</summary>
    internal (double Centre, double HalfWidth) At(double u) => (Intercept + (Slope * u), Interval?.HalfWidthAt(u) ?? 0);
}

/// <summary>A horizontal or vertical line across the panel.</summary>
internal sealed record ReferenceLine(string Name, SeriesStyle Style, double Value, bool Horizontal) : Series(Name, Style);

/// <summary>The line y = x.</summary>
internal sealed record IdentityLine(string Name, SeriesStyle Style) : Series(Name, Style);

/// <summary>Cells coloured by value; Values is [Ys, Xs].</summary>
internal record HeatMapSeries(
    string Name, SeriesStyle Style, double[] Xs, double[] Ys, double[,] Values, Axis Colour) : Series(Name, Style);

/// <summary>The same values as a surface seen from the front right and
/// above: height and colour are the value. It fills its panel.</summary>
internal sealed record SurfaceSeries(
    string Name, SeriesStyle Style, double[] Xs, double[] Ys, double[,] Values,
    Axis Colour) : HeatMapSeries(Name, Style, Xs, Ys, Values, Colour);

/// <summary>Points over the plane of a surface, joined in order and marked, drawn over it also
/// where the surface would hide them. A point without a position breaks the line.</summary>
internal sealed record SurfacePathSeries(string Name, SeriesStyle Style, double[] Xs, double[] Ys, double[] Values) : Series(Name, Style);

/// <summary>The cells of a grid that are drawn as one class, in one flat colour. Shares is [Ys, Xs]: the share
/// of each cell that belongs to the class, also where another class is drawn; NaN in an empty cell.</summary>
internal sealed record CellSeries(
    string Name, SeriesStyle Style, double[] Xs, double[] Ys, double[,] Shares, bool[,] Drawn) : Series(Name, Style)
{
    /// <summary>How a share is written in its cell: a number of percent, its sign left to the caption because cells are narrow.</summary>
    internal static string Percent(double share) => FormattableString.Invariant($"{100 * share:F0}");

    /// <summary>The drawn cells.</summary>
    internal IEnumerable<(int Row, int Column)> Cells() =>
        from row in Enumerable.Range(0, Ys.Length)
        from column in Enumerable.Range(0, Xs.Length)
        where Drawn[row, column]
        select (row, column);
}

/// <summary>A centre and a range for each category.</summary>
internal sealed record IntervalSeries(
    string Name, SeriesStyle Style, string[] Categories, double[] Centres, double[] Lows, double[] Highs) : Series(Name, Style);

/// <summary>
/// The interval band of a fitted line: half width at u is √(AtCentre² + (OfSlope · (u − Centre))²), the pointwise confidence band of
/// least squares when AtCentre is the half width of the mean response at the mean abscissa and OfSlope that of the slope.
/// </summary>
/// <param name="Centre">The abscissa at which intercept and slope are uncorrelated (the mean), in the fit's coordinates.</param>
/// <param name="AtCentre">Half width of the interval there, in the fit's coordinates.</param>
/// <param name="OfSlope">Half width of the slope's interval.</param>
internal sealed record FitInterval(double Centre, double AtCentre, double OfSlope)
{
    /// <summary>The half width of the band at u, in the fit's coordinates.</summary>
    /// <param name="u">The abscissa, its natural logarithm on a logarithmic axis.</param>
    public double HalfWidthAt(double u) => double.Hypot(AtCentre, OfSlope * (u - Centre));
}
