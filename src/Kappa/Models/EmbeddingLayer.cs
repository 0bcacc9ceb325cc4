using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The samples of a model: token identifiers or arrays.</summary>
/// <param name="Identifiers">Token identifiers [N·n], or empty.</param>
/// <param name="Arrays">Token vectors [N·n, columns], or empty.</param>
/// <param name="Lengths">For each sample how many of its tokens are no padding [N], or empty for all.</param>
internal readonly record struct TokenSource<T>(int[] Identifiers, Matrix<T> Arrays, int[] Lengths)
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The table or matrix of tokens and the vectors of positions.</summary>
internal sealed class EmbeddingFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;

    /// <summary>Reserves the memory.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="tokens">n.</param>
    /// <param name="isDirection">Whether these are tangents: fixed positions are 0 then.</param>
    public EmbeddingFactors(TransformerShape shape, ParameterLayout layout, int tokens, bool isDirection)
    {
        _layout = layout;
        (EmbeddingIndex, PositionIndex) = (layout.IndexOf("embedding"), layout.IndexOf("position"));
        Embedding = Matrix<T>.Allocate(shape.HasEmbedding ? shape.InputWidth : 0, shape.Width);
        Position = Matrix<T>.Allocate(shape.Positions == PositionKind.None ? 0 : tokens, shape.Width);
        if (shape.Positions == PositionKind.Sinusoidal && !isDirection)
        {
            FillSinusoids(Position);
        }
    }

    /// <summary>The token table, or the matrix that arrays are multiplied by [columns, D]; empty where there is none.</summary>
    public Matrix<T> Embedding { get; }

    /// <summary>A vector for each position [n, D], or empty.</summary>
    public Matrix<T> Position { get; }

    /// <summary>Number of the embedding in the layout, or −1.</summary>
    public int EmbeddingIndex { get; }

    /// <summary>Number of learned positions in the layout, or −1.</summary>
    public int PositionIndex { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        if (EmbeddingIndex >= 0)
        {
            Precisions.Narrow(parameters[_layout.Blocks[EmbeddingIndex]], Embedding);
        }

        if (PositionIndex >= 0)
        {
            Precisions.Narrow(parameters[_layout.Blocks[PositionIndex]], Position);
        }
    }

    // (E.12)  p_{i,2k} = sin(i 10000^{−2k/D}),  p_{i,2k+1} = cos(i 10000^{−2k/D})
    private static void FillSinusoids(in Matrix<T> position)
    {
        for (int i = 0; i < position.Rows; i++)
        {
            for (int j = 0; j < position.Columns; j++)
            {
                double angle = i * Math.Pow(10_000, -(double)(j - (j % 2)) / position.Columns);
                position[i, j] = T.CreateTruncating(j % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
    }
}

/// <summary>
/// Z⁰ of a group of samples: rows of the table, or arrays as they are or times their matrix, plus the vectors of positions (E.1). Linear in
/// its parameters.
/// </summary>
internal sealed class EmbeddingLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TokenSource<T> _source;
    private readonly Matrix<T> _arrays;
    private readonly int _tokens;

    /// <summary>Reserves the memory.</summary>
    public EmbeddingLayer(TransformerShape shape, TokenSource<T> source, int tokens, int largestGroup)
    {
        (_source, _tokens) = (source, tokens);
        _arrays = Matrix<T>.Allocate(shape is { Input: TransformerInput.Arrays, HasEmbedding: true } ? largestGroup * tokens : 0,
            shape.InputWidth);
    }

    /// <summary>Z⁰.</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="samples">Sample numbers.</param>
    /// <param name="stream">[rows, D], overwritten.</param>
    public void Forward(EmbeddingFactors<T> factors, ReadOnlySpan<int> samples, in Matrix<T> stream)
    {
        if (_arrays.Rows > 0)
        {
            TokenRows.Gather(_source.Arrays, samples, _tokens, _arrays.RowRange(0, stream.Rows));
        }

        if (_source.Identifiers.Length == 0 && _arrays.Rows == 0)
        {
            TokenRows.Gather(_source.Arrays, samples, _tokens, stream);
            AddPositions(factors, stream);
        }
        else
        {
            Tangent(factors, samples, stream);
        }
    }

    /// <summary>Ż⁰, by the same equation: of arrays as they are, only positions move.</summary>
    /// <param name="direction">The tangents of the parameters; the group is that of the way forward.</param>
    /// <param name="samples">Sample numbers of the way forward.</param>
    /// <param name="stream">[rows, D], overwritten.</param>
    public void Tangent(EmbeddingFactors<T> direction, ReadOnlySpan<int> samples, in Matrix<T> stream)
    {
        if (_source.Identifiers.Length > 0)
        {
            for (int row = 0; row < stream.Rows; row++)
            {
                direction.Embedding.Row(Identifier(samples, row)).CopyTo(stream.Row(row));
            }
        }
        else if (_arrays.Rows > 0)
        {
            Products.Multiply(_arrays.RowRange(0, stream.Rows), direction.Embedding, stream);
        }
        else
        {
            stream.Fill(T.Zero);
        }

        AddPositions(direction, stream);
    }

    /// <summary>The adjoint of E.1 (E.7), and so its own derivative along a direction.</summary>
    /// <param name="factors">The parameters.</param>
    /// <param name="samples">Sample numbers of the way forward.</param>
    /// <param name="dStream">dZ⁰ [rows, D].</param>
    /// <param name="target">The gradients.</param>
    public void Backward(EmbeddingFactors<T> factors, ReadOnlySpan<int> samples, in Matrix<T> dStream, in GradientTarget<T> target)
    {
        if (target.Wants(factors.PositionIndex))
        {
            Matrix<T> position = Cleared(target, factors.PositionIndex);
            for (int row = 0; row < dStream.Rows; row++)
            {
                Span<T> sum = position.Row(row % _tokens);
                TensorPrimitives.Add(sum, dStream.Row(row), sum);
            }
        }

        if (_source.Identifiers.Length == 0 || !target.Wants(factors.EmbeddingIndex))
        {
            target.Add(factors.EmbeddingIndex, _arrays.RowRange(0, _arrays.Rows == 0 ? 0 : dStream.Rows), dStream);
            return;
        }

        Matrix<T> table = Cleared(target, factors.EmbeddingIndex);
        for (int row = 0; row < dStream.Rows; row++)
        {
            Span<T> sum = table.Row(Identifier(samples, row));
            TensorPrimitives.Add(sum, dStream.Row(row), sum);
        }
    }

    private static Matrix<T> Cleared(in GradientTarget<T> target, int index)
    {
        Matrix<T> gradient = target[index];
        if (target.Old == 0)
        {
            gradient.Fill(T.Zero);
        }

        return gradient;
    }

    private void AddPositions(EmbeddingFactors<T> factors, in Matrix<T> stream)
    {
        for (int row = 0; row < stream.Rows && factors.Position.Rows > 0; row++)
        {
            TensorPrimitives.Add(stream.Row(row), factors.Position.Row(row % _tokens), stream.Row(row));
        }
    }

    private int Identifier(ReadOnlySpan<int> samples, int row) => _source.Identifiers[(samples[row / _tokens] * _tokens) + (row % _tokens)];
}
