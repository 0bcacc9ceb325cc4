using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Softmax of every row of a matrix with the row's maximum subtracted
/// (R.1), and its gradient (R.6), in double and single precision.</summary>
/// <remarks>
/// Finite for logits of any finite size: the largest exponent is exactly 0. A NaN or +∞ in a row makes the whole row NaN; −∞ gives
/// weight 0 unless the whole row is −∞, which gives NaN. A weight's relative error is below (c/w + 9) ε, w elements in a vector, beside the
/// rounding of s·L. Sums run in the lanes of a vector in a fixed order, so the last bits depend on the vector path. No allocation; a row's
/// result depends on that row alone. The loop of a path is a method of its own that is never inlined: in a larger method the compiler stops
/// inlining the vector operations, at a third of the speed.
/// </remarks>
internal static unsafe class RowSoftmax
{
    /// <summary>A_rj = e^{s L_rj − max_c s L_rc} / Σ_k e^{s L_rk − max_c s L_rc} (R.1).</summary>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    /// <param name="logits">L [r, c].</param>
    /// <param name="scale">s, any sign.</param>
    /// <param name="attention">A [r, c], overwritten; may be <paramref name="logits"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Apply<T>(in Matrix<T> logits, double scale, in Matrix<T> attention)
        where T : unmanaged, IFloatingPointIeee754<T> => Apply(VectorPaths.Widest, logits, scale, attention);

    /// <summary>The same on a path of this machine.</summary>
    public static void Apply<T>(VectorPath path, in Matrix<T> logits, double scale, in Matrix<T> attention)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape(logits, attention, nameof(attention));
        switch (path)
        {
            case VectorPath.Bits512:
                ApplyOn<VectorQuad512<T>, T>(logits, scale, attention);
                break;
            case VectorPath.Bits256:
                ApplyOn<VectorQuad256<T>, T>(logits, scale, attention);
                break;
            default:
                ApplyOn<VectorQuad128<T>, T>(logits, scale, attention);
                break;
        }
    }

    /// <summary>dL_rj = s A_rj (dA_rj − Σ_k A_rk dA_rk) (R.6).</summary>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    /// <param name="attention">A [r, c], the result of <see cref="Apply{T}(in Matrix{T}, double, in Matrix{T})"/>.</param>
    /// <param name="dAttention">dA [r, c].</param>
    /// <param name="scale">s, that of the softmax.</param>
    /// <param name="dLogits">dL [r, c], overwritten; may be <paramref name="dAttention"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward<T>(in Matrix<T> attention, in Matrix<T> dAttention, double scale, in Matrix<T> dLogits)
        where T : unmanaged, IFloatingPointIeee754<T> => Backward(VectorPaths.Widest, attention, dAttention, scale, dLogits);

    /// <summary>The same on a path of this machine.</summary>
    public static void Backward<T>(VectorPath path, in Matrix<T> attention, in Matrix<T> dAttention, double scale, in Matrix<T> dLogits)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape(attention, dAttention, nameof(dAttention));
        RequireShape(attention, dLogits, nameof(dLogits));
        switch (path)
        {
            case VectorPath.Bits512:
                BackwardOn<VectorQuad512<T>, T>(attention, dAttention, scale, dLogits);
                break;
            case VectorPath.Bits256:
                BackwardOn<VectorQuad256<T>, T>(attention, dAttention, scale, dLogits);
                break;
            default:
                BackwardOn<VectorQuad128<T>, T>(attention, dAttention, scale, dLogits);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyOn<TQuad, T>(in Matrix<T> logits, double scale, in Matrix<T> attention)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (logits.Rows == 0 || logits.Columns == 0)
        {
            return;
        }

        fixed (T* source = &logits.First, target = &attention.First)
        {
            SoftmaxKernel<TQuad, T>.Apply(new(source, logits.Stride), scale, new(target, attention.Stride), logits.Rows, logits.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BackwardOn<TQuad, T>(in Matrix<T> attention, in Matrix<T> dAttention, double scale, in Matrix<T> dLogits)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (attention.Rows == 0 || attention.Columns == 0)
        {
            return;
        }

        fixed (T* weights = &attention.First, gradient = &dAttention.First, target = &dLogits.First)
        {
            SoftmaxKernel<TQuad, T>.Backward(
                new(weights, attention.Stride), new(gradient, dAttention.Stride), scale, new(target, dLogits.Stride), attention.Rows,
                attention.Columns);
        }
    }

    private static void RequireShape<T>(in Matrix<T> expected, in Matrix<T> actual, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (actual.Rows != expected.Rows || actual.Columns != expected.Columns)
        {
            throw new ArgumentException($"{name} must be {expected} but is {actual}.", name);
        }
    }
}
