namespace Kappa.Lab.Figures;

/// <summary>Estimates how wide text will be, without a font: the viewer's sans-serif is not known when a figure is written.</summary>
/// <remarks>
/// Widths are those of DejaVu Sans rounded up by class of character. It is the widest of the named fonts (about 12 % wider than
/// Helvetica), so a box made for the estimate holds the text in any of them.
/// </remarks>
internal static class TextMetrics
{
    internal const string FontStack = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

    /// <summary>The height of a line of text relative to its size.</summary>
    internal const double LineHeight = 1.28;

    /// <summary>The width of rich text at a size, in the units of the size.</summary>
    internal static double Width(string text, double size, bool bold = false)
    {
        var width = 0.0;
        foreach (var run in RichText.Parse(text))
            width += RunWidth(run.Text) * (run.Level == TextLevel.Normal ? size : size * RichText.ScriptSize);
        return bold ? width * 1.1 : width;
    }

    /// <summary>Breaks text at spaces into lines no wider than given; a single longer word is broken within.</summary>
    internal static List<string> Wrap(string text, double size, double width, bool bold = false)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.ReplaceLineEndings("\n").Split('\n'))
            WrapParagraph(paragraph, lines, t => Width(t, size, bold) <= width);
        return lines;
    }

    private static void WrapParagraph(string paragraph, List<string> lines, Func<string, bool> fits)
    {
        var line = "";
        foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var longer = line.Length == 0 ? word : $"{line} {word}";
            if (!fits(longer) && line.Length > 0)
            {
                lines.Add(line);
                longer = word;
            }

            line = longer;
            while (!fits(line) && line.Length > 1)
            {
                var cut = LongestFitting(line, fits);
                lines.Add(line[..cut]);
                line = line[cut..];
            }
        }

        if (line.Length > 0) lines.Add(line);
    }

    /// <summary>Shortens text that is too wide, ending it with an ellipsis.</summary>
    internal static string Shortened(string text, double size, double width)
    {
        if (Width(text, size) <= width) return text;
        var cut = LongestFitting(text, t => Width(t + "…", size) <= width);
        return text[..cut].TrimEnd() + "…";
    }

    private static int LongestFitting(string text, Func<string, bool> fits)
    {
        var (low, high) = (1, text.Length);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (fits(text[..middle])) low = middle; else high = middle - 1;
        }

        return low < text.Length && char.IsHighSurrogate(text[low - 1]) ? low + 1 : low;
    }

    private static double RunWidth(string text)
    {
        var width = 0.0;
        foreach (var rune in text.EnumerateRunes()) width += RuneWidth(rune.Value);
        return width;
    }

    private static double RuneWidth(int rune) => rune switch
    {
        'i' or 'j' or 'l' or '\'' => 0.29,
        ' ' or '.' or ',' or ':' or ';' or '|' or '!' => 0.34,
        'f' or 't' or 'r' or '(' or ')' or '[' or ']' or '/' or '-' or 'I' => 0.41,
        'm' or 'M' or 'w' or 'W' or '%' or '@' => 0.98,
        '=' or '+' or '<' or '>' or '−' or '×' or '±' or '~' or '≤' or '≥' => 0.84,
        'O' or 'Q' or 'G' or 'D' or 'H' or 'N' or 'U' or '&' => 0.78,
        >= 'A' and <= 'Z' => 0.69,
        >= 0x0300 and <= 0x036f => 0,
        < 0x0100 => 0.635,
        < 0x1100 => 0.68,
        >= 0x2070 and <= 0x209f => 0.45,
        _ => 1.0,
    };
}
