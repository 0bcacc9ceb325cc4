using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>τ₁ W_U and τ₁ b_U.</summary>
internal sealed class ReadoutFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;
    private readonly T _scale;
    private readonly Matrix<T> _stored;

    /// <summary>Reserves the memory.</summary>
    public ReadoutFactors(TransformerShape shape, ParameterLayout layout)
    {
        _layout = layout;
        _scale = T.CreateTruncating(shape.OutputScale);
        (Index, BiasIndex) = (layout.IndexOf("readout"), layout.IndexOf("readout_bias"));
        IsTransposed = shape.Parameters == ParameterForm.Transposed;
        (int rows, int columns) = (shape.OutputWidth, shape.ReadoutWidth ?? 0);
        _stored = Matrix<T>.Allocate(columns, IsTransposed ? rows : 0);
        Weights = Matrix<T>.Allocate(rows, columns);
        Bias = Matrix<T>.Allocate(shape.HasReadoutBias ? 1 : 0, shape.ReadoutWidth ?? 0);
    }

    /// <summary>τ₁ W_U [D, d_out].</summary>
    public Matrix<T> Weights { get; }

    /// <summary>τ₁ b_U [1, d_out], or empty.</summary>
    public Matrix<T> Bias { get; }

    /// <summary>Whether the layout holds W_Uᵀ.</summary>
    public bool IsTransposed { get; }

    /// <summary>Number of W_U in the layout, or −1.</summary>
    public int Index { get; }

    /// <summary>Number of b_U in the layout, or −1.</summary>
    public int BiasIndex { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        Take(parameters, Index, IsTransposed ? _stored : Weights);
        if (IsTransposed && Index >= 0)
        {
            Transposition.CopyEach(1, _stored, Weights);
        }

        Take(parameters, BiasIndex, Bias);
    }

    private void Take(ModelParameters parameters, int index, in Matrix<T> target)
    {
        if (index >= 0)
        {
            Precisions.Narrow(parameters[_layout.Blocks[index]], target);
            if (_scale != T.One)
            {
                TensorPrimitives.Multiply(target.Span, _scale, target.Span);
            }
        }
    }
}

/// <summary>F = Z, F = τ₁ (Z W_U + b_U) or F = τ₁ (pool(Z) W_U + b_U) for a group of samples (T.4, E.5), in its four ways.</summary>
internal sealed class ReadoutLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TransformerShape _shape;
    private readonly int _tokens;
    private readonly bool _isPooled;
    private readonly Matrix<T> _pooled;
    private readonly Matrix<T> _dPooled;
    private readonly int _largestGroup;
    private Matrix<T> _pooledTangent;

    /// <summary>Reserves the memory.</summary>
    public ReadoutLayer(TransformerShape shape, int tokens, int largestGroup)
    {
        (_shape, _tokens, _largestGroup, _isPooled) = (shape, tokens, largestGroup, shape.Readout == ReadoutKind.Pooled);
        _pooled = Matrix<T>.Allocate(_isPooled ? largestGroup : 0, shape.OutputWidth);
        _dPooled = Matrix<T>.Allocate(_isPooled ? largestGroup : 0, shape.OutputWidth);
    }

    private bool IsThere => _shape.Readout != ReadoutKind.None;

    /// <summary>F.</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="stream">Z [rows, D].</param>
    /// <param name="output">[rows or g, d_out], overwritten.</param>
    /// <param name="lengths">For each sample how many of its tokens are pooled (E.11); empty for all.</param>
    public void Forward(ReadoutFactors<T> factors, in Matrix<T> stream, in Matrix<T> output, ReadOnlySpan<int> lengths)
    {
        if (!IsThere)
        {
            stream.CopyTo(output);
            return;
        }

        Products.Multiply(Read(stream, _pooled, lengths), factors.Weights, output);
        BiasRow.Add(factors.Bias, output);
    }

    /// <summary>dW_U, db_U where trained, and dZ (E.7).</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="stream">Z of the way forward.</param>
    /// <param name="dOutput">dF.</param>
    /// <param name="target">The gradients.</param>
    /// <param name="dStream">dZ [rows, D], overwritten; empty when not wanted.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Backward(ReadoutFactors<T> factors, in Matrix<T> stream, in Matrix<T> dOutput, in GradientTarget<T> target,
        in Matrix<T> dStream, ReadOnlySpan<int> lengths)
    {
        if (!IsThere)
        {
            CopyWanted(dOutput, dStream);
            return;
        }

        // (E.7)  dW_U = τ₁ poolᵀ dz,  dpool = dz τ₁ W_Uᵀ                      [D, d_out], [g, D]
        target.Add(factors.Index, _isPooled ? _pooled.RowRange(0, dOutput.Rows) : stream, dOutput, factors.IsTransposed,
            scale: _shape.OutputScale);
        BiasGradient(factors, dOutput, target);
        if (dStream.Rows > 0)
        {
            if (_isPooled && dOutput.Columns == 1)
            {
                SpreadOne(factors, dOutput, dStream, lengths);
                return;
            }

            Matrix<T> dRows = _isPooled ? _dPooled.RowRange(0, dOutput.Rows) : dStream;
            Products.MultiplyByTransposed(dOutput, factors.Weights, dRows);
            Spread(dRows, dStream, lengths);
        }
    }

    /// <summary>Ḟ (T.5).</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="direction">Their tangents.</param>
    /// <param name="stream">Z and Ż.</param>
    /// <param name="output">Ḟ, overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Tangent(ReadoutFactors<T> factors, ReadoutFactors<T> direction, in Moving<T> stream, in Matrix<T> output,
        ReadOnlySpan<int> lengths)
    {
        if (!IsThere)
        {
            stream.Tangent.CopyTo(output);
            return;
        }

        // (T.5), (S.10)  Ḟ = τ₁ (pool(Ż) W_U + pool(Z) Ẇ_U + ḃ_U)
        if (_isPooled && _pooledTangent.Rows == 0)
        {
            _pooledTangent = Matrix<T>.Allocate(_largestGroup, _shape.OutputWidth);
        }

        Products.Multiply(Read(stream.Tangent, _pooledTangent, lengths), factors.Weights, output);
        Products.Multiply(_isPooled ? _pooled.RowRange(0, output.Rows) : stream.Value, direction.Weights, output, beta: 1);
        BiasRow.Add(direction.Bias, output);
    }

    /// <summary>The derivative of <see cref="Backward"/> along a direction (T.6).</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="direction">Their tangents.</param>
    /// <param name="stream">Z and Ż.</param>
    /// <param name="dOutput">dF and its tangent.</param>
    /// <param name="target">The tangents of the gradients.</param>
    /// <param name="dStream">The tangent of dZ [rows, D], overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void BackwardTangent(
        ReadoutFactors<T> factors, ReadoutFactors<T> direction, in Moving<T> stream, in Moving<T> dOutput, in GradientTarget<T> target,
        in Matrix<T> dStream, ReadOnlySpan<int> lengths)
    {
        if (!IsThere)
        {
            CopyWanted(dOutput.Tangent, dStream);
            return;
        }

        // (T.6)  dW_U˙ = τ₁ (poolᵀ dz˙ + pool(Ż)ᵀ dz),  dpool˙ = τ₁ (dz˙ W_Uᵀ + dz Ẇ_Uᵀ)
        int rows = dOutput.Value.Rows;
        Moving<T> read = _isPooled ? new(_pooled.RowRange(0, rows), _pooledTangent.RowRange(0, rows)) : stream;
        target.Add(factors.Index, read, dOutput, factors.IsTransposed, _shape.OutputScale);
        BiasGradient(factors, dOutput.Tangent, target);
        Matrix<T> dRows = _isPooled ? _dPooled.RowRange(0, rows) : dStream;
        Products.MultiplyByTransposed(dOutput.Tangent, factors.Weights, dRows);
        Products.MultiplyByTransposed(dOutput.Value, direction.Weights, dRows, beta: 1);
        Spread(dRows, dStream, lengths);
    }

    private static void CopyWanted(in Matrix<T> source, in Matrix<T> target)
    {
        if (target.Rows > 0)
        {
            source.CopyTo(target);
        }
    }

    private void BiasGradient(ReadoutFactors<T> factors, in Matrix<T> dOutput, in GradientTarget<T> target)
    {
        if (!target.Wants(factors.BiasIndex))
        {
            return;
        }

        Span<T> gradient = target[factors.BiasIndex].Span;
        for (int j = 0; j < gradient.Length; j++)
        {
            T sum = T.Zero;
            for (int row = 0; row < dOutput.Rows; row++)
            {
                sum += dOutput[row, j];
            }

            gradient[j] = (T.CreateTruncating(_shape.OutputScale) * sum) + (target.Old == 0 ? T.Zero : gradient[j]);
        }
    }

    // What W_U is multiplied by: the rows, or the pool of each sample.
    private Matrix<T> Read(in Matrix<T> rows, in Matrix<T> pools, ReadOnlySpan<int> lengths)
    {
        if (!_isPooled)
        {
            return rows;
        }

        // (E.5), (E.11)  the sum or mean over tokens that are no padding, or the first token
        Matrix<T> pooled = pools.RowRange(0, rows.Rows / _tokens);
        for (int sample = 0; sample < pooled.Rows; sample++)
        {
            Span<T> pool = pooled.Row(sample);
            pool.Clear();
            for (int token = 0; token < Pooled(sample, lengths); token++)
            {
                TensorPrimitives.Add(pool, rows.Row((sample * _tokens) + token), pool);
            }

            Divide(pool, sample, lengths);
        }

        return pooled;
    }

    // The adjoint of pooling.
    private void Spread(in Matrix<T> dPooled, in Matrix<T> dStream, ReadOnlySpan<int> lengths)
    {
        for (int sample = 0; sample < dPooled.Rows && _isPooled; sample++)
        {
            Span<T> share = dPooled.Row(sample);
            Divide(share, sample, lengths);
            for (int token = 0; token < _tokens; token++)
            {
                Span<T> row = dStream.Row((sample * _tokens) + token);
                if (token < Pooled(sample, lengths))
                {
                    share.CopyTo(row);
                }
                else
                {
                    row.Clear();
                }
            }
        }
    }

    // The same for one output: a number times w.
    private void SpreadOne(ReadoutFactors<T> factors, in Matrix<T> dOutput, in Matrix<T> dStream, ReadOnlySpan<int> lengths)
    {
        for (int sample = 0; sample < dOutput.Rows; sample++)
        {
            int count = Pooled(sample, lengths);
            T share = dOutput[sample, 0] * (_shape.Pooling == TokenPooling.Mean ? T.CreateTruncating(1.0 / count) : T.One);
            dStream.RowRange((sample * _tokens) + count, _tokens - count).Fill(T.Zero);
            for (int token = 0; token < count; token++)
            {
                TensorPrimitives.Multiply(factors.Weights.Span, share, dStream.Row((sample * _tokens) + token));
            }
        }
    }

    private void Divide(Span<T> pool, int sample, ReadOnlySpan<int> lengths)
    {
        if (_shape.Pooling == TokenPooling.Mean)
        {
            TensorPrimitives.Multiply(pool, T.CreateTruncating(1.0 / Pooled(sample, lengths)), pool);
        }
    }

    private int Pooled(int sample, ReadOnlySpan<int> lengths) => _shape.Pooling == TokenPooling.First ? 1 : lengths.IsEmpty ? _tokens
        : lengths[sample];
}
