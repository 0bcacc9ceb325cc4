using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>Text from outside as it appears in a message: on one line, without control characters, not longer than a line.</summary>
internal static class Shown
{
    /// <summary>Most characters of a sentence of a library.</summary>
    public const int Sentence = 240;

    private const int Longest = 60;

    /// <summary>The first characters of <paramref name="text"/>.</summary>
    /// <param name="text">Any text, broken Unicode included.</param>
    /// <param name="longest">Most characters; the rest is an ellipsis.</param>
    public static string Of(string text, int longest = Longest)
    {
        var shown = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes().Take(longest))
            _ = shown.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? new Rune(' ') : rune);
        return text.EnumerateRunes().Skip(longest).Any() ? shown.Append('…').ToString() : shown.ToString();
    }
}
