using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>What <see cref="Vector512{T}"/> has for <c>double</c> and <c>float</c> apart but not for a T that is one of them, so that one source serves both precisions.</summary>
/// <remarks>The question which of the two T is has vanished once compiled. Without AVX-512 the operations fall back to narrower vectors and give the same bits.</remarks>
internal static class VectorArithmetic
{
    /// <summary><paramref name="value"/>, rounded to T, in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast<T>(double value)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        typeof(T) == typeof(double) ? Vector512.Create(value).As<double, T>() : Vector512.Create((float)value).As<float, T>();

    /// <summary>sum − x · y, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplySubtractFrom<T>(Vector512<T> x, Vector512<T> y, Vector512<T> sum)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!Avx512F.IsSupported)
        {
            return Lanes512<T>.MultiplyAdd(-x, y, sum);
        }

        return typeof(T) == typeof(double)
            ? Avx512F.FusedMultiplyAddNegated(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
            : Avx512F.FusedMultiplyAddNegated(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();
    }
}
