namespace Kappa.Lab.Formats;

/// <summary>"Did you mean": the known word nearest to a mistyped one.</summary>
internal static class Suggestion
{
    private const int LongestWord = 64;

    /// <summary>A hint to append to a message: <c> Did you mean 'word'?</c>
    /// with a leading blank, or nothing when no word is near.</summary>
    public static string For(string mistyped, IEnumerable<string> words) =>
        Nearest(mistyped, words) is { } word ? $" Did you mean '{word}'?" : "";

    /// <summary>The word with the fewest edits, if at most a third of its letters (at
    /// least one) are wrong; letter case does not count. Ties go to the first.</summary>
    public static string? Nearest(string mistyped, IEnumerable<string> words)
    {
        if (mistyped.Length > LongestWord)
            return null;
        string? nearest = null;
        int fewest = int.MaxValue;
        foreach (string word in words)
        {
            int edits = Distance(mistyped.ToUpperInvariant(), word.ToUpperInvariant());
            if (edits < fewest && edits <= Math.Max(1, word.Length / 3))
                (nearest, fewest) = (word, edits);
        }

        return nearest;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours
    /// that turn one word into the other (optimal string alignment).</summary>
    public static int Distance(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                edits[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1,
                    edits[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
            }
        }

        return edits[from.Length, to.Length];
    }
}
