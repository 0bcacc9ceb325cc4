using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Loads and stores of the first lanes of a 64-byte vector, on every machine: the end of a row whose length is no multiple of the vector's.</summary>
internal static class PartialVector
{
    /// <summary>The first <paramref name="count"/> elements; the other lanes are zero and their memory is not touched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<T> Load<T>(ref readonly T source, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Avx512F.IsSupported)
        {
            fixed (T* pinned = &source)
            {
                return Lanes512<T>.Load(pinned, Lanes512<T>.FirstLanes(count));
            }
        }

        Vector512<T> padded = Vector512<T>.Zero;
        MemoryMarshal.CreateReadOnlySpan(in source, count).CopyTo(new Span<T>(&padded, Vector512<T>.Count));
        return padded;
    }

    /// <summary>Writes the first <paramref name="count"/> lanes and touches no other memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<T>(Vector512<T> values, ref T target, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!Avx512F.IsSupported)
        {
            new ReadOnlySpan<T>(&values, count).CopyTo(MemoryMarshal.CreateSpan(ref target, count));
            return;
        }

        fixed (T* pinned = &target)
        {
            Lanes512<T>.Store(pinned, values, Lanes512<T>.FirstLanes(count));
        }
    }
}
