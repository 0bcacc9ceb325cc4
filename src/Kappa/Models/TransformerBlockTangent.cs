using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <content>Its derivative along a direction, forward (T.5) and backward (T.6).</content>
internal sealed partial class TransformerBlock<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private BlockCurvature? _curvature;

    /// <summary>The tangents of everything the block computes.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="direction">Ẇ, as factors.</param>
    /// <param name="input">Z and Ż [rows, D].</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="tangents">Overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Tangent(
        TransformerBlockFactors<T> factors, TransformerBlockFactors<T> direction, in Moving<T> input, TransformerBlockCache<T> cache,
        TransformerBlockCache<T> tangents, ReadOnlySpan<int> lengths)
    {
        int rows = input.Value.Rows;
        Moving<T> read = input, sum = Of(cache.AttentionSum, tangents.AttentionSum, rows);
        if (IsBefore)
        {
            read = Of(cache.AttentionRead, tangents.AttentionRead, rows);
            _norm.Tangent(factors.AttentionNorm, direction.AttentionNorm, input, cache.AttentionStatistics, read.Tangent);
        }

        _attention.Tangent(
            factors.Attention, direction.Attention, read, _shape.AttentionResidual, input.Tangent, cache.Attention, tangents.Attention,
            sum.Tangent, lengths);
        if (IsAfter)
        {
            _norm.Tangent(factors.AttentionNorm, direction.AttentionNorm, sum, cache.AttentionStatistics,
                tangents.AttentionNorm.RowRange(0, rows));
        }

        if (factors.FeedForward is not FeedForwardFactors<T> weights)
        {
            return;
        }

        Moving<T> attended = Of(cache.AfterAttention, tangents.AfterAttention, rows),
            output = Of(cache.OutputSum, tangents.OutputSum, rows);
        if (IsBefore)
        {
            _norm.Tangent(factors.FfnNorm, direction.FfnNorm, attended, cache.FfnStatistics, tangents.FfnRead.RowRange(0, rows));
        }

        FeedForwardLayer<T>.Tangent(
            weights, direction.FeedForward!.Value, _shape.Activation, cache.Ffn(rows), tangents.Ffn(rows), _shape.FfnResidual,
            attended.Tangent, output.Tangent);
        if (IsAfter)
        {
            _norm.Tangent(factors.FfnNorm, direction.FfnNorm, output, cache.FfnStatistics, tangents.OutputNorm.RowRange(0, rows));
        }
    }

    /// <summary>The tangents of the trained gradients, and the pair of dZ, from the pair of D.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="direction">Ẇ, as factors.</param>
    /// <param name="input">Z and Ż [rows, D].</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="tangents">Of <see cref="Tangent"/>.</param>
    /// <param name="target">The tangents of the gradients.</param>
    /// <param name="dOutput">D and Ḋ [rows, D_out], overwritten.</param>
    /// <param name="dInput">dZ and its tangent [rows, D], overwritten; the memory of D where the widths are equal.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void BackwardTangent(
        TransformerBlockFactors<T> factors, TransformerBlockFactors<T> direction, in Moving<T> input, TransformerBlockCache<T> cache,
        TransformerBlockCache<T> tangents, in GradientTarget<T> target,
        in Moving<T> dOutput, in Moving<T> dInput, ReadOnlySpan<int> lengths)
    {
        int rows = input.Value.Rows;
        BlockCurvature work = _curvature ??= new BlockCurvature(this, _shape);
        if (factors.FeedForward is FeedForwardFactors<T> weights)
        {
            FfnBackwardTangent(factors, direction, weights, cache, tangents, target, dOutput);
        }

        if (IsAfter)
        {
            NormBackward(factors.AttentionNorm, direction.AttentionNorm, Of(cache.AttentionSum, tangents.AttentionSum, rows),
                cache.AttentionStatistics, dOutput, target, 0, dOutput);
        }

        // dH again, for the way back through attention may write over it.
        Matrix<T> kept = work.Kept.RowRange(0, rows);
        dOutput.Value.CopyTo(kept);
        Moving<T> read = IsBefore ? Of(cache.AttentionRead, tangents.AttentionRead, rows) : input;
        Moving<T> dRead = IsBefore ? new(_dNormalised.RowRange(0, rows), work.Normalised.RowRange(0, rows)) : dInput;
        double residual = IsBefore ? 0 : _shape.AttentionResidual;
        _attention.Backward(factors.Attention, read.Value, cache.Attention, kept, target.Nothing, residual, dRead.Value, lengths);
        _attention.BackwardTangent(
            factors.Attention, direction.Attention, read, cache.Attention, tangents.Attention, new(kept, dOutput.Tangent), target,
            residual, dRead.Tangent, lengths);
        if (IsBefore)
        {
            NormBackward(factors.AttentionNorm, direction.AttentionNorm, input, cache.AttentionStatistics, dRead, target,
                _shape.AttentionResidual, dInput);
        }
    }

    private static Moving<T> Of(in Matrix<T> value, in Matrix<T> tangent, int rows) => new(value.RowRange(0, rows),
        tangent.RowRange(0, rows));

    private void FfnBackwardTangent(
        TransformerBlockFactors<T> factors, TransformerBlockFactors<T> direction, in FeedForwardFactors<T> weights,
        TransformerBlockCache<T> cache, TransformerBlockCache<T> tangents,
        in GradientTarget<T> target, in Moving<T> dOutput)
    {
        int rows = dOutput.Value.Rows;
        FeedForwardCache<T> ffn = cache.Ffn(rows), moved = tangents.Ffn(rows);
        Moving<T> dHidden = Of(_dHidden, _curvature!.Hidden, rows);
        if (IsAfter)
        {
            NormBackward(factors.FfnNorm, direction.FfnNorm, Of(cache.OutputSum, tangents.OutputSum, rows), cache.FfnStatistics, dOutput,
                target, 0, dOutput);
        }

        // (T.6)  dW_2˙ = Φ̇ᵀ D + Φᵀ Ḋ,  dW_1˙ = Ḣᵀ dP + Hᵀ dP˙
        target.Add(factors.FfnOut, new Moving<T>(ffn.Hidden, moved.Hidden), dOutput);
        target.AddRows(factors.FfnOutBias, dOutput.Tangent);
        Moving<T> dRead = IsBefore ? Of(_dNormalised, _curvature.Normalised, rows) : dOutput;
        double residual = IsBefore ? 0 : _shape.FfnResidual;
        FeedForwardLayer<T>.BackwardTangent(weights, direction.FeedForward!.Value, ffn, moved, dOutput, dHidden, residual, dRead.Tangent);
        FeedForwardLayer<T>.InputGradient(weights, dHidden.Value, residual, dOutput.Value, dRead.Value);
        target.Add(factors.FfnIn, new Moving<T>(ffn.Input, moved.Input), dHidden);
        target.AddRows(factors.FfnInBias, dHidden.Tangent);
        if (IsBefore)
        {
            Moving<T> attended = Of(cache.AfterAttention, tangents.AfterAttention, rows);
            NormBackward(factors.FfnNorm, direction.FfnNorm, attended, cache.FfnStatistics, dRead, target, _shape.FfnResidual, dOutput);
        }
    }

    // The tangent first: it reads the value that the way back may write over.
    private void NormBackward(
        NormFactors<T> factors, NormFactors<T> direction, in Moving<T> input, in Matrix<T> statistics, in Moving<T> dOutput,
        in GradientTarget<T> target, double residual, in Moving<T> dInput)
    {
        Matrix<T> rows = statistics.RowRange(0, input.Value.Rows);
        _norm.BackwardTangent(factors, direction, input, rows, dOutput, target, residual, dInput.Tangent);
        _norm.Backward(factors, input.Value, rows, dOutput.Value, target.Nothing, residual, dInput.Value);
    }

    // What only tangents need.
    private sealed class BlockCurvature(TransformerBlock<T> block, TransformerShape shape)
    {
        public Matrix<T> Kept { get; } = Matrix<T>.Allocate(block._rows, shape.OutputWidth);

        public Matrix<T> Hidden { get; } = Matrix<T>.Allocate(block._dHidden.Rows, block._dHidden.Columns);

        public Matrix<T> Normalised { get; } = Matrix<T>.Allocate(block._dNormalised.Rows, block._dNormalised.Columns);
    }
}
