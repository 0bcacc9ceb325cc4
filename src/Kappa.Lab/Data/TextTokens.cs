using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Data;

/// <summary>Next-byte prediction on real text: x_t = E[b_t] + p_t and y_t = E[b_{t+1}] over
/// windows of bytes, with fixed random embeddings E and sinusoidal positions p.</summary>
/// <remarks>
/// E is 256 × d with independent N(0, s²) entries (stream <c>data.embeddings</c>),
/// s = 1/√d by default, so a byte has length about 1. Positions:
/// p_{t,2j} = a √(2/d) sin(t / 10000^{2j/d}), p_{t,2j+1} = a √(2/d) cos(t / 10000^{2j/d}), the formula of Vaswani et al. (2017) scaled so
/// that ‖p_t‖ = a for even d. A target of another width has a table of its own (stream <c>data.embeddings.targets</c>, N(0, 1/d_out)).
/// Window starts come from the stream <c>data.windows</c>; a window whose n input bytes equal those of an earlier one is drawn again,
/// because equal inputs make equal rows, and with different next bytes no zero loss.
/// </remarks>
internal sealed record TextTokens
{
    private const int ByteValues = 256;
    private const double LongestWavelength = 10000;

    // A corpus with at least 2N different windows needs about one try a window; one that needs 64 has next to none left.
    private const int TriesPerWindow = 64;

    /// <summary>s, standard deviation of an entry of the input embedding; <c>null</c> for 1/√d.</summary>
    public double? EmbeddingScale { get; init; }

    /// <summary>a, length of a position vector; default 1.</summary>
    public double PositionScale { get; init; } = 1;

    /// <summary>Cuts windows out of a corpus and embeds them.</summary>
    /// <param name="shape">Sizes; n is the length of a window in bytes.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="corpus">The text.</param>
    /// <exception cref="BadInputException">The corpus has too few bytes, or too few different windows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A scale is negative or not finite.</exception>
    public TokenData Create(TokenShape shape, long seed, TextCorpus corpus)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(corpus);
        double scale = GaussianTokens.RequireScale(EmbeddingScale ?? 1 / Math.Sqrt(shape.Width), nameof(EmbeddingScale));
        _ = GaussianTokens.RequireScale(PositionScale, nameof(PositionScale));
        int[] starts = ChooseWindows(shape, seed, corpus);
        Matrix embeddings = GaussianTokens.GaussianMatrix(new RandomSequence(seed, "data.embeddings"), ByteValues, shape.Width, scale);
        Matrix targetEmbeddings = shape.OutputWidth == shape.Width
            ? embeddings
            : GaussianTokens.GaussianMatrix(
                new RandomSequence(seed, "data.embeddings.targets"), ByteValues, shape.OutputWidth, 1 / Math.Sqrt(shape.OutputWidth));
        Matrix inputs = Matrix.Allocate(shape.Rows, shape.Width);
        Matrix targets = Matrix.Allocate(shape.Rows, shape.OutputWidth);
        for (int row = 0; row < shape.Rows; row++)
        {
            int at = starts[row / shape.Tokens] + (row % shape.Tokens);
            embeddings.Row(corpus.Bytes[at]).CopyTo(inputs.Row(row));
            AddPosition(inputs.Row(row), row % shape.Tokens, PositionScale);
            targetEmbeddings.Row(corpus.Bytes[at + 1]).CopyTo(targets.Row(row));
        }

        return new TokenData(shape, inputs, targets, string.Create(
            CultureInfo.InvariantCulture,
            $"Text: {corpus.Name} ({corpus.Files} files, {corpus.Bytes.Length} bytes, SHA-256 "
                + $"{corpus.Hash}{LeftOut.Suffix(corpus.LeftOut)}), {GaussianTokens.Describe(shape)}, embeddings N(0, {scale:R}^2), "
                + $"positions of length {PositionScale:R}, seed {seed}"));
    }

    /// <summary>Adds a √(2/d) sin or cos(t / 10000^{2j/d}) to coordinates 2j and 2j + 1.</summary>
    internal static void AddPosition(Span<double> token, int position, double scale)
    {
        double amplitude = scale * Math.Sqrt(2.0 / token.Length);
        for (int k = 0; k < token.Length; k++)
        {
            double angle = position / Math.Pow(LongestWavelength, (double)(k & ~1) / token.Length);
            token[k] += amplitude * ((k & 1) == 0 ? Math.Sin(angle) : Math.Cos(angle));
        }
    }

    private static int[] ChooseWindows(TokenShape shape, long seed, TextCorpus corpus)
    {
        // The window and the byte that follows it.
        int places = corpus.Bytes.Length - shape.Tokens;
        if (places < shape.Samples)
        {
            throw new BadInputException(
                corpus.Name,
                $"must have at least {(long)shape.Samples + shape.Tokens} bytes for {shape.Samples} windows of {shape.Tokens} bytes but "
                    + $"has {corpus.Bytes.Length}. Give more text or ask for fewer samples.");
        }

        RandomSequence random = new(seed, "data.windows");
        int[] starts = new int[shape.Samples];
        HashSet<string> seen = new(StringComparer.Ordinal);
        long tries = 0;
        for (int sample = 0; sample < shape.Samples; sample++)
        {
            do
            {
                if (tries == (long)TriesPerWindow * shape.Samples)
                {
                    throw new BadInputException(
                        corpus.Name,
                        $"must have {shape.Samples} different windows of {shape.Tokens} bytes but {tries} random tries found only "
                            + $"{sample}. Give more varied text or ask for fewer samples.");
                }

                starts[sample] = (int)random.Below(tries++, places);
            }
            while (!seen.Add(Convert.ToHexString(corpus.Bytes.Slice(starts[sample], shape.Tokens))));
        }

        return starts;
    }
}
