using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Data;

/// <summary>Gaussian tokens and targets: x = s (√ρ c + √(1 − ρ) g) with c shared
/// by the tokens of a sample, y = s_Y h; c, g, h independent N(0, I).</summary>
/// <remarks>
/// Every entry of X is N(0, s²) whatever ρ is; two tokens of one sample have correlation ρ in every coordinate. Streams of the seed:
/// <c>data.inputs</c> (g), <c>data.inputs.common</c> (c), <c>data.targets</c> (h); ρ = 0 draws no c and changes no bit.
/// </remarks>
internal sealed record GaussianTokens
{
    /// <summary>s, standard deviation of an entry of X; <c>null</c> for 1/√d, which makes a token of length about 1.</summary>
    public double? TokenScale { get; init; }

    /// <summary>s_Y, standard deviation of an entry of Y; <c>null</c> for 1/√d, also where the targets have another width.</summary>
    public double? TargetScale { get; init; }

    /// <summary>ρ in [0, 1), correlation between the tokens of a sample; default 0.</summary>
    public double Correlation { get; init; }

    /// <summary>Draws the data.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="seed">Any integer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A scale is negative or not finite, or ρ is outside [0, 1).</exception>
    public TokenData Create(TokenShape shape, long seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        (Matrix inputs, string description) = DrawInputs(shape, seed);
        double targetScale = RequireScale(TargetScale ?? 1 / Math.Sqrt(shape.Width), nameof(TargetScale));
        Matrix targets = GaussianMatrix(new RandomSequence(seed, "data.targets"), shape.Rows, shape.OutputWidth, targetScale);
        return new TokenData(
            shape, inputs, targets,
            string.Create(CultureInfo.InvariantCulture, $"{description}, targets N(0, {targetScale:R}^2), seed {seed}"));
    }

    /// <summary>Draws X alone and describes it, for sources with other targets.</summary>
    internal (Matrix Inputs, string Description) DrawInputs(TokenShape shape, long seed)
    {
        double tokenScale = RequireScale(TokenScale ?? 1 / Math.Sqrt(shape.Width), nameof(TokenScale));
        RequireCorrelation(Correlation, nameof(Correlation));
        Matrix inputs = GaussianMatrix(
            new RandomSequence(seed, "data.inputs"), shape.Rows, shape.Width, tokenScale * Math.Sqrt(1 - Correlation));
        if (Correlation > 0)
        {
            Matrix common = GaussianMatrix(
                new RandomSequence(seed, "data.inputs.common"), shape.Samples, shape.Width, tokenScale * Math.Sqrt(Correlation));
            AddCommon(inputs, common, shape.Tokens);
        }

        return (
            inputs,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Gaussian tokens: {Describe(shape)}, tokens N(0, {tokenScale:R}^2), correlation {Correlation:R}"));
    }

    internal static string Describe(TokenShape shape) => $"N={shape.Samples}, n={shape.Tokens}, d={shape.Width}, d_out={shape.OutputWidth}";

    /// <summary>A matrix of independent N(0, scale²) entries, row by row from the start of <paramref name="random"/>.</summary>
    internal static Matrix GaussianMatrix(RandomSequence random, int rows, int columns, double scale)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        random.FillGaussian(matrix.Span);
        foreach (ref double value in matrix.Span)
        {
            value *= scale;
        }

        return matrix;
    }

    internal static double RequireScale(double scale, string name) => double.IsFinite(scale) && scale >= 0
        ? scale
        : throw new ArgumentOutOfRangeException(name, scale, $"A scale must be finite and at least 0 but {name} is {scale}.");

    private static void RequireCorrelation(double correlation, string name)
    {
        if (!(correlation >= 0 && correlation < 1))
        {
            throw new ArgumentOutOfRangeException(
                name, correlation, $"The correlation between tokens must be at least 0 and below 1 but is {correlation}.");
        }
    }

    private static void AddCommon(in Matrix inputs, in Matrix common, int tokens)
    {
        for (int row = 0; row < inputs.Rows; row++)
        {
            Span<double> token = inputs.Row(row);
            ReadOnlySpan<double> shared = common.Row(row / tokens);
            for (int k = 0; k < token.Length; k++)
            {
                token[k] += shared[k];
            }
        }
    }
}
