using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The feed-forward part of one block, forward (R.3) and backward (R.6).</summary>
internal sealed class FeedForward<T>(ResidualTransformerShape shape)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Activation _activation = shape.Activation;
    private readonly double _residual = shape.FfnResidual;

    /// <summary>Φ, ψ'(P) and Z⁺ from H.</summary>
    /// <param name="factors">W_1, W_2.</param>
    /// <param name="cache">H [M, d]; Φ, ψ'(P) [M, m] and Z⁺ [M, d] are overwritten.</param>
    public void Forward(BlockFactors<T> factors, BlockCache<T> cache)
    {
        FeedForwardLayer<T>.Forward(Of(factors), _activation, Of(cache), _residual, cache.AttentionOutput, cache.Output);
    }

    /// <summary>The wanted ones of dW_1, dW_2 and dH from D = ∂ℒ/∂Z⁺.</summary>
    /// <param name="factors">W_1, W_2 of the forward pass.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="gradient">dW_1 and dW_2, when wanted.</param>
    /// <param name="old">Factor of the gradient's old content, 0 or 1.</param>
    /// <param name="scratch">dH [M, d] is overwritten when wanted, and dP.</param>
    public void Backward(
        BlockFactors<T> factors, BlockCache<T> cache, in Matrix<T> dOutput, BlockTraining training, in BlockMatrices<T> gradient,
        double old, BlockScratch<T> scratch)
    {
        // (R.6)  dW_2 = Φᵀ D                                                  [m, d]
        if (training.FfnOut)
        {
            Products.TransposedMultiply(cache.Hidden, dOutput, gradient.FfnOut, beta: old);
        }

        if (!training.NeedsHidden)
        {
            return;
        }

        // (R.6)  dP = (D W_2ᵀ) ∘ ψ'(P)                                        [M, m]
        FeedForwardLayer<T>.HiddenGradient(Of(factors), Of(cache), dOutput, scratch.Hidden);

        // (R.6)  dW_1 = Hᵀ dP                                                 [d, m]
        if (training.FfnIn)
        {
            Products.TransposedMultiply(cache.AttentionOutput, scratch.Hidden, gradient.FfnIn, beta: old);
        }

        // (R.6)  dH = ρ_f D + dP W_1ᵀ                                         [M, d]
        if (training.NeedsAttentionOutput)
        {
            FeedForwardLayer<T>.InputGradient(Of(factors), scratch.Hidden, _residual, dOutput, scratch.AttentionOutput);
        }
    }

    private static FeedForwardFactors<T> Of(BlockFactors<T> factors) =>
        new(factors.FfnIn, factors.FfnInTransposed, factors.FfnOut, factors.FfnOutTransposed);

    private static FeedForwardCache<T> Of(BlockCache<T> cache) => new(cache.AttentionOutput, cache.HiddenDerivative, cache.Hidden);
}
