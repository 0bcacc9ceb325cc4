using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Exact first derivatives at θ_0 of one block of a deep model: in its input, and in every weight matrix up to it (C.17).</summary>
internal sealed class DepthCentre
{
    // The norms in every weight matrix cost (M d)³; beyond this order only those in the input are computed.
    private const int LargestExactOrder = 700;

    private readonly Matrix[] _grams;

    private DepthCentre(double transfer, double attentionTransfer, double[]? output, double[]? hidden, Matrix[] grams)
    {
        (Transfer, AttentionTransfer, Output, Hidden, _grams) = (transfer, attentionTransfer, output, hidden, grams);
    }

    /// <summary>max_i ‖∂Z⁺_i/∂Z_i‖₂.</summary>
    public double Transfer { get; }

    /// <summary>max_i ‖∂H_i/∂Z_i‖₂.</summary>
    public double AttentionTransfer { get; }

    /// <summary>‖∂Z⁺/∂W_b‖ for each b up to this block, or <c>null</c> for large problems.</summary>
    public double[]? Output { get; }

    /// <summary>‖diag(‖W_1 diag(ψ'_r)‖) ∂H/∂W_b‖ for each b up to W_V of this block, or <c>null</c> for large problems.</summary>
    public double[]? Hidden { get; }

    /// <summary>Computes them for one block after the other.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="weights">θ_0.</param>
    /// <param name="layers">Its blocks at θ_0.</param>
    /// <param name="norms">Workspace.</param>
    public static DepthCentre[] Of(ResidualTransformerShape shape, ResidualTransformerWeights weights, LayerCentre[] layers, SpectralNorm norms)
    {
        var result = new DepthCentre[layers.Length];
        bool isExact = layers[0].Input.Rows * shape.Width <= LargestExactOrder;
        for (int layer = 0; layer < layers.Length; layer++)
        {
            BlockTransition output = BlockTransition.Of(shape, weights.Block(layer), layers[layer], toAttentionOutput: false, isExact);
            BlockTransition attention = BlockTransition.Of(shape, weights.Block(layer), layers[layer], toAttentionOutput: true, isExact);
            Matrix[] earlier = layer == 0 ? [] : result[layer - 1]._grams;
            Matrix[] grams = isExact ? [.. earlier.Select(gram => output.Carry(gram)), .. output.OwnGrams] : [];
            double[]? outputNorms = isExact ? [.. grams.Select(gram => RootNorm(gram, norms))] : null;
            double[]? hiddenNorms = isExact
                ? [.. earlier.Select(gram => attention.Carry(gram)).Concat(attention.OwnGrams[..3]).Select(gram => RootNorm(Weighted(gram, layers[layer].Rows.FfnIn), norms))]
                : null;
            result[layer] = new DepthCentre(output.Norm(norms), attention.Norm(norms), outputNorms, hiddenNorms, grams);
        }

        return result;
    }

    // ‖J‖₂ = √‖J Jᵀ‖₂
    private static double RootNorm(in Matrix gram, SpectralNorm norms) => Math.Sqrt(norms.UpperBound(gram)) * (1 + 1e-9);

    private static Matrix Weighted(Matrix gram, double[] rowWeights)
    {
        int width = gram.Rows / rowWeights.Length;
        for (int i = 0; i < gram.Rows; i++)
        {
            for (int j = 0; j < gram.Columns; j++)
            {
                gram[i, j] *= rowWeights[i / width] * rowWeights[j / width];
            }
        }

        return gram;
    }
}
