using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The feed-forward part of one block, forward (R.3) and backward (R.6), a few rows at a time.</summary>
/// <remarks>
/// Φ and ψ'(P) are the largest matrices of a step. Taken as a whole, each of the seven products and element-wise passes would fetch them from
/// memory anew; a group of rows small enough for the second-level cache goes through all passes before the next. The number of rows depends on m alone.
/// </remarks>
internal sealed class FeedForward(ResidualTransformerShape shape)
{
    // Elements of a group's part of one [rows, m] matrix: two or three of them, at 256 KiB each, stay in a cache of 1 MiB beside a panel of the weights.
    private const int GroupElements = 32768;

    // Fewer rows would spend more time on copying panels of the weights than on multiplying by them.
    private const int MinimumRows = 64;

    private readonly int _rowsPerGroup = Math.Max(MinimumRows, GroupElements / shape.FfnWidth / 8 * 8);
    private readonly Activation _activation = shape.Activation;
    private readonly double _residual = shape.FfnResidual;

    /// <summary>Φ, ψ'(P) and Z⁺ from H.</summary>
    /// <param name="weights">W_1, W_2.</param>
    /// <param name="cache">H [M, d]; Φ, ψ'(P) [M, m] and Z⁺ [M, d] are overwritten.</param>
    public void Forward(in BlockWeights weights, BlockCache cache)
    {
        int rows = cache.Hidden.Rows;
        for (int start = 0; start < rows; start += _rowsPerGroup)
        {
            int count = Math.Min(_rowsPerGroup, rows - start);
            Matrix input = cache.AttentionOutput.RowRange(start, count);
            Matrix derivative = cache.HiddenDerivative.RowRange(start, count);
            Matrix hidden = cache.Hidden.RowRange(start, count);

            // (R.3)  P = H W_1,  Φ = ψ(P),  and ψ'(P) for the way back        [rows, m]
            Products.Multiply(input, weights.FfnIn, derivative);
            _activation.ApplyWithDerivative(derivative.Span, hidden.Span, derivative.Span);

            // (R.3)  Z⁺ = ρ_f H + Φ W_2                                       [rows, d]
            Products.MultiplyAdd(ProductForm.Plain, 1, hidden, weights.FfnOut, _residual, input, cache.Output.RowRange(start, count));
        }
    }

    /// <summary>The wanted ones of dW_1, dW_2 and dH from D = ∂ℒ/∂Z⁺.</summary>
    /// <param name="weights">W_1, W_2 of the forward pass.</param>
    /// <param name="cache">Of the forward pass.</param>
    /// <param name="dOutput">D [M, d].</param>
    /// <param name="training">Which derivatives are wanted.</param>
    /// <param name="gradient">dW_1 and dW_2 are overwritten when wanted.</param>
    /// <param name="scratch">dH [M, d] is overwritten when wanted, and the first rows of its Φ.</param>
    public void Backward(in BlockWeights weights, BlockCache cache, in Matrix dOutput, BlockTraining training, in BlockWeights gradient, BlockScratch scratch)
    {
        int rows = cache.Hidden.Rows;
        for (int start = 0; start < rows; start += _rowsPerGroup)
        {
            int count = Math.Min(_rowsPerGroup, rows - start);

            // The first group overwrites the gradients, the others add to them.
            double old = start == 0 ? 0 : 1;
            Matrix dGroup = dOutput.RowRange(start, count);

            // (R.6)  dW_2 = Φᵀ D                                              [m, d]
            if (training.FfnOut)
            {
                Products.TransposedMultiply(cache.Hidden.RowRange(start, count), dGroup, gradient.FfnOut, beta: old);
            }

            if (training.NeedsHidden)
            {
                HiddenBackward(weights, cache, dGroup, start, old, training, gradient, scratch);
            }
        }
    }

    private void HiddenBackward(
        in BlockWeights weights, BlockCache cache, in Matrix dOutput, int start, double old, BlockTraining training, in BlockWeights gradient, BlockScratch scratch)
    {
        // (R.6)  dP = (D W_2ᵀ) ∘ ψ'(P), every group in the same memory        [rows, m]
        int count = dOutput.Rows;
        Matrix dPreactivation = scratch.Hidden.RowRange(0, count);
        Products.MultiplyByTransposed(dOutput, weights.FfnOut, dPreactivation);
        TensorPrimitives.Multiply(dPreactivation.Span, cache.HiddenDerivative.RowRange(start, count).Span, dPreactivation.Span);

        // (R.6)  dW_1 = Hᵀ dP                                                 [d, m]
        if (training.FfnIn)
        {
            Products.TransposedMultiply(cache.AttentionOutput.RowRange(start, count), dPreactivation, gradient.FfnIn, beta: old);
        }

        // (R.6)  dH = ρ_f D + dP W_1ᵀ                                         [rows, d]
        if (training.NeedsAttentionOutput)
        {
            Products.MultiplyAdd(ProductForm.RightTransposed, 1, dPreactivation, weights.FfnIn, _residual, dOutput, scratch.AttentionOutput.RowRange(start, count));
        }
    }
}
