using System.Globalization;
using System.Text;
using Kappa.Lab.Data.Labelled;

namespace Kappa.Lab.Data.Reviews;

/// <summary>The stand-in for IMDb: short texts in the manner of film reviews, put together at
/// random from our own sentences; the label is the side that most of their opinions take.</summary>
/// <remarks>
/// Not IMDb, and much easier: accuracies on it say nothing about accuracies there. A text has an odd number of opinions, each for the label
/// with probability <see cref="Agreement"/>, drawn again until most are, among sentences that take no side. Texts 2j and 2j + 1 have
/// different labels; text i depends on seed and i only. Streams: <c>data.reviews.i</c>, <c>data.reviews.labels</c>,
/// <c>data.reviews.noise</c>.
/// </remarks>
internal sealed record StandInReviews
{
    private const int Classes = 2;
    private const int FewestOpinions = 3;
    private const int OpinionSteps = 3;
    private const int MostNeutral = 4;

    /// <summary>Bytes of a text that are kept, at least 1; shorter ones are padded.</summary>
    internal int Length { get; init; } = ReviewFolder.DefaultLength;

    /// <summary>Probability, from ½ to 1, that an opinion agrees with the label; default 0.8.</summary>
    internal double Agreement { get; init; } = 0.8;

    /// <summary>Probability, from 0 to ½, that a label is turned round after the text is written; default 0.</summary>
    internal double LabelNoise { get; init; }

    /// <summary>Writes texts.</summary>
    /// <param name="count">N, even and at least 2.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentOutOfRangeException">N is odd, or an option is outside its range.</exception>
    internal LabelledTexts Create(int count, long seed)
    {
        Require(count >= 2 && count % 2 == 0, nameof(count), count, "even and at least 2, half of either label");
        Require(Agreement is >= 0.5 and <= 1, nameof(Agreement), Agreement, "0.5 to 1");
        Require(LabelNoise is >= 0 and <= 0.5, nameof(LabelNoise), LabelNoise, "0 to 0.5");
        RandomDraws pairs = new(seed, "data.reviews.labels");
        RandomDraws noise = new(seed, "data.reviews.noise");
        byte[][] texts = new byte[count][];
        int[] labels = new int[count];
        int first = 0;
        for (int k = 0; k < count; k++)
        {
            first = k % 2 == 0 ? pairs.Below(Classes) : 1 - first;
            texts[k] = Encoding.UTF8.GetBytes(
                Write(first, new RandomDraws(seed, string.Create(CultureInfo.InvariantCulture, $"data.reviews.{k}"))));
            labels[k] = noise.Chance(LabelNoise) ? 1 - first : first;
        }

        return LabelledTexts.Pack(
            texts, labels, Length, Classes,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Stand-in reviews (own sentences, not IMDb): {count} texts, first {Length} bytes, agreement {Agreement:R}, label noise "
                    + $"{LabelNoise:R}, seed {seed}"));
    }

    private string Write(int label, RandomDraws draws)
    {
        int[] sides = new int[FewestOpinions + (2 * draws.Below(OpinionSteps))];
        do
        {
            for (int k = 0; k < sides.Length; k++)
            {
                sides[k] = draws.Chance(Agreement) ? label : 1 - label;
            }
        }
        while (2 * sides.Count(side => side == label) < sides.Length);

        List<string> sentences = [.. sides.Select(side => ReviewGrammar.Opinion(side, draws))];
        for (int neutral = draws.Below(MostNeutral + 1); neutral > 0; neutral--)
        {
            sentences.Insert(draws.Below(sentences.Count + 1), ReviewGrammar.Neutral(draws));
        }

        return string.Join(' ', sentences);
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(
                name, value, string.Create(CultureInfo.InvariantCulture, $"{name} must be {range} but is {value:R}."));
        }
    }
}
