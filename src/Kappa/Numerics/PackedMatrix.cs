using System.Numerics;

namespace Kappa.Numerics;

/// <summary>A right factor B [k, c] copied once into the column panels that the register tiles read, for many products with it.</summary>
/// <remarks>
/// A panel of w vectors holds its k rows one after the other, padded with zeros to whole vectors: a tile reads it in one stream, whatever
/// the row length of the matrix it came from. It belongs to the kernel of one vector path, which also multiplies by it.
/// </remarks>
internal sealed class PackedMatrix<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[] _buffer;
    private readonly int _offset;
    private readonly IProductKernel<T> _kernel;

    /// <summary>Reserves memory for a factor [<paramref name="rows"/>, <paramref name="columns"/>].</summary>
    public PackedMatrix(int rows, int columns, VectorPath? path = null)
    {
        (Rows, Columns) = (rows, columns);
        _kernel = path is VectorPath forced ? ProductKernels<T>.Of(forced) : ProductKernels<T>.Widest;
        int lanes = _kernel.Lanes;
        _buffer = AlignedMemory.Allocate<T>(checked(rows * ((columns + lanes - 1) / lanes * lanes)), out _offset);
    }

    /// <summary>Terms k of a product with this factor.</summary>
    public int Rows { get; }

    /// <summary>Columns c.</summary>
    public int Columns { get; }

    /// <summary>The kernel it was packed for.</summary>
    internal IProductKernel<T> Kernel => _kernel;

    /// <summary>The first panel.</summary>
    internal ref T First => ref _buffer[_offset];

    /// <summary>Takes the elements of <paramref name="matrix"/> [k, c].</summary>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public void Take(in Matrix<T> matrix)
    {
        if (matrix.Rows != Rows || matrix.Columns != Columns)
        {
            throw new ArgumentException($"The factor must be [{Rows}, {Columns}] but is {matrix}.", nameof(matrix));
        }

        _kernel.Pack(matrix, isTransposed: false, this);
    }

    /// <summary>Takes the elements of the transpose of <paramref name="matrix"/> [c, k].</summary>
    /// <exception cref="ArgumentException">The shape is another.</exception>
    public void TakeTransposed(in Matrix<T> matrix)
    {
        if (matrix.Rows != Columns || matrix.Columns != Rows)
        {
            throw new ArgumentException($"The transposed factor must be [{Columns}, {Rows}] but is {matrix}.", nameof(matrix));
        }

        _kernel.Pack(matrix, isTransposed: true, this);
    }
}
