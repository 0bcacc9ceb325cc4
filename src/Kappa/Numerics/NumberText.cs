using System.Globalization;

namespace Kappa.Numerics;

/// <summary>Numbers for a reader, the same in every sentence, table and figure: <c>0.0293</c>, <c>10565</c>, <c>8.3e-24</c>.</summary>
/// <remarks>
/// Rounded to significant digits, without zeros at the end. From 1e-4 to below 1e6 in plain digits, whole numbers among them with all of
/// theirs; outside with an exponent, whose sign is written only when it is negative. Files for programs hold every bit instead (format R).
/// </remarks>
public static class NumberText
{
    private const double LeastPlain = 1e-4;
    private const double FirstWithExponent = 1e6;

    /// <summary>Writes a number.</summary>
    /// <param name="value">Any number; infinities are <c>∞</c> and <c>-∞</c>, and what is no number is <c>not a number</c>.</param>
    /// <param name="digits">Significant digits, from 1 to 15.</param>
    /// <exception cref="ArgumentOutOfRangeException">The digits are not from 1 to 15.</exception>
    public static string Of(double value, int digits = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 15);
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "not a number" : value > 0 ? "∞" : "-∞";
        }

        if (value == 0)
        {
            return "0";
        }

        string scientific = value.ToString($"E{digits - 1}", CultureInfo.InvariantCulture);
        double rounded = double.Parse(scientific, CultureInfo.InvariantCulture);
        return Math.Abs(rounded) switch
        {
            < LeastPlain or >= FirstWithExponent => Exponent(scientific),

            // Digits before the point are never rounded away: 10565 and not 10560.
            double size when size >= Math.Pow(10, digits) => value.ToString("F0", CultureInfo.InvariantCulture),
            _ => ((decimal)rounded).ToString("0.##################", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>A share of one in per cent, <c>0.588 %</c>.</summary>
    /// <param name="share">From 0 to 1 as a rule; more and less are written alike.</param>
    /// <param name="digits">Significant digits.</param>
    public static string Percent(double share, int digits = 3) => $"{Of(100 * share, digits)} %";

    private static string Exponent(string scientific)
    {
        int at = scientific.IndexOf('E', StringComparison.Ordinal);
        string mantissa = scientific[..at];
        mantissa = mantissa.Contains('.', StringComparison.Ordinal) ? mantissa.TrimEnd('0').TrimEnd('.') : mantissa;
        int exponent = int.Parse(scientific.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{exponent}");
    }
}
