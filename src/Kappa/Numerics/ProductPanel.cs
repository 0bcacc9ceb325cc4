using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Copies of column panels of B in the order a tile reads them, [k, width], columns past the matrix filled with zeros.</summary>
internal static unsafe class ProductPanel
{
    [ThreadStatic]
    private static double[]? _scratch;

    /// <summary>Aligned memory for <paramref name="length"/> doubles that belongs to the calling thread and keeps its size, so that steady work allocates nothing.</summary>
    public static double* Scratch(int length)
    {
        // The array is pinned at birth and lives as long as its thread.
        double[] scratch = _scratch is { } present && present.Length >= length + AlignmentSlack ? present : Grow(length);
        nuint address = (nuint)Unsafe.AsPointer(ref scratch[0]);
        return (double*)((address + 63) & ~(nuint)63);
    }

    private const int AlignmentSlack = 8;

    /// <summary>panel(k, j) = b(k, j).</summary>
    /// <param name="b">First element of B's panel [depth, columns].</param>
    /// <param name="stride">Elements from row to row of B.</param>
    /// <param name="depth">Rows k.</param>
    /// <param name="columns">Columns to copy.</param>
    /// <param name="panel">Destination [depth, width].</param>
    /// <param name="width">Columns of the destination, at least <paramref name="columns"/>.</param>
    public static void Pack(double* b, nint stride, int depth, int columns, double* panel, int width)
    {
        for (int k = 0; k < depth; k++)
        {
            double* target = panel + ((nint)k * width);
            new ReadOnlySpan<double>(b + (k * stride), columns).CopyTo(new Span<double>(target, columns));
            new Span<double>(target + columns, width - columns).Clear();
        }
    }

    /// <summary>panel(k, j) = b(j, k).</summary>
    /// <param name="b">First element of B's rows [columns, depth].</param>
    /// <param name="stride">Elements from row to row of B.</param>
    /// <param name="depth">Columns k of B.</param>
    /// <param name="columns">Rows j of B, columns of the panel.</param>
    /// <param name="panel">Destination [depth, width].</param>
    /// <param name="width">Columns of the destination, at least <paramref name="columns"/>.</param>
    public static void PackTransposed(double* b, nint stride, int depth, int columns, double* panel, int width)
    {
        int blockedDepth = Avx.IsSupported ? depth & ~3 : 0;
        int j = 0;
        for (; Avx.IsSupported && j <= columns - 4; j += 4)
        {
            TransposeFourRows(b + (j * stride), stride, blockedDepth, panel + j, width);
            TransposeElements(b + (j * stride) + blockedDepth, stride, depth - blockedDepth, 4, panel + ((nint)blockedDepth * width) + j, width);
        }

        TransposeElements(b + (j * stride), stride, depth, columns - j, panel + j, width);
        for (int k = 0; k < depth && columns < width; k++)
        {
            new Span<double>(panel + ((nint)k * width) + columns, width - columns).Clear();
        }
    }

    // Rows j and j + 2 meet in one register by a load, so only the interleaving costs a shuffle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFourRows(double* b, nint stride, int depth, double* panel, int width)
    {
        double* b1 = b + stride;
        double* b2 = b1 + stride;
        double* b3 = b2 + stride;
        for (nint k = 0; k < depth; k += 4)
        {
            Vector256<double> even01 = Vector256.Create(Vector128.Load(b + k), Vector128.Load(b2 + k));
            Vector256<double> odd01 = Vector256.Create(Vector128.Load(b1 + k), Vector128.Load(b3 + k));
            Vector256<double> even23 = Vector256.Create(Vector128.Load(b + k + 2), Vector128.Load(b2 + k + 2));
            Vector256<double> odd23 = Vector256.Create(Vector128.Load(b1 + k + 2), Vector128.Load(b3 + k + 2));
            Avx.UnpackLow(even01, odd01).Store(panel);
            Avx.UnpackHigh(even01, odd01).Store(panel + width);
            Avx.UnpackLow(even23, odd23).Store(panel + (2 * width));
            Avx.UnpackHigh(even23, odd23).Store(panel + (3 * width));
            panel += 4 * (nint)width;
        }
    }

    private static void TransposeElements(double* b, nint stride, int depth, int columns, double* panel, int width)
    {
        for (int j = 0; j < columns; j++)
        {
            for (int k = 0; k < depth; k++)
            {
                panel[((nint)k * width) + j] = b[(j * stride) + k];
            }
        }
    }

    private static double[] Grow(int length)
    {
        _scratch = GC.AllocateUninitializedArray<double>(length + AlignmentSlack, pinned: true);
        return _scratch;
    }
}
