using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>Arrays whose usable part starts at a 64-byte boundary, so that no vector load crosses a cache line.</summary>
internal static class AlignedMemory
{
    private const int Boundary = 64;

    /// <summary>A zeroed, pinned array and the offset of the first aligned element in it.</summary>
    /// <param name="length">Number of usable elements.</param>
    /// <param name="offset">Index of the first usable element.</param>
    public static T[] Allocate<T>(int length, out int offset)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        T[] buffer = GC.AllocateUninitializedArray<T>(length + (Boundary / Unsafe.SizeOf<T>()) - 1, pinned: true);
        Advise(buffer);

        // Cleared after the advice: the first touch is what brings in a page.
        Array.Clear(buffer);
        offset = OffsetToBoundary(ref MemoryMarshal.GetArrayDataReference(buffer));
        return buffer;
    }

    private static unsafe void Advise<T>(T[] buffer)
        where T : unmanaged
    {
        fixed (T* first = buffer)
        {
            LargePages.Advise(first, (long)buffer.Length * sizeof(T));
        }
    }

    // The array is pinned, so the address taken here stays the array's address.
    private static unsafe int OffsetToBoundary<T>(ref T first)
        where T : unmanaged
    {
        nuint address = (nuint)Unsafe.AsPointer(ref first);
        return (int)((Boundary - (address % Boundary)) % Boundary / (nuint)sizeof(T));
    }
}
