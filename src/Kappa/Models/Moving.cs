using System.Numerics;
using System.Numerics.Tensors;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A matrix and its derivative along a direction, Ẋ.</summary>
/// <param name="Value">X.</param>
/// <param name="Tangent">Ẋ, of the same shape.</param>
internal readonly record struct Moving<T>(Matrix<T> Value, Matrix<T> Tangent)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Some rows of both.</summary>
    public Moving<T> Rows(int start, int count) => new(Value.RowRange(start, count), Tangent.RowRange(start, count));

    /// <summary>Some columns of both.</summary>
    public Moving<T> Columns(int start, int count) => new(Value.ColumnRange(start, count), Tangent.ColumnRange(start, count));
}

/// <summary>An elementwise function along a direction (T.5, T.6).</summary>
internal static class ActivationTangent
{
    /// <summary>The tangents of ψ'(P) and of Φ = ψ(P).</summary>
    /// <param name="activation">ψ; where ψ' jumps, ψ'' counts as 0.</param>
    /// <param name="derivative">ψ'(P).</param>
    /// <param name="preactivation">P on entry, ψ''(P) ∘ Ṗ on return.</param>
    /// <param name="tangent">Ṗ on entry, ψ'(P) ∘ Ṗ on return.</param>
    public static void Apply<T>(Activation activation, in Matrix<T> derivative, in Matrix<T> preactivation, in Matrix<T> tangent)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> curvature = preactivation.Span, moved = tangent.Span;
        for (int k = 0; k < moved.Length; k++)
        {
            curvature[k] = T.CreateTruncating(activation.SecondDerivative(double.CreateTruncating(curvature[k]))) * moved[k];
        }

        TensorPrimitives.Multiply<T>(moved, derivative.Span, moved);
    }

    /// <summary>The tangent of dP = U ∘ ψ'(P): U̇ ∘ ψ'(P) + U ∘ ψ'(P)˙.</summary>
    /// <param name="derivative">ψ'(P).</param>
    /// <param name="curvature">Its tangent.</param>
    /// <param name="gradient">U and U̇.</param>
    /// <param name="result">Overwritten; may be the memory of U̇.</param>
    public static void Backward<T>(in Matrix<T> derivative, in Matrix<T> curvature, in Moving<T> gradient, in Matrix<T> result)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TensorPrimitives.Multiply<T>(gradient.Tangent.Span, derivative.Span, result.Span);
        TensorPrimitives.MultiplyAddEstimate<T>(gradient.Value.Span, curvature.Span, result.Span, result.Span);
    }
}
