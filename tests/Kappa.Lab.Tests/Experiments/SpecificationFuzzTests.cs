using System.Text;
using Kappa.Lab.Experiments;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Experiments;

public sealed class SpecificationFuzzTests
{
    private const string Pieces = "{}[]:,-&*!|>'\"%@`#?\n\n  \t\r\0\u0001~<=.\\é\uFEFF\u2028\U0001F600";

    private static readonly string[] Words =
        ["depth=2", "data.source=text", "spectraAt=[0,last]", "stepSize=auto(0.5)", "trained=[value,blocks.0.key]", "path='a b'", "seed=-9223372036854775808", "temperature=default"];

    [Fact]
    public void A_mutated_text_gives_a_specification_or_problems_and_never_an_exception()
    {
        string valid = SpecificationWriter.Write(new()) + "# a comment\n";
        int sound = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            string text = Mutate(valid, new RandomSequence(seed, "text"), longest: 6);
            SpecificationReading reading = SpecificationReader.ReadText("f.yaml", text, []);
            AssertValueOrProblems(reading);
            sound += reading.Specification is null ? 0 : 1;
        }

        // Both outcomes must occur, or the mutations test nothing.
        Assert.InRange(sound, 20, 1980);
    }

    [Fact]
    public void Mutated_words_give_a_specification_or_problems_and_never_an_exception()
    {
        int sound = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new RandomSequence(seed, "words");
            string word = Mutate(Words[seed % Words.Length], random, longest: 3);
            SpecificationReading reading = SpecificationReader.Read(null, [word, Words[random.Below(100, Words.Length)]]);
            AssertValueOrProblems(reading);
            sound += reading.Specification is null ? 0 : 1;
        }

        Assert.InRange(sound, 20, 1980);
    }

    [Fact]
    public void Bytes_that_are_no_text_give_problems()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("f.yaml");
        byte[] valid = Encoding.UTF8.GetBytes(SpecificationWriter.Write(new()));
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new RandomSequence(seed, "bytes");
            byte[] bytes = [.. valid.AsSpan(0, (int)random.Below(0, valid.Length))];
            for (int k = 1; k < 4 && bytes.Length > 0; k++)
                bytes[random.Below(2 * k, bytes.Length)] = (byte)random.Below((2 * k) + 1, 256);
            File.WriteAllBytes(path, bytes);
            AssertValueOrProblems(SpecificationReader.Read(path, []));
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("depth: 1\n")]
    [InlineData("\"")]
    [InlineData("a")]
    [InlineData("&a [*a,")]
    [InlineData("x: &a [")]
    [InlineData("'a\n")]
    [InlineData("a: |\n")]
    [InlineData("a: b\n  ")]
    [InlineData("[a],")]
    [InlineData("--- ")]
    [InlineData("%TAG ! x\n")]
    public void A_hostile_repetition_ends_soon_in_problems(string piece)
    {
        string text = string.Concat(Enumerable.Repeat(piece, SpecificationReader.LargestFile / piece.Length));
        AssertValueOrProblems(SpecificationReader.ReadText("f.yaml", text, []));
    }

    private static void AssertValueOrProblems(SpecificationReading reading)
    {
        Assert.Equal(reading.Specification is null, reading.Problems.Count > 0);
        Assert.All(reading.Problems, problem => Assert.DoesNotContain(problem.ToString(), char.IsControl));
    }

    private static string Mutate(string text, RandomSequence random, int longest)
    {
        var mutated = new StringBuilder(text);
        long mutations = 1 + random.Below(0, longest);
        for (int k = 1; k <= mutations && mutated.Length > 0; k++)
        {
            int at = (int)random.Below(4 * k, mutated.Length);
            char piece = Pieces[(int)random.Below((4 * k) + 1, Pieces.Length)];
            int length = (int)Math.Min(random.Below((4 * k) + 3, 20), mutated.Length - at);
            _ = random.Below((4 * k) + 2, 5) switch
            {
                0 => mutated.Insert(at, piece),
                1 => mutated.Remove(at, length),
                2 => mutated.Insert(at, mutated.ToString(at, length)),
                3 => mutated.Remove(at, mutated.Length - at),
                _ => mutated.Replace(mutated[at], piece, at, 1),
            };
        }

        return mutated.ToString();
    }
}
