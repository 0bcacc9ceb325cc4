using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>One block's matrices in the form that a pass reads.</summary>
internal sealed class TransformerBlockFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ParameterLayout _layout;
    private readonly Matrix<T> _in;
    private readonly Matrix<T> _out;

    /// <summary>Reserves the memory.</summary>
    public TransformerBlockFactors(TransformerShape shape, ParameterLayout layout, int layer, AttentionRoute route, bool isDirection)
    {
        string name = $"blocks.{layer}.";
        _layout = layout;
        AttentionNorm = new NormFactors<T>(layout, name + "attention_norm", shape.Norm == NormPlace.After ? shape.OutputWidth
            : shape.Width, isDirection);
        FfnNorm = new NormFactors<T>(layout, name + "ffn_norm", shape.Width, isDirection);
        Attention = new AttentionFactors<T>(shape, layout, layer, route);
        First = AttentionNorm.GainIndex >= 0 ? AttentionNorm.GainIndex : Attention.Parts[0].Index;
        (FfnIn, FfnInBias) = (layout.IndexOf(name + "ffn_in"), layout.IndexOf(name + "ffn_in_bias"));
        (FfnOut, FfnOutBias) = (layout.IndexOf(name + "ffn_out"), layout.IndexOf(name + "ffn_out_bias"));
        End = 1 + Attention.Parts.Select(part => Math.Max(part.Index, part.Bias)).Append(FfnOut).Append(FfnOutBias).Max();
        if (shape.FfnWidth is int m)
        {
            int d = shape.Width, biases = shape.HasFfnBiases ? 1 : 0;
            (_in, _out) = (Matrix<T>.Allocate(d, m), Matrix<T>.Allocate(m, d));
            FeedForward = new FeedForwardFactors<T>(
                new PackedMatrix<T>(d, m), new PackedMatrix<T>(m, d), new PackedMatrix<T>(m, d), new PackedMatrix<T>(d, m),
                Matrix<T>.Allocate(biases, m), Matrix<T>.Allocate(biases, d));
        }
    }

    /// <summary>Of the normalisation of attention.</summary>
    public NormFactors<T> AttentionNorm { get; }

    /// <summary>Of the normalisation of the feed-forward layer.</summary>
    public NormFactors<T> FfnNorm { get; }

    /// <summary>W_Q, W_K, W_V, W_O.</summary>
    public AttentionFactors<T> Attention { get; }

    /// <summary>W_1, W_2, or none.</summary>
    public FeedForwardFactors<T>? FeedForward { get; }

    /// <summary>Number of the block's first matrix in the layout.</summary>
    public int First { get; }

    /// <summary>Number of the first matrix behind the block's.</summary>
    public int End { get; }

    /// <summary>Number of W_1 in the layout, or −1.</summary>
    public int FfnIn { get; }

    /// <summary>Number of b_1 in the layout, or −1.</summary>
    public int FfnInBias { get; }

    /// <summary>Number of W_2 in the layout, or −1.</summary>
    public int FfnOut { get; }

    /// <summary>Number of b_2 in the layout, or −1.</summary>
    public int FfnOutBias { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        AttentionNorm.Take(parameters);
        FfnNorm.Take(parameters);
        Attention.Take(parameters);
        if (FeedForward is FeedForwardFactors<T> ffn)
        {
            Precisions.Narrow(parameters[_layout.Blocks[FfnIn]], _in);
            Precisions.Narrow(parameters[_layout.Blocks[FfnOut]], _out);
            ffn.In.Take(_in);
            ffn.InTransposed.TakeTransposed(_in);
            ffn.Out.Take(_out);
            ffn.OutTransposed.TakeTransposed(_out);
            if (FfnInBias >= 0)
            {
                Precisions.Narrow(parameters[_layout.Blocks[FfnInBias]], ffn.InBias);
                Precisions.Narrow(parameters[_layout.Blocks[FfnOutBias]], ffn.OutBias);
            }
        }
    }
}

/// <summary>All parameters of a Transformer, or a direction in them, in the form that a pass reads.</summary>
internal sealed class TransformerFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory.</summary>
    public TransformerFactors(TransformerShape shape, ParameterLayout layout, AttentionRoute route, int tokens, bool isDirection = false)
    {
        Embedding = new EmbeddingFactors<T>(shape, layout, tokens, isDirection);
        Blocks = [.. Enumerable.Range(0, shape.Depth).Select(layer => new TransformerBlockFactors<T>(shape, layout, layer, route,
            isDirection))];
        LastNorm = new NormFactors<T>(layout, "final_norm", shape.OutputWidth, isDirection);
        Readout = new ReadoutFactors<T>(shape, layout);
    }

    /// <summary>Tokens and positions.</summary>
    public EmbeddingFactors<T> Embedding { get; }

    /// <summary>The blocks.</summary>
    public TransformerBlockFactors<T>[] Blocks { get; }

    /// <summary>Of the last normalisation.</summary>
    public NormFactors<T> LastNorm { get; }

    /// <summary>The readout.</summary>
    public ReadoutFactors<T> Readout { get; }

    /// <summary>Takes the parameters, or a direction.</summary>
    public void Take(ModelParameters parameters)
    {
        Embedding.Take(parameters);
        LastNorm.Take(parameters);
        Readout.Take(parameters);
        foreach (TransformerBlockFactors<T> block in Blocks)
        {
            block.Take(parameters);
        }
    }
}
