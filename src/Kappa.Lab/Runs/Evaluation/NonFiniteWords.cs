using System.Text.Json;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>NaN and Infinity, which JSON does not have and Python writes all the same: each becomes a
/// marked text of the same length, so that the file can be read on and the place be named.</summary>
internal static class NonFiniteWords
{
    // A control character that JSON allows in a text and nobody writes.
    private const byte Mark = 0x7F;

    private static readonly byte[][] Words = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    /// <summary>Replaces every such word outside texts, in place.</summary>
    public static void Replace(Span<byte> json)
    {
        bool isInText = false;
        for (int k = 0; k < json.Length; k++)
        {
            int next = json[k..].IndexOfAny((byte)'"', (byte)'N', (byte)'I');
            if (next < 0)
                return;
            k += next;
            if (json[k] == '"')
            {
                isInText = !isInText;
                k += isInText ? TextLength(json[(k + 1)..]) : 0;
            }
            else if (!isInText)
            {
                k = ReplaceAt(json, k);
            }
        }
    }

    /// <summary>Whether the reader stands at a marked text.</summary>
    public static bool IsOne(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.String && json.ValueSpan.Length > 0 && json.ValueSpan.IndexOfAnyExcept(Mark) < 0;

    /// <summary>The same for a text already read.</summary>
    public static bool IsOne(string text) => text.Length > 0 && text.All(letter => letter == Mark);

    /// <summary>The word that was replaced by <paramref name="length"/> marks.</summary>
    public static string Original(int length) => length switch
    {
        1 => "NaN",
        6 => "Infinity",
        _ => "-Infinity",
    };

    // Up to the closing quote, which is left to the caller.
    private static int TextLength(ReadOnlySpan<byte> rest)
    {
        int length = 0;
        while (length < rest.Length)
        {
            int next = rest[length..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
                return rest.Length;
            length += next;
            if (rest[length] == '"')
                return length;
            length += 2;
        }

        return rest.Length;
    }

    private static int ReplaceAt(Span<byte> json, int k)
    {
        int start = k > 0 && json[k - 1] == '-' && json[k] == 'I' ? k - 1 : k;
        foreach (byte[] word in Words)
        {
            if (json[start..].StartsWith(word))
            {
                json.Slice(start, word.Length).Fill(Mark);
                json[start] = json[start + word.Length - 1] = (byte)'"';
                return start + word.Length - 1;
            }
        }

        return k;
    }
}
