using System.Text;

namespace Kappa.Lab.Figures;

/// <summary>How a run of text stands to the line.</summary>
internal enum TextLevel
{
    Normal,
    Subscript,
    Superscript,
}

/// <summary>A run of text on one level.</summary>
internal readonly record struct TextRun(string Text, TextLevel Level);

/// <summary>
/// Splits text into runs: <c>_{…}</c> and <c>^{…}</c>, and without braces a subscript after a single letter (<c>σ_min</c>,
/// <c>W_2</c>) and a superscript after a letter or digit (<c>10^-3</c>). Names such as <c>ffn_in</c> stay as they are.
/// </summary>
internal static class RichText
{
    /// <summary>The size of sub- and superscripts relative to the line.</summary>
    internal const double ScriptSize = 0.72;

    internal static List<TextRun> Parse(string text)
    {
        var runs = new List<TextRun>();
        var plain = new StringBuilder();
        var i = 0;
        while (i < text.Length)
        {
            var script = text[i] is '_' or '^' ? Script(text, i) : null;
            if (script is not { } found)
            {
                _ = plain.Append(text[i++]);
                continue;
            }

            if (plain.Length > 0) runs.Add(new TextRun(plain.ToString(), TextLevel.Normal));
            _ = plain.Clear();
            runs.Add(new TextRun(found.Content, text[i] == '_' ? TextLevel.Subscript : TextLevel.Superscript));
            i = found.End;
        }

        if (plain.Length > 0) runs.Add(new TextRun(plain.ToString(), TextLevel.Normal));
        return runs;
    }

    /// <summary>The text without its markup.</summary>
    internal static string Plain(string text) => string.Concat(Parse(text).Select(r => r.Text));

    /// <summary>A letter alone; an ASCII one not after '_', '.' or '/', where it would be part of a name or a path.</summary>
    private static bool IsSymbol(string text, int at)
    {
        if (!char.IsLetter(text[at])) return false;
        if (at == 0) return true;
        return !char.IsLetterOrDigit(text[at - 1]) && (!char.IsAscii(text[at]) || text[at - 1] is not ('_' or '.' or '/'));
    }

    private static (string Content, int End)? Script(string text, int at)
    {
        if (at == 0 || !char.IsLetterOrDigit(text[at - 1]) || at + 1 >= text.Length) return null;
        if (text[at + 1] == '{')
        {
            var close = text.IndexOf('}', at + 2);
            return close > at + 2 ? (text[(at + 2)..close], close + 1) : null;
        }

        if (text[at] == '_' && !IsSymbol(text, at - 1)) return null;
        var end = at + 1;
        if (text[at] == '^' && text[end] is '-' or '−' or '+') end++;
        var digits = end;
        while (end < text.Length && char.IsLetterOrDigit(text[end])) end++;
        // A second underscore or a path separator means a name, not a formula.
        if (end == digits || (end < text.Length && text[end] is '_' or '/' or '\\')) return null;
        return (text[(at + 1)..end].Replace('-', '−'), end);
    }
}
