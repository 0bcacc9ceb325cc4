using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>A row-major matrix seen through memory that the caller owns: element (r, c) is <c>Buffer[Offset + r·Stride + c]</c>.</summary>
/// <typeparam name="T">The element: double (written <c>Matrix</c> throughout) or single precision.</typeparam>
/// <remarks>
/// A view, not a container: copying the struct copies the view, and two views may share memory. It is not safe against concurrent
/// writers; readers of disjoint or unchanging memory may run on any thread. <c>default</c> is the empty 0 × 0 matrix.
/// </remarks>
public readonly struct Matrix<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[]? _buffer;

    /// <summary>Views <paramref name="rows"/> × <paramref name="columns"/> elements of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">The memory, owned by the caller.</param>
    /// <param name="offset">Index of element (0, 0).</param>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of columns, at least 0.</param>
    /// <param name="stride">Elements from one row to the next, at least <paramref name="columns"/>; <c>null</c> means contiguous.</param>
    /// <exception cref="ArgumentException">The view does not fit into the buffer.</exception>
    public Matrix(T[] buffer, int offset, int rows, int columns, int? stride = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        int step = stride ?? columns;
        ArgumentOutOfRangeException.ThrowIfLessThan(step, columns);
        long end = rows == 0 ? offset : offset + (long)(rows - 1) * step + columns;
        if (end > buffer.Length)
        {
            throw new ArgumentException(
                $"A {rows} x {columns} view with stride {step} at offset {offset} needs {end} elements but the buffer has {buffer.Length}.",
                nameof(buffer));
        }

        _buffer = buffer;
        Offset = offset;
        Rows = rows;
        Columns = columns;
        Stride = step;
    }

    /// <summary>The memory behind the view.</summary>
    public T[] Buffer => _buffer ?? [];

    /// <summary>Index of element (0, 0) in <see cref="Buffer"/>.</summary>
    public int Offset { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from the start of one row to the start of the next.</summary>
    public int Stride { get; }

    /// <summary>Whether rows follow each other without a gap.</summary>
    public bool IsContiguous => Stride == Columns || Rows <= 1;

    /// <summary>All elements in row-major order.</summary>
    /// <exception cref="InvalidOperationException">The view is not contiguous.</exception>
    public Span<T> Span => IsContiguous
        ? Buffer.AsSpan(Offset, Rows * Columns)
        : throw new InvalidOperationException($"A {Rows} x {Columns} view with stride {Stride} has gaps; go through its rows.");

    /// <summary>The elements from the first to the last, gaps between the rows included:
    /// for functions of single elements, in memory whose gaps are nobody's.</summary>
    internal Span<T> WholeMemory => Rows == 0 ? [] : Buffer.AsSpan(Offset, ((Rows - 1) * Stride) + Columns);

    /// <summary>The element in row <paramref name="row"/> and column <paramref name="column"/>, bounds of the buffer checked.</summary>
    public ref T this[int row, int column] => ref Buffer[Offset + (row * Stride) + column];

    /// <summary>A reference to element (0, 0), for kernels that index by themselves; the matrix must not be empty.</summary>
    internal ref T First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer!), Offset);
    }

    /// <summary>A zeroed matrix on memory of its own, its first element at a 64-byte boundary.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public static Matrix<T> Allocate(int rows, int columns)
    {
        T[] buffer = AlignedMemory.Allocate<T>(checked(rows * columns), out int offset);
        return new Matrix<T>(buffer, offset, rows, columns);
    }

    /// <summary>A matrix on memory of its own with the given elements.</summary>
    /// <param name="values">Elements [rows, columns].</param>
    public static Matrix<T> From(T[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Matrix<T> matrix = Allocate(values.GetLength(0), values.GetLength(1));
        MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length).CopyTo(matrix.Span);
        return matrix;
    }

    /// <summary>Row <paramref name="row"/> as a span of <see cref="Columns"/> elements.</summary>
    public Span<T> Row(int row) => Buffer.AsSpan(Offset + (row * Stride), Columns);

    /// <summary>The view of <paramref name="count"/> rows from <paramref name="start"/>.</summary>
    public Matrix<T> RowRange(int start, int count) => new(Buffer, Offset + (start * Stride), count, Columns, Stride);

    /// <summary>The view of <paramref name="count"/> columns from <paramref name="start"/>.</summary>
    public Matrix<T> ColumnRange(int start, int count) => new(Buffer, Offset + start, Rows, count, Stride);

    /// <summary>Copies every element into <paramref name="destination"/>, which has the same shape.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public void CopyTo(in Matrix<T> destination)
    {
        if (destination.Rows != Rows || destination.Columns != Columns)
        {
            throw new ArgumentException(
                $"The destination must be [{Rows}, {Columns}] but is [{destination.Rows}, {destination.Columns}].", nameof(destination));
        }

        for (int row = 0; row < Rows; row++)
        {
            Row(row).CopyTo(destination.Row(row));
        }
    }

    /// <summary>Sets every element to <paramref name="value"/>.</summary>
    public void Fill(T value)
    {
        for (int row = 0; row < Rows; row++)
        {
            Row(row).Fill(value);
        }
    }

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => $"[{Rows}, {Columns}]";
}
