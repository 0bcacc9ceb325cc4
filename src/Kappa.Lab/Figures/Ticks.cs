using System.Globalization;

namespace Kappa.Lab.Figures;

/// <summary>A mark on an axis; a minor one has no label. Labels are rich text (<c>10^{−3}</c>).</summary>
internal readonly record struct Tick(double Value, string Label)
{
    internal bool IsMajor => Label.Length > 0;
}

/// <summary>The marks of one axis, and the power of ten taken out of their labels (0 for none).</summary>
internal sealed record TickSet(IReadOnlyList<Tick> Ticks, int Exponent)
{
    internal IEnumerable<Tick> Major => Ticks.Where(t => t.IsMajor);

    /// <summary>The label of the axis with the factor that its tick labels are multiples of.</summary>
    internal string Labelled(string axisLabel) =>
        Exponent == 0 ? axisLabel : $"{axisLabel} [×10^{{{TickLabels.Integer(Exponent)}}}]".TrimStart();
}

/// <summary>Chooses ticks: round numbers on a linear axis, decades or parts of them on a logarithmic one.</summary>
internal static class AxisTicks
{
    /// <summary>The ticks of a map, at most <paramref name="count"/> labelled ones (never fewer than what two need).</summary>
    internal static TickSet For(AxisMap map, int count)
    {
        count = Math.Max(count, 2);
        if (map.Axis.Labelled is { } chosen) return Chosen(chosen, map, count);
        if (map.ScaleLow is { } bottom) return WithFloor(Logarithmic(bottom, map.High, count), map, bottom);
        return map.Axis.Scale == AxisScale.Logarithmic
            ? Logarithmic(map.Low, map.High, count)
            : Linear(map.Low, map.High, count, map.Axis.WholeNumbers);
    }

    /// <summary>The given values, every one marked, and labelled where at least the
    /// count-th part of the axis lies between it and the label before.</summary>
    private static TickSet Chosen(IReadOnlyList<double> values, AxisMap map, int count)
    {
        var ticks = new List<Tick>();
        var labelled = double.NegativeInfinity;
        foreach (var value in values.Where(map.Contains))
        {
            var fraction = map.FractionAt(map.Coordinate(value));
            var isFar = fraction - labelled >= 1.0 / (count + 1);
            ticks.Add(new Tick(value, isFar ? TickLabels.Short(value) : ""));
            if (isFar) labelled = fraction;
        }

        return new TickSet(ticks, 0);
    }

    /// <summary>The floor line is a tick of its own; a label of the scale that would touch it gives way.</summary>
    private static TickSet WithFloor(TickSet scale, AxisMap map, double bottom)
    {
        const double near = 0.05; // of the scale: less than a line of text above the middle of the floor line
        var floor = new Tick(0, map.Axis.Minimum is { } least ? $"< {TickLabels.Short(least)}" : "0");
        var others = scale.Ticks.Select(t => map.Coordinate(t.Value) < bottom + (near * (map.High - bottom)) ? t with { Label = "" } : t);
        return scale with { Ticks = [floor, .. others] };
    }

    /// <summary>Multiples of 1, 2 or 5 times a power of ten between low and
    /// high, at most one more than count, or as few as two need.</summary>
    internal static TickSet Linear(double low, double high, int count, bool wholeNumbers = false)
    {
        var ticks = WithSteps(low, high, count, wholeNumbers);
        // Rounding the step up may leave one tick or none, which is no scale; five steps in the span always leave two.
        for (var finer = count + 1; ticks.Ticks.Count < 2 && finer <= 5; finer++) ticks = WithSteps(low, high, finer, wholeNumbers);
        return ticks;
    }

    private static TickSet WithSteps(double low, double high, int count, bool wholeNumbers)
    {
        // Everything below is in units of 10^magnitude, so that neither 1e308 nor 1e-320 leaves the range of double.
        var magnitude = (int)Math.Floor(Math.Log10(Math.Max(Math.Abs(low), Math.Abs(high))));
        var (from, to) = (DecimalScale.Times(low, -magnitude), DecimalScale.Times(high, -magnitude));
        var (digit, power) = RoundStep((to - from) / count);
        if (wholeNumbers && power + magnitude < 0) (digit, power) = (1, -magnitude);
        var exponent = magnitude is >= 5 or <= -4 && !(wholeNumbers && magnitude < 7) ? magnitude : 0;
        var decimals = Math.Clamp(-(power + magnitude - exponent), 0, 15);
        const double rounding = 1e-9; // of a step: a tick at the very edge counts as inside
        var step = digit * Math.Pow(10, power);
        var ticks = new List<Tick>();
        for (var k = Math.Ceiling((from / step) - rounding); k <= Math.Floor((to / step) + rounding); k++)
        {
            var value = DecimalScale.Times(k * digit, power + magnitude);
            if (ticks.Count > 0 && ticks[^1].Value >= value) continue; // among subnormals there are fewer doubles than ticks
            ticks.Add(new Tick(value, TickLabels.Decimal(DecimalScale.Times(k * digit, power + magnitude - exponent), decimals)));
        }

        return new TickSet(ticks, exponent);
    }

    /// <summary>Ticks between 10^low and 10^high.</summary>
    internal static TickSet Logarithmic(double low, double high, int count)
    {
        const double rounding = 1e-9; // of a decade
        var (first, last) = ((int)Math.Ceiling(low - rounding), (int)Math.Floor(high + rounding));
        if (last - first >= 1) return Decades(low, high, count);
        var parts = PartsOfDecades(low, high, [1, 2, 5]);
        if (parts.Count(t => t.IsMajor) >= 2 && parts.Count(t => t.IsMajor) <= count) return new TickSet(parts, 0);
        var (lowValue, highValue) = (Math.Pow(10, low), Math.Pow(10, high));
        return high - low < 0.7 && lowValue > 0 && double.IsFinite(highValue)
            ? Linear(lowValue, highValue, count)
            : new TickSet(PartsOfDecades(low, high, [1, 3]), 0);
    }

    private static TickSet Decades(double low, double high, int count)
    {
        const double rounding = 1e-9;
        var (first, last) = ((int)Math.Ceiling(low - rounding), (int)Math.Floor(high + rounding));
        var stride = Stride(last - first, count);
        if (stride > 1 && Multiples(first, last, stride) < 2) stride = last - first; // both ends rather than a single number
        var anchor = Multiples(first, last, stride) >= 2 ? 0 : first;
        var ticks = new List<Tick>();
        for (var decade = first - 1; decade <= last; decade++)
        {
            var labelled = Modulo(decade - anchor, stride) == 0;
            if (decade >= first && (labelled || last - first <= 60))
                ticks.Add(new Tick(DecimalScale.Times(1, decade), labelled ? TickLabels.PowerOfTen(decade) : ""));
            if (stride == 1) AddMinor(ticks, decade, low, high);
        }

        return new TickSet(ticks, 0);
    }

    private static void AddMinor(List<Tick> ticks, int decade, double low, double high)
    {
        for (var digit = 2; digit <= 9; digit++)
        {
            var coordinate = decade + Math.Log10(digit);
            if (coordinate >= low && coordinate <= high) ticks.Add(new Tick(DecimalScale.Times(digit, decade), ""));
        }
    }

    private static List<Tick> PartsOfDecades(double low, double high, int[] labelled)
    {
        var ticks = new List<Tick>();
        for (var decade = (int)Math.Floor(low); decade <= (int)Math.Floor(high); decade++)
        {
            for (var digit = 1; digit <= 9; digit++)
            {
                var coordinate = decade + Math.Log10(digit);
                if (coordinate < low - 1e-9 || coordinate > high + 1e-9) continue;
                var label = labelled.Contains(digit) ? TickLabels.Scientific(digit, decade) : "";
                ticks.Add(new Tick(DecimalScale.Times(digit, decade), label));
            }
        }

        return ticks;
    }

    private static int Stride(int decades, int count)
    {
        int[] strides = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200];
        return strides.FirstOrDefault(s => (decades / s) + 1 <= count, 300);
    }

    private static int Multiples(int first, int last, int stride) =>
        (int)(Math.Floor(last / (double)stride) - Math.Ceiling(first / (double)stride)) + 1;

    private static int Modulo(int value, int divisor) => ((value % divisor) + divisor) % divisor;

    /// <summary>The smallest of 1, 2, 5 times a power of ten that is not below the given step.</summary>
    private static (int Digit, int Power) RoundStep(double atLeast)
    {
        var power = (int)Math.Floor(Math.Log10(atLeast));
        foreach (var digit in (ReadOnlySpan<int>)[1, 2, 5])
        {
            if (digit * Math.Pow(10, power) >= atLeast * (1 - 1e-9)) return (digit, power);
        }

        return (1, power + 1);
    }
}

/// <summary>Multiplication by powers of ten that passes through no intermediate overflow or underflow.</summary>
internal static class DecimalScale
{
    /// <summary>value · 10^power. A negative power divides, because 10^|power| is exact up to 22 and 10^−|power| never is.</summary>
    internal static double Times(double value, int power)
    {
        if (power < -300 || power > 300) return Times(Times(value, power / 2), power - (power / 2));
        return power < 0 ? value / Math.Pow(10, -power) : value * Math.Pow(10, power);
    }
}

/// <summary>How numbers are written on an axis: a true minus sign and superscript powers.</summary>
internal static class TickLabels
{
    internal static string Integer(int value) => value.ToString(CultureInfo.InvariantCulture).Replace('-', '−');

    internal static string Decimal(double value, int decimals)
    {
        var text = value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return (value == 0 ? text.TrimStart('-') : text).Replace('-', '−');
    }

    internal static string Value(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('-', '−');

    /// <summary>A value in at most four digits; as a power of ten where it would need many zeros.</summary>
    internal static string Short(double value)
    {
        var magnitude = value == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (magnitude is >= -3 and <= 4) return value.ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '−');
        var mantissa = DecimalScale.Times(value, -magnitude).ToString("0.###", CultureInfo.InvariantCulture).Replace('-', '−');
        return mantissa == "1" ? PowerOfTen(magnitude) : $"{mantissa}×{PowerOfTen(magnitude)}";
    }

    /// <summary>A value in so many digits, as text with its power of ten set as one (<c>1.14×10^{4}</c>).</summary>
    internal static string Rounded(double value, int digits) => double.IsFinite(value)
        ? Short(
            double.Parse(
                value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
                CultureInfo.InvariantCulture))
        : value.ToString(CultureInfo.InvariantCulture);

    internal static string PowerOfTen(int exponent) => $"10^{{{Integer(exponent)}}}";

    internal static string Scientific(int digit, int exponent)
    {
        if (exponent is >= -2 and <= 3) return Decimal(DecimalScale.Times(digit, exponent), Math.Max(0, -exponent));
        return digit == 1 ? PowerOfTen(exponent) : $"{digit}×10^{{{Integer(exponent)}}}";
    }
}
