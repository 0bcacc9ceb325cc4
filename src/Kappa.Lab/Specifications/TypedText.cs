using System.Globalization;

namespace Kappa.Lab.Specifications;

/// <summary>The written value of a key as programs keep it, which tell numbers from words.</summary>
internal static class TypedText
{
    /// <summary>A <see cref="long"/> (0 and 1 for false and true), a <see cref="double"/>,
    /// or a text without its quotes; null for <c>none</c> and <c>default</c>.</summary>
    /// <param name="formatted">As <see cref="SpecificationKey.Format"/> writes it.</param>
    public static object? Of(string formatted) => formatted switch
    {
        "none" or "default" => null,
        "true" => 1L,
        "false" => 0L,
        _ when long.TryParse(formatted, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer) => integer,
        _ when double.TryParse(formatted, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => number,
        _ => formatted.Length >= 2 && formatted[0] is '\'' or '"' && formatted[^1] == formatted[0] ? formatted[1..^1] : formatted,
    };
}
