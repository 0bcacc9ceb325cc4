using System.Globalization;

namespace Kappa.Lab.Formats;

/// <summary>Times for a reader, each in its own unit: <c>3.2 ms</c>, <c>48 s</c>, <c>14 min</c>, <c>2.5 h</c>.</summary>
internal static class DurationText
{
    /// <summary>Writes a time.</summary>
    /// <param name="seconds">Seconds, 0 or more.</param>
    public static string Of(double seconds)
    {
        (double number, string unit) = seconds switch
        {
            < 1e-3 => (seconds * 1e6, "µs"),
            < 1 => (seconds * 1e3, "ms"),
            < 120 => (seconds, "s"),
            < 7200 => (seconds / 60, "min"),
            _ => (seconds / 3600, "h"),
        };
        return string.Create(
            CultureInfo.InvariantCulture, $"{number.ToString(number < 10 ? "0.#" : "0", CultureInfo.InvariantCulture)} {unit}");
    }
}
