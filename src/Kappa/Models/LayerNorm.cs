using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Layer normalisation of every row, y = γ ∘ (x − mean x)/√(var x + ε) + β (E.2), forward and backward (E.6).</summary>
/// <remarks>The variance is that of the row's D numbers, about their mean, divided by D. Sums run in as many lanes as 64 bytes hold, in a fixed order; no allocation.</remarks>
internal static class LayerNorm
{
    /// <summary>y, and mean and 1/√(var + ε) of each row for the way back.</summary>
    /// <param name="input">x [r, D].</param>
    /// <param name="gain">γ [D].</param>
    /// <param name="shift">β [D].</param>
    /// <param name="epsilon">ε &gt; 0.</param>
    /// <param name="statistics">Mean and inverse deviation [r, 2], overwritten.</param>
    /// <param name="output">y [r, D], overwritten.</param>
    public static void Forward<T>(in Matrix<T> input, ReadOnlySpan<T> gain, ReadOnlySpan<T> shift, double epsilon, in Matrix<T> statistics, in Matrix<T> output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T count = T.CreateTruncating(input.Columns), floor = T.CreateTruncating(epsilon);
        int width = Vector512<T>.Count;
        for (int row = 0; row < input.Rows; row++)
        {
            ReadOnlySpan<T> x = input.Row(row);
            Span<T> y = output.Row(row);
            Vector512<T> sum = Vector512<T>.Zero, squares = Vector512<T>.Zero;
            for (int j = 0; j < x.Length; j += width)
            {
                sum += Load(x, j);
            }

            // (E.2)  the mean first, then the squares about it: no cancellation
            Vector512<T> mean = LaneReduction.All<T, LaneSum>(sum) / Vector512.Create(count);
            for (int j = 0; j < x.Length; j += width)
            {
                Vector512<T> centred = Centred(x, j, mean);
                squares = Lanes512<T>.MultiplyAdd(centred, centred, squares);
            }

            T inverse = T.One / T.Sqrt((LaneReduction.All<T, LaneSum>(squares).ToScalar() / count) + floor);
            (statistics[row, 0], statistics[row, 1]) = (mean.ToScalar(), inverse);
            Vector512<T> scale = Vector512.Create(inverse);
            for (int j = 0; j < x.Length; j += width)
            {
                Store(Lanes512<T>.MultiplyAdd(Load(gain, j), Centred(x, j, mean) * scale, Load(shift, j)), y, j);
            }
        }
    }

    /// <summary>dγ and dβ, added to what is there, and dx ← skip·dSkip + what goes through the normalisation.</summary>
    /// <param name="input">x [r, D] of the way forward.</param>
    /// <param name="gain">γ [D].</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="dOutput">dy [r, D].</param>
    /// <param name="dGain">dγ [D]; empty when not wanted.</param>
    /// <param name="dShift">dβ [D]; empty when not wanted.</param>
    /// <param name="residual">Factor of dSkip.</param>
    /// <param name="dSkip">[r, D]; may be dx.</param>
    /// <param name="dInput">dx [r, D], overwritten; empty when not wanted.</param>
    public static void Backward<T>(
        in Matrix<T> input, ReadOnlySpan<T> gain, in Matrix<T> statistics, in Matrix<T> dOutput, Span<T> dGain, Span<T> dShift, double residual, in Matrix<T> dSkip, in Matrix<T> dInput)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        for (int row = 0; row < input.Rows; row++)
        {
            ReadOnlySpan<T> x = input.Row(row), dy = dOutput.Row(row);
            Vector512<T> mean = Vector512.Create(statistics[row, 0]), scale = Vector512.Create(statistics[row, 1]);
            for (int j = 0; j < x.Length && dGain.Length > 0; j += width)
            {
                Store(Lanes512<T>.MultiplyAdd(Load(dy, j), Centred(x, j, mean) * scale, Load(dGain, j)), dGain, j);
            }

            for (int j = 0; j < x.Length && dShift.Length > 0; j += width)
            {
                Store(Load(dy, j) + Load(dShift, j), dShift, j);
            }

            if (dInput.Rows > 0)
            {
                BackwardRow(x, gain, dy, mean, scale, VectorArithmetic.Broadcast<T>(residual), residual == 0 ? default : dSkip.Row(row), dInput.Row(row));
            }
        }
    }

    // (E.6)  dx = (g − mean g − x̂ mean(g ∘ x̂))/√(var + ε),  g = γ ∘ dy
    private static void BackwardRow<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> gain, ReadOnlySpan<T> dy, Vector512<T> mean, Vector512<T> scale, Vector512<T> residual, ReadOnlySpan<T> dSkip, Span<T> dx)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int width = Vector512<T>.Count;
        Vector512<T> sum = Vector512<T>.Zero, projection = Vector512<T>.Zero, count = Vector512.Create(T.CreateTruncating(x.Length));
        for (int j = 0; j < x.Length; j += width)
        {
            Vector512<T> g = Load(gain, j) * Load(dy, j);
            sum += g;
            projection = Lanes512<T>.MultiplyAdd(g, Centred(x, j, mean) * scale, projection);
        }

        Vector512<T> meanOfG = LaneReduction.All<T, LaneSum>(sum) / count, meanOfProjection = LaneReduction.All<T, LaneSum>(projection) / count;
        for (int j = 0; j < x.Length; j += width)
        {
            Vector512<T> normalised = Centred(x, j, mean) * scale;
            Vector512<T> through = scale * ((Load(gain, j) * Load(dy, j)) - meanOfG - (normalised * meanOfProjection));
            Store(dSkip.IsEmpty ? through : Lanes512<T>.MultiplyAdd(residual, Load(dSkip, j), through), dx, j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Load<T>(ReadOnlySpan<T> source, int index)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T first = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), index);
        return source.Length - index >= Vector512<T>.Count ? Vector512.LoadUnsafe(ref first) : PartialVector.Load(ref first, source.Length - index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(Vector512<T> values, Span<T> target, int index)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref T first = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), index);
        if (target.Length - index >= Vector512<T>.Count)
        {
            values.StoreUnsafe(ref first);
        }
        else
        {
            PartialVector.Store(values, ref first, target.Length - index);
        }
    }

    // x − mean, zero beyond the end of the row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Centred<T>(ReadOnlySpan<T> x, int index, Vector512<T> mean)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> centred = Load(x, index) - mean;
        return x.Length - index >= Vector512<T>.Count ? centred : Vector512.ConditionalSelect(Lanes512<T>.FirstLanes(x.Length - index), centred, Vector512<T>.Zero);
    }
}
