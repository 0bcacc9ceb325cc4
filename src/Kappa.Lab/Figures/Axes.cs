namespace Kappa.Lab.Figures;

/// <summary>One panel of a figure: two axes and the series drawn between them, in the order in which they were added.</summary>
/// <remarks>
/// Arrays are copied. Values that an axis cannot show (NaN, ±∞, and zero or negative values on a logarithmic axis) are legal: they
/// are left out of the picture, kept in the CSV and counted in <see cref="Figure.Notes"/>. Series of the same name share one colour
/// and one legend entry, so a band and its median are given the same name.
/// </remarks>
internal sealed class Axes
{
    private readonly List<Series> _series = [];
    private readonly List<string> _categories = [];

    internal Axes(string title, Axis x, Axis y) => (Title, X, Y) = (title, x, y);

    /// <summary>The panel's title.</summary>
    public string Title { get; }

    /// <summary>The horizontal axis.</summary>
    public Axis X { get; }

    /// <summary>The vertical axis.</summary>
    public Axis Y { get; }

    internal IReadOnlyList<Series> Series => _series;

    internal IReadOnlyList<string> Categories => _categories;

    /// <summary>Adds a line through points in the given order.</summary>
    /// <param name="name">Its name in the legend; several lines may share one.</param>
    /// <param name="xs">Abscissae, as many as ys.</param>
    /// <param name="ys">Ordinates.</param>
    /// <param name="style">What differs from the default look.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Axes Line(string name, IReadOnlyList<double> xs, IReadOnlyList<double> ys, SeriesStyle? style = null)
    {
        SameLength(name, (nameof(xs), xs?.Count), (nameof(ys), ys?.Count));
        return Add(new LineSeries(name, style ?? SeriesStyle.Default, [.. xs!], [.. ys!]));
    }

    /// <summary>Adds the region between two curves, such as the quartiles or the extremes over seeds.</summary>
    /// <param name="name">Its name in the legend; that of its median shares the entry.</param>
    /// <param name="xs">Abscissae.</param>
    /// <param name="low">Lower curve, as many as xs.</param>
    /// <param name="high">Upper curve, as many as xs.</param>
    /// <param name="style">What differs from the default look.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Axes Band(
        string name, IReadOnlyList<double> xs, IReadOnlyList<double> low, IReadOnlyList<double> high, SeriesStyle? style = null)
    {
        SameLength(name, (nameof(xs), xs?.Count), (nameof(low), low?.Count), (nameof(high), high?.Count));
        return Add(new BandSeries(name, style ?? SeriesStyle.Default, [.. xs!], [.. low!], [.. high!]));
    }

    /// <summary>Adds points that are not joined.</summary>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="xs">Abscissae, as many as ys.</param>
    /// <param name="ys">Ordinates.</param>
    /// <param name="marker">The shape; unset, that of the name.</param>
    /// <param name="style">What differs from the default look.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Axes Scatter(
        string name, IReadOnlyList<double> xs, IReadOnlyList<double> ys, MarkerShape? marker = null, SeriesStyle? style = null)
    {
        SameLength(name, (nameof(xs), xs?.Count), (nameof(ys), ys?.Count));
        var look = style ?? SeriesStyle.Default;
        return Add(new ScatterSeries(name, marker is null ? look : look with { Marker = marker }, [.. xs!], [.. ys!]));
    }

    /// <summary>
    /// Adds the fitted line u(y) = intercept + slope · u(x), where u is the natural logarithm on a logarithmic axis and the identity
    /// on a linear one: with a logarithmic y and a linear x it is the exponential e^intercept · e^(slope · x).
    /// </summary>
    /// <param name="slope">The slope.</param>
    /// <param name="intercept">The value at u(x) = 0.</param>
    /// <param name="label">What the legend says, such as "slope −0.42 [−0.6, −0.2], R² 0.31"; empty for no entry.</param>
    /// <param name="from">Where the line begins, in units of x; unset, at the edge of the panel.</param>
    /// <param name="to">Where the line ends, in units of x; unset, at the edge of the panel.</param>
    /// <param name="interval">The interval band around the line.</param>
    /// <param name="of">The series it was fitted to, whose colour it takes; unset, black.</param>
    public Axes Fit(
        double slope, double intercept, string label, double? from = null, double? to = null, FitInterval? interval = null,
        string? of = null) =>
        Add(new FitSeries(label, new SeriesStyle { Dash = DashStyle.Dashed }, slope, intercept, from, to, interval, of));

    /// <summary>Adds a line across the panel at a value of y, with its label beside it.</summary>
    /// <param name="value">The value of y.</param>
    /// <param name="label">What it marks.</param>
    public Axes HorizontalLine(double value, string label = "") =>
        Add(new ReferenceLine(label, new SeriesStyle { Dash = DashStyle.Dotted }, value, Horizontal: true));

    /// <summary>Adds a line across the panel at a value of x, with its label beside it.</summary>
    /// <param name="value">The value of x.</param>
    /// <param name="label">What it marks.</param>
    public Axes VerticalLine(double value, string label = "") =>
        Add(new ReferenceLine(label, new SeriesStyle { Dash = DashStyle.Dotted }, value, Horizontal: false));

    /// <summary>Adds the line y = x, for predicted against measured.</summary>
    /// <param name="label">Its name in the legend.</param>
    public Axes Identity(string label = "y = x") => Add(new IdentityLine(label, new SeriesStyle { Dash = DashStyle.Dotted }));

    /// <summary>Adds a heat map with its colour bar; cells are centred on the given coordinates.</summary>
    /// <param name="xs">Coordinates of the columns, increasing, such as steps.</param>
    /// <param name="ys">Coordinates of the rows, increasing, such as layers.</param>
    /// <param name="values">The values, [ys.Count, xs.Count].</param>
    /// <param name="label">The quantity, printed along the colour bar.</param>
    /// <param name="scale">The colour scale, logarithmic unless told.</param>
    /// <param name="minimum">Where the colours begin: the same in panels that are compared. Unset, the smallest value.</param>
    /// <param name="maximum">Where they end. Unset, the largest value.</param>
    /// <exception cref="ArgumentException">The shapes contradict each other or coordinates do not increase.</exception>
    public Axes HeatMap(
        IReadOnlyList<double> xs, IReadOnlyList<double> ys, double[,] values, string label, AxisScale scale = AxisScale.Logarithmic,
        double? minimum = null, double? maximum = null)
    {
        RequireCells(xs, ys, values, label);
        return Add(
            new HeatMapSeries(
                label, SeriesStyle.Default, [.. xs], [.. ys], (double[,])values.Clone(), ColourAxis(label, scale, minimum, maximum)));
    }

    /// <summary>Adds a surface over the plane of the two axes, seen from the front
    /// right and above, with its colour bar; the panel holds nothing else.</summary>
    /// <param name="xs">Coordinates of the columns, increasing.</param>
    /// <param name="ys">Coordinates of the rows, increasing.</param>
    /// <param name="values">The heights, [ys.Count, xs.Count].</param>
    /// <param name="label">The quantity, printed along the colour bar.</param>
    /// <param name="scale">The scale of heights and colours, logarithmic unless told.</param>
    /// <exception cref="ArgumentException">The shapes contradict each other or coordinates do not increase.</exception>
    public Axes Surface(
        IReadOnlyList<double> xs, IReadOnlyList<double> ys, double[,] values, string label, AxisScale scale = AxisScale.Logarithmic)
    {
        RequireCells(xs, ys, values, label);
        return Add(new SurfaceSeries(label, SeriesStyle.Default, [.. xs], [.. ys], (double[,])values.Clone(), ColourAxis(label, scale)));
    }

    /// <summary>Adds a line over the plane of a surface, such as the path of a descent at the height of its loss.</summary>
    /// <param name="name">Name in the data.</param>
    /// <param name="xs">Abscissas.</param>
    /// <param name="ys">Ordinates, as many.</param>
    /// <param name="values">Heights, as many.</param>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    /// <exception cref="InvalidOperationException">The panel has no surface.</exception>
    internal Axes SurfacePath(string name, double[] xs, double[] ys, double[] values)
    {
        if (xs.Length != ys.Length || xs.Length != values.Length)
            throw new ArgumentException(
                $"The line '{name}' over a surface must have as many x, y and values but has {xs.Length}, {ys.Length} and {values.Length}.",
                nameof(values));
        return _series.Any(s => s is SurfaceSeries)
            ? Add(new SurfacePathSeries(name, SeriesStyle.Default with { InLegend = false }, xs, ys, values))
            : throw new InvalidOperationException($"The line '{name}' needs a surface in its panel; add the surface first.");
    }

    private static Axis ColourAxis(string label, AxisScale scale, double? minimum = null, double? maximum = null) =>
        scale == AxisScale.Logarithmic ? Axis.Log(label, minimum, maximum) : Axis.Linear(label, minimum, maximum);

    private void RequireCells(IReadOnlyList<double> xs, IReadOnlyList<double> ys, double[,] values, string label)
    {
        ArgumentNullException.ThrowIfNull(xs);
        ArgumentNullException.ThrowIfNull(ys);
        ArgumentNullException.ThrowIfNull(values);
        if (values.GetLength(0) != ys.Count || values.GetLength(1) != xs.Count || values.Length == 0)
            throw new ArgumentException(
                $"The values of heat map '{label}' must be [rows, columns] = [{ys.Count}, {xs.Count}] and not empty but are "
                    + $"[{values.GetLength(0)}, {values.GetLength(1)}].",
                nameof(values));
        MustIncrease(label, nameof(xs), xs, X);
        MustIncrease(label, nameof(ys), ys, Y);
        if (_series.Any(s => s is HeatMapSeries))
            throw new InvalidOperationException(
                $"A panel holds one heat map and one colour bar, but '{label}' would be the second; add a panel for it.");
    }

    /// <summary>Adds the cells of one class in a flat colour; all classes of a panel have the same coordinates.</summary>
    internal Axes Cells(CellSeries cells)
    {
        MustIncrease(cells.Name, nameof(cells.Xs), cells.Xs, X);
        MustIncrease(cells.Name, nameof(cells.Ys), cells.Ys, Y);
        return Add(cells);
    }

    /// <summary>Adds a centre with a range for each category, such as a median with its quartiles over seeds.</summary>
    /// <param name="categories">The categories; one axis of the panel must be <see cref="Axis.Categories"/>.</param>
    /// <param name="medians">The centres, as many as categories.</param>
    /// <param name="lows">The lower ends.</param>
    /// <param name="highs">The upper ends.</param>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="style">What differs from the default look.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="InvalidOperationException">The panel has no category axis.</exception>
    public Axes Intervals(
        IReadOnlyList<string> categories, IReadOnlyList<double> medians, IReadOnlyList<double> lows, IReadOnlyList<double> highs,
        string name, SeriesStyle? style = null)
    {
        SameLength(
            name, (nameof(categories), categories?.Count), (nameof(medians), medians?.Count), (nameof(lows), lows?.Count),
            (nameof(highs), highs?.Count));
        AddCategories(name, categories!);
        return Add(new IntervalSeries(name, style ?? SeriesStyle.Default, [.. categories!], [.. medians!], [.. lows!], [.. highs!]));
    }

    private Axes Add(Series series)
    {
        ArgumentNullException.ThrowIfNull(series.Name, "name");
        if (series is LineSeries or BandSeries or ScatterSeries or HeatMapSeries or IdentityLine or FitSeries && HasCategories)
            throw new InvalidOperationException(
                $"'{series.Name}' needs two numeric axes but the panel '{Title}' has a category axis; use Intervals there.");
        _series.Add(series);
        return this;
    }

    private bool HasCategories => X.Scale == AxisScale.Categories || Y.Scale == AxisScale.Categories;

    private void AddCategories(string name, IReadOnlyList<string> categories)
    {
        if (!HasCategories)
            throw new InvalidOperationException(
                $"'{name}' needs a category axis but the panel '{Title}' has none; make one axis Axis.Categories(label).");
        foreach (var category in categories)
        {
            if (!_categories.Contains(category)) _categories.Add(category);
        }
    }

    private static void SameLength(string name, params ReadOnlySpan<(string Parameter, int? Count)> lists)
    {
        foreach (var (parameter, count) in lists)
        {
            if (count is null) throw new ArgumentNullException(parameter);
            if (count != lists[0].Count)
                throw new ArgumentException(
                    $"The arrays of '{name}' must have one length but {lists[0].Parameter} has {lists[0].Count} and {parameter} has "
                        + $"{count}.",
                    parameter);
        }
    }

    private static void MustIncrease(string label, string parameter, IReadOnlyList<double> coordinates, Axis axis)
    {
        for (var i = 0; i < coordinates.Count; i++)
        {
            if (!axis.CanShow(coordinates[i]) || (i > 0 && coordinates[i] <= coordinates[i - 1]))
                throw new ArgumentException(
                    $"The coordinates {parameter} of heat map '{label}' must increase and have a place on their axis, but entry {i} is "
                        + $"{coordinates[i]:R}.",
                    parameter);
        }
    }
}
