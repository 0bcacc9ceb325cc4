using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Softmax of every row of a matrix with the row's maximum subtracted (R.1), and its gradient (R.6).</summary>
/// <remarks>
/// Finite for logits of any finite size: the largest exponent is exactly 0. A NaN or +∞ in a row makes the whole row NaN; −∞ gives
/// weight 0 unless the whole row is −∞, which gives NaN. A weight's relative error is below (c/8 + 8) ε beside the rounding of s·L.
/// Sums run in eight lanes in a fixed order on every machine. No allocation; a row's result depends on that row alone.
/// </remarks>
internal static class RowSoftmax
{
    private const int Width = 8;

    /// <summary>A_rj = e^{s L_rj − max_c s L_rc} / Σ_k e^{s L_rk − max_c s L_rc} (R.1).</summary>
    /// <param name="logits">L [r, c].</param>
    /// <param name="scale">s, any sign.</param>
    /// <param name="attention">A [r, c], overwritten; may be <paramref name="logits"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Apply(in Matrix logits, double scale, in Matrix attention)
    {
        RequireShape(logits, attention, nameof(attention));
        int row = 0;
        if (logits.Columns > 0 && logits.Columns % Width == 0)
        {
            for (; row <= logits.Rows - 4; row += 4)
            {
                ApplyFourRows(ref logits[row, 0], (nuint)logits.Stride, scale, ref attention[row, 0], (nuint)attention.Stride, logits.Columns);
            }
        }

        for (; row < logits.Rows; row++)
        {
            ApplyRow(ref MemoryMarshal.GetReference(logits.Row(row)), scale, ref MemoryMarshal.GetReference(attention.Row(row)), logits.Columns);
        }
    }

    /// <summary>dL_rj = s A_rj (dA_rj − Σ_k A_rk dA_rk) (R.6).</summary>
    /// <param name="attention">A [r, c], the result of <see cref="Apply"/>.</param>
    /// <param name="dAttention">dA [r, c].</param>
    /// <param name="scale">s, as in <see cref="Apply"/>.</param>
    /// <param name="dLogits">dL [r, c], overwritten; may be <paramref name="dAttention"/> itself.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward(in Matrix attention, in Matrix dAttention, double scale, in Matrix dLogits)
    {
        RequireShape(attention, dAttention, nameof(dAttention));
        RequireShape(attention, dLogits, nameof(dLogits));
        for (int row = 0; row < attention.Rows; row++)
        {
            BackwardRow(
                ref MemoryMarshal.GetReference(attention.Row(row)), ref MemoryMarshal.GetReference(dAttention.Row(row)), scale,
                ref MemoryMarshal.GetReference(dLogits.Row(row)), attention.Columns);
        }
    }

    // The native maximum may drop a NaN; its exponential then makes the sum, and so the whole row, NaN all the same.
    private static void ApplyRow(ref double logits, double scale, ref double attention, int columns)
    {
        Vector512<double> scales = Vector512.Create(scale);
        Vector512<double> lowest = Vector512.Create(double.NegativeInfinity);
        int whole = columns & ~(Width - 1);
        int rest = columns - whole;
        Vector512<double> tail = rest == 0 ? lowest : Vector512.ConditionalSelect(FirstLanes(rest), scales * LoadFirst(ref Unsafe.Add(ref logits, whole), rest), lowest);
        Vector512<double> maxima = tail;
        for (int j = 0; j < whole; j += Width)
        {
            maxima = Vector512.MaxNative(maxima, scales * Vector512.LoadUnsafe(ref logits, (nuint)j));
        }

        Vector512<double> maximum = Vector512.Create(Maximum(maxima));
        Vector512<double> sums = Vector512<double>.Zero;
        if (rest > 0)
        {
            tail = Exponential.OfNonPositive(tail - maximum);
            sums = Vector512.ConditionalSelect(FirstLanes(rest), tail, sums);
        }

        for (int j = 0; j < whole; j += Width)
        {
            sums += StorePower(ref logits, scales, maximum, ref attention, j);
        }

        Vector512<double> normaliser = Vector512.Create(1 / Vector512.Sum(sums));
        for (int j = 0; j < whole; j += Width)
        {
            (Vector512.LoadUnsafe(ref attention, (nuint)j) * normaliser).StoreUnsafe(ref attention, (nuint)j);
        }

        if (rest > 0)
        {
            StoreFirst(tail * normaliser, ref Unsafe.Add(ref attention, whole), rest);
        }
    }

    // A row is one long chain of dependent operations: four side by side overlap in the processor. Each goes through the operations of ApplyRow.
    private static void ApplyFourRows(ref double logits, nuint stride, double scale, ref double attention, nuint attentionStride, int columns)
    {
        ref double logits1 = ref Unsafe.Add(ref logits, stride), logits2 = ref Unsafe.Add(ref logits1, stride), logits3 = ref Unsafe.Add(ref logits2, stride);
        ref double attention1 = ref Unsafe.Add(ref attention, attentionStride), attention2 = ref Unsafe.Add(ref attention1, attentionStride), attention3 = ref Unsafe.Add(ref attention2, attentionStride);
        Vector512<double> scales = Vector512.Create(scale);
        Vector512<double> maximum0 = Vector512.Create(double.NegativeInfinity), maximum1 = maximum0, maximum2 = maximum0, maximum3 = maximum0;
        for (int j = 0; j < columns; j += Width)
        {
            maximum0 = Vector512.MaxNative(maximum0, scales * Vector512.LoadUnsafe(ref logits, (nuint)j));
            maximum1 = Vector512.MaxNative(maximum1, scales * Vector512.LoadUnsafe(ref logits1, (nuint)j));
            maximum2 = Vector512.MaxNative(maximum2, scales * Vector512.LoadUnsafe(ref logits2, (nuint)j));
            maximum3 = Vector512.MaxNative(maximum3, scales * Vector512.LoadUnsafe(ref logits3, (nuint)j));
        }

        maximum0 = Vector512.Create(Maximum(maximum0));
        maximum1 = Vector512.Create(Maximum(maximum1));
        maximum2 = Vector512.Create(Maximum(maximum2));
        maximum3 = Vector512.Create(Maximum(maximum3));
        Vector512<double> sum0 = Vector512<double>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (int j = 0; j < columns; j += Width)
        {
            sum0 += StorePower(ref logits, scales, maximum0, ref attention, j);
            sum1 += StorePower(ref logits1, scales, maximum1, ref attention1, j);
            sum2 += StorePower(ref logits2, scales, maximum2, ref attention2, j);
            sum3 += StorePower(ref logits3, scales, maximum3, ref attention3, j);
        }

        Normalise(ref attention, sum0, columns);
        Normalise(ref attention1, sum1, columns);
        Normalise(ref attention2, sum2, columns);
        Normalise(ref attention3, sum3, columns);
    }

    // The product is rounded before the subtraction, as it was for the maximum: a fused one would not be exactly 0 there.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> StorePower(ref double logits, Vector512<double> scales, Vector512<double> maximum, ref double attention, int column)
    {
        Vector512<double> power = Exponential.OfNonPositive((scales * Vector512.LoadUnsafe(ref logits, (nuint)column)) - maximum);
        power.StoreUnsafe(ref attention, (nuint)column);
        return power;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normalise(ref double attention, Vector512<double> sums, int columns)
    {
        Vector512<double> normaliser = Vector512.Create(1 / Vector512.Sum(sums));
        for (int j = 0; j < columns; j += Width)
        {
            (Vector512.LoadUnsafe(ref attention, (nuint)j) * normaliser).StoreUnsafe(ref attention, (nuint)j);
        }
    }

    private static void BackwardRow(ref double attention, ref double dAttention, double scale, ref double dLogits, int columns)
    {
        int whole = columns & ~(Width - 1);
        int rest = columns - whole;
        Vector512<double> weightTail = rest == 0 ? Vector512<double>.Zero : LoadFirst(ref Unsafe.Add(ref attention, whole), rest);
        Vector512<double> gradientTail = rest == 0 ? Vector512<double>.Zero : LoadFirst(ref Unsafe.Add(ref dAttention, whole), rest);
        Vector512<double> sums = weightTail * gradientTail;
        for (int j = 0; j < whole; j += Width)
        {
            sums = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref attention, (nuint)j), Vector512.LoadUnsafe(ref dAttention, (nuint)j), sums);
        }

        Vector512<double> mean = Vector512.Create(Vector512.Sum(sums));
        Vector512<double> scales = Vector512.Create(scale);
        for (int j = 0; j < whole; j += Width)
        {
            Vector512<double> weights = Vector512.LoadUnsafe(ref attention, (nuint)j);
            (scales * weights * (Vector512.LoadUnsafe(ref dAttention, (nuint)j) - mean)).StoreUnsafe(ref dLogits, (nuint)j);
        }

        if (rest > 0)
        {
            StoreFirst(scales * weightTail * (gradientTail - mean), ref Unsafe.Add(ref dLogits, whole), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Maximum(Vector512<double> lanes)
    {
        Vector256<double> four = Vector256.MaxNative(lanes.GetLower(), lanes.GetUpper());
        Vector128<double> two = Vector128.MaxNative(four.GetLower(), four.GetUpper());
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1L, 0))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> FirstLanes(int count) => Vector512.LessThan(Vector512.Create(0.0, 1, 2, 3, 4, 5, 6, 7), Vector512.Create((double)count));

    // The other lanes are zero and their memory is not touched.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<double> LoadFirst(ref double source, int count)
    {
        if (Avx512F.IsSupported)
        {
            fixed (double* pinned = &source)
            {
                return Avx512F.MaskLoad(pinned, FirstLanes(count), Vector512<double>.Zero);
            }
        }

        Vector512<double> padded = Vector512<double>.Zero;
        MemoryMarshal.CreateReadOnlySpan(ref source, count).CopyTo(new Span<double>(&padded, Width));
        return padded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void StoreFirst(Vector512<double> values, ref double target, int count)
    {
        if (Avx512F.IsSupported)
        {
            fixed (double* pinned = &target)
            {
                Avx512F.MaskStore(pinned, FirstLanes(count), values);
            }
        }
        else
        {
            new ReadOnlySpan<double>(&values, count).CopyTo(MemoryMarshal.CreateSpan(ref target, count));
        }
    }

    private static void RequireShape(in Matrix expected, in Matrix actual, string name)
    {
        if (actual.Rows != expected.Rows || actual.Columns != expected.Columns)
        {
            throw new ArgumentException($"{name} must be {expected} but is {actual}.", name);
        }
    }
}
