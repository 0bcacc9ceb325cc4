using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>An operation of two vectors, lane by lane, whose result does not depend on the order of the two.</summary>
internal interface ILaneOperation
{
    /// <summary>The result in each lane.</summary>
    static abstract Vector512<T> Combine<T>(Vector512<T> x, Vector512<T> y);
}

/// <summary>x + y.</summary>
internal readonly struct LaneSum : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Combine<T>(Vector512<T> x, Vector512<T> y) => x + y;
}

/// <summary>The larger one; a NaN may be dropped.</summary>
internal readonly struct LaneMaximum : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Combine<T>(Vector512<T> x, Vector512<T> y) => Vector512.MaxNative(x, y);
}

/// <summary>Reduces the lanes of a vector to one value and leaves it in every lane.</summary>
/// <remarks>
/// Each lane meets the one half a vector away, then a quarter, and so on: the same pairs in the same order on every machine. Every lane goes
/// through the same operations but for the order of their two operands, so all hold the same bits.
/// </remarks>
internal static class LaneReduction
{
    /// <summary>The result of all lanes in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> All<T, TOperation>(Vector512<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOperation : struct, ILaneOperation
    {
        x = TOperation.Combine(x, SwapHalves(x));
        x = TOperation.Combine(x, SwapQuarters(x));
        x = typeof(T) == typeof(float) ? TOperation.Combine(x, SwapPairs(x)) : x;
        return TOperation.Combine(x, SwapNeighbours(x));
    }

    /// <summary>The result of all lanes of each vector in every lane of it; with <paramref name="halves"/> that of either half in the lanes of that half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad<T> Each<T, TOperation>(VectorQuad<T> x, bool halves)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOperation : struct, ILaneOperation
    {
        if (!halves)
        {
            x = Combine<T, TOperation>(x, new(SwapHalves(x.First), SwapHalves(x.Second), SwapHalves(x.Third), SwapHalves(x.Fourth)));
        }

        x = Combine<T, TOperation>(x, new(SwapQuarters(x.First), SwapQuarters(x.Second), SwapQuarters(x.Third), SwapQuarters(x.Fourth)));
        if (typeof(T) == typeof(float))
        {
            x = Combine<T, TOperation>(x, new(SwapPairs(x.First), SwapPairs(x.Second), SwapPairs(x.Third), SwapPairs(x.Fourth)));
        }

        return Combine<T, TOperation>(x, new(SwapNeighbours(x.First), SwapNeighbours(x.Second), SwapNeighbours(x.Third), SwapNeighbours(x.Fourth)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorQuad<T> Combine<T, TOperation>(VectorQuad<T> x, VectorQuad<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOperation : struct, ILaneOperation =>
        new(TOperation.Combine(x.First, y.First), TOperation.Combine(x.Second, y.Second), TOperation.Combine(x.Third, y.Third), TOperation.Combine(x.Fourth, y.Fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> SwapHalves<T>(Vector512<T> x) =>
        Avx512F.IsSupported ? Avx512F.Shuffle4x128(x.AsDouble(), x.AsDouble(), 0x4E).As<double, T>() : Vector512.Create(x.GetUpper(), x.GetLower());

    // 128 bits within each half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> SwapQuarters<T>(Vector512<T> x) =>
        Avx512F.IsSupported ? Avx512F.Permute4x64(x.AsDouble(), 0x4E).As<double, T>() : Vector512.Create(SwapQuarters(x.GetLower()), SwapQuarters(x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> SwapQuarters<T>(Vector256<T> x) => Vector256.Create(x.GetUpper(), x.GetLower());

    // 64 bits within each quarter.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> SwapPairs<T>(Vector512<T> x) => SwapDoubles(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> SwapNeighbours<T>(Vector512<T> x) => typeof(T) == typeof(double) ? SwapDoubles(x.AsDouble()).As<double, T>() : SwapSingles(x.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SwapDoubles(Vector512<double> x) =>
        Avx512F.IsSupported ? Avx512F.Permute2x64(x, 0x55) : Vector512.Create(SwapDoubles(x.GetLower()), SwapDoubles(x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> SwapDoubles(Vector256<double> x) => Vector256.Shuffle(x, Vector256.Create(1L, 0, 3, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> SwapSingles(Vector512<float> x) =>
        Avx512F.IsSupported ? Avx512F.Permute4x32(x, 0xB1) : Vector512.Create(SwapSingles(x.GetLower()), SwapSingles(x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SwapSingles(Vector256<float> x) => Vector256.Shuffle(x, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6));
}
