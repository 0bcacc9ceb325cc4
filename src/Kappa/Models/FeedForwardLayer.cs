using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>W_1 [d, m] and W_2 [m, d] and their transposes as packed right factors,
/// and the biases b_1 [1, m] and b_2 [1, d], empty where there are none.</summary>
internal readonly record struct FeedForwardFactors<T>(
    PackedMatrix<T> In, PackedMatrix<T> InTransposed, PackedMatrix<T> Out, PackedMatrix<T> OutTransposed, Matrix<T> InBias = default,
    Matrix<T> OutBias = default)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>What a feed-forward layer keeps for its way back.</summary>
/// <param name="Input">H [M, d], what W_1 is multiplied by.</param>
/// <param name="Derivative">ψ'(P), in the memory that held P [M, m].</param>
/// <param name="Hidden">Φ [M, m].</param>
internal readonly record struct FeedForwardCache<T>(Matrix<T> Input, Matrix<T> Derivative, Matrix<T> Hidden)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The feed-forward layer of every model: skip·Z' + ψ(H W_1 + b_1) W_2 + b_2,
/// forward (R.3, T.3), backward (R.6), and both along a direction (T.5, T.6).</summary>
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
    public static void Forward(
        in FeedForwardFactors<T> factors, Activation activation, in FeedForwardCache<T> cache, double residual, in Matrix<T> skip,
        in Matrix<T> output)
    {
        // (R.3)  P = H W_1 + b_1,  Φ = ψ(P),  and ψ'(P) for the way back      [M, m]
        Products.Multiply(cache.Input, factors.In, cache.Derivative);
        BiasRow.Add(factors.InBias, cache.Derivative);
        Activate(activation, cache.Derivative, cache.Hidden);

        // (R.3)  Z⁺ = ρ_f Z' + Φ W_2 + b_2                                    [M, d]
        Products.MultiplyAdd(cache.Hidden, factors.Out, residual, skip, output);
        BiasRow.Add(factors.OutBias, output);
    }

    /// <summary>dP = (D W_2ᵀ) ∘ ψ'(P) (R.6).</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="dHidden">dP [M, m], overwritten.</param>
    public static void HiddenGradient(
        in FeedForwardFactors<T> factors, in FeedForwardCache<T> cache, in Matrix<T> dOutput, in Matrix<T> dHidden) =>
        Products.MultiplyMasked(dOutput, factors.OutTransposed, cache.Derivative, dHidden);

    /// <summary>dH = factor·D + dP W_1ᵀ (R.6).</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="dHidden">dP [M, m].</param>
    /// <param name="residual">Factor of D: ρ_f where H is also the skip, otherwise 0.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="dInput">dH [M, d], overwritten.</param>
    public static void InputGradient(
        in FeedForwardFactors<T> factors, in Matrix<T> dHidden, double residual, in Matrix<T> dOutput, in Matrix<T> dInput) =>
        Products.MultiplyAdd(dHidden, factors.InTransposed, residual, dOutput, dInput);

    /// <summary>The derivative of <see cref="Forward"/> along a direction (T.5).</summary>
    /// <param name="factors">W_1, W_2.</param>
    /// <param name="direction">Ẇ_1, Ẇ_2.</param>
    /// <param name="activation">ψ.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="tangents">Ḣ; the tangents of Φ and of ψ'(P) are overwritten.</param>
    /// <param name="residual">Factor of the skip.</param>
    /// <param name="skip">Its tangent [M, d].</param>
    /// <param name="output">The output's tangent [M, d], overwritten.</param>
    public static void Tangent(
        in FeedForwardFactors<T> factors, in FeedForwardFactors<T> direction, Activation activation, in FeedForwardCache<T> cache,
        in FeedForwardCache<T> tangents,
        double residual, in Matrix<T> skip, in Matrix<T> output)
    {
        // (T.5)  Ṗ = Ḣ W_1 + H Ẇ_1 + ḃ_1,  Φ̇ = ψ'(P) ∘ Ṗ,  ψ'(P)˙ = ψ''(P) ∘ Ṗ [M, m]
        Products.Multiply(tangents.Input, factors.In, tangents.Hidden);
        Products.MultiplyAdd(cache.Input, direction.In, 1, tangents.Hidden, tangents.Hidden);
        BiasRow.Add(direction.InBias, tangents.Hidden);
        Products.Multiply(cache.Input, factors.In, tangents.Derivative);
        BiasRow.Add(factors.InBias, tangents.Derivative);
        ActivationTangent.Apply(activation, cache.Derivative, tangents.Derivative, tangents.Hidden);

        // (T.5)  Ż⁺ = ρ_f Ż' + Φ̇ W_2 + Φ Ẇ_2 + ḃ_2                           [M, d]
        Products.MultiplyAdd(tangents.Hidden, factors.Out, residual, skip, output);
        Products.MultiplyAdd(cache.Hidden, direction.Out, 1, output, output);
        BiasRow.Add(direction.OutBias, output);
    }

    /// <summary>The derivatives of <see cref="HiddenGradient"/> and <see cref="InputGradient"/> along a direction (T.6).</summary>
    /// <param name="factors">W_1, W_2.</param>
    /// <param name="direction">Ẇ_1, Ẇ_2.</param>
    /// <param name="tangents">Of <see cref="Tangent"/>.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="dOutput">D and Ḋ [M, d].</param>
    /// <param name="dHidden">dP, overwritten to its old value, and its tangent [M, m], overwritten.</param>
    /// <param name="residual">Factor of D.</param>
    /// <param name="dInput">The tangent of dH [M, d], overwritten; may be the memory of Ḋ.</param>
    public static void BackwardTangent(
        in FeedForwardFactors<T> factors, in FeedForwardFactors<T> direction, in FeedForwardCache<T> cache, in FeedForwardCache<T> tangents,
        in Moving<T> dOutput,
        in Moving<T> dHidden, double residual, in Matrix<T> dInput)
    {
        // (T.6)  U = D W_2ᵀ,  U̇ = Ḋ W_2ᵀ + D Ẇ_2ᵀ,  dP = U ∘ ψ'(P)            [M, m]
        Products.Multiply(dOutput.Value, factors.OutTransposed, dHidden.Value);
        Products.Multiply(dOutput.Tangent, factors.OutTransposed, dHidden.Tangent);
        Products.MultiplyAdd(dOutput.Value, direction.OutTransposed, 1, dHidden.Tangent, dHidden.Tangent);
        ActivationTangent.Backward(cache.Derivative, tangents.Derivative, dHidden, dHidden.Tangent);
        System.Numerics.Tensors.TensorPrimitives.Multiply<T>(dHidden.Value.Span, cache.Derivative.Span, dHidden.Value.Span);

        // (T.6)  dH˙ = ρ_f Ḋ + dP˙ W_1ᵀ + dP Ẇ_1ᵀ                            [M, d]
        Products.MultiplyAdd(dHidden.Tangent, factors.InTransposed, residual, dOutput.Tangent, dInput);
        Products.MultiplyAdd(dHidden.Value, direction.InTransposed, 1, dInput, dInput);
    }

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
