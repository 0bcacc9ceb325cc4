namespace Kappa.Lab.Figures;

/// <summary>The pattern of a line.</summary>
internal enum DashStyle
{
    /// <summary>Unbroken.</summary>
    Solid,

    /// <summary>Dashes.</summary>
    Dashed,

    /// <summary>Dots.</summary>
    Dotted,

    /// <summary>Dash and dot in turn.</summary>
    DashDotted,

    /// <summary>Long dashes.</summary>
    LongDashed,
}

/// <summary>The shape drawn at a point.</summary>
internal enum MarkerShape
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square.</summary>
    Square,

    /// <summary>A triangle, point up.</summary>
    Triangle,

    /// <summary>A square on its corner.</summary>
    Diamond,

    /// <summary>A diagonal cross.</summary>
    Cross,

    /// <summary>A triangle, point down.</summary>
    TriangleDown,

    /// <summary>An upright cross.</summary>
    Plus,
}

/// <summary>What a series looks like where it differs from the default for its name.</summary>
/// <remarks>Unset parts follow from the order of the series' name in the
/// figure: an Okabe–Ito colour with its own dash and marker.</remarks>
internal sealed record SeriesStyle
{
    /// <summary>Everything follows from the name.</summary>
    public static SeriesStyle Default { get; } = new();

    /// <summary>A faint solid line without a legend entry: single seeds behind their median.</summary>
    public static SeriesStyle Thin { get; } = new() { Dash = DashStyle.Solid, WidthFactor = 0.5, Opacity = 0.45, InLegend = false };

    /// <summary>An unbroken line.</summary>
    public static SeriesStyle Solid { get; } = new() { Dash = DashStyle.Solid };

    /// <summary>A dashed line.</summary>
    public static SeriesStyle Dashed { get; } = new() { Dash = DashStyle.Dashed };

    /// <summary>A line with the marker of its name at every point.</summary>
    public static SeriesStyle Marked { get; } = new() { ShowMarkers = true };

    /// <summary>The index into the palette (modulo its eight colours).</summary>
    public int? Colour { get; init; }

    /// <summary>The pattern of the line.</summary>
    public DashStyle? Dash { get; init; }

    /// <summary>The shape at the points.</summary>
    public MarkerShape? Marker { get; init; }

    /// <summary>Whether a line also shows its points.</summary>
    public bool ShowMarkers { get; init; }

    /// <summary>The stroke width relative to the preset's.</summary>
    public double WidthFactor { get; init; } = 1;

    /// <summary>Opacity between 0 and 1.</summary>
    public double Opacity { get; init; } = 1;

    /// <summary>Whether the series is named in the legend.</summary>
    public bool InLegend { get; init; } = true;
}
