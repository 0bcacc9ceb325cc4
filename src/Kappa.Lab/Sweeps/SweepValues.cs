using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Lab.Experiments;

namespace Kappa.Lab.Sweeps;

/// <summary>The values of a swept key as written on a command line: <c>1,2,4</c>, <c>[0,last],[last]</c>, <c>range(0,20)</c>, <c>range(0,20,5)</c>.</summary>
internal static partial class SweepValues
{
    private const int LongestRange = 1_000_000;

    /// <summary>Cuts at commas outside brackets and quotes.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var parts = new List<string>();
        int start = 0, depth = 0;
        char quote = '\0';
        for (int at = 0; at < text.Length; at++)
        {
            char letter = text[at];
            if (quote != '\0')
                quote = letter == quote ? '\0' : quote;
            else if (letter is '\'' or '"')
                quote = letter;
            else if (letter is '[' or '(')
                depth++;
            else if (letter is ']' or ')')
                depth--;
            else if (letter == ',' && depth == 0)
            {
                parts.Add(text[start..at]);
                start = at + 1;
            }
        }

        return [.. parts, text[start..]];
    }

    /// <summary>The integers of <c>range(first, end)</c> or <c>range(first, end, step)</c>, the end excluded; null when the text is no range.</summary>
    public static IReadOnlyList<string>? Range(string text, out string? problem)
    {
        problem = null;
        Match match = RangeForm().Match(text);
        if (!match.Success)
            return null;
        bool isRead = Read(match, 1, out long first) & Read(match, 2, out long end);
        long step = 1;
        if (match.Groups[3].Success)
            isRead &= Read(match, 3, out step);
        if (!isRead)
            problem = $"'{Shown.Of(text)}' must have integers from {long.MinValue} to {long.MaxValue}.";
        else if (step <= 0 || first >= end)
            problem = $"'{Shown.Of(text)}' is empty: range(first, end, step) needs first < end and a step of at least 1.";
        else if (((Int128)end - first) / step > LongestRange)
            problem = $"'{Shown.Of(text)}' must have at most {LongestRange} values.";
        if (problem is not null)
            return [];
        var values = new List<string>();
        for (Int128 value = first; value < end; value += step)
            values.Add(((long)value).ToString(CultureInfo.InvariantCulture));
        return values;
    }

    private static bool Read(Match match, int group, out long value) => long.TryParse(match.Groups[group].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    [GeneratedRegex(@"^\s*range\(\s*(-?\d+)\s*,\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\)\s*$")]
    private static partial Regex RangeForm();
}
