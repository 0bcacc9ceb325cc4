using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Copies of parts of A and B in the order a tile reads them.</summary>
internal static unsafe class ProductPanel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Rows of A in a tile.
    private const int Group = 8;

    // Bytes that memory is aligned to.
    private const int Line = 64;

    [ThreadStatic]
    private static T[]? _panel;

    [ThreadStatic]
    private static T[]? _panels;

    [ThreadStatic]
    private static T[]? _rows;

    /// <summary>Aligned memory for <paramref name="length"/> elements of B that belongs to the
    /// calling thread and keeps its size, so that steady work allocates nothing.</summary>
    public static T* PanelMemory(int length) => Memory(ref _panel, length);

    /// <summary>The same for all panels of B.</summary>
    public static T* PanelsMemory(int length) => Memory(ref _panels, length);

    /// <summary>The same for A.</summary>
    public static T* RowsMemory(int length) => Memory(ref _rows, length);

    /// <summary>Elements from one packed group of eight rows to the next: some more
    /// than the group, lest groups of 128 terms share the sets of a cache.</summary>
    public static int TileStride(int depth) => (depth + 1) * Group;

    /// <summary>Groups of eight rows of the left factor, tile(t)(k, i) = its element (8t + i, k).</summary>
    /// <param name="a">Its first element.</param>
    /// <param name="rowStep">Elements from i to i + 1.</param>
    /// <param name="stride">Elements from k to k + 1.</param>
    /// <param name="depth">Terms k.</param>
    /// <param name="rows">Rows i.</param>
    /// <param name="tiles">Destination, groups <see cref="TileStride"/> apart.</param>
    /// <remarks>It is read as it lies in memory; tiles that read it themselves would jump from page to page.</remarks>
    public static void PackRows(T* a, nint rowStep, nint stride, int depth, int rows, T* tiles)
    {
        int tileStride = TileStride(depth);
        if (rowStep != 1)
        {
            for (int first = 0; first < rows; first += Group, tiles += tileStride)
            {
                Transposition.Copy(a + (first * rowStep), rowStep, Math.Min(Group, rows - first), depth, tiles, Group);
            }

            return;
        }

        int whole = rows & -Group;
        for (nint k = 0; k < depth; k++)
        {
            T* source = a + (k * stride);
            T* target = tiles + (k * Group);
            for (int row = 0; row < whole; row += Group)
            {
                Unsafe.CopyBlockUnaligned(target, source + row, (uint)(Group * sizeof(T)));
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
    public static void Pack(T* b, nint stride, int depth, int columns, T* panel, int width)
    {
        for (int k = 0; k < depth; k++)
        {
            T* target = panel + ((nint)k * width);
            new ReadOnlySpan<T>(b + (k * stride), columns).CopyTo(new Span<T>(target, columns));
            new Span<T>(target + columns, width - columns).Clear();
        }
    }

    /// <summary>panel(k, j) = b(j, k), columns past the matrix zero.</summary>
    /// <param name="b">First element of B's rows [columns, depth].</param>
    /// <param name="stride">Elements from row to row of B.</param>
    /// <param name="depth">Columns k of B.</param>
    /// <param name="columns">Rows j of B, columns of the panel.</param>
    /// <param name="panel">Destination [depth, width].</param>
    /// <param name="width">Columns of the destination, at least <paramref name="columns"/>.</param>
    public static void PackTransposed(T* b, nint stride, int depth, int columns, T* panel, int width)
    {
        Transposition.Copy(b, stride, columns, depth, panel, width);
        for (int k = 0; k < depth && columns < width; k++)
        {
            new Span<T>(panel + ((nint)k * width) + columns, width - columns).Clear();
        }
    }

    // An array is pinned at birth and lives as long as its thread.
    private static T* Memory(ref T[]? memory, int length)
    {
        if (memory is null || memory.Length < length + (Line / sizeof(T)))
        {
            memory = GC.AllocateUninitializedArray<T>(length + (Line / sizeof(T)), pinned: true);
        }

        nuint address = (nuint)Unsafe.AsPointer(ref memory[0]);
        return (T*)((address + Line - 1) & ~(nuint)(Line - 1));
    }
}
