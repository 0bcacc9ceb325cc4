using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>W_1 [d, m] and W_2 [m, d] and their transposes as packed right factors.</summary>
internal readonly record struct FeedForwardFactors<T>(PackedMatrix<T> In, PackedMatrix<T> InTransposed, PackedMatrix<T> Out, PackedMatrix<T> OutTransposed)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>What a feed-forward layer keeps for its way back.</summary>
/// <param name="Input">H [M, d], what W_1 is multiplied by.</param>
/// <param name="Derivative">ψ'(P), in the memory that held P [M, m].</param>
/// <param name="Hidden">Φ [M, m].</param>
internal readonly record struct FeedForwardCache<T>(Matrix<T> Input, Matrix<T> Derivative, Matrix<T> Hidden)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The feed-forward layer of every model: skip·Z' + ψ(H W_1) W_2, forward (R.3) and backward (R.6).</summary>
internal static class FeedForwardLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Φ, ψ'(P) and the output.</summary>
    /// <param name="factors">W_1, W_2.</param>
    /// <param name="activation">ψ.</param>
    /// <param name="cache">H; Φ and ψ'(P) are overwritten.</param>
    /// <param name="residual">Factor of Z'.</param>
    /// <param name="skip">Z' [M, d]; not read when its factor is 0.</param>
    /// <param name="output">[M, d], overwritten.</param>
    public static void Forward(in FeedForwardFactors<T> factors, Activation activation, in FeedForwardCache<T> cache, double residual, in Matrix<T> skip, in Matrix<T> output)
    {
        // (R.3)  P = H W_1,  Φ = ψ(P),  and ψ'(P) for the way back            [M, m]
        Products.Multiply(cache.Input, factors.In, cache.Derivative);
        Activate(activation, cache.Derivative, cache.Hidden);

        // (R.3)  Z⁺ = ρ_f Z' + Φ W_2                                          [M, d]
        Products.MultiplyAdd(cache.Hidden, factors.Out, residual, skip, output);
    }

    /// <summary>dP = (D W_2ᵀ) ∘ ψ'(P) (R.6).</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="dHidden">dP [M, m], overwritten.</param>
    public static void HiddenGradient(in FeedForwardFactors<T> factors, in FeedForwardCache<T> cache, in Matrix<T> dOutput, in Matrix<T> dHidden) =>
        Products.MultiplyMasked(dOutput, factors.OutTransposed, cache.Derivative, dHidden);

    /// <summary>dH = factor·D + dP W_1ᵀ (R.6).</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="dHidden">dP [M, m].</param>
    /// <param name="residual">Factor of D: ρ_f where H is also the skip, otherwise 0.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="dInput">dH [M, d], overwritten.</param>
    public static void InputGradient(in FeedForwardFactors<T> factors, in Matrix<T> dHidden, double residual, in Matrix<T> dOutput, in Matrix<T> dInput) =>
        Products.MultiplyAdd(dHidden, factors.InTransposed, residual, dOutput, dInput);

    // An observer's Φ lies otherwise than the work matrices.
    private static void Activate(Activation activation, in Matrix<T> preactivation, in Matrix<T> hidden)
    {
        if (preactivation.Stride == hidden.Stride)
        {
            Span<T> whole = preactivation.WholeMemory;
            activation.ApplyWithDerivative<T>(whole, hidden.WholeMemory, whole);
            return;
        }

        for (int row = 0; row < hidden.Rows; row++)
        {
            Span<T> derivative = preactivation.Row(row);
            activation.ApplyWithDerivative<T>(derivative, hidden.Row(row), derivative);
        }
    }
}
