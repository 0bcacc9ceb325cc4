using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One head of attention, O_i = S_i V_i for every sample i with S the softmax or Gaussian kernel of queries and keys (G.1, G.2), forward and backward.</summary>
/// <remarks>
/// Samples of up to <see cref="LongestKept"/> tokens keep S for the way back. Longer ones go through blocks of <see cref="BlockRows"/> rows of S, which the way back computes again, to the
/// same bits: memory grows with n, not n². The products take 2n²(d_k + d_v) operations a sample forward and 4n²(d_k + d_v) backward, and 2n²d_k for computing S again.
/// Everything is overwritten. Owns its work matrices, allocates nothing per call; one instance per thread.
/// </remarks>
internal sealed class KernelHead<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Most tokens of a sample whose S is kept.</summary>
    public const int LongestKept = 128;

    /// <summary>Rows of S in a block.</summary>
    public const int BlockRows = 64;

    private readonly AttentionKernel _kernel;
    private readonly double _scale;
    private readonly int _tokens;
    private readonly Matrix<T> _keyTransposed;
    private readonly Matrix<T> _valueTransposed;
    private readonly Matrix<T> _weights;
    private readonly Matrix<T> _dWeights;
    private readonly LongHead<T>? _long;
    private readonly T[] _rowExponents;
    private readonly T[] _columnExponents;
    private readonly T[] _rowSums;
    private readonly T[] _columnSums;

    /// <summary>Reserves the memory.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="tokens">n.</param>
    /// <param name="largestGroup">Most samples in a call.</param>
    /// <param name="keyWidth">d_k of the products q·k (which may differ from the d_k of τ).</param>
    /// <param name="valueWidth">d_v.</param>
    /// <param name="scale">τ.</param>
    public KernelHead(AttentionKernel kernel, int tokens, int largestGroup, int keyWidth, int valueWidth, double scale)
    {
        (_kernel, _tokens, _scale) = (kernel, tokens, scale);
        KeepsWeights = tokens <= LongestKept;
        int rows = KeepsWeights ? largestGroup * tokens : BlockRows;
        _keyTransposed = Matrix<T>.Allocate(KeepsWeights ? largestGroup * keyWidth : 0, tokens);
        _valueTransposed = Matrix<T>.Allocate(KeepsWeights ? largestGroup * valueWidth : 0, tokens);
        _weights = Matrix<T>.Allocate(KeepsWeights ? 0 : rows, tokens);
        _dWeights = Matrix<T>.Allocate(rows, tokens);
        _long = KeepsWeights ? null : new LongHead<T>(tokens, keyWidth, valueWidth);
        int sums = KeepsWeights ? rows : tokens;
        (_rowExponents, _columnExponents, _rowSums, _columnSums) = (new T[sums], new T[sums], new T[sums], new T[sums]);
    }

    /// <summary>Whether S is kept: then a call needs memory for it, [g·n, n].</summary>
    public bool KeepsWeights { get; }

    /// <summary>O from Q, K and V.</summary>
    /// <param name="samples">g.</param>
    /// <param name="input">Q, K, V.</param>
    /// <param name="kept">S [g·n, n], overwritten; empty when it is not kept.</param>
    /// <param name="output">O [g·n, d_v], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11), the first ones; empty for all.</param>
    public void Forward(int samples, in HeadMatrices<T> input, in Matrix<T> kept, in Matrix<T> output, ReadOnlySpan<int> lengths = default)
    {
        if (!KeepsWeights)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                ForwardLong(input.Sample(sample, _tokens), output.RowRange(sample * _tokens, _tokens), LengthOf(sample, lengths));
            }

            return;
        }

        // (G.1), (G.2)  S_i from the products Q_i K_iᵀ                        [n, n] each sample
        Matrix<T> keyTransposed = _keyTransposed.RowRange(0, samples * input.Key.Columns);
        Transposition.CopyEach(samples, input.Key, keyTransposed);
        Products.MultiplyEach(samples, input.Query, keyTransposed, kept);
        PrepareExponents(input);
        if (_kernel.Kind == AttentionKernelKind.Softmax && lengths.IsEmpty)
        {
            RowSoftmax.Apply(kept, _scale, kept);
        }
        else
        {
            for (int sample = 0; sample < samples; sample++)
            {
                int first = sample * _tokens;
                Weigh(kept.RowRange(first, _tokens), first, first, LengthOf(sample, lengths));
            }
        }

        // (G.3)  O_i = S_i V_i                                                [n, d_v] each sample
        Products.MultiplyEach(samples, kept, input.Value, output);
    }

    /// <summary>The wanted ones of dQ, dK and dV from dO.</summary>
    /// <param name="samples">g.</param>
    /// <param name="input">Of the way forward.</param>
    /// <param name="kept">Of the way forward.</param>
    /// <param name="dOutput">dO [g·n, d_v].</param>
    /// <param name="gradient">Overwritten where wanted.</param>
    /// <param name="training">Which are wanted.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(int samples, in HeadMatrices<T> input, in Matrix<T> kept, in Matrix<T> dOutput, in HeadMatrices<T> gradient, HeadTraining training, ReadOnlySpan<int> lengths = default)
    {
        if (!KeepsWeights)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                BackwardLong(input.Sample(sample, _tokens), dOutput.RowRange(sample * _tokens, _tokens), gradient.Sample(sample, _tokens), training, LengthOf(sample, lengths));
            }

            return;
        }

        // (G.6)  dV_i = S_iᵀ dO_i                                             [n, d_v] each sample
        if (training.Value)
        {
            Products.TransposedMultiplyEach(samples, kept, dOutput, gradient.Value);
        }

        if (!training.NeedsWeights)
        {
            return;
        }

        // (G.6)  dS_i = dO_i V_iᵀ, then dL_i                                  [n, n] each sample
        Matrix<T> valueTransposed = _valueTransposed.RowRange(0, samples * input.Value.Columns), dWeights = _dWeights.RowRange(0, samples * _tokens);
        Transposition.CopyEach(samples, input.Value, valueTransposed);
        Products.MultiplyEach(samples, dOutput, valueTransposed, dWeights);
        if (_kernel.HasUnitRows)
        {
            RowSoftmax.Backward(kept, dWeights, _scale, dWeights);
        }

        _columnSums.AsSpan().Clear();
        for (int first = 0; first < kept.Rows && _kernel.Kind == AttentionKernelKind.Gaussian; first += _tokens)
        {
            GaussianSums(kept.RowRange(first, _tokens), dWeights.RowRange(first, _tokens), first, first);
        }

        if (training.Query)
        {
            Products.MultiplyEach(samples, dWeights, input.Key, gradient.Query);
            FinishQueries(input.Query, gradient.Query, firstRow: 0);
        }

        if (training.Key)
        {
            Products.TransposedMultiplyEach(samples, dWeights, input.Query, gradient.Key);
            FinishKeys(input.Key, gradient.Key);
        }
    }

    private void ForwardLong(in HeadMatrices<T> input, in Matrix<T> output, int length)
    {
        _long!.Take(input);
        PrepareExponents(input);
        for (int first = 0; first < _tokens; first += BlockRows)
        {
            int count = Math.Min(BlockRows, _tokens - first);
            Matrix<T> weights = WeightsOf(input, first, count, length);
            Products.Multiply(weights, _long.Value, output.RowRange(first, count));
        }
    }

    private void BackwardLong(in HeadMatrices<T> input, in Matrix<T> dOutput, in HeadMatrices<T> gradient, HeadTraining training, int length)
    {
        _long!.Take(input);
        PrepareExponents(input);
        _columnSums.AsSpan().Clear();
        for (int first = 0; first < _tokens; first += BlockRows)
        {
            int count = Math.Min(BlockRows, _tokens - first);
            double old = first == 0 ? 0 : 1;
            Matrix<T> weights = WeightsOf(input, first, count, length), dLogits = _dWeights.RowRange(0, count), dRows = dOutput.RowRange(first, count), query = input.Query.RowRange(first, count);
            if (training.Value)
            {
                Products.TransposedMultiply(weights, dRows, gradient.Value, beta: old);
            }

            if (!training.NeedsWeights)
            {
                continue;
            }

            Products.Multiply(dRows, _long.ValueTransposed, dLogits);
            if (_kernel.HasUnitRows)
            {
                RowSoftmax.Backward(weights, dLogits, _scale, dLogits);
            }

            if (_kernel.Kind == AttentionKernelKind.Gaussian)
            {
                GaussianSums(weights, dLogits, first, firstColumn: 0);
            }

            if (training.Query)
            {
                Matrix<T> dQuery = gradient.Query.RowRange(first, count);
                Products.Multiply(dLogits, _long.Key, dQuery);
                FinishQueries(query, dQuery, first);
            }

            if (training.Key)
            {
                Products.TransposedMultiply(dLogits, query, gradient.Key, beta: old);
            }
        }

        if (training.Key)
        {
            FinishKeys(input.Key, gradient.Key);
        }
    }

    private Matrix<T> WeightsOf(in HeadMatrices<T> input, int first, int count, int length)
    {
        Matrix<T> weights = _weights.RowRange(0, count);
        Products.Multiply(input.Query.RowRange(first, count), _long!.KeyTransposed, weights);
        Weigh(weights, first, firstColumn: 0, length);
        return weights;
    }

    private void PrepareExponents(in HeadMatrices<T> input)
    {
        if (_kernel.Kind == AttentionKernelKind.Gaussian)
        {
            GaussianWeights.Exponents(input.Query, _scale, _rowExponents.AsSpan(0, input.Query.Rows));
            GaussianWeights.Exponents(input.Key, _scale, _columnExponents.AsSpan(0, input.Key.Rows));
        }
    }

    private int LengthOf(int sample, ReadOnlySpan<int> lengths) => lengths.IsEmpty ? _tokens : lengths[sample];

    // S in the memory of the products q·k; its rows and columns begin at these of the exponents. (E.11): columns from the length on are 0, and so is what goes back through them.
    private void Weigh(in Matrix<T> products, int firstRow, int firstColumn, int length)
    {
        Matrix<T> attended = products.ColumnRange(0, length);
        products.ColumnRange(length, products.Columns - length).Fill(T.Zero);
        if (_kernel.Kind == AttentionKernelKind.Softmax)
        {
            RowSoftmax.Apply(attended, _scale, attended);
        }
        else
        {
            WeighGaussian(attended, firstRow, firstColumn);
        }
    }

    private void WeighGaussian(in Matrix<T> products, int firstRow, int firstColumn)
    {
        ReadOnlySpan<T> columns = _columnExponents.AsSpan(firstColumn, products.Columns);
        if (_kernel.NormalisesRows)
        {
            // ‖q_j‖² is the same along a row and falls out.
            GaussianWeights.AddColumns(products, _scale, columns);
            RowSoftmax.Apply(products, 1, products);
        }
        else
        {
            GaussianWeights.Apply(products, _scale, _rowExponents.AsSpan(firstRow, products.Rows), columns);
        }
    }

    // (G.6)  dL = τ S ∘ dS of a Gaussian with free rows, and of every Gaussian the sums that belong to ‖q‖² and ‖k‖².
    private void GaussianSums(in Matrix<T> weights, in Matrix<T> dLogits, int firstRow, int firstColumn)
    {
        if (!_kernel.NormalisesRows)
        {
            GaussianWeights.Backward(weights, dLogits, _scale, _rowSums.AsSpan(firstRow, weights.Rows));
        }

        GaussianWeights.AddColumnSums(dLogits, _columnSums.AsSpan(firstColumn, _tokens));
    }

    // (G.6)  dq_j = Σ_k dL_jk k_k − (Σ_k dL_jk) q_j; the last term belongs to a Gaussian with free rows
    private void FinishQueries(in Matrix<T> query, in Matrix<T> dQuery, int firstRow)
    {
        if (!_kernel.HasUnitRows)
        {
            GaussianWeights.SubtractScaledRows(dQuery, _rowSums.AsSpan(firstRow, query.Rows), query);
        }
    }

    // (G.6)  dk_k = Σ_j dL_jk q_j − (Σ_j dL_jk) k_k; the last term belongs to a Gaussian
    private void FinishKeys(in Matrix<T> key, in Matrix<T> dKey)
    {
        if (_kernel.Kind == AttentionKernelKind.Gaussian)
        {
            GaussianWeights.SubtractScaledRows(dKey, _columnSums.AsSpan(0, key.Rows), key);
        }
    }
}
