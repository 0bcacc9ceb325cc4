using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A parameter matrix as a part of the factor [W_Q | W_K | W_V] or of W_O, heads side by side in each.</summary>
/// <param name="Index">Its number in the layout.</param>
/// <param name="Block">Its place in the parameter vector.</param>
/// <param name="Start">First column in [W_Q | W_K | W_V], or first row in W_O.</param>
/// <param name="Bias">Number of its bias in the layout, or −1.</param>
/// <param name="IsTransposed">Whether the layout holds the transpose of the part.</param>
internal readonly record struct AttentionPart(int Index, ParameterBlock Block, int Start, int Bias, bool IsTransposed)
{
    /// <summary>Columns of the part, of W_O rows.</summary>
    public int Length => IsOutput || IsTransposed ? Block.Rows : Block.Columns;

    /// <summary>Whether it belongs to W_O.</summary>
    public bool IsOutput => Block.Kind == ParameterKind.Output;
}

/// <summary>The matrices of multi-head attention as packed right factors: [W_Q | W_K | W_V] [D, p] and W_O [H d_v, D_out], and their transposes.</summary>
internal sealed class AttentionFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Matrix<T> _projection;
    private readonly Matrix<T> _output;
    private readonly Matrix<T> _stored;
    private readonly ParameterLayout _layout;

    /// <summary>Reserves the memory.</summary>
    public AttentionFactors(TransformerShape shape, ParameterLayout layout, int layer)
    {
        _layout = layout;
        (int keys, int values) = (shape.Heads * shape.KeyWidth, shape.Heads * shape.ValueWidth);
        Parts = [.. PartsOf(shape, layout, layer)];
        _projection = Matrix<T>.Allocate(shape.Width, (2 * keys) + values);
        _output = Matrix<T>.Allocate(shape.HasOutput ? values : 0, shape.OutputWidth);
        _stored = Matrix<T>.Allocate(shape.Parameters == ParameterForm.Transposed ? Math.Max(shape.KeyWidth, shape.ValueWidth) : 0, shape.Width);
        Projection = new PackedMatrix<T>(shape.Width, _projection.Columns);
        ProjectionTransposed = new PackedMatrix<T>(_projection.Columns, shape.Width);
        Output = shape.HasOutput ? new PackedMatrix<T>(values, shape.OutputWidth) : null;
        OutputTransposed = shape.HasOutput ? new PackedMatrix<T>(shape.OutputWidth, values) : null;
        ProjectionBias = Matrix<T>.Allocate(shape.HasAttentionBiases ? 1 : 0, _projection.Columns);
        OutputBias = Matrix<T>.Allocate(shape is { HasAttentionBiases: true, HasOutput: true } ? 1 : 0, shape.OutputWidth);
    }

    /// <summary>The parameter matrices.</summary>
    public AttentionPart[] Parts { get; }

    /// <summary>[W_Q | W_K | W_V].</summary>
    public PackedMatrix<T> Projection { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T> ProjectionTransposed { get; }

    /// <summary>[b_Q | b_K | b_V] [1, p], or empty.</summary>
    public Matrix<T> ProjectionBias { get; }

    /// <summary>W_O, or null.</summary>
    public PackedMatrix<T>? Output { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T>? OutputTransposed { get; }

    /// <summary>W_O unpacked [H d_v, D_out].</summary>
    public Matrix<T> OutputRows => _output;

    /// <summary>b_O [1, D_out], or empty.</summary>
    public Matrix<T> OutputBias { get; }

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        for (int k = 0; k < Parts.Length; k++)
        {
            AttentionPart part = Parts[k];
            Matrix<T> place = part.IsOutput ? _output.RowRange(part.Start, part.Length) : _projection.ColumnRange(part.Start, part.Length);
            if (part.IsTransposed)
            {
                Precisions.Narrow(parameters[part.Block], _stored.RowRange(0, part.Length));
                Transposition.CopyEach(1, _stored.RowRange(0, part.Length), place);
            }
            else
            {
                Precisions.Narrow(parameters[part.Block], place);
            }

            if (part.Bias >= 0)
            {
                Matrix<T> bias = part.IsOutput ? OutputBias : ProjectionBias.ColumnRange(part.Start, part.Length);
                Precisions.Narrow(parameters[_layout.Blocks[part.Bias]], bias);
            }
        }

        Projection.Take(_projection);
        ProjectionTransposed.TakeTransposed(_projection);
        Output?.Take(_output);
        OutputTransposed?.TakeTransposed(_output);
    }

    private static IEnumerable<AttentionPart> PartsOf(TransformerShape shape, ParameterLayout layout, int layer)
    {
        for (int index = 0; index < layout.Blocks.Count; index++)
        {
            ParameterBlock block = layout.Blocks[index];
            int head = shape.Parameters == ParameterForm.Heads ? block.Layer : 0;
            int start = block.Kind switch
            {
                ParameterKind.Query => head * shape.KeyWidth,
                ParameterKind.Key => (shape.Heads + head) * shape.KeyWidth,
                ParameterKind.Value => (2 * shape.Heads * shape.KeyWidth) + (head * shape.ValueWidth),
                ParameterKind.Output => head * shape.ValueWidth,
                _ => -1,
            };
            if (start >= 0 && (block.Layer == layer || shape.Parameters == ParameterForm.Heads))
            {
                yield return new AttentionPart(index, block, start, layout.IndexOf(block.Name + "_bias"), shape.Parameters == ParameterForm.Transposed);
            }
        }
    }
}

/// <summary>What attention computes on the way forward and needs on the way back, for the rows of a group of samples; also the tangents of all that.</summary>
internal sealed class AttentionCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory.</summary>
    public AttentionCache(TransformerShape shape, int rows, int tokens, bool keepsWeights)
    {
        Projected = Matrix<T>.Allocate(rows, shape.Heads * ((2 * shape.KeyWidth) + shape.ValueWidth));
        Mixed = Matrix<T>.Allocate(rows, shape.Heads * shape.ValueWidth);
        Weights = [.. Enumerable.Range(0, shape.Heads).Select(_ => Matrix<T>.Allocate(keepsWeights ? rows : 0, tokens))];
        int activated = shape.AttentionActivation is null ? 0 : rows;
        (Branch, Derivative) = (Matrix<T>.Allocate(activated, shape.OutputWidth), Matrix<T>.Allocate(activated, shape.OutputWidth));
    }

    /// <summary>[Q | K | V], heads side by side in each [rows, p].</summary>
    public Matrix<T> Projected { get; }

    /// <summary>[S_1 V_1, …, S_H V_H] [rows, H d_v].</summary>
    public Matrix<T> Mixed { get; }

    /// <summary>S_h [rows, n], where it is kept.</summary>
    public Matrix<T>[] Weights { get; }

    /// <summary>The branch after its activation [rows, D_out], where there is one.</summary>
    public Matrix<T> Branch { get; }

    /// <summary>Derivative of the activation [rows, D_out]; among tangents, its tangent.</summary>
    public Matrix<T> Derivative { get; }
}
