using System.Text;
using Kappa.Lab.Specifications;
using Kappa.Lab.Sweeps;
using Kappa.Lab.Tests.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Specifications;

public sealed class SpecificationFuzzTests
{
    private const string Pieces = "{}[]:,-&*!|>'\"%@`#?\n\n  \t\r\0\u0001~<=.\\é\uFEFF\u2028\U0001F600";

    private static readonly string[] Words =
        [
            "depth=2", "data.source=text", "spectraAt=[0,last]", "stepSize=auto(0.5)", "trained=[value,blocks.0.key]", "path='a b'",
            "seed=-9223372036854775808", "temperature=default"];

    [Fact]
    public void A_mutated_text_gives_a_specification_or_problems_and_never_an_exception()
    {
        string valid = SpecificationWriter.Write(new()) + "# a comment\n";
        (int sound, int cases) = (0, ReaderFuzz.Cases(2000));
        for (int seed = 0; seed < cases; seed++)
        {
            string text = Mutate(valid, new RandomSequence(seed, "text"), longest: 6);
            SpecificationReading reading = SpecificationReader.ReadText("f.yaml", text, []);
            AssertValueOrProblems(reading);
            sound += reading.Specification is null ? 0 : 1;
        }

        // Both outcomes must occur, or the mutations test nothing.
        Assert.InRange(sound, cases / 100, cases - (cases / 100));
    }

    [Fact]
    public void Mutated_words_give_a_specification_or_problems_and_never_an_exception()
    {
        (int sound, int cases) = (0, ReaderFuzz.Cases(2000));
        for (int seed = 0; seed < cases; seed++)
        {
            var random = new RandomSequence(seed, "words");
            string word = Mutate(Words[seed % Words.Length], random, longest: 3);
            SpecificationReading reading = SpecificationReader.Read(null, [word, Words[random.Below(100, Words.Length)]]);
            AssertValueOrProblems(reading);
            sound += reading.Specification is null ? 0 : 1;
        }

        Assert.InRange(sound, cases / 100, cases - (cases / 100));
    }

    [Fact]
    public void A_mutated_sweep_gives_runs_or_problems_and_never_an_exception()
    {
        const string valid = "base: {width: 8, ffnWidth: 8}\ngrid:\n  depth: [1, 2]\n  gain: [0.5, 1]\nzip:\n  samples: [2, 4]\n  "
            + "tokens: [4, 2]\nseeds: range(0, 2)\n"
            + "derived: {keyWidth: 2 * depth}\nwhere: [depth < 3]\nexclude: 'gain > 1 and depth == 2'\n";
        (int sound, int cases) = (0, ReaderFuzz.Cases(1000));
        for (int seed = 0; seed < cases; seed++)
        {
            SweepReading reading = SweepReader.ReadText(
                "s.yaml", Mutate(valid, new RandomSequence(seed, "sweep"), longest: 2), [], limit: 200);
            Assert.Equal(reading.Plan is null, reading.Problems.Count > 0);
            Assert.All(reading.Problems, problem => Assert.DoesNotContain(problem.ToString(), char.IsControl));
            sound += reading.Plan is null ? 0 : 1;
        }

        Assert.InRange(sound, 1, cases - 1);
    }

    [Fact]
    public void Mutated_words_of_a_sweep_give_runs_or_problems_and_never_an_exception()
    {
        string[] words = [
            "depth=1,2", "seed=range(0,2)", "gain=0.5,1", "keyWidth=2*depth", "spectraAt=[0,last],[1]", "stepSize=auto(0.5),0.1"];
        (int sound, int cases) = (0, ReaderFuzz.Cases(1000));
        for (int seed = 0; seed < cases; seed++)
        {
            SweepReading reading = SweepReader.Read(
                null, [Mutate(words[seed % words.Length], new RandomSequence(seed, "sweep.words"), longest: 3)], limit: 200);
            Assert.Equal(reading.Plan is null, reading.Problems.Count > 0);
            sound += reading.Plan is null ? 0 : 1;
        }

        Assert.InRange(sound, cases / 100, cases - (cases / 100));
    }

    [Fact]
    public void A_mutated_expression_has_a_value_or_is_refused()
    {
        const string valid = "sqrt(2 * depth) + max(width, 3) / 4 - log(gain) < 5 and not (depth == 2 or width >= 8)";
        int cases = ReaderFuzz.Cases(3000);
        int refused = 0;
        for (int seed = 0; seed < cases; seed++)
        {
            string text = Mutate(valid, new RandomSequence(seed, "expression"), longest: 4);
            try
            {
                _ = SweepExpression.Evaluate(text, name => name.Length > 3 ? 2.0 : throw new ExpressionException("unknown"));
                _ = SweepExpression.Names(SweepExpression.Split(text)).Count();
            }
            catch (ExpressionException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, cases / 10, cases - 1);
    }

    [Fact]
    public void Bytes_that_are_no_text_give_problems()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("f.yaml");
        byte[] valid = Encoding.UTF8.GetBytes(SpecificationWriter.Write(new()));
        for (int seed = 0; seed < ReaderFuzz.Cases(200); seed++)
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
