namespace Kappa.Lab.Figures;

/// <summary>How values are placed along an axis.</summary>
internal enum AxisScale
{
    /// <summary>Position proportional to the value.</summary>
    Linear,

    /// <summary>Position proportional to log₁₀ of the value; only positive values can be shown.</summary>
    Logarithmic,

    /// <summary>One slot per named category.</summary>
    Categories,
}

/// <summary>One axis of a panel: its label with the unit, its scale and, if fixed, its limits.</summary>
internal sealed record Axis
{
    private Axis(string label, AxisScale scale, double? minimum, double? maximum)
    {
        ArgumentNullException.ThrowIfNull(label);
        if (minimum is { } low && (!double.IsFinite(low) || (scale == AxisScale.Logarithmic && low <= 0)))
            throw new ArgumentException(
                $"The lower limit of axis '{label}' must be finite{Positive(scale)} but is {low:R}.", nameof(minimum));
        if (maximum is { } high && (!double.IsFinite(high) || (scale == AxisScale.Logarithmic && high <= 0)))
            throw new ArgumentException(
                $"The upper limit of axis '{label}' must be finite{Positive(scale)} but is {high:R}.", nameof(maximum));
        if (minimum >= maximum)
            throw new ArgumentException(
                $"The limits of axis '{label}' must increase but are {minimum:R} and {maximum:R}.", nameof(maximum));
        (Label, Scale, Minimum, Maximum) = (label, scale, minimum, maximum);
    }

    /// <summary>The quantity and its unit.</summary>
    public string Label { get; }

    /// <summary>How values are placed.</summary>
    public AxisScale Scale { get; }

    /// <summary>The fixed lower limit, in the axis's own units; unset, the data decide.</summary>
    public double? Minimum { get; }

    /// <summary>The fixed upper limit, in the axis's own units; unset, the data decide.</summary>
    public double? Maximum { get; }

    /// <summary>True when only whole numbers are labelled, as for steps, layers and counts.</summary>
    public bool WholeNumbers { get; init; }

    /// <summary>What the values on the floor line are, for the note under the figure; empty, their numbers are said.</summary>
    internal string FloorMeaning { get; init; } = "";

    /// <summary>The values to label, rising, such as those of a sweep; unset, round numbers.</summary>
    internal IReadOnlyList<double>? Labelled { get; init; }

    /// <summary>A linear axis.</summary>
    /// <param name="label">The quantity and its unit.</param>
    /// <param name="minimum">A fixed lower limit, or none.</param>
    /// <param name="maximum">A fixed upper limit, or none.</param>
    public static Axis Linear(string label, double? minimum = null, double? maximum = null) =>
        new(label, AxisScale.Linear, minimum, maximum);

    /// <summary>A linear axis that labels whole numbers only: steps, layers, counts.</summary>
    /// <param name="label">The quantity and its unit.</param>
    /// <param name="minimum">A fixed lower limit, or none.</param>
    /// <param name="maximum">A fixed upper limit, or none.</param>
    public static Axis Whole(string label, double? minimum = null, double? maximum = null) =>
        new(label, AxisScale.Linear, minimum, maximum) { WholeNumbers = true };

    /// <summary>
    /// A logarithmic axis. Up a panel, zeros and values below a fixed lower limit are drawn on a shaded floor line under the scale;
    /// values without a place are left out and counted in the figure's notes.
    /// </summary>
    /// <param name="label">The quantity and its unit.</param>
    /// <param name="minimum">A fixed positive lower limit, or none.</param>
    /// <param name="maximum">A fixed positive upper limit, or none.</param>
    public static Axis Log(string label, double? minimum = null, double? maximum = null) =>
        new(label, AxisScale.Logarithmic, minimum, maximum);

    /// <summary>An axis of named categories, in the order in which they first appear; on a vertical axis from the top.</summary>
    /// <param name="label">What the categories are; may be empty.</param>
    public static Axis Categories(string label) => new(label, AxisScale.Categories, null, null);

    /// <summary>Whether a value has a position on this axis.</summary>
    internal bool CanShow(double value) => double.IsFinite(value) && (Scale != AxisScale.Logarithmic || value > 0);

    /// <summary>Whether a value belongs on the floor line of a logarithmic axis: zero, or below the fixed lower limit.</summary>
    internal bool IsAtFloor(double value) => Scale == AxisScale.Logarithmic && value >= 0 && (value == 0 || value < Minimum);

    private static string Positive(AxisScale scale) => scale == AxisScale.Logarithmic ? " and positive" : "";
}
