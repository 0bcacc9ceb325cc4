using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Reused memory for matrices whose rows are padded to whole 512-bit vectors, so that kernels over rows need no masks.</summary>
/// <remarks>The stride is an odd number of cache lines: rows an even number apart
/// fall into few cache sets, and a column of them would not stay in cache.</remarks>
internal sealed class PaddedMemory
{
    private readonly double[] _buffer;
    private readonly int _offset;

    /// <summary>Reserves room for the padded form of any matrix of up to <paramref name="rows"/> × <paramref name="columns"/>.</summary>
    public PaddedMemory(int rows, int columns)
    {
        _buffer = AlignedMemory.Allocate<double>(checked(rows * Stride(columns)), out _offset);
    }

    /// <summary><paramref name="length"/> rounded up to whole 512-bit vectors.</summary>
    public static int PaddedLength(int length) => (length + Vector512<double>.Count - 1) & -Vector512<double>.Count;

    /// <summary>Elements from one row to the next for rows of <paramref name="columns"/>.</summary>
    public static int Stride(int columns) => PaddedLength(columns) | Vector512<double>.Count;

    /// <summary>A view [rows, columns padded] of the memory, whatever it holds.</summary>
    public Matrix View(int rows, int columns) => new(_buffer, _offset, rows, PaddedLength(columns), Stride(columns));
}
