using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Copies of parts of A and B in the order a tile reads them.</summary>
internal static unsafe class ProductPanel
{
    // Doubles in the 64 bytes that memory is aligned to.
    private const int Line = 8;

    [ThreadStatic]
    private static double[]? _panel;

    [ThreadStatic]
    private static double[]? _rows;

    /// <summary>Aligned memory for <paramref name="length"/> doubles of B that belongs to the calling thread and keeps its size, so that steady work allocates nothing.</summary>
    public static double* PanelMemory(int length) => Memory(ref _panel, length);

    /// <summary>The same for A.</summary>
    public static double* RowsMemory(int length) => Memory(ref _rows, length);

    /// <summary>Elements from one packed group of eight rows to the next: a line more than the group, lest groups of 128 terms share the sets of a cache.</summary>
    public static int TileStride(int depth) => (depth + 1) * Line;

    /// <summary>Groups of eight columns of A, tile(t)(k, i) = a(k, 8t + i).</summary>
    /// <param name="a">First element of A [depth, rows]: the rows of Aᵀ are its columns.</param>
    /// <param name="stride">Elements from row to row of A.</param>
    /// <param name="depth">Rows k.</param>
    /// <param name="rows">Columns of A.</param>
    /// <param name="tiles">Destination, groups <see cref="TileStride"/> apart.</param>
    /// <remarks>A is read row by row, as it lies in memory; tiles that read it themselves would jump from page to page.</remarks>
    public static void PackRows(double* a, nint stride, int depth, int rows, double* tiles)
    {
        int tileStride = TileStride(depth);
        int whole = rows & ~(Line - 1);
        for (nint k = 0; k < depth; k++)
        {
            double* source = a + (k * stride);
            double* target = tiles + (k * Line);
            for (int row = 0; row < whole; row += Line)
            {
                Vector256.Store(Vector256.Load(source + row), target);
                Vector256.Store(Vector256.Load(source + row + 4), target + 4);
                target += tileStride;
            }

            for (int row = whole; row < rows; row++)
            {
                target[row - whole] = source[row];
            }
        }
    }

    /// <summary>panel(k, j) = b(k, j), columns past the matrix zero.</summary>
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

    /// <summary>panel(k, j) = b(j, k), columns past the matrix zero.</summary>
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

    // An array is pinned at birth and lives as long as its thread.
    private static double* Memory(ref double[]? memory, int length)
    {
        if (memory is null || memory.Length < length + Line)
        {
            memory = GC.AllocateUninitializedArray<double>(length + Line, pinned: true);
        }

        nuint address = (nuint)Unsafe.AsPointer(ref memory[0]);
        return (double*)((address + 63) & ~(nuint)63);
    }
}
