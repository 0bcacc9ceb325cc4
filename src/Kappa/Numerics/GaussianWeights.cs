using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>Weights e^{s P_jk + a_j + b_k} of products P = q·k with a = −s‖q‖²/2 and
/// b = −s‖k‖²/2 (G.2), and their gradient, in double and single precision.</summary>
/// <remarks>
/// The exponent is −s‖q_j − k_k‖²/2, never positive but for rounding, which is cut off. Its absolute error is some ε s (‖q‖² + ‖k‖²). NaN
/// stays NaN. Sums run in the lanes of a vector in a fixed order, so the last bits depend on the vector path. No allocation; a row's result
/// depends on that row alone.
/// </remarks>
internal static unsafe class GaussianWeights
{
    /// <summary>result_r = −½ s ‖row r‖².</summary>
    /// <param name="rows">[r, c].</param>
    /// <param name="scale">s.</param>
    /// <param name="result">[r], overwritten.</param>
    /// <param name="path">A path of this machine; the widest unless told otherwise.</param>
    public static void Exponents<T>(in Matrix<T> rows, double scale, Span<T> result, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path ?? VectorPaths.Widest)
        {
            case VectorPath.Bits512:
                ExponentsOn<VectorQuad512<T>, T>(rows, scale, result);
                break;
            case VectorPath.Bits256:
                ExponentsOn<VectorQuad256<T>, T>(rows, scale, result);
                break;
            default:
                ExponentsOn<VectorQuad128<T>, T>(rows, scale, result);
                break;
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
            TensorPrimitives.MultiplyAddEstimate(products.Row(row), factor, columnExponents, products.Row(row));
        }
    }

    /// <summary>S_jk = e^{s P_jk + a_j + b_k} in the memory of P (G.2).</summary>
    /// <param name="products">P [r, c], overwritten.</param>
    /// <param name="scale">s.</param>
    /// <param name="rowExponents">a [r].</param>
    /// <param name="columnExponents">b [c].</param>
    /// <param name="path">A path of this machine; the widest unless told otherwise.</param>
    public static void Apply<T>(
        in Matrix<T> products, double scale, ReadOnlySpan<T> rowExponents, ReadOnlySpan<T> columnExponents, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path ?? VectorPaths.Widest)
        {
            case VectorPath.Bits512:
                ApplyOn<VectorQuad512<T>, T>(products, scale, rowExponents, columnExponents);
                break;
            case VectorPath.Bits256:
                ApplyOn<VectorQuad256<T>, T>(products, scale, rowExponents, columnExponents);
                break;
            default:
                ApplyOn<VectorQuad128<T>, T>(products, scale, rowExponents, columnExponents);
                break;
        }
    }

    /// <summary>dL = s S ∘ dS in the memory of dS, and the sums of its rows.</summary>
    /// <param name="weights">S [r, c].</param>
    /// <param name="dWeights">dS [r, c], overwritten by dL.</param>
    /// <param name="scale">s.</param>
    /// <param name="rowSums">dL 1 [r], overwritten.</param>
    /// <param name="path">A path of this machine; the widest unless told otherwise.</param>
    public static void Backward<T>(in Matrix<T> weights, in Matrix<T> dWeights, double scale, Span<T> rowSums, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path ?? VectorPaths.Widest)
        {
            case VectorPath.Bits512:
                BackwardOn<VectorQuad512<T>, T>(weights, dWeights, scale, rowSums);
                break;
            case VectorPath.Bits256:
                BackwardOn<VectorQuad256<T>, T>(weights, dWeights, scale, rowSums);
                break;
            default:
                BackwardOn<VectorQuad128<T>, T>(weights, dWeights, scale, rowSums);
                break;
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
            TensorPrimitives.Add(sums, matrix.Row(row), sums);
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
            TensorPrimitives.MultiplyAddEstimate(rows.Row(row), -sums[row], gradient.Row(row), gradient.Row(row));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ExponentsOn<TQuad, T>(in Matrix<T> rows, double scale, Span<T> result)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        QuadRows<TQuad, T> columns = new(rows.Columns);
        fixed (T* first = &rows.First)
        {
            SoftmaxKernel<TQuad, T>.Rows source = new(first, rows.Stride);
            for (int row = 0; row < rows.Rows; row += 4)
            {
                SoftmaxKernel<TQuad, T>.FourRows four = source.Four(row, rows.Rows);
                TQuad sum = 0.0;
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    TQuad x = columns.Load(four, j);
                    sum = TQuad.MultiplyAdd(x, x, sum);
                }

                Write<TQuad, T>(QuadRows<TQuad, T>.Sum(sum) * (-0.5 * scale), result[row..]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyOn<TQuad, T>(
        in Matrix<T> products, double scale, ReadOnlySpan<T> rowExponents, ReadOnlySpan<T> columnExponents)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        QuadRows<TQuad, T> columns = new(products.Columns);
        T factor = T.CreateTruncating(scale);
        fixed (T* first = &products.First, b = &MemoryMarshal.GetReference(columnExponents))
        {
            SoftmaxKernel<TQuad, T>.Rows source = new(first, products.Stride);
            SoftmaxKernel<TQuad, T>.FourRows exponents = new(b, b, b, b);
            for (int row = 0; row < products.Rows; row += 4)
            {
                SoftmaxKernel<TQuad, T>.FourRows four = source.Four(row, products.Rows);
                int last = products.Rows - 1;
                TQuad a = QuadRows<TQuad, T>.OfEach(
                    rowExponents[row], rowExponents[Math.Min(row + 1, last)], rowExponents[Math.Min(row + 2, last)],
                    rowExponents[Math.Min(row + 3, last)]);
                TQuad s = TQuad.Broadcast(factor);
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    // The minimum keeps its second operand when that is NaN.
                    TQuad x = TQuad.MultiplyAdd(s, columns.Load(four, j), columns.Load(exponents, j) + a);
                    columns.Store(four, j, Exponential.OfNonPositive(TQuad.Minimum(0.0, x)));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BackwardOn<TQuad, T>(in Matrix<T> weights, in Matrix<T> dWeights, double scale, Span<T> rowSums)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        QuadRows<TQuad, T> columns = new(weights.Columns);
        T factor = T.CreateTruncating(scale);
        fixed (T* first = &weights.First, gradient = &dWeights.First)
        {
            SoftmaxKernel<TQuad, T>.Rows source = new(first, weights.Stride), target = new(gradient, dWeights.Stride);
            for (int row = 0; row < weights.Rows; row += 4)
            {
                SoftmaxKernel<TQuad, T>.FourRows s = source.Four(row, weights.Rows), d = target.Four(row, weights.Rows);
                TQuad sum = 0.0, scales = TQuad.Broadcast(factor);
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    // All four vectors are read before any is written, so a repeated last row is written with equal values.
                    TQuad product = scales * columns.Load(s, j) * columns.Load(d, j);
                    columns.Store(d, j, product);
                    sum += product;
                }

                Write<TQuad, T>(QuadRows<TQuad, T>.Sum(sum), rowSums[row..]);
            }
        }
    }

    private static void Write<TQuad, T>(TQuad values, Span<T> target)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (T first, T second, T third, T fourth) = QuadRows<TQuad, T>.Numbers(values);
        ReadOnlySpan<T> numbers = [first, second, third, fourth];
        numbers[..Math.Min(4, target.Length)].CopyTo(target);
    }
}
