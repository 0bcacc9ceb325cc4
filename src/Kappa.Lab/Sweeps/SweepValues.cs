using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Sweeps;

/// <summary>The values of a swept key as written on a command line: <c>1,2,4</c>,
/// <c>[0,last],[last]</c>, <c>range(0,20)</c>, <c>range(0,20,5)</c>.</summary>
internal static partial class SweepValues
{
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

    /// <summary>The integers of <c>range(first, end)</c> or <c>range(first, end,
    /// step)</c>, the end excluded; null when the text is no range.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="limit">Most combinations, and so most values; counted before any is made.</param>
    /// <param name="problem">What is wrong with the range; null when nothing is.</param>
    public static IReadOnlyList<string>? Range(string text, int limit, out string? problem)
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
        else if (((Int128)end - first + step - 1) / step is var count && count > limit)
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"'{Shown.Of(text)}' must have at most {limit} combinations but has {count}. Raise the limit with --limit, or thin the "
                    + $"range.");
        if (problem is not null)
            return [];
        var values = new List<string>();
        for (Int128 value = first; value < end; value += step)
            values.Add(((long)value).ToString(CultureInfo.InvariantCulture));
        return values;
    }

    /// <summary>What to write instead of a list in the notation of another program; null when the value is no such list.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">A value that the key does not take.</param>
    public static string? Explain(SpecificationKey key, SettingValue value)
    {
        string text = value.Text;
        if (value.Items is { Count: > 1 } items)
            return items.All(item => key.Assign(new(), item).Problem is null)
                ? $"{key.Name} takes one value at a time: on the command line several are written without brackets, "
                    + $"{key.Name}={string.Join(',', items.Take(3).Select(item => item.Text))}{(items.Count > 3 ? ",…" : "")}; in a file "
                    + $"under grid."
                : null;
        if (ForeignForm().Match(text) is not { Success: true })
            return null;
        string own = RangeForm().IsMatch(text)
            ? "a range stands alone, without quotes and without other values"
            : "a range is range(first, end) or range(first, end, step) of integers, the end excluded: range(0,3) is 0, 1, 2";
        return $"{key.Name} is '{Shown.Of(text)}', but {own}. Write other lists out: {key.Name}={Example(key)}";
    }

    private static string Example(SpecificationKey key) => key.Assign(new(), new("0.25", false)).Problem is null ? "0,0.25,0.5" : "1,2,4";

    // range and its like in any spelling, and 0..4, 0:4, 0:4:2.
    [GeneratedRegex(
        @"^\s*(?:(?:np\.|numpy\.|torch\.)?(?:x?range|arange|linspace|logspace|geomspace|seq|interval|choice|uniform|log_?uniform)\s*\("
            + @"|-?[\d.]+(?:e-?\d+)?\s*(?:\.\.\.?|:|…)\s*-?[\d.]+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex ForeignForm();

    private static bool Read(Match match, int group, out long value) =>
        long.TryParse(match.Groups[group].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    [GeneratedRegex(@"^\s*range\(\s*(-?\d+)\s*,\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\)\s*$")]
    private static partial Regex RangeForm();
}
