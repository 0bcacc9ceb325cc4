using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The derivative of one block of model R along a direction in the
/// parameters and its input: R.1–R.3 differentiated line by line.</summary>
/// <remarks>dX is the tangent of X here. A direction's untrained matrices count as zero. No allocation.</remarks>
internal sealed class ResidualBlockTangent(ResidualTransformerShape shape, int samples, LogitRoute route)
{
    /// <summary>Computes dZ⁺ from dZ and the direction.</summary>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="direction">dW; only the wanted matrices are read.</param>
    /// <param name="queryKeyProduct">G (merged route).</param>
    /// <param name="dQueryKeyProduct">dG [d, d] (merged route).</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="training">Which matrices move; <see cref="BlockTraining.Input"/>: whether dZ is not zero.</param>
    /// <param name="scratch">Overwritten.</param>
    /// <param name="dInput">dZ [M, d].</param>
    /// <param name="dOutput">dZ⁺ [M, d].</param>
    public void Apply(
        in BlockWeights weights, in BlockWeights direction, in Matrix queryKeyProduct, in Matrix dQueryKeyProduct,
        BlockCache<double> cache, BlockTraining training, BlockScratch<double> scratch, in Matrix dInput, in Matrix dOutput)
    {
        LogitsTangent(weights, direction, queryKeyProduct, dQueryKeyProduct, cache, training, scratch, dInput);

        // (R.1)  dA = τ A ∘ (dS − ⟨A, dS⟩)   per row                          [n, n]
        RowSoftmax.Backward(cache.Attention, scratch.Attention, shape.LogitScale, scratch.Attention);

        // (R.2)  d(A Z) = dA Z + A dZ                                         [M, d]
        Products.MultiplyEach(samples, scratch.Attention, cache.Input, scratch.Mixed);
        if (training.Input)
        {
            Products.MultiplyEach(samples, cache.Attention, dInput, scratch.Mixed, beta: 1);
        }

        // (R.2)  dH = ρ_a dZ + d(A Z) W_V + A Z dW_V                          [M, d]
        Products.Multiply(scratch.Mixed, weights.Value, scratch.AttentionOutput);
        AddProductIf(training.Value, cache.Mixed, direction.Value, scratch.AttentionOutput);
        if (training.Input)
        {
            ResidualConnection.Apply(shape.AttentionResidual, dInput, scratch.AttentionOutput, scratch.AttentionOutput);
        }

        // (R.3)  dΦ = ψ'(P) ∘ (dH W_1 + H dW_1)                               [M, m]
        Products.Multiply(scratch.AttentionOutput, weights.FfnIn, scratch.Hidden);
        AddProductIf(training.FfnIn, cache.AttentionOutput, direction.FfnIn, scratch.Hidden);
        TensorPrimitives.Multiply(scratch.Hidden.Span, cache.HiddenDerivative.Span, scratch.Hidden.Span);

        // (R.3)  dZ⁺ = ρ_f dH + dΦ W_2 + Φ dW_2                               [M, d]
        Products.Multiply(scratch.Hidden, weights.FfnOut, dOutput);
        AddProductIf(training.FfnOut, cache.Hidden, direction.FfnOut, dOutput);
        ResidualConnection.Apply(shape.FfnResidual, scratch.AttentionOutput, dOutput, dOutput);
    }

    private void LogitsTangent(
        in BlockWeights weights, in BlockWeights direction, in Matrix queryKeyProduct, in Matrix dQueryKeyProduct,
        BlockCache<double> cache, BlockTraining training, BlockScratch<double> scratch, in Matrix dInput)
    {
        bool merged = route == LogitRoute.Merged;
        scratch.Query.Fill(0);
        scratch.Key.Fill(0);

        // (R.1)  dquery = dZ W_Q + Z dW_Q,  dkey = dZ W_K + Z dW_K; merged: dquery = dZ G + Z dG, dkey = dZ
        AddProductIf(training.Input, dInput, merged ? queryKeyProduct : weights.Query, scratch.Query);
        AddProductIf(
            merged ? training.Query || training.Key : training.Query, cache.Input, merged ? dQueryKeyProduct : direction.Query,
            scratch.Query);
        if (merged && training.Input)
        {
            dInput.CopyTo(scratch.Key);
        }
        else if (!merged)
        {
            AddProductIf(training.Input, dInput, weights.Key, scratch.Key);
            AddProductIf(training.Key, cache.Input, direction.Key, scratch.Key);
        }

        // (R.1)  dS = dquery keyᵀ + query dkeyᵀ                               [n, n] each sample
        Products.MultiplyByTransposedEach(samples, scratch.Query, merged ? cache.Input : cache.Key, scratch.Attention);
        Products.MultiplyByTransposedEach(samples, cache.Query, scratch.Key, scratch.Attention, beta: 1);
    }

    private static void AddProductIf(bool wanted, in Matrix a, in Matrix b, in Matrix sum)
    {
        if (wanted)
        {
            Products.Multiply(a, b, sum, beta: 1);
        }
    }
}
