using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The samples of a classifier: token ids or patches.</summary>
/// <param name="Ids">Token ids [N·n], or empty.</param>
/// <param name="Patches">Patches [N·n, numbers], or empty.</param>
/// <param name="Lengths">For each sample how many of its tokens are no padding [N], or empty for all.</param>
internal readonly record struct ClassifierInputs<T>(int[] Ids, Matrix<T> Patches, int[] Lengths)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The experiments' Transformer for a group of samples: embedding (E.1), blocks, normalisation, mean pooling and head (E.5), forward and backward (E.7).</summary>
internal sealed class ClassifierPass<T> : ISamplePass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int RowsPerGroup = 128;

    private readonly TransformerClassifierShape _shape;
    private readonly ParameterLayout _layout;
    private readonly ClassifierFactors<T> _factors;
    private readonly ClassifierInputs<T> _inputs;
    private readonly ClassifierBlock<T> _block;
    private readonly ClassifierBlockCache<T>[] _caches;
    private readonly Matrix<T> _embedded;
    private readonly Matrix<T> _patches;
    private readonly Matrix<T> _statistics;
    private readonly Matrix<T> _normalised;
    private readonly Matrix<T> _pooled;
    private readonly Matrix<T> _output;
    private readonly Matrix<T> _dPooled;
    private readonly Matrix<T> _dStream;
    private readonly T[] _scratch;
    private readonly int[] _samples;
    private readonly int[] _lengths;
    private readonly int _tokens;
    private int _count;

    /// <summary>Reserves the memory.</summary>
    public ClassifierPass(TransformerClassifierShape shape, ParameterLayout layout, ClassifierFactors<T> factors, ClassifierInputs<T> inputs)
    {
        (_shape, _layout, _factors, _inputs, _tokens) = (shape, layout, factors, inputs, shape.Tokens);
        LargestGroup = Math.Max(1, RowsPerGroup / _tokens);
        int rows = LargestGroup * _tokens;
        _block = new ClassifierBlock<T>(shape, layout, LargestGroup);
        _caches = [.. Enumerable.Range(0, shape.Depth).Select(_ => _block.NewCache())];
        (_embedded, _normalised, _dStream) = (Matrix<T>.Allocate(rows, shape.Width), Matrix<T>.Allocate(rows, shape.Width), Matrix<T>.Allocate(rows, shape.Width));
        _patches = Matrix<T>.Allocate(inputs.Ids.Length > 0 ? 0 : rows, shape.InputWidth);
        _statistics = Matrix<T>.Allocate(rows, 2);
        (_pooled, _dPooled) = (Matrix<T>.Allocate(LargestGroup, shape.Width), Matrix<T>.Allocate(LargestGroup, shape.Width));
        _output = Matrix<T>.Allocate(LargestGroup, shape.Classes);
        _scratch = new T[shape.Width];
        _samples = new int[LargestGroup];
        _lengths = new int[inputs.Lengths.Length > 0 ? LargestGroup : 0];
    }

    /// <inheritdoc/>
    public int LargestGroup { get; }

    private ReadOnlySpan<int> Lengths => _lengths.AsSpan(0, Math.Min(_lengths.Length, _count));

    /// <inheritdoc/>
    public Matrix<T> Forward(ReadOnlySpan<int> samples)
    {
        samples.CopyTo(_samples);
        _count = samples.Length;
        for (int k = 0; k < _count && _lengths.Length > 0; k++)
        {
            _lengths[k] = _inputs.Lengths[samples[k]];
        }

        int rows = _count * _tokens;
        Matrix<T> stream = _embedded.RowRange(0, rows);
        Embed(stream);
        for (int layer = 0; layer < _caches.Length; layer++)
        {
            _block.Forward(_factors.Blocks[layer], stream, _caches[layer], Lengths);
            stream = _caches[layer].Output.RowRange(0, rows);
        }

        // (E.5), (E.11)  z = (mean over tokens that are no padding of LN(Z^L)) W_U  [g, C]
        Matrix<T> normalised = _normalised.RowRange(0, rows), pooled = _pooled.RowRange(0, _count), output = _output.RowRange(0, _count);
        LayerNorm.Forward(stream, _factors.FinalGain, _factors.FinalShift, _shape.NormEpsilon, _statistics.RowRange(0, rows), normalised);
        Pool(normalised, pooled);
        Products.Multiply(pooled, _factors.Readout, output);
        return output;
    }

    /// <inheritdoc/>
    public void Backward(in Matrix<T> dOutput, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        int rows = _count * _tokens, last = isTrained.Length - 1, lowest = Array.IndexOf(isTrained, true);

        // (E.7)  dW_U = poolᵀ dz                                              [D, C]
        if (isTrained[last])
        {
            Products.TransposedMultiply(_pooled.RowRange(0, _count), dOutput, MultiHeadAttention<T>.View(gradient, _layout.Blocks[last]), beta: old);
        }

        if (lowest == last)
        {
            return;
        }

        // (E.7), (E.11)  each token but padding gets dz W_Uᵀ/n, then the last normalisation  [rows, D]
        Matrix<T> stream = _dStream.RowRange(0, rows), normalised = _normalised.RowRange(0, rows);
        Products.MultiplyByTransposed(dOutput, _factors.Readout, _dPooled.RowRange(0, _count));
        Spread(normalised);

        NormGradients.Backward(_layout, last - 2, Input(_caches.Length, rows), _factors.FinalGain, _statistics.RowRange(0, rows), normalised, 0, isTrained, gradient, old, stream, _scratch);
        for (int layer = _caches.Length - 1; layer >= 0; layer--)
        {
            if (lowest >= TransformerClassifierShape.FirstOf(layer + 1))
            {
                return;
            }

            _block.Backward(_factors.Blocks[layer], layer, Input(layer, rows), _caches[layer], isTrained, gradient, old, stream, Lengths);
        }

        EmbeddingGradients(stream, isTrained, gradient, old);
    }

    private Matrix<T> Input(int layer, int rows) => layer == 0 ? _embedded.RowRange(0, rows) : _caches[layer - 1].Output.RowRange(0, rows);

    // (E.1)  Z⁰ = row of the table for each id, or patches times their matrix, plus the position's vector
    private void Embed(in Matrix<T> stream)
    {
        if (_inputs.Ids.Length == 0)
        {
            Matrix<T> patches = _patches.RowRange(0, stream.Rows);
            SampleRows.Gather(_inputs.Patches, _samples.AsSpan(0, _count), _tokens, patches);
            Products.Multiply(patches, _factors.Embedding, stream);
        }

        for (int row = 0; row < stream.Rows; row++)
        {
            ReadOnlySpan<T> token = _inputs.Ids.Length == 0 ? stream.Row(row) : _factors.Embedding.Row(Id(row));
            TensorPrimitives.Add(token, _factors.Position.Row(row % _tokens), stream.Row(row));
        }
    }

    private int Id(int row) => _inputs.Ids[(_samples[row / _tokens] * _tokens) + (row % _tokens)];

    // (E.7)  the adjoints of E.1
    private void EmbeddingGradients(in Matrix<T> dStream, bool[] isTrained, in Matrix<T> gradient, double old)
    {
        if (isTrained[1])
        {
            Matrix<T> dPosition = MultiHeadAttention<T>.View(gradient, _layout.Blocks[1]);
            Scatter(dStream, dPosition, old, isPosition: true);
        }

        if (!isTrained[0])
        {
            return;
        }

        Matrix<T> dEmbedding = MultiHeadAttention<T>.View(gradient, _layout.Blocks[0]);
        if (_inputs.Ids.Length == 0)
        {
            Products.TransposedMultiply(_patches.RowRange(0, dStream.Rows), dStream, dEmbedding, beta: old);
        }
        else
        {
            Scatter(dStream, dEmbedding, old, isPosition: false);
        }
    }

    private void Scatter(in Matrix<T> dStream, in Matrix<T> table, double old, bool isPosition)
    {
        if (old == 0)
        {
            table.Fill(T.Zero);
        }

        for (int row = 0; row < dStream.Rows; row++)
        {
            Span<T> target = table.Row(isPosition ? row % _tokens : Id(row));
            TensorPrimitives.Add(target, dStream.Row(row), target);
        }
    }

    private void Pool(in Matrix<T> rows, in Matrix<T> pooled)
    {
        for (int sample = 0; sample < pooled.Rows; sample++)
        {
            Span<T> pool = pooled.Row(sample);
            pool.Clear();
            for (int token = 0; token < LengthOf(sample); token++)
            {
                TensorPrimitives.Add(pool, rows.Row((sample * _tokens) + token), pool);
            }

            TensorPrimitives.Multiply(pool, T.CreateTruncating(1.0 / LengthOf(sample)), pool);
        }
    }

    private void Spread(in Matrix<T> rows)
    {
        for (int sample = 0; sample < _count; sample++)
        {
            Span<T> share = _dPooled.Row(sample);
            int length = LengthOf(sample);
            TensorPrimitives.Multiply(share, T.CreateTruncating(1.0 / length), share);
            for (int token = 0; token < _tokens; token++)
            {
                Span<T> row = rows.Row((sample * _tokens) + token);
                row.Clear();
                if (token < length)
                    share.CopyTo(row);
            }
        }
    }

    private int LengthOf(int sample) => _lengths.Length > 0 ? _lengths[sample] : _tokens;
}
