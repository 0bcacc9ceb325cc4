using System.Globalization;

namespace Kappa.Cli;

/// <summary>Sentences and numbers for a reader at a terminal: lines of at most a hundred columns, numbers of three or four digits.</summary>
internal static class PlainText
{
    /// <summary>Columns of a line; what is longer is broken between words.</summary>
    public const int Columns = 100;

    /// <summary>Writes a paragraph, its later lines under the text of the first.</summary>
    /// <param name="writer">Where.</param>
    /// <param name="indent">Spaces before every line.</param>
    /// <param name="text">One paragraph; a word longer than a line keeps a line of its own.</param>
    /// <param name="hanging">Further spaces before every line but the first.</param>
    public static void Paragraph(TextWriter writer, int indent, string text, int hanging = 0)
    {
        string line = new(' ', indent);
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && Length(line) + 1 + Length(word) > Columns)
            {
                writer.WriteLine(line);
                (line, isEmpty) = (new string(' ', indent + hanging), true);
            }

            line += isEmpty ? word : $" {word}";
            isEmpty = false;
        }

        if (!isEmpty)
        {
            writer.WriteLine(line);
        }
    }

    /// <summary>A number with four digits.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "∞" : value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>A factor with three digits.</summary>
    public static string Factor(double value) => double.IsPositiveInfinity(value) ? "∞" : value >= 100 && value < 1e6 ? value.ToString("F0", CultureInfo.InvariantCulture) : value.ToString("G3", CultureInfo.InvariantCulture);

    /// <summary>A factor with two digits.</summary>
    public static string Rough(double value)
    {
        string scientific = value.ToString("0.0E+0", CultureInfo.InvariantCulture);
        double rounded = double.Parse(scientific, CultureInfo.InvariantCulture);
        return rounded >= 1e5 ? scientific.Replace(".0E", "E", StringComparison.Ordinal).Replace("E+", "e", StringComparison.Ordinal) : rounded.ToString("0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>A share of one in per cent.</summary>
    public static string Percent(double share) => (100 * share).ToString("G3", CultureInfo.InvariantCulture) + " %";

    // A combining mark, as in r̄, takes no column.
    private static int Length(string text) => text.Count(letter => CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark);
}
