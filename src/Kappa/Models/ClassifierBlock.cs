using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What a block computes on the way forward and needs on the way back, for the rows of a group of samples.</summary>
internal sealed class ClassifierBlockCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory; the output is the next block's input.</summary>
    public ClassifierBlockCache(TransformerClassifierShape shape, AttentionCache<T> attention, int rows)
    {
        Attention = attention;
        (Normalised, AttentionOutput, FfnInput, Output) = (New(shape.Width), New(shape.Width), New(shape.Width), New(shape.Width));
        (Derivative, Hidden) = (New(shape.FfnWidth), New(shape.FfnWidth));
        (AttentionStatistics, FfnStatistics) = (New(2), New(2));
        Matrix<T> New(int columns) => Matrix<T>.Allocate(rows, columns);
    }

    /// <summary>Queries, keys, values, weights.</summary>
    public AttentionCache<T> Attention { get; }

    /// <summary>LN(Z) [rows, D].</summary>
    public Matrix<T> Normalised { get; }

    /// <summary>H [rows, D].</summary>
    public Matrix<T> AttentionOutput { get; }

    /// <summary>LN(H) [rows, D].</summary>
    public Matrix<T> FfnInput { get; }

    /// <summary>ψ'(P) [rows, m].</summary>
    public Matrix<T> Derivative { get; }

    /// <summary>Φ [rows, m].</summary>
    public Matrix<T> Hidden { get; }

    /// <summary>Z⁺ [rows, D].</summary>
    public Matrix<T> Output { get; }

    /// <summary>Of the normalisation before attention [rows, 2].</summary>
    public Matrix<T> AttentionStatistics { get; }

    /// <summary>Of the normalisation before the feed-forward layer [rows, 2].</summary>
    public Matrix<T> FfnStatistics { get; }
}

/// <summary>One block of the experiments' Transformer: H = ρ_a Z + attention(LN(Z)) (E.3), Z⁺ = ρ_f H + ψ(LN(H) W_1) W_2 (E.4), forward and backward (E.7). Composes the parts of the other models.</summary>
internal sealed class ClassifierBlock<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TransformerClassifierShape _shape;
    private readonly ParameterLayout _layout;
    private readonly MultiHeadAttention<T> _attention;
    private readonly Matrix<T> _dHidden;
    private readonly Matrix<T> _dNormalised;
    private readonly T[] _scratch;

    /// <summary>Reserves the work matrices, which the blocks share.</summary>
    public ClassifierBlock(TransformerClassifierShape shape, ParameterLayout layout, int largestGroup)
    {
        (_shape, _layout) = (shape, layout);
        _attention = new MultiHeadAttention<T>(shape.AttentionSizes, shape.Tokens, largestGroup);
        int rows = largestGroup * shape.Tokens;
        _dHidden = Matrix<T>.Allocate(rows, shape.FfnWidth);
        _dNormalised = Matrix<T>.Allocate(rows, shape.Width);
        _scratch = new T[shape.Width];
    }

    /// <summary>Memory for one block.</summary>
    public ClassifierBlockCache<T> NewCache() => new(_shape, _attention.NewCache(), _attention.LargestGroup * _shape.Tokens);

    /// <summary>Every matrix of the cache from Z.</summary>
    /// <param name="factors">The weights.</param>
    /// <param name="input">Z [rows, D].</param>
    /// <param name="cache">Overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11); empty for all.</param>
    public void Forward(ClassifierBlockFactors<T> factors, in Matrix<T> input, ClassifierBlockCache<T> cache, ReadOnlySpan<int> lengths)
    {
        int rows = input.Rows;
        Matrix<T> normalised = cache.Normalised.RowRange(0, rows), attended = cache.AttentionOutput.RowRange(0, rows);

        // (E.3)  H = ρ_a Z + attention(LN(Z))                                 [rows, D]
        LayerNorm.Forward(input, factors.Norms[0], factors.Norms[1], _shape.NormEpsilon, cache.AttentionStatistics.RowRange(0, rows), normalised);
        _attention.Forward(factors.Attention, normalised, _shape.AttentionResidual, input, cache.Attention, attended, lengths);

        // (E.4)  Z⁺ = ρ_f H + ψ(LN(H) W_1) W_2                                [rows, D]
        FeedForwardCache<T> ffn = Ffn(cache, rows);
        LayerNorm.Forward(attended, factors.Norms[2], factors.Norms[3], _shape.NormEpsilon, cache.FfnStatistics.RowRange(0, rows), ffn.Input);
        FeedForwardLayer<T>.Forward(factors.FeedForward, _shape.Activation, ffn, _shape.FfnResidual, attended, cache.Output.RowRange(0, rows));
    }

    /// <summary>Gradients of the block's trained matrices from D = dZ⁺, and dZ in the memory of D when something below is trained.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="layer">Number of the block.</param>
    /// <param name="input">Z of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">All gradients [1, P].</param>
    /// <param name="old">0 or 1.</param>
    /// <param name="dOutput">D [rows, D] on entry, dZ on return.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(
        ClassifierBlockFactors<T> factors, int layer, in Matrix<T> input, ClassifierBlockCache<T> cache, bool[] isTrained, in Matrix<T> gradient, double old, in Matrix<T> dOutput, ReadOnlySpan<int> lengths)
    {
        int first = TransformerClassifierShape.FirstOf(layer), rows = input.Rows;
        Matrix<T> dNormalised = _dNormalised.RowRange(0, rows), dHidden = _dHidden.RowRange(0, rows);
        FeedForwardCache<T> ffn = Ffn(cache, rows);

        // (E.7)  dW_2 = Φᵀ D, dP = (D W_2ᵀ) ∘ ψ'(P), dW_1 = LN(H)ᵀ dP
        if (isTrained[first + 9])
        {
            Products.TransposedMultiply(ffn.Hidden, dOutput, View(gradient, first + 9), beta: old);
        }

        FeedForwardLayer<T>.HiddenGradient(factors.FeedForward, ffn, dOutput, dHidden);
        if (isTrained[first + 8])
        {
            Products.TransposedMultiply(ffn.Input, dHidden, View(gradient, first + 8), beta: old);
        }

        // (E.7)  dH = ρ_f D + LN'(H)ᵀ (dP W_1ᵀ)                               [rows, D]
        FeedForwardLayer<T>.InputGradient(factors.FeedForward, dHidden, 0, dOutput, dNormalised);
        NormBackward(first + 6, cache.AttentionOutput.RowRange(0, rows), factors.Norms[2], cache.FfnStatistics.RowRange(0, rows), dNormalised, _shape.FfnResidual, isTrained, gradient, old, dOutput);

        // (E.7)  dZ = ρ_a dH + LN'(Z)ᵀ (what goes through attention)          [rows, D]
        _attention.Backward(factors.Attention, cache.Normalised.RowRange(0, rows), cache.Attention, dOutput, isTrained, gradient, old, dNormalised, lengths);
        NormBackward(first, input, factors.Norms[0], cache.AttentionStatistics.RowRange(0, rows), dNormalised, _shape.AttentionResidual, isTrained, gradient, old, dOutput);
    }

    private static FeedForwardCache<T> Ffn(ClassifierBlockCache<T> cache, int rows) => new(cache.FfnInput.RowRange(0, rows), cache.Derivative.RowRange(0, rows), cache.Hidden.RowRange(0, rows));

    // D ← residual·D + what goes through the normalisation whose γ is matrix `index`.
    private void NormBackward(
        int index, in Matrix<T> input, in Matrix<T> gain, in Matrix<T> statistics, in Matrix<T> dOutput, double residual, bool[] isTrained, in Matrix<T> gradient, double old, in Matrix<T> dInput) =>
        NormGradients.Backward(_layout, index, input, gain, statistics, dOutput, residual, isTrained, gradient, old, dInput, _scratch);

    private Matrix<T> View(in Matrix<T> gradient, int index) => MultiHeadAttention<T>.View(gradient, _layout.Blocks[index]);
}

/// <summary>The way back through a normalisation with its places in the gradient.</summary>
internal static class NormGradients
{
    /// <summary>dγ and dβ where trained (matrices <paramref name="index"/> and the next), and dx ← residual·dx + what goes through.</summary>
    public static void Backward<T>(
        ParameterLayout layout, int index, in Matrix<T> input, in Matrix<T> gain, in Matrix<T> statistics, in Matrix<T> dOutput, double residual, bool[] isTrained, in Matrix<T> gradient, double old,
        in Matrix<T> dInput, Span<T> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> dGain = isTrained[index] ? MultiHeadAttention<T>.View(gradient, layout.Blocks[index]).Span : [];
        Span<T> dShift = isTrained[index + 1] ? MultiHeadAttention<T>.View(gradient, layout.Blocks[index + 1]).Span : [];
        if (old == 0)
        {
            dGain.Clear();
            dShift.Clear();
        }

        LayerNorm.ParameterGradients(input, statistics, dOutput, dGain, dShift, scratch);
        LayerNorm.InputGradient(input, gain, statistics, dOutput, residual, dInput);
    }
}
