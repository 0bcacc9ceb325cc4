namespace Kappa.Lab.Formats;

/// <summary>A word of a command that is shown to be copied into a shell.</summary>
internal static class ShellWord
{
    /// <summary>The word in single quotes.</summary>
    /// <param name="word">Any text.</param>
    public static string Quoted(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>The word as it is where a shell leaves it alone, in single quotes elsewhere.</summary>
    /// <param name="word">Any text.</param>
    public static string Of(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Length > 0
            && word.All(letter => char.IsAsciiLetterOrDigit(letter) || "-=/._:,".Contains(letter, StringComparison.Ordinal))
            ? word
            : Quoted(word);
    }
}
