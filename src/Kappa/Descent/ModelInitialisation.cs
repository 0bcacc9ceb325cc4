using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>How model S starts in [C] (S.3): variances of w_O and of W_V, W_Q, W_K, and the factor τ₁ that goes with them.</summary>
/// <param name="Name">For reports.</param>
/// <param name="ReadoutVariance">Variance of w_O as a function of d_m.</param>
/// <param name="InputVariance">Variance of W_V, W_Q and W_K as a function of d.</param>
/// <param name="OutputScale">τ₁ as a function of d_m; it belongs into the shape.</param>
public sealed record EncoderScheme(
    string Name, Func<int, double> ReadoutVariance, Func<int, double> InputVariance, Func<int, double> OutputScale)
{
    /// <summary>1/d_m, 1/d, τ₁ = 1.</summary>
    public static EncoderScheme LeCun { get; } = new("LeCun", width => 1.0 / width, width => 1.0 / width, _ => 1);

    /// <summary>2/d_m, 2/d, τ₁ = 1.</summary>
    public static EncoderScheme He { get; } = new("He", width => 2.0 / width, width => 2.0 / width, _ => 1);

    /// <summary>1, 1, τ₁ = d_m^{−1/2}.</summary>
    public static EncoderScheme Ntk { get; } = new("NTK", _ => 1, _ => 1, width => 1 / Math.Sqrt(width));

    /// <summary>The shape with this scheme's τ₁, and parameters drawn for it.</summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="seed">Any integer.</param>
    public (TransformerShape Shape, ModelParameters Parameters) Create(TransformerShape shape, long seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        TransformerShape scaled = shape with { OutputScale = OutputScale(shape.ValueWidth) };
        return (
            scaled,
            ModelInitialisation.Gaussian(
                scaled.NewLayout(), seed,
                block =>
                    Math.Sqrt(block.Kind == ParameterKind.Readout ? ReadoutVariance(shape.ValueWidth) : InputVariance(shape.InputWidth))));
    }
}

/// <summary>Gaussian starts of trainable models.</summary>
/// <remarks>The numbers of a matrix come from the sequence <c>initialisation.&lt;name&gt;</c>
/// of the seed: nothing else in the model changes them, and a deviation scales them.</remarks>
public static class ModelInitialisation
{
    /// <summary>Independent N(0, deviation²) entries.</summary>
    /// <param name="layout">The layout of the model.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="deviation">Standard deviation of each matrix's entries, finite.</param>
    /// <exception cref="ArgumentException">A deviation is not finite.</exception>
    public static ModelParameters Gaussian(ParameterLayout layout, long seed, Func<ParameterBlock, double> deviation)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(deviation);
        var parameters = new ModelParameters(layout);
        foreach (ParameterBlock block in layout.Blocks)
        {
            double scale = deviation(block);
            if (!double.IsFinite(scale))
            {
                throw new ArgumentException($"The standard deviation of {block.Name} must be finite but is {scale}.", nameof(deviation));
            }

            Span<double> values = parameters[block].Span;
            new RandomSequence(seed, $"initialisation.{block.Name}").FillGaussian(values);
            Vectors.Scale(values, scale);
        }

        return parameters;
    }

    /// <summary>
    /// Any Transformer: matrices N(0, gain²/fan-in), token vectors N(0, 1),
    /// positions N(0, position²), normalisations the identity, biases 0.
    /// </summary>
    /// <param name="shape">A valid shape.</param>
    /// <param name="seed">Any integer.</param>
    /// <param name="gain">Factor of a matrix; 1 unless given.</param>
    /// <param name="position">Standard deviation of the positions' entries.</param>
    public static ModelParameters Create(
        TransformerShape shape, long seed, Func<ParameterBlock, double>? gain = null, double position = 0.02)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ModelParameters parameters = Gaussian(shape.NewLayout(), seed, block => block.Kind switch
        {
            ParameterKind.NormGain => 0,
            ParameterKind.Position => position,
            ParameterKind.Embedding when shape.Input == TransformerInput.Identifiers => 1,
            _ when block.IsRow => 0,
            _ => (gain?.Invoke(block) ?? 1) / Math.Sqrt(shape.FanIn(block)),
        });
        foreach (ParameterBlock block in parameters.Layout.Blocks.Where(block => block.Kind == ParameterKind.NormGain))
        {
            parameters[block].Fill(1);
        }

        return parameters;
    }
}
