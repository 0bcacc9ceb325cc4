using System.Globalization;
using Kappa.Lab.Specifications;
using Kappa.Numerics;

namespace Kappa.Lab.Data.Correlated;

/// <summary>Gaussian samples with a correlation between tokens and one between
/// samples, to break the assumption that they are independent.</summary>
/// <remarks>
/// Cov(x_{a,i,k}, x_{b,j,l}) = s² S_ab T_ij δ_kl with S and T of <see cref="Correlation"/>: every entry is N(0, s²) whatever the
/// correlations are. <see cref="Centred"/> takes the token mean off every sample and scales by (1 − 1ᵀT1/n²)^−½, so that the mean variance
/// of a sample's entries stays s². Streams: <c>data.inputs</c>, <c>data.labels</c>.
/// </remarks>
internal sealed record CorrelatedTokens
{
    /// <summary>s, standard deviation of an entry; <c>null</c> for 1/√d, which makes a token of length about 1.</summary>
    internal double? TokenScale { get; init; }

    /// <summary>T, between the tokens of a sample.</summary>
    internal Correlation BetweenTokens { get; init; }

    /// <summary>S, between samples at the same token.</summary>
    internal Correlation BetweenSamples { get; init; }

    /// <summary>Whether the tokens of every sample sum to zero, so that uniform attention sees nothing.</summary>
    internal bool Centred { get; init; }

    /// <summary>The labels.</summary>
    internal SampleLabels Labels { get; init; }

    /// <summary>Draws samples.</summary>
    /// <param name="samples">N.</param>
    /// <param name="tokens">n; at least 2 for centred samples and for attention labels.</param>
    /// <param name="width">d; at least 2 for attention labels.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentException">A size or an option is out of range.</exception>
    internal ScalarSamples Create(int samples, int tokens, int width, long seed)
    {
        double scale = Validate(samples, tokens, width);
        Matrix inputs = GaussianTokens.GaussianMatrix(new RandomSequence(seed, "data.inputs"), samples * tokens, width, scale);
        for (int sample = 0; sample < samples; sample++)
        {
            BetweenTokens.Apply(inputs, sample * tokens, tokens, 1);
        }

        for (int token = 0; token < tokens; token++)
        {
            BetweenSamples.Apply(inputs, token, samples, tokens);
        }

        int centredFrom = Centred ? 0 : AttentionLabels.ValueCoordinate;
        int centredTo = Centred ? width : Labels == SampleLabels.Attention ? AttentionLabels.ValueCoordinate + 1 : centredFrom;
        for (int column = centredFrom; column < centredTo; column++)
        {
            Centre(inputs, samples, tokens, column);
        }

        double[] labels = new double[samples];
        if (Labels == SampleLabels.Attention)
        {
            AttentionLabels.Fill(inputs, tokens, scale, labels);
        }
        else
        {
            new RandomSequence(seed, "data.labels").FillGaussian(labels);
        }

        return new ScalarSamples(tokens, inputs, labels, Describe(samples, tokens, width, scale, seed));
    }

    private double Validate(int samples, int tokens, int width)
    {
        _ = new TokenShape(samples, tokens, width, 1);
        BetweenTokens.Validate(nameof(BetweenTokens));
        BetweenSamples.Validate(nameof(BetweenSamples));
        if (tokens < 2 && (Centred || Labels == SampleLabels.Attention))
        {
            throw new ArgumentOutOfRangeException(
                nameof(tokens), tokens, "Centred samples and attention labels need at least 2 tokens a sample but there is 1.");
        }

        if (width < 2 && Labels == SampleLabels.Attention)
        {
            throw new ArgumentOutOfRangeException(
                nameof(width), width, "Attention labels need width 2, a key and a value, but the width is 1.");
        }

        return GaussianTokens.RequireScale(TokenScale ?? 1 / Math.Sqrt(width), nameof(TokenScale));
    }

    private void Centre(in Matrix inputs, int samples, int tokens, int column)
    {
        double rescale = 1 / Math.Sqrt(1 - BetweenTokens.VarianceOfMean(tokens));
        for (int sample = 0; sample < samples; sample++)
        {
            double mean = 0;
            for (int token = 0; token < tokens; token++)
            {
                mean += inputs[(sample * tokens) + token, column];
            }

            mean /= tokens;
            for (int token = 0; token < tokens; token++)
            {
                ref double value = ref inputs[(sample * tokens) + token, column];
                value = (value - mean) * rescale;
            }
        }
    }

    private string Describe(int samples, int tokens, int width, double scale, long seed) => string.Create(
        CultureInfo.InvariantCulture,
        $"Gaussian samples: N={samples}, n={tokens}, d={width}, tokens N(0, {scale:R}^2), correlation {BetweenTokens.Strength:R} between "
            + $"tokens ({Name(BetweenTokens)}) and {BetweenSamples.Strength:R} between samples ({Name(BetweenSamples)}), "
            + $"{(Centred ? "token mean of every sample zero" : "not centred")}, "
            + $"{(Labels == SampleLabels.Attention ? "labels found by attention" : "labels N(0, 1)")}, seed {seed}");

    private static string Name(Correlation correlation) =>
        correlation.Structure == CorrelationStructure.Exchangeable ? "exchangeable" : "autoregressive";
}
