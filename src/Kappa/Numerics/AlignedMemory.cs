using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>Double arrays whose usable part starts at a 64-byte boundary, so that no vector load crosses a cache line.</summary>
internal static class AlignedMemory
{
    private const int Boundary = 64;

    /// <summary>A zeroed, pinned array and the offset of the first aligned element in it.</summary>
    /// <param name="length">Number of usable elements.</param>
    /// <param name="offset">Index of the first usable element.</param>
    public static double[] Allocate(int length, out int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        double[] buffer = GC.AllocateArray<double>(length + (Boundary / sizeof(double)) - 1, pinned: true);
        offset = OffsetToBoundary(ref MemoryMarshal.GetArrayDataReference(buffer));
        return buffer;
    }

    // The array is pinned, so the address taken here stays the array's address.
    private static unsafe int OffsetToBoundary(ref double first)
    {
        nuint address = (nuint)Unsafe.AsPointer(ref first);
        return (int)((Boundary - (address % Boundary)) % Boundary / sizeof(double));
    }
}
