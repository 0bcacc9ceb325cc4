namespace Kappa.Lab.Figures;

/// <summary>The place a figure is made for: it fixes the physical width and the type sizes.</summary>
internal enum FigurePreset
{
    /// <summary>One column of a two-column paper: 3.4 in wide, 8 pt type and larger.</summary>
    Column,

    /// <summary>The full text width of a paper, and a page on a screen: 7 in wide, 9.6 pt type and larger (12.8 pixels).</summary>
    TwoColumn,

    /// <summary>A slide: 10 in wide, 13 pt type and larger.</summary>
    Slide,
}

/// <summary>A figure: a title, a caption, and panels laid out in a grid, row by row.</summary>
/// <remarks>
/// A figure is data only; <see cref="FigureFiles"/> writes it as SVG, CSV and pgfplots, a report inlines it. A series keeps its
/// colour, dash and marker in every panel, because they follow its name in order of first appearance. In titles, labels and names
/// a letter followed by <c>_word</c> is a subscript and <c>^word</c> a superscript (<c>σ_min</c>, <c>10^-3</c>). Not thread-safe.
/// </remarks>
internal sealed class Figure
{
    private readonly List<Axes> _panels = [];

    /// <summary>Makes an empty figure.</summary>
    /// <param name="name">The file name without extension and the prefix of identifiers: letters, digits, '-', '_' and '.'.</param>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="caption">Number of seeds, what the band is, definitions.</param>
    /// <exception cref="ArgumentException">The name is empty or has other characters.</exception>
    public Figure(string name, string title, string caption = "")
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(caption);
        if (name.Length == 0 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new ArgumentException(
                $"A figure's name must be an ASCII letter followed by letters, digits, '-', '_' or '.', but is '{name}'; it becomes a "
                    + $"file name.",
                nameof(name));
        Name = name;
        Title = title;
        Caption = caption;
    }

    /// <summary>The file name without extension.</summary>
    public string Name { get; }

    /// <summary>One line that says what is shown.</summary>
    public string Title { get; }

    /// <summary>Number of seeds, what the band is, definitions; printed under the panels.</summary>
    public string Caption { get; set; }

    /// <summary>The place the figure is made for; <see cref="FigurePreset.TwoColumn"/> unless told.</summary>
    public FigurePreset Preset { get; init; } = FigurePreset.TwoColumn;

    /// <summary>Panels per row; unset, one in a column and up to three on a full width.</summary>
    public int? Columns { get; init; }

    /// <summary>The height of each plot in points (1/72 in); unset, it follows from the width.</summary>
    public double? PlotHeight { get; init; }

    /// <summary>The panels, row by row.</summary>
    public IReadOnlyList<Axes> Panels => _panels;

    /// <summary>Adds a panel with its two axes and returns it to be filled.</summary>
    /// <param name="title">The panel's title; may be empty.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    public Axes AddPanel(string title, Axis x, Axis y)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Scale == AxisScale.Categories && y.Scale == AxisScale.Categories)
            throw new ArgumentException(
                "At most one axis of a panel may hold categories, but both do; make the value axis linear or logarithmic.", nameof(y));
        var panel = new Axes(title, x, y);
        _panels.Add(panel);
        return panel;
    }

    /// <summary>
    /// What a reader must know that the picture cannot show: values that could not be drawn (not finite, or not positive on a
    /// logarithmic axis), values outside fixed limits, and series drawn by their extremes.
    /// </summary>
    public IReadOnlyList<string> Notes => FigureLayout.For(this).Notes;
}
