using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>Normalisation of every row, y = γ ∘ (x − mean x)/√(var x + ε) + β (E.2), forward
/// and backward (E.6); not centred, the mean counts as 0 everywhere (E.14).</summary>
/// <remarks>The variance is that of the row's D numbers, about their mean, divided by D. Sums run in the
/// lanes of a vector in a fixed order, so the last bits depend on the vector path. No allocation.</remarks>
internal static unsafe class LayerNorm
{
    /// <summary>y, and mean and 1/√(var + ε) of each row for the way back.</summary>
    /// <param name="input">x [r, D].</param>
    /// <param name="gain">γ [D].</param>
    /// <param name="shift">β [D].</param>
    /// <param name="epsilon">ε &gt; 0.</param>
    /// <param name="statistics">Mean and inverse deviation [r, 2], overwritten.</param>
    /// <param name="output">y [r, D], overwritten.</param>
    /// <param name="isCentred">Whether the mean is subtracted.</param>
    /// <param name="path">A path of this machine; the widest unless told otherwise.</param>
    public static void Forward<T>(
        in Matrix<T> input, in Matrix<T> gain, in Matrix<T> shift, double epsilon, in Matrix<T> statistics, in Matrix<T> output,
        bool isCentred = true, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path ?? VectorPaths.Widest)
        {
            case VectorPath.Bits512:
                ForwardOn<VectorQuad512<T>, T>(input, gain, shift, epsilon, statistics, output, isCentred);
                break;
            case VectorPath.Bits256:
                ForwardOn<VectorQuad256<T>, T>(input, gain, shift, epsilon, statistics, output, isCentred);
                break;
            default:
                ForwardOn<VectorQuad128<T>, T>(input, gain, shift, epsilon, statistics, output, isCentred);
                break;
        }
    }

    /// <summary>dγ ← dγ + Σ dy ∘ x̂ and dβ ← dβ + Σ dy over rows (E.6).</summary>
    /// <param name="input">x [r, D] of the way forward.</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="dOutput">dy [r, D].</param>
    /// <param name="dGain">dγ [D]; empty when not wanted.</param>
    /// <param name="dShift">dβ [D]; empty when not wanted.</param>
    /// <param name="scratch">[D], overwritten.</param>
    public static void ParameterGradients<T>(
        in Matrix<T> input, in Matrix<T> statistics, in Matrix<T> dOutput, Span<T> dGain, Span<T> dShift, Span<T> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < input.Rows; row++)
        {
            ReadOnlySpan<T> dy = dOutput.Row(row);
            if (dGain.Length > 0)
            {
                TensorPrimitives.Subtract(input.Row(row), statistics[row, 0], scratch);
                TensorPrimitives.Multiply(scratch, statistics[row, 1], scratch);
                TensorPrimitives.MultiplyAddEstimate(scratch, dy, dGain, dGain);
            }

            if (dShift.Length > 0)
            {
                TensorPrimitives.Add(dShift, dy, dShift);
            }
        }
    }

    /// <summary>dx ← residual·dx + what goes through the normalisation (E.6).</summary>
    /// <param name="input">x [r, D] of the way forward.</param>
    /// <param name="gain">γ [D].</param>
    /// <param name="statistics">Of the way forward.</param>
    /// <param name="dOutput">dy [r, D].</param>
    /// <param name="residual">Factor of the old dx, which is not read when it is 0.</param>
    /// <param name="dInput">dx [r, D].</param>
    /// <param name="isCentred">Whether the mean was subtracted.</param>
    /// <param name="path">A path of this machine; the widest unless told otherwise.</param>
    public static void InputGradient<T>(
        in Matrix<T> input, in Matrix<T> gain, in Matrix<T> statistics, in Matrix<T> dOutput, double residual, in Matrix<T> dInput,
        bool isCentred = true, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path ?? VectorPaths.Widest)
        {
            case VectorPath.Bits512:
                BackwardOn<VectorQuad512<T>, T>(input, gain, statistics, dOutput, residual, dInput, isCentred);
                break;
            case VectorPath.Bits256:
                BackwardOn<VectorQuad256<T>, T>(input, gain, statistics, dOutput, residual, dInput, isCentred);
                break;
            default:
                BackwardOn<VectorQuad128<T>, T>(input, gain, statistics, dOutput, residual, dInput, isCentred);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForwardOn<TQuad, T>(
        in Matrix<T> input, in Matrix<T> gain, in Matrix<T> shift, double epsilon, in Matrix<T> statistics, in Matrix<T> output,
        bool isCentred)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        QuadRows<TQuad, T> columns = new(input.Columns);
        T count = T.CreateTruncating(input.Columns), floor = T.CreateTruncating(epsilon);
        fixed (T* source = &input.First, target = &output.First, g = &gain.First, b = &shift.First)
        {
            SoftmaxKernel<TQuad, T>.Rows from = new(source, input.Stride), to = new(target, output.Stride);
            SoftmaxKernel<TQuad, T>.FourRows gains = new(g, g, g, g), shifts = new(b, b, b, b);
            for (int row = 0; row < input.Rows; row += 4)
            {
                SoftmaxKernel<TQuad, T>.FourRows x = from.Four(row, input.Rows), y = to.Four(row, input.Rows);
                TQuad sum = 0.0, squares = 0.0;
                for (int j = 0; isCentred && j <= columns.Last; j += TQuad.Lanes)
                {
                    sum += columns.Load(x, j);
                }

                // (E.2)  the mean first, then the squares about it: no cancellation
                TQuad mean = QuadRows<TQuad, T>.Sum(sum) / TQuad.Broadcast(count);
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    TQuad centred = columns.Centred(x, j, mean);
                    squares = TQuad.MultiplyAdd(centred, centred, squares);
                }

                TQuad scale = Keep<TQuad, T>(statistics, row, mean, QuadRows<TQuad, T>.Sum(squares), count, floor);
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    columns.Store(
                        y, j, TQuad.MultiplyAdd(columns.Load(gains, j), columns.Centred(x, j, mean) * scale, columns.Load(shifts, j)));
                }
            }
        }
    }

    // Writes mean and 1/√(var + ε) of up to four rows and returns the latter.
    private static TQuad Keep<TQuad, T>(in Matrix<T> statistics, int row, TQuad mean, TQuad squares, T count, T floor)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (T m0, T m1, T m2, T m3) = QuadRows<TQuad, T>.Numbers(mean);
        (T s0, T s1, T s2, T s3) = QuadRows<TQuad, T>.Numbers(squares);
        ReadOnlySpan<T> means = [m0, m1, m2, m3], inverses = [Inverse(s0), Inverse(s1), Inverse(s2), Inverse(s3)];
        for (int k = 0; k < Math.Min(4, statistics.Rows - row); k++)
        {
            (statistics[row + k, 0], statistics[row + k, 1]) = (means[k], inverses[k]);
        }

        return QuadRows<TQuad, T>.OfEach(inverses[0], inverses[1], inverses[2], inverses[3]);

        T Inverse(T sum) => T.One / T.Sqrt((sum / count) + floor);
    }

    // (E.6)  dx = (g − mean g − x̂ mean(g ∘ x̂))/√(var + ε),  g = γ ∘ dy
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BackwardOn<TQuad, T>(
        in Matrix<T> input, in Matrix<T> gain, in Matrix<T> statistics, in Matrix<T> dOutput, double residual, in Matrix<T> dInput,
        bool isCentred)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        QuadRows<TQuad, T> columns = new(input.Columns);
        T count = T.CreateTruncating(input.Columns), factor = T.CreateTruncating(residual);
        fixed (T* source = &input.First, gradient = &dOutput.First, target = &dInput.First, g = &gain.First)
        {
            SoftmaxKernel<TQuad, T>.Rows from = new(source, input.Stride), above = new(gradient, dOutput.Stride),
                to = new(target, dInput.Stride);
            SoftmaxKernel<TQuad, T>.FourRows gains = new(g, g, g, g);
            for (int row = 0; row < input.Rows; row += 4)
            {
                SoftmaxKernel<TQuad, T>.FourRows x = from.Four(row, input.Rows), dy = above.Four(row, input.Rows),
                    dx = to.Four(row, input.Rows);
                TQuad mean = Statistic<TQuad, T>(statistics, row, 0), scale = Statistic<TQuad, T>(statistics, row, 1), sum = 0.0,
                    projection = 0.0;
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    TQuad product = columns.Load(gains, j) * columns.Load(dy, j);
                    sum += product;
                    projection = TQuad.MultiplyAdd(product, columns.Centred(x, j, mean) * scale, projection);
                }

                TQuad meanOfG = isCentred ? QuadRows<TQuad, T>.Sum(sum) / TQuad.Broadcast(count) : 0.0,
                    meanOfProjection = QuadRows<TQuad, T>.Sum(projection) / TQuad.Broadcast(count);
                for (int j = 0; j <= columns.Last; j += TQuad.Lanes)
                {
                    TQuad normalised = columns.Centred(x, j, mean) * scale;
                    TQuad through = scale * ((columns.Load(gains, j) * columns.Load(dy, j)) - meanOfG - (normalised * meanOfProjection));
                    columns.Store(
                        dx, j, residual == 0 ? through : TQuad.MultiplyAdd(TQuad.Broadcast(factor), columns.Load(dx, j), through));
                }
            }
        }
    }

    // Column 0 or 1 of four rows; where fewer are left, the last one again.
    private static TQuad Statistic<TQuad, T>(in Matrix<T> statistics, int row, int column)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int last = statistics.Rows - 1;
        return QuadRows<TQuad, T>.OfEach(
            statistics[row, column], statistics[Math.Min(row + 1, last), column], statistics[Math.Min(row + 2, last), column],
            statistics[Math.Min(row + 3, last), column]);
    }
}
