using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Tests.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>Damaged point files give a point or problems, and nothing else.</summary>
public sealed class PointFuzzTests
{
    [Fact]
    public void Damaged_bytes_give_a_point_or_bad_input_and_nothing_else()
    {
        byte[] valid = System.Text.Encoding.UTF8.GetBytes(PointText.Valid.TrimEnd());
        int cases = ReaderFuzz.Cases(6000);
        int refused = ReaderFuzz.Run(valid, "point", cases, stream => PointFile.Read(stream, "made").Require());
        Assert.InRange(refused, valid.Length + (cases / 2), valid.Length + cases);
    }

    // Whole tokens exchanged: the syntax mostly stays, what it means does not.
    [Fact]
    public void Exchanged_tokens_give_a_point_or_bad_input_and_nothing_else()
    {
        string[] others = [
            "NaN", "-Infinity", "1e400", "null", "true", "\"\"", "\"blocks.0.key\"", "[]", "{}", "[[1]]", "-0", "{\"a\": {}}",
            "\"\\ud800\"", "4096", "[[[[", "\"expected\"", "inputs", "parameters", "blocks.4095.key", "readout"];
        string[] tokens = System.Text.RegularExpressions.Regex.Split(PointText.Valid, @"([\[\]{},:\s]|""[^""]*"")");
        var random = new RandomSequence(2, "fuzz.point.tokens");
        int refused = 0;
        int cases = ReaderFuzz.Cases(6000);
        for (int k = 0; k < cases; k++)
        {
            string[] damaged = [.. tokens];
            for (int change = 0; change < 1 + random.Below(9L * k, 3); change++)
            {
                long index = (9L * k) + 1 + (2 * change);
                string other = others[random.Below(index, others.Length)];
                int place = (int)random.Below(index + 1, tokens.Length);
                damaged[place] = tokens[place].StartsWith('"') && char.IsLetter(other[0]) ? $"\"{other}\"" : other;
            }

            PointReading reading = PointText.Read(string.Concat(damaged));
            Assert.Equal(reading.Problems.Count == 0, reading.Point is not null);
            Assert.All(reading.Problems, problem => Assert.DoesNotContain(problem.ToString(), char.IsControl));
            refused += reading.Point is null ? 1 : 0;
        }

        Assert.InRange(refused, cases / 2, cases - 1);
    }
}
