using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>What attention computes on the way forward and needs on the way back, for the rows of a group of samples.</summary>
internal sealed class AttentionCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory.</summary>
    public AttentionCache(AttentionSizes sizes, int rows, int tokens, bool keepsWeights)
    {
        Projected = Matrix<T>.Allocate(rows, sizes.Projections);
        Mixed = Matrix<T>.Allocate(rows, sizes.Mixed);
        Weights = [.. Enumerable.Range(0, sizes.Heads).Select(_ => Matrix<T>.Allocate(keepsWeights ? rows : 0, tokens))];
    }

    /// <summary>[Q | K | V], heads side by side in each [rows, p].</summary>
    public Matrix<T> Projected { get; }

    /// <summary>[S_1 V_1, …, S_H V_H] [rows, H d_v].</summary>
    public Matrix<T> Mixed { get; }

    /// <summary>S_h [rows, n], where it is kept.</summary>
    public Matrix<T>[] Weights { get; }
}

/// <summary>Multi-head attention O = Σ_h S_h Z W_V^h W_O^h for every sample of a group (G.3), forward and backward.</summary>
/// <remarks>Gradients of parameters are added to <c>old</c> times what was there, the rest is overwritten. One instance per thread; layers of one size share it.</remarks>
internal sealed class MultiHeadAttention<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly AttentionSizes _sizes;
    private readonly KernelHead<T> _head;
    private readonly Matrix<T> _dProjected;
    private readonly Matrix<T> _dMixed;
    private readonly int _tokens;

    /// <summary>Reserves the memory.</summary>
    public MultiHeadAttention(AttentionSizes sizes, int tokens, int largestGroup)
    {
        (_sizes, _tokens) = (sizes, tokens);
        _head = new KernelHead<T>(sizes.Kernel, tokens, largestGroup, sizes.KeyWidth, sizes.ValueWidth, sizes.Kernel.Scale(sizes.KeyWidth));
        _dProjected = Matrix<T>.Allocate(largestGroup * tokens, sizes.Projections);
        _dMixed = Matrix<T>.Allocate(largestGroup * tokens, sizes.Mixed);
        LargestGroup = largestGroup;
    }

    /// <summary>Most samples in a call.</summary>
    public int LargestGroup { get; }

    /// <summary>Memory for one layer.</summary>
    public AttentionCache<T> NewCache() => new(_sizes, LargestGroup * _tokens, _tokens, _head.KeepsWeights);

    /// <summary>output ← residual·Z' + Σ_h S_h Z W_V^h W_O^h.</summary>
    /// <param name="factors">The weights.</param>
    /// <param name="input">Z [rows, D].</param>
    /// <param name="residual">Factor of Z'.</param>
    /// <param name="skip">Z' [rows, D_out]; not read when its factor is 0.</param>
    /// <param name="cache">Overwritten.</param>
    /// <param name="output">[rows, D_out], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11); empty for all.</param>
    public void Forward(AttentionFactors<T> factors, in Matrix<T> input, double residual, in Matrix<T> skip, AttentionCache<T> cache, in Matrix<T> output, ReadOnlySpan<int> lengths = default)
    {
        // (G.3)  [Q | K | V] = Z [W_Q | W_K | W_V]                            [rows, p]
        int rows = input.Rows;
        Products.Multiply(input, factors.Projection, cache.Projected.RowRange(0, rows));
        for (int head = 0; head < _sizes.Heads; head++)
        {
            Matrix<T> mixed = cache.Mixed.RowRange(0, rows).ColumnRange(head * _sizes.ValueWidth, _sizes.ValueWidth);
            _head.Forward(rows / _tokens, Of(cache.Projected, rows, head), Weights(cache, head, rows), mixed, lengths);
        }

        // (G.3)  O = [S_1 V_1, …, S_H V_H] [W_O^1; …; W_O^H]                  [rows, D_out]
        Products.MultiplyAdd(cache.Mixed.RowRange(0, rows), factors.Output, residual, skip, output);
    }

    /// <summary>Gradients of the trained matrices and, when wanted, dZ ← Σ of what goes through queries, keys and values.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="input">Z [rows, D] of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="dOutput">dO [rows, D_out].</param>
    /// <param name="isTrained">For each matrix of the layout, whether it is trained.</param>
    /// <param name="gradient">All gradients [1, P].</param>
    /// <param name="old">0 or 1.</param>
    /// <param name="dInput">dZ [rows, D], overwritten; empty when not wanted.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(
        AttentionFactors<T> factors, in Matrix<T> input, AttentionCache<T> cache, in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old, in Matrix<T> dInput,
        ReadOnlySpan<int> lengths = default)
    {
        int rows = input.Rows;
        bool wantsInput = dInput.Rows > 0;
        HeadTraining training = Wanted(factors, isTrained, wantsInput);
        OutputGradients(factors, cache, dOutput, isTrained, gradient, old);
        if (!training.Value && !training.NeedsWeights)
        {
            return;
        }

        // (G.6)  d[S_1 V_1, …] = dO W_Oᵀ                                      [rows, H d_v]
        Matrix<T> dMixed = _dMixed.RowRange(0, rows), dProjected = _dProjected.RowRange(0, rows);
        Products.Multiply(dOutput, factors.OutputTransposed, dMixed);
        for (int head = 0; head < _sizes.Heads; head++)
        {
            _head.Backward(
                rows / _tokens, Of(cache.Projected, rows, head), Weights(cache, head, rows), dMixed.ColumnRange(head * _sizes.ValueWidth, _sizes.ValueWidth), Of(_dProjected, rows, head), training, lengths);
        }

        // (G.6)  dW = Zᵀ d[Q | K | V], its columns of this matrix             [D, columns]
        for (int k = 0; k < factors.Parts.Count; k++)
        {
            AttentionPart part = factors.Parts[k];
            if (!part.IsOutput && isTrained[part.Index])
            {
                Products.TransposedMultiply(input, dProjected.ColumnRange(part.Start, part.Block.Columns), View(gradient, part.Block), beta: old);
            }
        }

        // (G.6)  dZ = d[Q | K | V] [W_Q | W_K | W_V]ᵀ                         [rows, D]
        if (wantsInput)
        {
            Products.Multiply(dProjected, factors.ProjectionTransposed, dInput);
        }
    }

    /// <summary>The matrix of <paramref name="block"/> in a vector [1, P].</summary>
    public static Matrix<T> View(in Matrix<T> vector, ParameterBlock block) => new(vector.Buffer, vector.Offset + block.Offset, block.Rows, block.Columns);

    // (G.6)  dW_O = [S_1 V_1, …]ᵀ dO, its rows of this matrix                 [rows of W_O, D_out]
    private static void OutputGradients(AttentionFactors<T> factors, AttentionCache<T> cache, in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        for (int k = 0; k < factors.Parts.Count; k++)
        {
            AttentionPart part = factors.Parts[k];
            if (part.IsOutput && isTrained[part.Index])
            {
                Products.TransposedMultiply(cache.Mixed.RowRange(0, dOutput.Rows).ColumnRange(part.Start, part.Block.Rows), dOutput, View(gradient, part.Block), beta: old);
            }
        }
    }

    private static HeadTraining Wanted(AttentionFactors<T> factors, bool[] isTrained, bool wantsInput)
    {
        bool query = wantsInput, key = wantsInput, value = wantsInput;
        for (int k = 0; k < factors.Parts.Count; k++)
        {
            AttentionPart part = factors.Parts[k];
            query |= part.Block.Kind == ParameterKind.Query && isTrained[part.Index];
            key |= part.Block.Kind == ParameterKind.Key && isTrained[part.Index];
            value |= part.Block.Kind == ParameterKind.Value && isTrained[part.Index];
        }

        return new HeadTraining(query, key, value);
    }

    private static Matrix<T> Weights(AttentionCache<T> cache, int head, int rows) => cache.Weights[head].Rows == 0 ? cache.Weights[head] : cache.Weights[head].RowRange(0, rows);

    private HeadMatrices<T> Of(in Matrix<T> projected, int rows, int head)
    {
        Matrix<T> part = projected.RowRange(0, rows);
        return new HeadMatrices<T>(
            part.ColumnRange(_sizes.QueryStart(head), _sizes.KeyWidth), part.ColumnRange(_sizes.KeyStart(head), _sizes.KeyWidth), part.ColumnRange(_sizes.ValueStart(head), _sizes.ValueWidth));
    }
}
