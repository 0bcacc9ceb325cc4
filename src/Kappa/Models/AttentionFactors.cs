using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Sizes of multi-head attention and where its parameter matrices lie in the two factors [W_Q | W_K | W_V] and W_O, heads side by side in each.</summary>
internal sealed record AttentionSizes(AttentionKernel Kernel, int Heads, int InputWidth, int KeyWidth, int ValueWidth, int OutputWidth)
{
    /// <summary>Columns of [W_Q | W_K | W_V].</summary>
    public int Projections => Heads * ((2 * KeyWidth) + ValueWidth);

    /// <summary>Rows of W_O.</summary>
    public int Mixed => Heads * ValueWidth;

    /// <summary>First column of a head's queries.</summary>
    public int QueryStart(int head) => head * KeyWidth;

    /// <summary>First column of a head's keys.</summary>
    public int KeyStart(int head) => (Heads + head) * KeyWidth;

    /// <summary>First column of a head's values.</summary>
    public int ValueStart(int head) => (2 * Heads * KeyWidth) + (head * ValueWidth);
}

/// <summary>A parameter matrix as a part of a factor.</summary>
/// <param name="Index">Its number in the layout.</param>
/// <param name="Block">Its place in the parameter vector.</param>
/// <param name="Start">First column in [W_Q | W_K | W_V], or first row in W_O.</param>
internal readonly record struct AttentionPart(int Index, ParameterBlock Block, int Start)
{
    /// <summary>Whether it belongs to W_O.</summary>
    public bool IsOutput => Block.Kind == ParameterKind.Output;
}

/// <summary>The matrices of multi-head attention as packed right factors: [W_Q | W_K | W_V] [D, p] and W_O [H d_v, D_out], and their transposes.</summary>
internal sealed class AttentionFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Matrix<T> _projection;
    private readonly Matrix<T> _output;

    /// <summary>Reserves the memory.</summary>
    /// <param name="sizes">The sizes.</param>
    /// <param name="parts">The parameter matrices.</param>
    public AttentionFactors(AttentionSizes sizes, IReadOnlyList<AttentionPart> parts)
    {
        Parts = parts;
        _projection = Matrix<T>.Allocate(sizes.InputWidth, sizes.Projections);
        _output = Matrix<T>.Allocate(sizes.Mixed, sizes.OutputWidth);
        Projection = new PackedMatrix<T>(sizes.InputWidth, sizes.Projections);
        ProjectionTransposed = new PackedMatrix<T>(sizes.Projections, sizes.InputWidth);
        Output = new PackedMatrix<T>(sizes.Mixed, sizes.OutputWidth);
        OutputTransposed = new PackedMatrix<T>(sizes.OutputWidth, sizes.Mixed);
    }

    /// <summary>The parameter matrices.</summary>
    public IReadOnlyList<AttentionPart> Parts { get; }

    /// <summary>[W_Q | W_K | W_V].</summary>
    public PackedMatrix<T> Projection { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T> ProjectionTransposed { get; }

    /// <summary>W_O.</summary>
    public PackedMatrix<T> Output { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T> OutputTransposed { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        for (int k = 0; k < Parts.Count; k++)
        {
            AttentionPart part = Parts[k];
            Precisions.Narrow(parameters[part.Block], part.IsOutput ? _output.RowRange(part.Start, part.Block.Rows) : _projection.ColumnRange(part.Start, part.Block.Columns));
        }

        Projection.Take(_projection);
        ProjectionTransposed.TakeTransposed(_projection);
        Output.Take(_output);
        OutputTransposed.TakeTransposed(_output);
    }
}
