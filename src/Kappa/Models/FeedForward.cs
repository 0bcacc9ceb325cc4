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
        // (R.3)  P = H W_1,  Φ = ψ(P),  and ψ'(P) for the way back            [M, m]
        Products.Multiply(cache.AttentionOutput, factors.FfnIn, cache.HiddenDerivative);
        Activate(cache.HiddenDerivative, cache.Hidden);

        // (R.3)  Z⁺ = ρ_f H + Φ W_2                                           [M, d]
        Products.MultiplyAdd(cache.Hidden, factors.FfnOut, _residual, cache.AttentionOutput, cache.Output);
    }

    // An observer's Φ lies otherwise than the work matrices.
    private void Activate(in Matrix<T> preactivation, in Matrix<T> hidden)
    {
        if (preactivation.Stride == hidden.Stride)
        {
            Span<T> whole = preactivation.WholeMemory;
            _activation.ApplyWithDerivative<T>(whole, hidden.WholeMemory, whole);
            return;
        }

        for (int row = 0; row < hidden.Rows; row++)
        {
            Span<T> derivative = preactivation.Row(row);
            _activation.ApplyWithDerivative<T>(derivative, hidden.Row(row), derivative);
        }
    }

    /// <summary>The wanted ones of dW_1, dW_2 and dH from D = ∂ℒ/∂Z⁺.</summary>
    /// <param name="factors">W_1, W_2 of the forward pass.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="gradient">dW_1 and dW_2, when wanted.</param>
    /// <param name="old">Factor of the gradient's old content, 0 or 1.</param>
    /// <param name="scratch">dH [M, d] is overwritten when wanted, and dP.</param>
    public void Backward(BlockFactors<T> factors, BlockCache<T> cache, in Matrix<T> dOutput, BlockTraining training, in BlockMatrices<T> gradient, double old, BlockScratch<T> scratch)
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
        Products.MultiplyMasked(dOutput, factors.FfnOutTransposed, cache.HiddenDerivative, scratch.Hidden);

        // (R.6)  dW_1 = Hᵀ dP                                                 [d, m]
        if (training.FfnIn)
        {
            Products.TransposedMultiply(cache.AttentionOutput, scratch.Hidden, gradient.FfnIn, beta: old);
        }

        // (R.6)  dH = ρ_f D + dP W_1ᵀ                                         [M, d]
        if (training.NeedsAttentionOutput)
        {
            Products.MultiplyAdd(scratch.Hidden, factors.FfnInTransposed, _residual, dOutput, scratch.AttentionOutput);
        }
    }
}
