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
/// <c>W_2</c>) and a superscript after a letter, digit or bracket (<c>10^-3</c>,
/// <c>d_m^−1/2</c>). Names such as <c>ffn_in</c> stay as they are.
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

    /// <summary>The text without its markup: scripts as characters of their own (<c>d_m^−1/2</c>
    /// is dₘ⁻¹ᐟ²) where there are such, and otherwise after the sign.</summary>
    internal static string Plain(string text) => string.Concat(Parse(text).Select(r => r.Level switch
    {
        TextLevel.Subscript => ScriptCharacters.Lowered(r.Text) ?? r.Text,
        TextLevel.Superscript => ScriptCharacters.Raised(r.Text) ?? $"^{r.Text}",
        _ => r.Text,
    }));

    /// <summary>What a script may follow: a letter or digit; also a closing bracket, a bar or a prime, of which no name is made.</summary>
    private static bool IsBase(string text, int at) => char.IsLetterOrDigit(text[at]) || text[at] is ')' or ']' or '}' or '|' or '‖' or '′';

    /// <summary>A Greek letter, also in ηλ_min; an ASCII one alone and not after '_', '.' or
    /// '/', where it would be part of a name or a path; or the end of a formula.</summary>
    private static bool IsSymbol(string text, int at)
    {
        if (!char.IsLetter(text[at])) return text[at] is '|' or '‖' or '′';
        if (at == 0 || !char.IsAscii(text[at])) return true;
        return !char.IsLetterOrDigit(text[at - 1]) && text[at - 1] is not ('_' or '.' or '/');
    }

    private static (string Content, int End)? Script(string text, int at)
    {
        if (at == 0 || !IsBase(text, at - 1) || at + 1 >= text.Length) return null;
        if (text[at + 1] == '{')
        {
            var close = text.IndexOf('}', at + 2);
            return close > at + 2 ? (text[(at + 2)..close].Replace('-', '−'), close + 1) : null;
        }

        return text[at] == '^' ? Exponent(text, at) : IsSymbol(text, at - 1) ? Index(text, at) : null;
    }

    private static (string Content, int End)? Index(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && char.IsLetterOrDigit(text[end])) end++;
        // A second underscore or a path separator means a name, not a formula.
        if (end == at + 1 || (end < text.Length && text[end] is '_' or '/' or '\\' && !IsFraction(text, end))) return null;
        return (text[(at + 1)..end], end);
    }

    // In ℒ_1/ℒ_0 the stroke divides: a letter of mathematics follows.
    private static bool IsFraction(string text, int at) => text[at] == '/' && at + 1 < text.Length && !char.IsAscii(text[at + 1]);

    /// <summary>A whole exponent: a sign, then a word, or a number with its decimals
    /// and its denominator (<c>−1/2</c>, <c>0.5</c>), or a star or prime.</summary>
    private static (string Content, int End)? Exponent(string text, int at)
    {
        var start = at + 1;
        if (text[start] is '*' or '′' or '⊤') return (text[start..(start + 1)], start + 1);
        if (text[start] == '(')
        {
            var close = text.IndexOf(')', start);
            return close > start + 1 && close - start <= LongestBracket ? (text[start..(close + 1)].Replace('-', '−'), close + 1) : null;
        }

        var end = text[start] is '-' or '−' or '+' ? start + 1 : start;
        var digits = end;
        while (end < text.Length && char.IsLetterOrDigit(text[end])) end++;
        if (end == digits) return null;
        if (text[digits..end].All(char.IsAsciiDigit) && end + 1 < text.Length && text[end] is '/' or '.'
            && char.IsAsciiDigit(text[end + 1]))
        {
            end++;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
        }

        return end < text.Length && text[end] is '_' or '\\' ? null : (text[start..end].Replace('-', '−'), end);
    }

    private const int LongestBracket = 12;
}
