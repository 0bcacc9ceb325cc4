using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Transposed copies, four by four elements through registers.</summary>
internal static unsafe class Transposition
{
    private const int Side = 4;

    /// <summary>Target_i = source_iᵀ for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N.</param>
    /// <param name="source">[N·r, c].</param>
    /// <param name="target">[N·c, r].</param>
    public static void CopyEach<T>(int samples, in Matrix<T> source, in Matrix<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int rows = source.Rows / samples;
        fixed (T* first = &source.First, result = &target.First)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                Copy(
                    first + ((nint)sample * rows * source.Stride), source.Stride, rows, source.Columns,
                    result + ((nint)sample * source.Columns * target.Stride), target.Stride);
            }
        }
    }

    /// <summary>Aᵀ, newly allocated.</summary>
    /// <param name="source">A [r, c].</param>
    public static Matrix<T> Of<T>(in Matrix<T> source)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Matrix<T> target = Matrix<T>.Allocate(source.Columns, source.Rows);
        CopyEach(1, source, target);
        return target;
    }

    /// <summary>target(k, j) = source(j, k).</summary>
    /// <param name="source">First element of [rows, columns].</param>
    /// <param name="stride">Elements from row to row of the source.</param>
    /// <param name="rows">Rows j of the source.</param>
    /// <param name="columns">Columns k of the source.</param>
    /// <param name="target">First element of [columns, rows].</param>
    /// <param name="targetStride">Elements from row to row of the target.</param>
    public static void Copy<T>(T* source, nint stride, int rows, int columns, T* target, nint targetStride)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int wholeColumns = Avx.IsSupported ? columns & -Side : 0;
        int wholeRows = Avx.IsSupported ? rows & -Side : 0;
        for (int j = 0; j < wholeRows; j += Side)
        {
            if (typeof(T) == typeof(double))
            {
                FourRows((double*)(source + (j * stride)), stride, wholeColumns, (double*)(target + j), targetStride);
            }
            else
            {
                FourRows((float*)(source + (j * stride)), stride, wholeColumns, (float*)(target + j), targetStride);
            }

            Elements(
                source + (j * stride) + wholeColumns, stride, Side, columns - wholeColumns, target + (wholeColumns * targetStride) + j,
                targetStride);
        }

        Elements(source + (wholeRows * stride), stride, rows - wholeRows, columns, target + wholeRows, targetStride);
    }

    // Rows j and j + 2 meet in one register by a load, so only the interleaving costs a shuffle.
    private static void FourRows(double* b0, nint stride, int columns, double* target, nint targetStride)
    {
        double* b1 = b0 + stride;
        double* b2 = b1 + stride;
        double* b3 = b2 + stride;
        for (nint k = 0; k < columns; k += Side)
        {
            Vector256<double> even01 = Vector256.Create(Vector128.Load(b0 + k), Vector128.Load(b2 + k));
            Vector256<double> odd01 = Vector256.Create(Vector128.Load(b1 + k), Vector128.Load(b3 + k));
            Vector256<double> even23 = Vector256.Create(Vector128.Load(b0 + k + 2), Vector128.Load(b2 + k + 2));
            Vector256<double> odd23 = Vector256.Create(Vector128.Load(b1 + k + 2), Vector128.Load(b3 + k + 2));
            Avx.UnpackLow(even01, odd01).Store(target);
            Avx.UnpackHigh(even01, odd01).Store(target + targetStride);
            Avx.UnpackLow(even23, odd23).Store(target + (2 * targetStride));
            Avx.UnpackHigh(even23, odd23).Store(target + (3 * targetStride));
            target += Side * targetStride;
        }
    }

    private static void FourRows(float* b0, nint stride, int columns, float* target, nint targetStride)
    {
        for (nint k = 0; k < columns; k += Side)
        {
            Vector128<float> row0 = Vector128.Load(b0 + k), row1 = Vector128.Load(b0 + stride + k),
                row2 = Vector128.Load(b0 + (2 * stride) + k), row3 = Vector128.Load(b0 + (3 * stride) + k);
            Vector128<float> low01 = Sse.UnpackLow(row0, row1), low23 = Sse.UnpackLow(row2, row3), high01 = Sse.UnpackHigh(row0, row1),
                high23 = Sse.UnpackHigh(row2, row3);
            Sse.MoveLowToHigh(low01, low23).Store(target);
            Sse.MoveHighToLow(low23, low01).Store(target + targetStride);
            Sse.MoveLowToHigh(high01, high23).Store(target + (2 * targetStride));
            Sse.MoveHighToLow(high23, high01).Store(target + (3 * targetStride));
            target += Side * targetStride;
        }
    }

    private static void Elements<T>(T* source, nint stride, int rows, int columns, T* target, nint targetStride)
        where T : unmanaged
    {
        for (int j = 0; j < rows; j++)
        {
            for (int k = 0; k < columns; k++)
            {
                target[(k * targetStride) + j] = source[(j * stride) + k];
            }
        }
    }
}
