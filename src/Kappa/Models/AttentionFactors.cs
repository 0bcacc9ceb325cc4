using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>
/// A parameter matrix as a part of the factor [W_Q | W_K | W_V] or of the one behind S, W_O or, where S Z comes first, W_V; heads side by
/// side in each.
/// </summary>
/// <param name="Index">Its number in the layout.</param>
/// <param name="Block">Its place in the parameter vector.</param>
/// <param name="Start">First column in [W_Q | W_K | W_V], or first row in the other.</param>
/// <param name="Bias">Number of its bias in the layout, or −1.</param>
/// <param name="IsOutput">Whether it belongs to the factor behind S.</param>
/// <param name="IsTransposed">Whether the layout holds the transpose of the part.</param>
internal readonly record struct AttentionPart(int Index, ParameterBlock Block, int Start, int Bias, bool IsOutput, bool IsTransposed)
{
    /// <summary>Columns of the part, of the factor behind S rows.</summary>
    public int Length => IsOutput == IsTransposed ? Block.Columns : Block.Rows;
}

/// <summary>
/// The matrices of multi-head attention as packed right factors: [W_Q | W_K | W_V] [D, p] and the one behind S, and their transposes.
/// </summary>
/// <remarks>
/// On a merged route G = W_Q W_Kᵀ stands in place of [W_Q | W_K], and the keys are Z; where S Z comes first the values are Z.
/// </remarks>
internal sealed class AttentionFactors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Matrix<T> _projection;
    private readonly Matrix<T> _output;
    private readonly Matrix<T>[] _stored;
    private readonly ParameterLayout _layout;
    private readonly AttentionRoute _route;

    /// <summary>Reserves the memory.</summary>
    public AttentionFactors(TransformerShape shape, ParameterLayout layout, int layer, AttentionRoute route)
    {
        (_layout, _route) = (layout, route);
        bool isTransposed = shape.Parameters == ParameterForm.Transposed;
        Parts = [.. PartsOf(shape, layout, layer, route)];
        _projection = Matrix<T>.Allocate(shape.Width, ProjectedColumns(shape, route));
        int behind = MixedColumns(shape, route);
        bool hasOutput = shape.HasOutput || route.MixesFirst;
        _output = Matrix<T>.Allocate(hasOutput ? behind : 0, shape.OutputWidth);
        _stored = [.. Parts.Select(part => Matrix<T>.Allocate(isTransposed || IsOfG(part) ? part.Block.Rows : 0, part.Block.Columns))];
        MergedIndex = route.IsMerged ? layout.IndexOf(AttentionRoute.NameOf(layer)) : -1;
        Projection = new PackedMatrix<T>(shape.Width, _projection.Columns);
        ProjectionTransposed = new PackedMatrix<T>(_projection.Columns, shape.Width);
        Output = hasOutput ? new PackedMatrix<T>(behind, shape.OutputWidth) : null;
        OutputTransposed = hasOutput ? new PackedMatrix<T>(shape.OutputWidth, behind) : null;
        ProjectionBias = Matrix<T>.Allocate(shape.HasAttentionBiases ? 1 : 0, _projection.Columns);
        OutputBias = Matrix<T>.Allocate(shape is { HasAttentionBiases: true, HasOutput: true } ? 1 : 0, shape.OutputWidth);
    }

    /// <summary>The parameter matrices.</summary>
    public AttentionPart[] Parts { get; }

    /// <summary>Number of dG among the gradients, or −1.</summary>
    public int MergedIndex { get; }

    /// <summary>[W_Q | W_K | W_V].</summary>
    public PackedMatrix<T> Projection { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T> ProjectionTransposed { get; }

    /// <summary>[b_Q | b_K | b_V] [1, p], or empty.</summary>
    public Matrix<T> ProjectionBias { get; }

    /// <summary>The factor behind S, or null.</summary>
    public PackedMatrix<T>? Output { get; }

    /// <summary>Its transpose.</summary>
    public PackedMatrix<T>? OutputTransposed { get; }

    /// <summary>The factor behind S unpacked.</summary>
    public Matrix<T> OutputRows => _output;

    /// <summary>b_O [1, D_out], or empty.</summary>
    public Matrix<T> OutputBias { get; }

    /// <summary>Columns of [Q | K | V].</summary>
    public static int ProjectedColumns(TransformerShape shape, AttentionRoute route) =>
        shape.Heads * ((route.IsMerged ? shape.Width : 2 * shape.KeyWidth) + (route.MixesFirst ? 0 : shape.ValueWidth));

    /// <summary>Columns of [S_1 V_1, …, S_H V_H].</summary>
    public static int MixedColumns(TransformerShape shape, AttentionRoute route) => shape.Heads * (route.MixesFirst ? shape.Width
        : shape.ValueWidth);

    /// <summary>Takes the parameters.</summary>
    public void Take(ModelParameters parameters)
    {
        for (int k = 0; k < Parts.Length; k++)
        {
            AttentionPart part = Parts[k];
            bool isStored = _stored[k].Rows > 0;
            Matrix<T> place = IsOfG(part) ? default : part.IsOutput ? _output.RowRange(part.Start, part.Length)
                : _projection.ColumnRange(part.Start, part.Length);
            Precisions.Narrow(parameters[part.Block], isStored ? _stored[k] : place);
            if (isStored && !IsOfG(part))
            {
                Transposition.CopyEach(1, _stored[k], place);
            }

            if (part.Bias >= 0)
            {
                Matrix<T> bias = part.IsOutput ? OutputBias : ProjectionBias.ColumnRange(part.Start, part.Length);
                Precisions.Narrow(parameters[_layout.Blocks[part.Bias]], bias);
            }
        }

        if (_route.IsMerged)
        {
            TakeMerged();
        }

        Projection.Take(_projection);
        ProjectionTransposed.TakeTransposed(_projection);
        Output?.Take(_output);
        OutputTransposed?.TakeTransposed(_output);
    }

    // G = W_Q W_Kᵀ                                                            [D, D]
    private void TakeMerged()
    {
        Matrix<T> query = _stored[Array.FindIndex(Parts, part => part.Block.Kind == ParameterKind.Query)],
            key = _stored[Array.FindIndex(Parts, part => part.Block.Kind == ParameterKind.Key)];
        Matrix<T> merged = _projection.ColumnRange(0, _projection.Rows);
        if (Parts[0].IsTransposed)
        {
            Products.TransposedMultiply(query, key, merged);
        }
        else
        {
            Products.MultiplyByTransposed(query, key, merged);
        }
    }

    /// <summary>Whether a part stands in G and not for itself.</summary>
    public bool IsOfG(AttentionPart part) => _route.IsMerged && part.Block.Kind is ParameterKind.Query or ParameterKind.Key;

    private static IEnumerable<AttentionPart> PartsOf(TransformerShape shape, ParameterLayout layout, int layer, AttentionRoute route)
    {
        int count = layout.Blocks.Count - (route.IsMerged ? shape.Depth : 0);
        for (int index = 0; index < count; index++)
        {
            ParameterBlock block = layout.Blocks[index];
            int head = shape.Parameters == ParameterForm.Heads ? block.Layer : 0;
            int start = block.Kind switch
            {
                ParameterKind.Query => head * shape.KeyWidth,
                ParameterKind.Key => (shape.Heads + head) * shape.KeyWidth,
                ParameterKind.Value when route.MixesFirst => 0,
                ParameterKind.Value => (2 * shape.Heads * shape.KeyWidth) + (head * shape.ValueWidth),
                ParameterKind.Output => head * shape.ValueWidth,
                _ => -1,
            };
            if (start >= 0 && (block.Layer == layer || shape.Parameters == ParameterForm.Heads))
            {
                bool isOutput = block.Kind == ParameterKind.Output || (route.MixesFirst && block.Kind == ParameterKind.Value);
                yield return new AttentionPart(index, block, start, layout.IndexOf(block.Name + "_bias"), isOutput,
                    shape.Parameters == ParameterForm.Transposed);
            }
        }
    }
}

/// <summary>
/// What attention computes on the way forward and needs on the way back, for the rows of a group of samples; also the tangents of all that.
/// </summary>
internal sealed class AttentionCache<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Reserves the memory.</summary>
    public AttentionCache(TransformerShape shape, AttentionRoute route, int rows, int tokens, bool keepsWeights)
    {
        Projected = Matrix<T>.Allocate(rows, AttentionFactors<T>.ProjectedColumns(shape, route));
        Mixed = Matrix<T>.Allocate(rows, AttentionFactors<T>.MixedColumns(shape, route));
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
