using System.Text;
using System.Text.RegularExpressions;
using Kappa.Numerics;

namespace Kappa.Lab.Tests.Store;

/// <summary>Documents as they should not be: fixed ones, and deterministic
/// mutations of a valid one by its values as well as by its bytes.</summary>
internal static partial class OddDocuments
{
    private static readonly string[] Values =
    [
        "null", "true", "[]", "{}", "[null]", "[[[[]]]]", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\\u001b[31m\"", "{\"\\udc00\":1}", "-1",
        "0", "1e999", "-1e999", "1e-999", "99999999999999999999999", "9223372036854775807",
        "NaN", "\"NaN\"", "\"Infinity\"", "1.5", "\"9999-12-31T23:59:59+14:00\"", "\"0001-01-01T00:00:00+14:00\"", "!<> 1", "<!:>", "&a x",
        "*a", "? x", "'", "|", "- -", "2147483648", "\"done\"", ",", "1,1", "\n", "\0",
    ];

    /// <summary>Whole contents, each wrong in its own way, for any document.</summary>
    public static IReadOnlyDictionary<string, byte[]> Whole { get; } = new Dictionary<string, string>
    {
        ["empty"] = "",
        ["blank"] = " \n",
        ["a word"] = "word",
        ["null"] = "null",
        ["a number"] = "7",
        ["an array"] = "[1, 2]",
        ["an object of nothing"] = "{}",
        ["a version that is a text"] = "{\"formatVersion\":\"x\",\"state\":\"done\"}",
        ["a version that is an array"] = "{\"formatVersion\":[1],\"state\":\"done\"}",
        ["a version that is huge"] = "{\"formatVersion\":1e400,\"state\":\"done\"}",
        ["a lone surrogate as a key"] = "{\"\\ud800\":1,\"formatVersion\":2,\"state\":\"done\"}",
        [
            "a lone surrogate as a value"]
            = "{\"formatVersion\":2,\"state\":\"done\",\"message\":\"\\udfff\",\"sessions\":[],\"claims\":[{\"id\":\"\\ud800\"}]}",
        ["keys twice"] = "{\"formatVersion\":2,\"formatVersion\":2,\"state\":\"done\",\"state\":\"done\",\"sessions\":[],\"sessions\":[]}",
        ["null in a list"] = "{\"formatVersion\":2,\"state\":\"done\",\"sessions\":[null],\"claims\":[null],\"rungs\":[null]}",
        ["deep arrays"] = new string('[', 100_000),
        ["deep objects"] = string.Concat(Enumerable.Repeat("{\"a\":", 50_000)),
        ["a huge number"] = "{\"formatVersion\":2,\"step\":" + new string('9', 100_000) + "}",
        ["NUL"] = "\0\0\0\0",
        ["an empty tag"] = "depth: !<> 1\n",
        ["an open tag"] = "<!:>\n",
        ["a tag alone"] = "!<:>",
        ["an alias"] = "a: &a [*a, *a]\n",
        ["escapes"] = "\u001b[2J\u001b]0;x\u0007",
        ["a table of nothing"] = "step,loss\n",
        ["steps beyond integers"] = "step,loss\n0,1\n1e300,0.5\n1.1e300,0.25\n",
        ["no loss"] = "step,gradientNorm\n0,1\n1,0.5\n",
        ["half a column of spectra"] = "step,loss,l0.output.sigmaMax\n0,1,1\n1,0.5,1\n",
        ["two gigabytes announced"] = "\u0093NUMPY\u0001\0F\0{'descr': '<f8', 'fortran_order': False, 'shape': (999999999,), }",
    }.ToDictionary(pair => pair.Key, pair => Encoding.Latin1.GetBytes(pair.Value), StringComparer.Ordinal);

    /// <summary>Mutation <paramref name="number"/> of a valid document.</summary>
    public static byte[] Mutate(byte[] valid, RandomSequence random, int number)
    {
        long draw = 32L * number;
        string text = Encoding.Latin1.GetString(valid);
        int changes = 1 + (int)random.Below(draw, 3);
        for (int change = 0; change < changes && text.Length > 0; change++)
        {
            long at = draw + 1 + (8 * change);
            string odd = Values[random.Below(at, Values.Length)];
            int place = (int)random.Below(at + 1, text.Length), other = (int)random.Below(at + 2, text.Length);
            MatchCollection values = Value().Matches(text.Length > 20_000 ? text[..20_000] : text);
            Match value = values.Count > 0 ? values[(int)random.Below(at + 3, values.Count)] : Match.Empty;
            text = random.Below(at + 4, 8) switch
            {
                0 or 1 or 2 => text[..value.Index] + odd + text[(value.Index + value.Length)..],
                3 => text[..value.Index] + value.Value + "," + value.Value + text[(value.Index + value.Length)..],
                4 => text[..place] + odd + text[place..],
                5 => text[..place] + (char)(text[place] ^ (1 << (int)random.Below(at + 5, 8))) + text[(place + 1)..],
                6 => text[..Math.Min(place, other)] + text[Math.Max(place, other)..],
                _ => text[..place],
            };
        }

        return Encoding.Latin1.GetBytes(text);
    }

    // A text, a number or a word.
    [GeneratedRegex("\"[^\"]*\"|[-+.0-9eE]+|[A-Za-z]+")]
    private static partial Regex Value();
}
