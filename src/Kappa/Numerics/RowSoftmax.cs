using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Softmax of every row of a matrix with the row's maximum subtracted (R.1), and its gradient (R.6), in double and single precision.</summary>
/// <remarks>
/// Finite for logits of any finite size: the largest exponent is exactly 0. A NaN or +∞ in a row makes the whole row NaN; −∞ gives
/// weight 0 unless the whole row is −∞, which gives NaN. A weight's relative error is below (c/8 + 8) ε beside the rounding of s·L.
/// Sums run in as many lanes as 64 bytes hold, in a fixed order on every machine. No allocation; a row's result depends on that row alone.
/// </remarks>
internal static class RowSoftmax
{
    /// <summary>A_rj = e^{s L_rj − max_c s L_rc} / Σ_k e^{s L_rk − max_c s L_rc} (R.1).</summary>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    /// <param name="logits">L [r, c].</param>
    /// <param name="scale">s, any sign.</param>
    /// <param name="attention">A [r, c], overwritten; may be <paramref name="logits"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Apply<T>(in Matrix<T> logits, double scale, in Matrix<T> attention)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape(logits, attention, nameof(attention));
        int row = 0;
        if (logits.Rows > 0 && SoftmaxQuads<T>.TryCreate(logits.Columns, logits.IsContiguous && attention.IsContiguous, out SoftmaxQuads<T> quads))
        {
            row = logits.Rows - (logits.Rows % quads.Rows);
            quads.Apply(ref logits.First, logits.Stride, scale, ref attention.First, attention.Stride, row);
        }

        for (; row < logits.Rows; row++)
        {
            ApplyRow(ref MemoryMarshal.GetReference(logits.Row(row)), scale, ref MemoryMarshal.GetReference(attention.Row(row)), logits.Columns);
        }
    }

    /// <summary>dL_rj = s A_rj (dA_rj − Σ_k A_rk dA_rk) (R.6).</summary>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    /// <param name="attention">A [r, c], the result of <see cref="Apply{T}"/>.</param>
    /// <param name="dAttention">dA [r, c].</param>
    /// <param name="scale">s, as in <see cref="Apply{T}"/>.</param>
    /// <param name="dLogits">dL [r, c], overwritten; may be <paramref name="dAttention"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward<T>(in Matrix<T> attention, in Matrix<T> dAttention, double scale, in Matrix<T> dLogits)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShape(attention, dAttention, nameof(dAttention));
        RequireShape(attention, dLogits, nameof(dLogits));
        int row = 0;
        if (attention.Rows > 0 && SoftmaxQuads<T>.TryCreate(attention.Columns, attention.IsContiguous && dAttention.IsContiguous && dLogits.IsContiguous, out SoftmaxQuads<T> quads))
        {
            row = attention.Rows - (attention.Rows % quads.Rows);
            quads.Backward(ref attention.First, attention.Stride, ref dAttention.First, dAttention.Stride, scale, ref dLogits.First, dLogits.Stride, row);
        }

        for (; row < attention.Rows; row++)
        {
            BackwardRow(
                ref MemoryMarshal.GetReference(attention.Row(row)), ref MemoryMarshal.GetReference(dAttention.Row(row)), scale,
                ref MemoryMarshal.GetReference(dLogits.Row(row)), attention.Columns);
        }
    }

    // The native maximum may drop a NaN; its exponential then makes the sum, and so the whole row, NaN all the same. The product s L is rounded before the
    // subtraction, as it was for the maximum: a fused one would not be exactly 0 there.
    private static void ApplyRow<T>(ref T logits, double scale, ref T attention, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        Vector512<T> scales = VectorArithmetic.Broadcast<T>(scale);
        Vector512<T> lowest = VectorArithmetic.Broadcast<T>(double.NegativeInfinity);
        int whole = columns & ~(width - 1);
        int rest = columns - whole;
        Vector512<T> isRest = Lanes512<T>.FirstLanes(rest);
        Vector512<T> tail = rest == 0 ? lowest : Vector512.ConditionalSelect(isRest, scales * PartialVector.Load(ref Unsafe.Add(ref logits, whole), rest), lowest);
        Vector512<T> maximum = tail;
        for (int j = 0; j < whole; j += width)
        {
            maximum = Vector512.MaxNative(maximum, scales * Vector512.LoadUnsafe(ref logits, (nuint)j));
        }

        maximum = LaneReduction.All<T, LaneMaximum>(maximum);
        Vector512<T> sum = Vector512<T>.Zero;
        for (int j = 0; j < whole; j += width)
        {
            Vector512<T> power = Exponential.OfNonPositive<T>((scales * Vector512.LoadUnsafe(ref logits, (nuint)j)) - maximum).First;
            power.StoreUnsafe(ref attention, (nuint)j);
            sum += power;
        }

        if (rest > 0)
        {
            tail = Exponential.OfNonPositive<T>(tail - maximum).First;
            sum += Vector512.ConditionalSelect(isRest, tail, Vector512<T>.Zero);
        }

        sum = LaneReduction.All<T, LaneSum>(sum);
        for (int j = 0; j < whole; j += width)
        {
            (Vector512.LoadUnsafe(ref attention, (nuint)j) / sum).StoreUnsafe(ref attention, (nuint)j);
        }

        if (rest > 0)
        {
            PartialVector.Store(tail / sum, ref Unsafe.Add(ref attention, whole), rest);
        }
    }

    private static void BackwardRow<T>(ref T attention, ref T dAttention, double scale, ref T dLogits, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        int whole = columns & ~(width - 1);
        int rest = columns - whole;
        Vector512<T> sum = Vector512<T>.Zero;
        for (int j = 0; j < whole; j += width)
        {
            sum += Vector512.LoadUnsafe(ref attention, (nuint)j) * Vector512.LoadUnsafe(ref dAttention, (nuint)j);
        }

        Vector512<T> weightTail = rest == 0 ? Vector512<T>.Zero : PartialVector.Load(ref Unsafe.Add(ref attention, whole), rest);
        Vector512<T> gradientTail = rest == 0 ? Vector512<T>.Zero : PartialVector.Load(ref Unsafe.Add(ref dAttention, whole), rest);
        Vector512<T> mean = LaneReduction.All<T, LaneSum>(sum + (weightTail * gradientTail));
        Vector512<T> scales = VectorArithmetic.Broadcast<T>(scale);
        for (int j = 0; j < whole; j += width)
        {
            Vector512<T> weights = Vector512.LoadUnsafe(ref attention, (nuint)j);
            (scales * weights * (Vector512.LoadUnsafe(ref dAttention, (nuint)j) - mean)).StoreUnsafe(ref dLogits, (nuint)j);
        }

        if (rest > 0)
        {
            PartialVector.Store(scales * weightTail * (gradientTail - mean), ref Unsafe.Add(ref dLogits, whole), rest);
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
