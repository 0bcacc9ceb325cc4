using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>1/√x in each lane without the square root, which takes 7 cycles for a vector of doubles where a multiply-add takes one half.</summary>
/// <remarks>
/// With AVX-512 the hardware's estimate y of 14 bits and one correction by the series of 1/√(1 − h) in the rest h = 1 − x y²: three terms in double
/// (the first left out is 35/128 h⁴ &lt; 2⁻⁵³), one in single (3/8 h² &lt; 2⁻²⁷); to within 2 ulp for normal numbers. Without AVX-512 the exact operations, so
/// the last bit may differ between machines. Zero and infinite x give NaN or what the series makes of them.
/// </remarks>
internal static class Reciprocals
{
    /// <summary>1/√x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> SquareRoot<T>(VectorQuad<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        VectorQuad<T> y = new(Estimate(x.First), Estimate(x.Second), Estimate(x.Third), Estimate(x.Fourth));
        if (!Avx512F.IsSupported)
        {
            return y;
        }

        VectorQuad<T> rest = VectorQuad<T>.MultiplySubtractFrom(x * y, y, Vector512<T>.One);
        VectorQuad<T> series = VectorArithmetic.Broadcast<T>(0.5);
        if (typeof(T) == typeof(double))
        {
            // ½ + 3/8 h + 5/16 h²
            VectorQuad<T> next = VectorQuad<T>.MultiplyAdd(rest, VectorArithmetic.Broadcast<T>(5.0 / 16), VectorArithmetic.Broadcast<T>(3.0 / 8));
            series = VectorQuad<T>.MultiplyAdd(rest, next, series);
        }

        return VectorQuad<T>.MultiplyAdd(y * rest, series, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Estimate<T>(Vector512<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!Avx512F.IsSupported)
        {
            return Vector512<T>.One / Vector512.Sqrt(x);
        }

        return typeof(T) == typeof(double) ? Avx512F.ReciprocalSqrt14(x.AsDouble()).As<double, T>() : Avx512F.ReciprocalSqrt14(x.AsSingle()).As<float, T>();
    }
}
