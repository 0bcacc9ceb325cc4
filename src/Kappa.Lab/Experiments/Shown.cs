using System.Text;

namespace Kappa.Lab.Experiments;

/// <summary>Text from outside as it appears in a message: on one line, without control characters, not longer than a line.</summary>
internal static class Shown
{
    private const int Longest = 60;

    public static string Of(string text)
    {
        var shown = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes().Take(Longest))
            _ = shown.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? new Rune(' ') : rune);
        return text.EnumerateRunes().Skip(Longest).Any() ? shown.Append('…').ToString() : shown.ToString();
    }
}
