using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One block's matrices in the form that a pass reads.</summary>
internal sealed class ClassifierBlockFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterBlock[] _norms;
    private readonly ParameterBlock[] _ffn;
    private readonly Matrix<T> _in;
    private readonly Matrix<T> _out;

    /// <summary>Reserves the memory.</summary>
    public ClassifierBlockFactors(TransformerClassifierShape shape, ParameterLayout layout, int layer)
    {
        int first = TransformerClassifierShape.FirstOf(layer), d = shape.Width, m = shape.FfnWidth;
        IReadOnlyList<ParameterBlock> blocks = layout.Blocks;
        _norms = [blocks[first], blocks[first + 1], blocks[first + 6], blocks[first + 7]];
        _ffn = [blocks[first + 8], blocks[first + 9]];
        Norms = [.. _norms.Select(_ => Matrix<T>.Allocate(1, d))];
        (_in, _out) = (Matrix<T>.Allocate(d, m), Matrix<T>.Allocate(m, d));
        FeedForward = new FeedForwardFactors<T>(new PackedMatrix<T>(d, m), new PackedMatrix<T>(m, d), new PackedMatrix<T>(m, d), new PackedMatrix<T>(d, m));
        Attention = new AttentionFactors<T>(
            shape.AttentionSizes, [.. Enumerable.Range(0, 4).Select(k => new AttentionPart(first + 2 + k, blocks[first + 2 + k], k < 3 ? k * d : 0))]);
    }

    /// <summary>γ and β of the normalisation before attention, then of that before the feed-forward layer.</summary>
    public Matrix<T>[] Norms { get; }

    /// <summary>W_Q, W_K, W_V, W_O.</summary>
    public AttentionFactors<T> Attention { get; }

    /// <summary>W_1, W_2.</summary>
    public FeedForwardFactors<T> FeedForward { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        for (int k = 0; k < _norms.Length; k++)
        {
            Precisions.Narrow(parameters[_norms[k]], Norms[k]);
        }

        Precisions.Narrow(parameters[_ffn[0]], _in);
        Precisions.Narrow(parameters[_ffn[1]], _out);
        FeedForward.In.Take(_in);
        FeedForward.InTransposed.TakeTransposed(_in);
        FeedForward.Out.Take(_out);
        FeedForward.OutTransposed.TakeTransposed(_out);
        Attention.Take(parameters);
    }
}

/// <summary>All parameters of the experiments' Transformer in the form that a pass reads.</summary>
internal sealed class ClassifierFactors<T> : IModelFactors
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;

    /// <summary>Reserves the memory.</summary>
    public ClassifierFactors(TransformerClassifierShape shape, ParameterLayout layout)
    {
        _layout = layout;
        Blocks = [.. Enumerable.Range(0, shape.Depth).Select(layer => new ClassifierBlockFactors<T>(shape, layout, layer))];
        Embedding = Matrix<T>.Allocate(shape.InputWidth, shape.Width);
        Position = Matrix<T>.Allocate(shape.Tokens, shape.Width);
        (FinalGain, FinalShift) = (Matrix<T>.Allocate(1, shape.Width), Matrix<T>.Allocate(1, shape.Width));
        Readout = Matrix<T>.Allocate(shape.Width, shape.Classes);
    }

    /// <summary>The blocks.</summary>
    public ClassifierBlockFactors<T>[] Blocks { get; }

    /// <summary>The token table, or the patch matrix.</summary>
    public Matrix<T> Embedding { get; }

    /// <summary>A vector for each position.</summary>
    public Matrix<T> Position { get; }

    /// <summary>γ of the last normalisation.</summary>
    public Matrix<T> FinalGain { get; }

    /// <summary>β of the last normalisation.</summary>
    public Matrix<T> FinalShift { get; }

    /// <summary>W_U.</summary>
    public Matrix<T> Readout { get; }

    /// <inheritdoc/>
    public void Take(ModelParameters parameters)
    {
        IReadOnlyList<ParameterBlock> blocks = _layout.Blocks;
        Precisions.Narrow(parameters[blocks[0]], Embedding);
        Precisions.Narrow(parameters[blocks[1]], Position);
        Precisions.Narrow(parameters[blocks[^3]], FinalGain);
        Precisions.Narrow(parameters[blocks[^2]], FinalShift);
        Precisions.Narrow(parameters[blocks[^1]], Readout);
        foreach (ClassifierBlockFactors<T> block in Blocks)
        {
            block.Take(parameters);
        }
    }
}
