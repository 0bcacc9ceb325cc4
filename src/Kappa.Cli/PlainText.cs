using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Cli;

/// <summary>Sentences and numbers for a reader at a terminal.</summary>
internal static class PlainText
{
    /// <summary>The lines of a paragraph, broken between words only: a number is never torn.</summary>
    /// <param name="text">One paragraph; a word longer than a line has a line of its own.</param>
    /// <param name="width">Columns of a line.</param>
    /// <param name="hanging">Spaces before every line but the first.</param>
    public static IEnumerable<string> Wrapped(string text, int width, int hanging = 0)
    {
        string line = string.Empty;
        int start = 0;
        foreach (string word in text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > start && Length(line) + 1 + Length(word) > width)
            {
                yield return line;
                (line, start) = (new string(' ', hanging), hanging);
            }

            line += line.Length > start ? $" {word}" : word;
        }

        if (line.Length > start)
        {
            yield return line;
        }
    }

    /// <summary>A number with four digits.</summary>
    public static string Number(double value) => NumberText.Of(value);

    /// <summary>A factor with three digits.</summary>
    public static string Factor(double value) => NumberText.Of(value, 3);

    /// <summary>A factor with two digits.</summary>
    public static string Rough(double value) => NumberText.Of(value, 2);

    /// <summary>A share of one in per cent.</summary>
    public static string Percent(double share) => NumberText.Percent(share);

    /// <summary>Columns of a text; a combining mark, as in r̄, takes none.</summary>
    public static int Length(string text) =>
        text.Count(letter => CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark);
}
