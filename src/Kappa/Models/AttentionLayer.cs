using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Multi-head attention H = ρ Z' + act(Σ_h S_h Z W_V^h W_O^h) for every sample of a group (T.2, G.3), in its four ways.</summary>
/// <remarks>
/// Gradients of parameters are added to <c>old</c> times what was there, the rest is overwritten. One instance per thread; layers of one
/// size share it.
/// </remarks>
internal sealed partial class AttentionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TransformerShape _shape;
    private readonly AttentionRoute _route;
    private readonly Matrix<T> _dShared;
    private readonly KernelHead<T> _head;
    private readonly int _tokens;
    private readonly Matrix<T> _dProjected;
    private readonly Matrix<T> _dMixed;
    private readonly Matrix<T> _dBranch;
    private readonly int _largestGroup;

    /// <summary>Reserves the memory.</summary>
    public AttentionLayer(TransformerShape shape, AttentionRoute route, int tokens, int largestGroup)
    {
        (_shape, _route, _tokens, _largestGroup) = (shape, route, tokens, largestGroup);
        (int keys, int values) = (route.IsMerged ? shape.Width : shape.KeyWidth, route.MixesFirst ? shape.Width : shape.ValueWidth);
        _head = new KernelHead<T>(shape.Kernel, tokens, largestGroup, keys, values, shape.Kernel.Scale(shape.KeyWidth),
            shape.Mask == AttentionMask.Causal);
        int rows = largestGroup * tokens;
        _dProjected = Matrix<T>.Allocate(rows, AttentionFactors<T>.ProjectedColumns(shape, route));
        _dMixed = Matrix<T>.Allocate(shape.HasOutput || route.MixesFirst ? rows : 0, AttentionFactors<T>.MixedColumns(shape, route));
        _dShared = Matrix<T>.Allocate(route.MixesFirst ? rows : 0, (route.IsMerged ? 2 : 1) * shape.Width);
        _dBranch = Matrix<T>.Allocate(shape.AttentionActivation is null ? 0 : rows, shape.OutputWidth);
    }

    /// <summary>Memory for one layer.</summary>
    /// <param name="keepsWeights">Whether the way back follows, and finds S where it is kept (see <see cref="KeptWeights"/>).</param>
    public AttentionCache<T> NewCache(bool keepsWeights) => new(
        _shape, _route, _largestGroup * _tokens, _tokens, keepsWeights && KeptWeights.AreKept<T>(_shape, _tokens));

    /// <summary>output ← residual·skip + act(Σ_h S_h Z W_V^h W_O^h).</summary>
    /// <param name="factors">The weights.</param>
    /// <param name="input">Z [rows, D].</param>
    /// <param name="residual">Factor of the skip.</param>
    /// <param name="skip">[rows, D_out]; not read when its factor is 0.</param>
    /// <param name="cache">Overwritten.</param>
    /// <param name="output">[rows, D_out], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11); empty for all.</param>
    public void Forward(
        AttentionFactors<T> factors, in Matrix<T> input, double residual, in Matrix<T> skip, AttentionCache<T> cache, in Matrix<T> output,
        ReadOnlySpan<int> lengths)
    {
        // (T.2)  [Q | K | V] = Z [W_Q | W_K | W_V] + [b_Q | b_K | b_V]        [rows, p]
        int rows = input.Rows;
        Matrix<T> projected = cache.Projected.RowRange(0, rows), mixed = cache.Mixed.RowRange(0, rows);
        Products.Multiply(input, factors.Projection, projected);
        BiasRow.Add(factors.ProjectionBias, projected);
        for (int head = 0; head < _shape.Heads; head++)
        {
            _head.Forward(rows / _tokens, Of(projected, head, input), Weights(cache, head, rows), Mixed(mixed, head), lengths);
        }

        // (G.3)  O = [S_1 V_1, …, S_H V_H] [W_O^1; …; W_O^H] + b_O            [rows, D_out]
        if (_shape.AttentionActivation is Activation activation)
        {
            Matrix<T> branch = cache.Branch.RowRange(0, rows), derivative = cache.Derivative.RowRange(0, rows);
            LinearBranch(factors, cache, derivative);
            activation.ApplyWithDerivative<T>(derivative.Span, branch.Span, derivative.Span);
            Sum(residual, skip, branch, output);
        }
        else if (factors.Output is PackedMatrix<T> weights)
        {
            Products.MultiplyAdd(mixed, weights, residual, residual == 0 ? output : skip, output);
            BiasRow.Add(factors.OutputBias, output);
        }
        else
        {
            Sum(residual, skip, mixed, output);
        }
    }

    /// <summary>
    /// Gradients of the trained matrices and, when wanted, dZ ← residual·skip + what goes through queries, keys and values.
    /// </summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="input">Z [rows, D] of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="dOutput">dH [rows, D_out].</param>
    /// <param name="target">The gradients.</param>
    /// <param name="residual">Factor of the skip: ρ where Z also goes around attention, otherwise 0.</param>
    /// <param name="dInput">dZ [rows, D], overwritten; empty when not wanted; may be the memory of dH, which is the skip.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(
        AttentionFactors<T> factors, in Matrix<T> input, AttentionCache<T> cache, in Matrix<T> dOutput, in GradientTarget<T> target,
        double residual,
        in Matrix<T> dInput, ReadOnlySpan<int> lengths)
    {
        int rows = input.Rows;
        bool wantsInput = dInput.Rows > 0;
        HeadTraining training = Wanted(factors, target, wantsInput);
        Matrix<T> dBranch = Branch(cache, dOutput), dProjected = _dProjected.RowRange(0, rows),
            dShared = _dShared.RowRange(0, _route.MixesFirst ? rows : 0);
        foreach (AttentionPart part in factors.Parts)
        {
            // (G.6)  dW_O = [S_1 V_1, …]ᵀ dO, its rows of this matrix         [rows of W_O, D_out]
            if (part.IsOutput)
            {
                target.Add(part.Index, cache.Mixed.RowRange(0, rows).ColumnRange(part.Start, part.Length), dBranch, part.IsTransposed);
                target.AddRows(part.Bias, dBranch);
            }
        }

        if (!training.Value && !training.NeedsWeights)
        {
            return;
        }

        // (G.6)  d[S_1 V_1, …] = dO W_Oᵀ                                      [rows, H d_v]
        Matrix<T> dMixed = dBranch;
        if (factors.OutputTransposed is PackedMatrix<T> transposed)
        {
            dMixed = _dMixed.RowRange(0, rows);
            Products.Multiply(dBranch, transposed, dMixed);
        }

        for (int head = 0; head < _shape.Heads; head++)
        {
            _head.Backward(
                rows / _tokens, Of(cache.Projected.RowRange(0, rows), head, input), Weights(cache, head, rows), Mixed(dMixed, head),
                Of(dProjected, head, dShared), training, lengths);
        }

        ProjectionGradients(factors, input, dProjected, target);

        // (G.6)  dZ = ρ dH + d[Q | K | V] [W_Q | W_K | W_V]ᵀ, and dK, dV themselves where Z are the keys or values  [rows, D]
        if (wantsInput)
        {
            Products.MultiplyAdd(dProjected, factors.ProjectionTransposed, residual, residual == 0 ? dInput : dOutput, dInput);
            for (int row = 0; row < dShared.Rows; row++)
            {
                for (int start = 0; start < dShared.Columns; start += dInput.Columns)
                {
                    TensorPrimitives.Add(dInput.Row(row), dShared.Row(row).Slice(start, dInput.Columns), dInput.Row(row));
                }
            }
        }
    }

    private void ProjectionGradients(AttentionFactors<T> factors, in Matrix<T> input, in Matrix<T> dProjected, in GradientTarget<T> target)
    {
        foreach (AttentionPart part in factors.Parts)
        {
            // (G.6)  dW = Zᵀ d[Q | K | V], its columns of this matrix         [D, columns]
            if (!part.IsOutput && !factors.IsOfG(part))
            {
                Matrix<T> columns = dProjected.ColumnRange(part.Start, part.Length);
                target.Add(part.Index, input, columns, part.IsTransposed);
                target.AddRows(part.Bias, columns);
            }
        }

        // (S.8)  dG = Zᵀ dQ of G = W_Q W_Kᵀ                                   [D, D]
        if (_route.IsMerged)
        {
            target.Add(factors.MergedIndex, input, dProjected);
        }
    }

    /// <summary>S_h of all rows, for those who look at it.</summary>
    public void CopyWeights(AttentionCache<T> cache, in Matrix<T> input, int head, in Matrix<T> weights, ReadOnlySpan<int> lengths)
    {
        int rows = input.Rows;
        if (Weights(cache, head, rows) is { Rows: > 0 } kept)
        {
            kept.CopyTo(weights);
        }
        else
        {
            _head.LongWeights(rows / _tokens, Of(cache.Projected.RowRange(0, rows), head, input), weights, lengths);
        }
    }

    /// <summary>What one head adds to the branch before any activation: S_h V_h W_O^h, or its own columns without W_O.</summary>
    public void HeadBranch(AttentionFactors<T> factors, AttentionCache<T> cache, int head, in Matrix<T> branch)
    {
        Matrix<T> mixed = Mixed(cache.Mixed.RowRange(0, branch.Rows), head);
        if (factors.Output is not null)
        {
            Products.Multiply(mixed, factors.OutputRows.RowRange(head * mixed.Columns, mixed.Columns), branch);
        }
        else
        {
            mixed.CopyTo(branch);
        }
    }

    /// <summary>The branch [rows, D_out], after its activation if there is one.</summary>
    public void CopyBranch(AttentionFactors<T> factors, AttentionCache<T> cache, in Matrix<T> branch)
    {
        if (_shape.AttentionActivation is null)
        {
            LinearBranch(factors, cache, branch);
        }
        else
        {
            cache.Branch.RowRange(0, branch.Rows).CopyTo(branch);
        }
    }

    private static void Sum(double residual, in Matrix<T> skip, in Matrix<T> branch, in Matrix<T> output) => ResidualConnection.Apply(
        residual, residual == 0 ? output : skip, branch, output);

    private static HeadTraining Wanted(AttentionFactors<T> factors, in GradientTarget<T> target, bool wantsInput)
    {
        bool query = wantsInput || target.Wants(factors.MergedIndex), key = wantsInput, value = wantsInput;
        foreach (AttentionPart part in factors.Parts)
        {
            bool wanted = target.Wants(part.Index) || target.Wants(part.Bias);
            query |= wanted && part.Block.Kind == ParameterKind.Query;
            key |= wanted && part.Block.Kind == ParameterKind.Key;
            value |= wanted && part.Block.Kind == ParameterKind.Value && !part.IsOutput;
        }

        return new HeadTraining(query, key, value);
    }

    private static Matrix<T> Weights(AttentionCache<T> cache, int head, int rows) => cache.Weights[head].Rows == 0 ? cache.Weights[head]
        : cache.Weights[head].RowRange(0, rows);

    // dO of dH: through the derivative of the activation where there is one.
    private Matrix<T> Branch(AttentionCache<T> cache, in Matrix<T> dOutput)
    {
        if (_shape.AttentionActivation is null)
        {
            return dOutput;
        }

        Matrix<T> dBranch = _dBranch.RowRange(0, dOutput.Rows);
        TensorPrimitives.Multiply<T>(dOutput.Span, cache.Derivative.RowRange(0, dOutput.Rows).Span, dBranch.Span);
        return dBranch;
    }

    private static void LinearBranch(AttentionFactors<T> factors, AttentionCache<T> cache, in Matrix<T> branch)
    {
        Matrix<T> mixed = cache.Mixed.RowRange(0, branch.Rows);
        if (factors.Output is PackedMatrix<T> weights)
        {
            Products.Multiply(mixed, weights, branch);
            BiasRow.Add(factors.OutputBias, branch);
        }
        else
        {
            mixed.CopyTo(branch);
        }
    }

    private Matrix<T> Mixed(in Matrix<T> mixed, int head) => _route.MixesFirst ? mixed
        : mixed.ColumnRange(head * _shape.ValueWidth, _shape.ValueWidth);

    // Q, K, V of a head, or their gradients; keys and values that are Z itself stand in the other matrix, of gradients side by side.
    private HeadMatrices<T> Of(in Matrix<T> projected, int head, in Matrix<T> shared = default)
    {
        (int heads, int keys, int values) = (_shape.Heads, _shape.KeyWidth, _shape.ValueWidth);
        if (_route.MixesFirst)
        {
            int width = _shape.Width;
            Matrix<T> last = shared.ColumnRange(shared.Columns - width, width);
            return _route.IsMerged
                ? new HeadMatrices<T>(projected, shared.ColumnRange(0, width), last)
                : new HeadMatrices<T>(projected.ColumnRange(0, keys), projected.ColumnRange(keys, keys), last);
        }

        return new HeadMatrices<T>(
            projected.ColumnRange(head * keys, keys), projected.ColumnRange((heads + head) * keys, keys),
            projected.ColumnRange((2 * heads * keys) + (head * values), values));
    }
}
