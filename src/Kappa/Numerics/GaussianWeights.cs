using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Weights e^{s P_jk + a_j + b_k} of products P = q·k with a = −s‖q‖²/2 and b = −s‖k‖²/2 (G.2), and their gradient, in double and single precision.</summary>
/// <remarks>
/// The exponent is −s‖q_j − k_k‖²/2, never positive but for rounding, which is cut off. Its absolute error is some ε s (‖q‖² + ‖k‖²). NaN stays NaN.
/// Sums run in as many lanes as 64 bytes hold, in a fixed order on every machine. No allocation.
/// </remarks>
internal static class GaussianWeights
{
    /// <summary>result_r = −½ s ‖row r‖².</summary>
    /// <param name="rows">[r, c].</param>
    /// <param name="scale">s.</param>
    /// <param name="result">[r], overwritten.</param>
    public static void Exponents<T>(in Matrix<T> rows, double scale, Span<T> result)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T factor = T.CreateTruncating(-0.5 * scale);
        int width = Vector512<T>.Count, whole = rows.Columns & ~(width - 1), rest = rows.Columns - whole;
        for (int row = 0; row < rows.Rows; row++)
        {
            ref T first = ref MemoryMarshal.GetReference(rows.Row(row));
            Vector512<T> sum = Vector512<T>.Zero;
            for (int j = 0; j < whole; j += width)
            {
                Vector512<T> x = Vector512.LoadUnsafe(ref first, (nuint)j);
                sum = Lanes512<T>.MultiplyAdd(x, x, sum);
            }

            if (rest > 0)
            {
                Vector512<T> x = PartialVector.Load(ref Unsafe.Add(ref first, whole), rest);
                sum = Lanes512<T>.MultiplyAdd(x, x, sum);
            }

            result[row] = factor * LaneReduction.All<T, LaneSum>(sum).ToScalar();
        }
    }

    /// <summary>L ← s P + 1 bᵀ, in place.</summary>
    /// <param name="products">P [r, c], overwritten.</param>
    /// <param name="scale">s.</param>
    /// <param name="columnExponents">b [c].</param>
    public static void AddColumns<T>(in Matrix<T> products, double scale, ReadOnlySpan<T> columnExponents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T factor = T.CreateTruncating(scale);
        for (int row = 0; row < products.Rows; row++)
        {
            System.Numerics.Tensors.TensorPrimitives.FusedMultiplyAdd(products.Row(row), factor, columnExponents, products.Row(row));
        }
    }

    /// <summary>S_jk = e^{s P_jk + a_j + b_k} in the memory of P (G.2).</summary>
    /// <param name="products">P [r, c], overwritten.</param>
    /// <param name="scale">s.</param>
    /// <param name="rowExponents">a [r].</param>
    /// <param name="columnExponents">b [c].</param>
    public static void Apply<T>(in Matrix<T> products, double scale, ReadOnlySpan<T> rowExponents, ReadOnlySpan<T> columnExponents)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> scales = VectorArithmetic.Broadcast<T>(scale), zero = Vector512<T>.Zero;
        int width = Vector512<T>.Count, quad = VectorQuad<T>.Count, columns = products.Columns;
        ref T b = ref MemoryMarshal.GetReference(columnExponents);
        for (int row = 0; row < products.Rows; row++)
        {
            ref T p = ref MemoryMarshal.GetReference(products.Row(row));
            Vector512<T> a = Vector512.Create(rowExponents[row]);
            int j = 0;
            for (; j <= columns - quad; j += quad)
            {
                VectorQuad<T> x = VectorQuad<T>.MultiplyAdd(scales, VectorQuad<T>.Load(ref p, (nuint)j), VectorQuad<T>.Load(ref b, (nuint)j) + a);
                Exponential.OfNonPositive(VectorQuad<T>.Minimum(zero, x)).Store(ref p, (nuint)j);
            }

            for (; j < columns; j += width)
            {
                int count = Math.Min(width, columns - j);
                Vector512<T> x = Lanes512<T>.MultiplyAdd(scales, PartialVector.Load(ref Unsafe.Add(ref p, j), count), PartialVector.Load(ref Unsafe.Add(ref b, j), count) + a);
                PartialVector.Store(Exponential.OfNonPositive(VectorQuad<T>.Minimum(zero, x)).First, ref Unsafe.Add(ref p, j), count);
            }
        }
    }

    /// <summary>dL = s S ∘ dS in the memory of dS, and the sums of its rows.</summary>
    /// <param name="weights">S [r, c].</param>
    /// <param name="dWeights">dS [r, c], overwritten by dL.</param>
    /// <param name="scale">s.</param>
    /// <param name="rowSums">dL 1 [r], overwritten.</param>
    public static void Backward<T>(in Matrix<T> weights, in Matrix<T> dWeights, double scale, Span<T> rowSums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector512<T> scales = VectorArithmetic.Broadcast<T>(scale);
        int width = Vector512<T>.Count, whole = weights.Columns & ~(width - 1), rest = weights.Columns - whole;
        for (int row = 0; row < weights.Rows; row++)
        {
            ref T s = ref MemoryMarshal.GetReference(weights.Row(row));
            ref T d = ref MemoryMarshal.GetReference(dWeights.Row(row));
            Vector512<T> sum = Vector512<T>.Zero;
            for (int j = 0; j < whole; j += width)
            {
                Vector512<T> gradient = scales * Vector512.LoadUnsafe(ref s, (nuint)j) * Vector512.LoadUnsafe(ref d, (nuint)j);
                gradient.StoreUnsafe(ref d, (nuint)j);
                sum += gradient;
            }

            if (rest > 0)
            {
                Vector512<T> gradient = scales * PartialVector.Load(ref Unsafe.Add(ref s, whole), rest) * PartialVector.Load(ref Unsafe.Add(ref d, whole), rest);
                PartialVector.Store(gradient, ref Unsafe.Add(ref d, whole), rest);
                sum += gradient;
            }

            rowSums[row] = LaneReduction.All<T, LaneSum>(sum).ToScalar();
        }
    }

    /// <summary>sums ← sums + 1ᵀ A.</summary>
    /// <param name="matrix">A [r, c].</param>
    /// <param name="sums">[c].</param>
    public static void AddColumnSums<T>(in Matrix<T> matrix, Span<T> sums)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < matrix.Rows; row++)
        {
            System.Numerics.Tensors.TensorPrimitives.Add(sums, matrix.Row(row), sums);
        }
    }

    /// <summary>Row r of G ← row r of G − sums_r · row r of A.</summary>
    /// <param name="gradient">G [r, c].</param>
    /// <param name="sums">[r].</param>
    /// <param name="rows">A [r, c].</param>
    public static void SubtractScaledRows<T>(in Matrix<T> gradient, ReadOnlySpan<T> sums, in Matrix<T> rows)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < gradient.Rows; row++)
        {
            System.Numerics.Tensors.TensorPrimitives.FusedMultiplyAdd(rows.Row(row), -sums[row], gradient.Row(row), gradient.Row(row));
        }
    }
}
