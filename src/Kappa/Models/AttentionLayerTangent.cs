using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <content>Its derivative along a direction, forward (T.5) and backward (T.6).</content>
internal sealed partial class AttentionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private AttentionCurvature? _curvature;

    /// <summary>The derivative of <see cref="Forward"/> along a direction.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="direction">Ẇ, as factors.</param>
    /// <param name="input">Z and Ż [rows, D].</param>
    /// <param name="residual">Factor of the skip.</param>
    /// <param name="skip">The skip's tangent [rows, D_out].</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="tangents">The tangent of each matrix of the cache but the weights, overwritten.</param>
    /// <param name="output">Ḣ [rows, D_out], overwritten.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void Tangent(
        AttentionFactors<T> factors, AttentionFactors<T> direction, in Moving<T> input, double residual, in Matrix<T> skip,
        AttentionCache<T> cache,
        AttentionCache<T> tangents, in Matrix<T> output, ReadOnlySpan<int> lengths)
    {
        // (T.5)  [Q | K | V]˙ = Ż W + Z Ẇ + ḃ                                 [rows, p]
        int rows = input.Value.Rows;
        Moving<T> projected = new(cache.Projected.RowRange(0, rows), tangents.Projected.RowRange(0, rows)),
            mixed = new(cache.Mixed.RowRange(0, rows), tangents.Mixed.RowRange(0, rows));
        Products.Multiply(input.Tangent, factors.Projection, projected.Tangent);
        Products.MultiplyAdd(input.Value, direction.Projection, 1, projected.Tangent, projected.Tangent);
        BiasRow.Add(direction.ProjectionBias, projected.Tangent);
        AttentionCurvature curvature = _curvature ??= new AttentionCurvature(this, _shape);
        for (int head = 0; head < _shape.Heads; head++)
        {
            curvature.Head.Tangent(Of(projected, head), Mixed(mixed.Tangent, head), lengths);
        }

        // (T.5)  Ȯ = [S V]˙ W_O + [S V] Ẇ_O + ḃ_O                             [rows, D_out]
        Matrix<T> branch = mixed.Tangent;
        if (factors.Output is PackedMatrix<T> weights)
        {
            branch = curvature.Branch.RowRange(0, rows);
            Products.Multiply(mixed.Tangent, weights, branch);
            Products.MultiplyAdd(mixed.Value, direction.Output!, 1, branch, branch);
            BiasRow.Add(direction.OutputBias, branch);
        }

        if (_shape.AttentionActivation is Activation activation)
        {
            Matrix<T> derivative = tangents.Derivative.RowRange(0, rows), activated = tangents.Branch.RowRange(0, rows);
            LinearBranch(factors, cache, derivative);
            branch.CopyTo(activated);
            ActivationTangent.Apply(activation, cache.Derivative.RowRange(0, rows), derivative, activated);
            branch = activated;
        }

        Sum(residual, skip, branch, output);
    }

    /// <summary>The derivative of <see cref="Backward"/> along a direction; right after it, for it reads what that left.</summary>
    /// <param name="factors">Of the way forward.</param>
    /// <param name="direction">Ẇ, as factors.</param>
    /// <param name="input">Z and Ż [rows, D].</param>
    /// <param name="cache">Of the way forward.</param>
    /// <param name="tangents">Of <see cref="Tangent"/>.</param>
    /// <param name="dOutput">dH and its tangent [rows, D_out].</param>
    /// <param name="target">The tangents of the gradients.</param>
    /// <param name="residual">Factor of the skip.</param>
    /// <param name="dInput">The tangent of dZ [rows, D], overwritten; may be the memory of that of dH.</param>
    /// <param name="lengths">Of the way forward.</param>
    public void BackwardTangent(
        AttentionFactors<T> factors, AttentionFactors<T> direction, in Moving<T> input, AttentionCache<T> cache,
        AttentionCache<T> tangents, in Moving<T> dOutput,
        in GradientTarget<T> target, double residual, in Matrix<T> dInput, ReadOnlySpan<int> lengths)
    {
        int rows = input.Value.Rows;
        AttentionCurvature curvature = _curvature!;
        Moving<T> dBranch = dOutput;
        if (_shape.AttentionActivation is not null)
        {
            dBranch = new(Branch(cache, dOutput.Value), curvature.Branch.RowRange(0, rows));
            ActivationTangent.Backward(cache.Derivative.RowRange(0, rows), tangents.Derivative.RowRange(0, rows), dOutput, dBranch.Tangent);
        }

        // (T.6)  d[S V]˙ = Ȯ' W_Oᵀ + O' Ẇ_Oᵀ with O' = dO                     [rows, H d_v]
        Moving<T> dMixed = dBranch, dProjected = new(_dProjected.RowRange(0, rows), curvature.Projected.RowRange(0, rows));
        if (factors.OutputTransposed is PackedMatrix<T> transposed)
        {
            dMixed = new(_dMixed.RowRange(0, rows), curvature.Mixed.RowRange(0, rows));
            Products.Multiply(dBranch.Tangent, transposed, dMixed.Tangent);
            Products.MultiplyAdd(dBranch.Value, direction.OutputTransposed!, 1, dMixed.Tangent, dMixed.Tangent);
        }

        Moving<T> projected = new(cache.Projected.RowRange(0, rows), tangents.Projected.RowRange(0, rows)),
            mixed = new(cache.Mixed.RowRange(0, rows), tangents.Mixed.RowRange(0, rows));
        for (int head = 0; head < _shape.Heads; head++)
        {
            curvature.Head.BackwardTangent(Of(projected, head), new(Mixed(dMixed.Value, head), Mixed(dMixed.Tangent, head)),
                Of(dProjected.Tangent, head), lengths);
        }

        // (T.6)  dW˙ = Żᵀ dY + Zᵀ dY˙ for every matrix Y = Z W
        foreach (AttentionPart part in factors.Parts)
        {
            Moving<T> x = part.IsOutput ? mixed.Columns(part.Start, part.Length) : input, y = part.IsOutput ? dBranch
                : dProjected.Columns(part.Start, part.Length);
            target.Add(part.Index, x, y, part.IsTransposed);
            target.AddRows(part.Bias, y.Tangent);
        }

        Products.MultiplyAdd(dProjected.Tangent, factors.ProjectionTransposed, residual, residual == 0 ? dInput : dOutput.Tangent, dInput);
        Products.MultiplyAdd(dProjected.Value, direction.ProjectionTransposed, 1, dInput, dInput);
    }

    private MovingHead<T> Of(in Moving<T> projected, int head) => new(Of(projected.Value, head), Of(projected.Tangent, head));

    // What only tangents need.
    private sealed class AttentionCurvature(AttentionLayer<T> layer, TransformerShape shape)
    {
        public HeadTangent<T> Head { get; } = new(shape, layer._tokens);

        public Matrix<T> Branch { get; } = Matrix<T>.Allocate(layer._dProjected.Rows, shape.OutputWidth);

        public Matrix<T> Mixed { get; } = Matrix<T>.Allocate(layer._dMixed.Rows, shape.Heads * shape.ValueWidth);

        public Matrix<T> Projected { get; } = Matrix<T>.Allocate(layer._dProjected.Rows, layer._dProjected.Columns);
    }
}
