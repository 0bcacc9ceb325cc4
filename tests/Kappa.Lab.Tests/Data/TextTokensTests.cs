using System.Text;
using Kappa.Lab.Data;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Data;

public sealed class TextTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Inputs_minus_positions_and_targets_spell_consecutive_bytes_of_the_corpus()
    {
        const int samples = 5, tokens = 7, width = 6;
        TextCorpus corpus = Corpus("The quick brown fox jumps over the lazy dog, κ bytes and all.");
        TokenData data = new TextTokens { EmbeddingScale = 0.5, PositionScale = 0.75 }.Create(
            new TokenShape(samples, tokens, width), 3, corpus);
        double[] table = new double[256 * width];
        new RandomSequence(3, "data.embeddings").FillGaussian(table);
        string text = Encoding.Latin1.GetString(corpus.Bytes);
        for (int sample = 0; sample < samples; sample++)
        {
            int first = sample * tokens;
            string window = string.Concat(
                Enumerable.Range(0, tokens).Select(token => Decode(table, WithoutPosition(data.Inputs.Row(first + token), token))));
            string next = string.Concat(
                Enumerable.Range(0, tokens).Select(token => Decode(table, data.Targets.Row(first + token).ToArray())));
            Assert.Equal(window[1..], next[..^1]);
            Assert.Contains(window + next[^1], text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_position_vector_of_even_width_has_the_stated_length()
    {
        double[] token = new double[10];
        TextTokens.AddPosition(token, 37, 1.5);
        // Ten squares and their sum: below 20 units in the last place of 1.5, 4.4e-15.
        Assert.Equal(1.5, Math.Sqrt(token.Sum(value => value * value)), 4.4e-15);
    }

    [Fact]
    public void A_target_of_another_width_has_a_table_of_its_own()
    {
        TokenData data = new TextTokens().Create(new TokenShape(1, 3, 4, 2), 3, Corpus("abcd"));
        double[] table = new double[256 * 2];
        new RandomSequence(3, "data.embeddings.targets").FillGaussian(table);
        double scale = 1 / Math.Sqrt(2);
        Assert.Equal([table['b' * 2] * scale, table[('b' * 2) + 1] * scale], data.Targets.Row(0).ToArray());
    }

    [Fact]
    public void Windows_are_all_different_also_when_every_possible_one_is_asked_for()
    {
        // Nine bytes hold six windows of three bytes that have a next byte.
        TokenData data = new TextTokens().Create(new TokenShape(6, 3, 8), 5, Corpus("abcdefghi"));
        Assert.Equal(6, Enumerable.Range(0, 6).Select(sample => data.Inputs[sample * 3, 0]).Distinct().Count());
    }

    [Fact]
    public void Too_little_or_too_monotonous_text_says_so()
    {
        Assert.Contains("must have at least 7 bytes for 4 windows of 3 bytes but has 6", Refusal("abcdef"), StringComparison.Ordinal);
        Assert.Contains("must have 4 different windows of 3 bytes", Refusal(new string('a', 1000)), StringComparison.Ordinal);
        string Refusal(string text) =>
            Assert.Throws<BadInputException>(() => new TextTokens().Create(new TokenShape(4, 3, 8), 1, Corpus(text))).Message;
    }

    [Fact]
    public void The_description_carries_the_hash_of_the_corpus_and_the_fingerprint_follows_the_text()
    {
        TextCorpus corpus = Corpus("abcdefghi");
        TokenShape shape = new(2, 3, 8);
        TokenData data = new TextTokens().Create(shape, 1, corpus);
        Assert.Contains(corpus.Hash, data.Description, StringComparison.Ordinal);
        Assert.Equal(data.Fingerprint, new TextTokens().Create(shape, 1, Corpus("abcdefghi")).Fingerprint);
        Assert.NotEqual(data.Fingerprint, new TextTokens().Create(shape, 1, Corpus("ihgfedcba")).Fingerprint);
    }

    [Fact]
    public void The_built_in_corpus_gives_data_out_of_the_box()
    {
        TokenData data = new TextTokens().Create(new TokenShape(16, 16, 32), 1, TextCorpus.BuiltIn());
        Assert.Equal("[256, 32]", data.Inputs.ToString());
    }

    private static double[] WithoutPosition(ReadOnlySpan<double> row, int position)
    {
        double[] token = row.ToArray();
        for (int pair = 0; pair < token.Length / 2; pair++)
        {
            double angle = position * Math.Exp(-2.0 * pair / token.Length * Math.Log(10000));
            token[2 * pair] -= 0.75 * Math.Sqrt(2.0 / token.Length) * Math.Sin(angle);
            token[(2 * pair) + 1] -= 0.75 * Math.Sqrt(2.0 / token.Length) * Math.Cos(angle);
        }

        return token;
    }

    // The byte whose embedding this is: exact but for the rounding of one addition,
    // one subtraction and two ways to an angle below 7, each below 1e-14.
    private static char Decode(double[] table, double[] token) => (char)Enumerable.Range(0, 256)
        .Single(value =>
            Enumerable.Range(0, token.Length).All(k => Math.Abs(token[k] - (0.5 * table[(value * token.Length) + k])) < 1e-13));

    private TextCorpus Corpus(string text)
    {
        File.WriteAllText(_folder.At("corpus.txt"), text);
        return TextCorpus.Load(_folder.At("corpus.txt"));
    }
}
