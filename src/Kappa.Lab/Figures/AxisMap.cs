namespace Kappa.Lab.Figures;

/// <summary>
/// The map from values to positions along one axis. Coordinates are the value itself on a linear axis, log₁₀ of it on a logarithmic
/// one, and the index of a category; they are divided by their magnitude before they are subtracted, so that the whole range of
/// double maps without overflow.
/// </summary>
internal sealed record AxisMap(Axis Axis, double Low, double High)
{
    /// <summary>The height of the floor line relative to the scale above it.</summary>
    private const double FloorRoom = 0.1;

    /// <summary>Position of Low, in points; set when the panel is placed.</summary>
    internal double Start { get; init; }

    /// <summary>Position of High, in points.</summary>
    internal double End { get; init; }

    /// <summary>Where the scale begins above the floor line; unset, the axis has no floor line.</summary>
    internal double? ScaleLow { get; init; }

    private double Magnitude { get; } = Math.Max(Math.Abs(Low), Math.Abs(High));

    internal double Coordinate(double value) => ScaleLow is { } top && Axis.IsAtFloor(value) ? (Low + top) / 2
        : Axis.Scale == AxisScale.Logarithmic ? Math.Log10(value) : value;

    /// <summary>Whether a value has a position on this axis, on its scale or on its floor line.</summary>
    internal bool CanShow(double value) => Axis.CanShow(value) || (ScaleLow is not null && Axis.IsAtFloor(value));

    internal double FractionAt(double coordinate)
    {
        var (low, high) = (Low / Magnitude, High / Magnitude);
        return ((coordinate / Magnitude) - low) / (high - low);
    }

    /// <summary>The position of a value that the axis can show; far outside it is kept within ±1e5 points, beyond any clip.</summary>
    internal double Position(double value) => PositionAt(Coordinate(value));

    internal double PositionAt(double coordinate) => Math.Clamp(Start + (FractionAt(coordinate) * (End - Start)), -1e5, 1e5);

    /// <summary>The value at a fraction of the axis.</summary>
    internal double ValueAt(double fraction)
    {
        var coordinate = (Low * (1 - fraction)) + (High * fraction);
        // A logarithmic axis may reach half a decade beyond the largest and smallest double.
        return Axis.Scale == AxisScale.Logarithmic ? Math.Clamp(Math.Pow(10, coordinate), double.Epsilon, double.MaxValue) : coordinate;
    }

    internal bool Contains(double value)
    {
        const double rounding = 1e-9; // of the axis length, far below a printed dot
        return FractionAt(Coordinate(value)) is >= -rounding and <= 1 + rounding;
    }

    /// <summary>The map that shows the values from minimum to maximum, which may be empty (minimum above maximum).</summary>
    /// <param name="axis">The axis, whose fixed limits win.</param>
    /// <param name="minimum">Smallest value that can be shown.</param>
    /// <param name="maximum">Largest value that can be shown.</param>
    /// <param name="padding">The part of the span left free beyond data-given limits.</param>
    /// <param name="hasFloor">Whether there are values for the floor line.</param>
    internal static AxisMap Covering(Axis axis, double minimum, double maximum, double padding, bool hasFloor = false)
    {
        var logarithmic = axis.Scale == AxisScale.Logarithmic;
        if (minimum > maximum) (minimum, maximum) = logarithmic ? (0.1, 1) : (0, 1);
        minimum = Math.Min(minimum, axis.Maximum ?? minimum);
        maximum = Math.Max(maximum, axis.Minimum ?? maximum);
        double Coordinate(double value) => logarithmic ? Math.Log10(value) : value;
        var (low, high) = Widened(Coordinate(axis.Minimum ?? minimum), Coordinate(axis.Maximum ?? maximum), logarithmic);
        var span = (high * padding) - (low * padding);
        if (axis.Minimum is null) low = Math.Max(low - span, -double.MaxValue);
        if (axis.Maximum is null) high = Math.Min(high + span, double.MaxValue);
        return hasFloor ? new AxisMap(axis, low - (FloorRoom * (high - low)), high) { ScaleLow = low } : new AxisMap(axis, low, high);
    }

    /// <summary>Opens a span that is empty or below the resolution of double.</summary>
    private static (double Low, double High) Widened(double low, double high, bool logarithmic)
    {
        var magnitude = Math.Max(Math.Abs(low), Math.Abs(high));
        if (logarithmic) return high - low > 1e-9 ? (low, high) : (low - 0.5, high + 0.5);
        if (magnitude == 0) return (-1, 1);
        const double resolvable = 1e-12; // four thousand units in the last place: below it ticks cannot be told apart
        if ((high / magnitude) - (low / magnitude) > resolvable) return (low, high);
        var margin = Math.Max(0.1 * magnitude, double.Epsilon);
        return (Math.Max(low - margin, -double.MaxValue), Math.Min(high + margin, double.MaxValue));
    }
}
