using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>
/// One head of attention, O_i = S_i V_i for every sample i with S a kernel of queries and keys (G.1, G.2, G.9), forward and backward.
/// </summary>
/// <remarks>
/// Samples of up to <see cref="LongestWhole"/> tokens go through S as a whole, longer ones through blocks of <see cref="BlockRows"/> rows.
/// Where the caller has no memory for S, the way back computes its blocks again, to the same bits: memory grows with n then, not n². The
/// products take 2n²(d_k + d_v) operations a sample forward and 4n²(d_k + d_v) backward, and 2n²d_k for computing S again; a causal long
/// sample takes half. Everything is overwritten. Owns its work matrices, allocates nothing per call; one instance per thread.
/// </remarks>
internal sealed class KernelHead<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Most tokens of a sample whose S is one block.</summary>
    public const int LongestWhole = 128;

    /// <summary>Rows of S in a block.</summary>
    public const int BlockRows = 64;

    private readonly AttentionKernel _kernel;
    private readonly bool _isCausal;
    private readonly int _tokens;
    private readonly KernelWeights<T> _function;
    private readonly Matrix<T> _keyTransposed;
    private readonly Matrix<T> _valueTransposed;
    private readonly Matrix<T> _weights;
    private readonly Matrix<T> _dWeights;
    private readonly LongHead<T>? _long;

    /// <summary>Reserves the memory.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="tokens">n.</param>
    /// <param name="largestGroup">Most samples in a call.</param>
    /// <param name="keyWidth">d_k of the products q·k (which may differ from the d_k of τ).</param>
    /// <param name="valueWidth">d_v.</param>
    /// <param name="scale">τ.</param>
    /// <param name="isCausal">Whether a token attends to itself and those before it alone.</param>
    public KernelHead(AttentionKernel kernel, int tokens, int largestGroup, int keyWidth, int valueWidth, double scale,
        bool isCausal = false)
    {
        (_kernel, _tokens, _isCausal) = (kernel, tokens, isCausal);
        bool isWhole = tokens <= LongestWhole;
        int rows = isWhole ? largestGroup * tokens : BlockRows;
        _function = new KernelWeights<T>(kernel, isCausal, scale, isWhole ? rows : tokens);
        _keyTransposed = Matrix<T>.Allocate(isWhole ? largestGroup * keyWidth : 0, tokens);
        _valueTransposed = Matrix<T>.Allocate(isWhole ? largestGroup * valueWidth : 0, tokens);
        _weights = Matrix<T>.Allocate(isWhole ? 0 : rows, tokens);
        _dWeights = Matrix<T>.Allocate(rows, tokens);
        _long = isWhole ? null : new LongHead<T>(tokens, keyWidth, valueWidth);
    }

    /// <summary>O from Q, K and V.</summary>
    /// <param name="samples">g.</param>
    /// <param name="input">Q, K, V.</param>
    /// <param name="kept">S [g·n, n], overwritten, columns that a causal mask hides left as they are; empty: S is not kept, which only
    /// samples of more than <see cref="LongestWhole"/> tokens allow.</param>
    /// <param name="output">O [g·n, d_v], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are attended to (E.11), the first ones; empty for all.</param>
    public void Forward(int samples, in HeadMatrices<T> input, in Matrix<T> kept, in Matrix<T> output, ReadOnlySpan<int> lengths = default)
    {
        if (_long is not null)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                ForwardLong(
                    input.Sample(sample, _tokens), output.RowRange(sample * _tokens, _tokens), LengthOf(sample, lengths),
                    Kept(kept, sample));
            }

            return;
        }

        // (G.1), (G.2)  S_i from the products Q_i K_iᵀ                        [n, n] each sample
        Matrix<T> keyTransposed = _keyTransposed.RowRange(0, samples * input.Key.Columns);
        Transposition.CopyEach(samples, input.Key, keyTransposed);
        Products.MultiplyEach(samples, input.Query, keyTransposed, kept);
        _function.Take(input.Query, input.Key);
        bool areAlike = _kernel.Kind == AttentionKernelKind.Softmax && lengths.IsEmpty && !_isCausal;
        int step = areAlike ? kept.Rows : _tokens;
        for (int first = 0; first < kept.Rows; first += step)
        {
            _function.Weigh(kept.RowRange(first, step), new WeightPlace(first, first, 0, areAlike ? _tokens
                : LengthOf(first / _tokens, lengths)));
        }

        // (G.3)  O_i = S_i V_i                                                [n, d_v] each sample
        Products.MultiplyEach(samples, kept, input.Value, output);
    }

    /// <summary>S of long samples, for those who look at it: computed again, to the bits of the way forward.</summary>
    /// <param name="samples">g.</param>
    /// <param name="input">Of the way forward.</param>
    /// <param name="weights">S [g·n, n], overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void LongWeights(int samples, in HeadMatrices<T> input, in Matrix<T> weights, ReadOnlySpan<int> lengths)
    {
        weights.Fill(T.Zero);
        for (int sample = 0; sample < samples; sample++)
        {
            ForwardLong(input.Sample(sample, _tokens), default, LengthOf(sample, lengths), Kept(weights, sample));
        }
    }

    /// <summary>The wanted ones of dQ, dK and dV from dO.</summary>
    /// <param name="samples">g.</param>
    /// <param name="input">Of the way forward.</param>
    /// <param name="kept">Of the way forward.</param>
    /// <param name="dOutput">dO [g·n, d_v].</param>
    /// <param name="gradient">Overwritten where wanted.</param>
    /// <param name="training">Which are wanted.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(
        int samples, in HeadMatrices<T> input, in Matrix<T> kept, in Matrix<T> dOutput, in HeadMatrices<T> gradient, HeadTraining training,
        ReadOnlySpan<int> lengths = default)
    {
        if (_long is not null)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                BackwardLong(
                    input.Sample(sample, _tokens), Kept(kept, sample), dOutput.RowRange(sample * _tokens, _tokens),
                    gradient.Sample(sample, _tokens), training, LengthOf(sample, lengths));
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
        Matrix<T> valueTransposed = _valueTransposed.RowRange(0, samples * input.Value.Columns),
            dWeights = _dWeights.RowRange(0, samples * _tokens);
        Transposition.CopyEach(samples, input.Value, valueTransposed);
        Products.MultiplyEach(samples, dOutput, valueTransposed, dWeights);
        _function.ClearSums();
        int step = _kernel.HasUnitRows ? kept.Rows : _tokens;
        for (int first = 0; first < kept.Rows; first += step)
        {
            _function.Backward(kept.RowRange(first, step), dWeights.RowRange(first, step),
                new WeightPlace(first, first, 0, LengthOf(first / _tokens, lengths)));
        }

        for (int first = 0; first < kept.Rows; first += _tokens)
        {
            _function.AddColumns(dWeights.RowRange(first, _tokens), first);
        }

        if (training.Query)
        {
            Products.MultiplyEach(samples, dWeights, input.Key, gradient.Query);
            _function.FinishQueries(input.Query, gradient.Query, firstRow: 0);
        }

        if (training.Key)
        {
            Products.TransposedMultiplyEach(samples, dWeights, input.Query, gradient.Key);
            _function.FinishKeys(input.Key, gradient.Key);
        }
    }

    // Writes S where there is memory for it, and O where it is wanted.
    private void ForwardLong(in HeadMatrices<T> input, in Matrix<T> output, int length, in Matrix<T> kept)
    {
        _long!.Take(input);
        _function.Take(input.Query, input.Key);
        for (int first = 0; first < _tokens; first += BlockRows)
        {
            Matrix<T> weights = Block(kept, first);
            Weigh(input, first, length, weights);
            if (output.Rows > 0)
            {
                Multiply(weights, _long.Value, input.Value, output.RowRange(first, weights.Rows));
            }
        }
    }

    private void BackwardLong(
        in HeadMatrices<T> input, in Matrix<T> kept, in Matrix<T> dOutput, in HeadMatrices<T> gradient, HeadTraining training, int length)
    {
        _long!.Take(input);
        _function.Take(input.Query, input.Key);
        _function.ClearSums();
        for (int first = 0; first < _tokens; first += BlockRows)
        {
            Matrix<T> weights = Block(kept, first), dRows = dOutput.RowRange(first, weights.Rows);
            if (kept.Rows == 0)
            {
                Weigh(input, first, length, weights);
            }

            if (training.Value)
            {
                AddTransposed(weights, dRows, gradient.Value, isFirst: first == 0);
            }

            if (!training.NeedsWeights)
            {
                continue;
            }

            Matrix<T> dLogits = _dWeights.RowRange(0, weights.Rows).ColumnRange(0, weights.Columns),
                query = input.Query.RowRange(first, weights.Rows);
            if (_isCausal)
            {
                Products.MultiplyByTransposed(dRows, input.Value.RowRange(0, weights.Columns), dLogits);
            }
            else
            {
                Products.Multiply(dRows, _long.ValueTransposed, dLogits);
            }

            _function.Backward(weights, dLogits, new WeightPlace(first, 0, first, length));
            _function.AddColumns(dLogits, column: 0);
            if (training.Query)
            {
                Matrix<T> dQuery = gradient.Query.RowRange(first, weights.Rows);
                Multiply(dLogits, _long.Key, input.Key, dQuery);
                _function.FinishQueries(query, dQuery, first);
            }

            if (training.Key)
            {
                AddTransposed(dLogits, query, gradient.Key, isFirst: first == 0);
            }
        }

        if (training.Key)
        {
            _function.FinishKeys(input.Key, gradient.Key);
        }
    }

    // Where a block of rows of S is; where the mask is causal without the columns that none of its tokens sees.
    private Matrix<T> Block(in Matrix<T> kept, int first)
    {
        int count = Math.Min(BlockRows, _tokens - first);
        return (kept.Rows > 0 ? kept.RowRange(first, count) : _weights.RowRange(0, count))
            .ColumnRange(0, _isCausal ? first + count : _tokens);
    }

    private void Weigh(in HeadMatrices<T> input, int first, int length, in Matrix<T> weights)
    {
        Matrix<T> query = input.Query.RowRange(first, weights.Rows);
        if (_isCausal)
        {
            Products.MultiplyByTransposed(query, input.Key.RowRange(0, weights.Columns), weights);
        }
        else
        {
            Products.Multiply(query, _long!.KeyTransposed, weights);
        }

        _function.Weigh(weights, new WeightPlace(first, 0, first, length));
    }

    private Matrix<T> Kept(in Matrix<T> kept, int sample) => kept.Rows > 0 ? kept.RowRange(sample * _tokens, _tokens) : kept;

    // C ← A B with as many rows of B as A has columns; all of them are packed.
    private void Multiply(in Matrix<T> a, PackedMatrix<T> packed, in Matrix<T> b, in Matrix<T> c)
    {
        if (_isCausal)
        {
            Products.Multiply(a, b.RowRange(0, a.Columns), c);
        }
        else
        {
            Products.Multiply(a, packed, c);
        }
    }

    // The first rows of C ← Aᵀ B + C.
    private void AddTransposed(in Matrix<T> a, in Matrix<T> b, in Matrix<T> c, bool isFirst)
    {
        if (isFirst && _isCausal)
        {
            c.Fill(T.Zero);
        }

        Products.TransposedMultiply(a, b, c.RowRange(0, a.Columns), beta: isFirst && !_isCausal ? 0 : 1);
    }

    private int LengthOf(int sample, ReadOnlySpan<int> lengths) => lengths.IsEmpty ? _tokens : lengths[sample];
}
