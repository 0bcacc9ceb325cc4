using System.Globalization;

namespace Kappa.Cli;

/// <summary>A text as a field of a table for other programs, RFC 4180.</summary>
internal static class CsvField
{
    /// <summary>
    /// The field. A text that a spreadsheet would compute (it begins with =, +, -, @, a tabulator or a carriage return, and is no number)
    /// gets an apostrophe in front, which a spreadsheet takes for "this is text". Where the very letters are wanted there is JSON.
    /// </summary>
    public static string Of(string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r'
            && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? "'" + text
            : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
