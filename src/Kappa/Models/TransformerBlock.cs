using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>
/// What a block computes on the way forward and needs on the way back, for the rows of a group of samples; another one holds the tangent of
/// each matrix in the same place.
/// </summary>
internal sealed class TransformerBlockCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasFfn;
    private readonly bool _isAfter;

    /// <summary>Reserves the memory.</summary>
    public TransformerBlockCache(TransformerShape shape, AttentionCache<T> attention, int rows)
    {
        Attention = attention;
        (_hasFfn, _isAfter) = (shape.FfnWidth is not null, shape.Norm == NormPlace.After);
        (bool hasNorm, int hidden) = (shape.Norm != NormPlace.None, shape.FfnWidth ?? 0);
        AttentionRead = New(hasNorm && !_isAfter, shape.Width);
        AttentionSum = New(true, shape.OutputWidth);
        AttentionNorm = New(_isAfter, shape.OutputWidth);
        FfnRead = New(_hasFfn && hasNorm && !_isAfter, shape.Width);
        (Derivative, Hidden) = (New(_hasFfn, hidden), New(_hasFfn, hidden));
        OutputSum = New(_hasFfn, shape.Width);
        OutputNorm = New(_hasFfn && _isAfter, shape.Width);
        (AttentionStatistics, FfnStatistics) = (New(hasNorm, 2), New(hasNorm && _hasFfn, 2));
        Matrix<T> New(bool isThere, int columns) => Matrix<T>.Allocate(isThere ? rows : 0, columns);
    }

    /// <summary>Queries, keys, values, weights.</summary>
    public AttentionCache<T> Attention { get; }

    /// <summary>N(Z) [rows, D] where the norm stands before.</summary>
    public Matrix<T> AttentionRead { get; }

    /// <summary>H [rows, D_out].</summary>
    public Matrix<T> AttentionSum { get; }

    /// <summary>N(H) [rows, D_out] where the norm stands after.</summary>
    public Matrix<T> AttentionNorm { get; }

    /// <summary>N(H) [rows, D] where the norm stands before.</summary>
    public Matrix<T> FfnRead { get; }

    /// <summary>ψ'(P) [rows, m].</summary>
    public Matrix<T> Derivative { get; }

    /// <summary>Φ [rows, m].</summary>
    public Matrix<T> Hidden { get; }

    /// <summary>Z⁺ [rows, D].</summary>
    public Matrix<T> OutputSum { get; }

    /// <summary>N(Z⁺) [rows, D] where the norm stands after.</summary>
    public Matrix<T> OutputNorm { get; }

    /// <summary>Of the normalisation of attention [rows, 2].</summary>
    public Matrix<T> AttentionStatistics { get; }

    /// <summary>Of the normalisation of the feed-forward layer [rows, 2].</summary>
    public Matrix<T> FfnStatistics { get; }

    /// <summary>What goes on from attention.</summary>
    public Matrix<T> AfterAttention => _isAfter ? AttentionNorm : AttentionSum;

    /// <summary>What goes on from the block.</summary>
    public Matrix<T> Output => !_hasFfn ? AfterAttention : _isAfter ? OutputNorm : OutputSum;

    /// <summary>The rows of the feed-forward layer.</summary>
    public FeedForwardCache<T> Ffn(int rows) => new((FfnRead.Rows > 0 ? FfnRead : AfterAttention).RowRange(0, rows),
        Derivative.RowRange(0, rows), Hidden.RowRange(0, rows));
}

/// <summary>
/// A block H = ρ_a Z + attention(N(Z)), Z⁺ = ρ_f H + ψ(N(H) W_1 + b_1) W_2 + b_2 (T.1–T.3) with its normalisations before, after or
/// nowhere, forward and backward.
/// </summary>
internal sealed partial class TransformerBlock<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TransformerShape _shape;
    private readonly AttentionLayer<T> _attention;
    private readonly NormLayer<T> _norm;
    private readonly Matrix<T> _dHidden;
    private readonly Matrix<T> _dNormalised;
    private readonly int _rows;

    /// <summary>Reserves the work matrices, which the blocks share.</summary>
    public TransformerBlock(TransformerShape shape, AttentionRoute route, int tokens, int largestGroup)
    {
        (_shape, _rows) = (shape, largestGroup * tokens);
        _attention = new AttentionLayer<T>(shape, route, tokens, largestGroup);
        _norm = new NormLayer<T>(shape);
        _dHidden = Matrix<T>.Allocate(shape.FfnWidth is null ? 0 : _rows, shape.FfnWidth ?? 0);
        _dNormalised = Matrix<T>.Allocate(shape.Norm == NormPlace.Before ? _rows : 0, shape.Width);
    }

    private bool IsBefore => _shape.Norm == NormPlace.Before;

    private bool IsAfter => _shape.Norm == NormPlace.After;

    /// <summary>Memory for one block.</summary>
    /// <param name="keepsWeights">Whether the way back follows.</param>
    public TransformerBlockCache<T> NewCache(bool keepsWeights) => new(_shape, _attention.NewCache(keepsWeights), _rows);

    /// <summary>Every matrix of the cache from Z.</summary>
    /// <param name="factors">The weights.</param>
    /// <param name="input">Z [rows, D].</param>
    /// <param name="cache">Overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11); empty for all.</param>
    public void Forward(TransformerBlockFactors<T> factors, in Matrix<T> input, TransformerBlockCache<T> cache, ReadOnlySpan<int> lengths)
    {
        // (T.1), (E.3)  H = ρ_a Z + attention(N(Z))                           [rows, D_out]
        int rows = input.Rows;
        Matrix<T> read = input, sum = cache.AttentionSum.RowRange(0, rows);
        if (IsBefore)
        {
            read = cache.AttentionRead.RowRange(0, rows);
            _norm.Forward(factors.AttentionNorm, input, cache.AttentionStatistics.RowRange(0, rows), read);
        }

        _attention.Forward(factors.Attention, read, _shape.AttentionResidual, input, cache.Attention, sum, lengths);
        if (IsAfter)
        {
            _norm.Forward(factors.AttentionNorm, sum, cache.AttentionStatistics.RowRange(0, rows), cache.AttentionNorm.RowRange(0, rows));
        }

        // (T.3), (E.4)  Z⁺ = ρ_f H + ψ(N(H) W_1 + b_1) W_2 + b_2              [rows, D]
        if (factors.FeedForward is not FeedForwardFactors<T> weights)
        {
            return;
        }

        FeedForwardCache<T> ffn = cache.Ffn(rows);
        Matrix<T> attended = cache.AfterAttention.RowRange(0, rows), output = cache.OutputSum.RowRange(0, rows);
        if (IsBefore)
        {
            _norm.Forward(factors.FfnNorm, attended, cache.FfnStatistics.RowRange(0, rows), ffn.Input);
        }

        FeedForwardLayer<T>.Forward(weights, _shape.Activation, ffn, _shape.FfnResidual, attended, output);
        if (IsAfter)
        {
            _norm.Forward(factors.FfnNorm, output, cache.FfnStatistics.RowRange(0, rows), cache.OutputNorm.RowRange(0, rows));
        }
    }

    /// <summary>Gradients of the block's trained matrices from D = dZ⁺, and dZ where something below is trained.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="input">Z of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="target">The gradients.</param>
    /// <param name="dOutput">D [rows, D_out], overwritten.</param>
    /// <param name="dInput">dZ [rows, D], overwritten when wanted; the memory of D where the widths are equal.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(
        TransformerBlockFactors<T> factors, in Matrix<T> input, TransformerBlockCache<T> cache, in GradientTarget<T> target,
        in Matrix<T> dOutput, in Matrix<T> dInput, ReadOnlySpan<int> lengths)
    {
        int rows = input.Rows;
        if (factors.FeedForward is FeedForwardFactors<T> weights && !FfnBackward(factors, weights, cache, target, dOutput))
        {
            return;
        }

        if (IsAfter)
        {
            _norm.Backward(factors.AttentionNorm, cache.AttentionSum.RowRange(0, rows), cache.AttentionStatistics.RowRange(0, rows),
                dOutput, target, 0, dOutput);
        }

        // (E.7)  dZ = ρ_a dH + N'(Z)ᵀ (what goes through attention)           [rows, D]
        bool wantsInput = target.Lowest < factors.First, wantsNorm = IsBefore && target.Lowest < factors.Attention.Parts[0].Index;
        if (IsBefore)
        {
            Matrix<T> dNormalised = wantsNorm ? _dNormalised.RowRange(0, rows) : default;
            _attention.Backward(factors.Attention, cache.AttentionRead.RowRange(0, rows), cache.Attention, dOutput, target, 0, dNormalised,
                lengths);
            if (wantsNorm)
            {
                _norm.Backward(factors.AttentionNorm, input, cache.AttentionStatistics.RowRange(0, rows), dNormalised, target,
                    _shape.AttentionResidual, dInput);
            }
        }
        else
        {
            _attention.Backward(factors.Attention, input, cache.Attention, dOutput, target, _shape.AttentionResidual, wantsInput ? dInput
                : default, lengths);
        }
    }

    /// <summary>Fills the wanted matrices of a record with those of the last way forward.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="input">Z of the way forward.</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="rows">Where a part of the layer goes, of a head or of all, as the record wants it.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Record(TransformerBlockFactors<T> factors, in Matrix<T> input, TransformerBlockCache<T> cache, ref RecordRows<T> rows,
        ReadOnlySpan<int> lengths)
    {
        int count = input.Rows;
        rows.Take(LayerPart.Input, input);
        rows.Take(LayerPart.AttentionNorm, cache.AttentionRead);
        for (int head = 0; head < _shape.Heads; head++)
        {
            if (rows.Wants(LayerPart.AttentionWeights, head))
            {
                Matrix<T> read = IsBefore ? cache.AttentionRead.RowRange(0, count) : input;
                _attention.CopyWeights(cache.Attention, read, head, rows.Scratch(count, count / rows.Samples), lengths);
                rows.TakeScratch(LayerPart.AttentionWeights, head);
            }

            if (rows.Wants(LayerPart.HeadBranch, head))
            {
                _attention.HeadBranch(factors.Attention, cache.Attention, head,
                    rows.Scratch(count, _shape.HasOutput ? _shape.OutputWidth : _shape.ValueWidth));
                rows.TakeScratch(LayerPart.HeadBranch, head);
            }
        }

        if (rows.Wants(LayerPart.AttentionBranch))
        {
            _attention.CopyBranch(factors.Attention, cache.Attention, rows.Scratch(count, _shape.OutputWidth));
            rows.TakeScratch(LayerPart.AttentionBranch);
        }

        rows.Take(LayerPart.AttentionOutput, cache.AttentionSum);
        rows.Take(LayerPart.AttentionOutputNorm, IsBefore ? cache.FfnRead : cache.AttentionNorm);
        rows.Take(LayerPart.Hidden, cache.Hidden);
        rows.Take(LayerPart.Output, _shape.FfnWidth is null ? cache.AttentionSum : cache.OutputSum);
        rows.Take(LayerPart.OutputNorm, cache.OutputNorm);
    }

    // From D to dH in its memory; false when nothing further down is trained.
    private bool FfnBackward(TransformerBlockFactors<T> factors, in FeedForwardFactors<T> weights, TransformerBlockCache<T> cache,
        in GradientTarget<T> target, in Matrix<T> dOutput)
    {
        int rows = dOutput.Rows;
        Matrix<T> dHidden = _dHidden.RowRange(0, rows), attended = cache.AfterAttention.RowRange(0, rows),
            statistics = cache.FfnStatistics.RowRange(0, cache.FfnStatistics.Rows == 0 ? 0 : rows);
        FeedForwardCache<T> ffn = cache.Ffn(rows);
        if (IsAfter)
        {
            _norm.Backward(factors.FfnNorm, cache.OutputSum.RowRange(0, rows), statistics, dOutput, target, 0, dOutput);
        }

        // (E.7)  dW_2 = Φᵀ D, dP = (D W_2ᵀ) ∘ ψ'(P), dW_1 = N(H)ᵀ dP
        target.Add(factors.FfnOut, ffn.Hidden, dOutput);
        target.AddRows(factors.FfnOutBias, dOutput);
        if (target.Lowest >= factors.FfnOut)
        {
            return false;
        }

        FeedForwardLayer<T>.HiddenGradient(weights, ffn, dOutput, dHidden);
        target.Add(factors.FfnIn, ffn.Input, dHidden);
        target.AddRows(factors.FfnInBias, dHidden);
        if (target.Lowest >= factors.FfnIn)
        {
            return false;
        }

        // (E.7)  dH = ρ_f D + N'(H)ᵀ (dP W_1ᵀ)                                [rows, D]
        if (IsBefore)
        {
            Matrix<T> dNormalised = _dNormalised.RowRange(0, rows);
            FeedForwardLayer<T>.InputGradient(weights, dHidden, 0, dOutput, dNormalised);
            _norm.Backward(factors.FfnNorm, attended, statistics, dNormalised, target, _shape.FfnResidual, dOutput);
        }
        else
        {
            FeedForwardLayer<T>.InputGradient(weights, dHidden, _shape.FfnResidual, dOutput, dOutput);
        }

        return true;
    }
}
