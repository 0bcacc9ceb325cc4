using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Four vectors of eight doubles or sixteen singles (AVX-512).</summary>
internal readonly unsafe struct VectorQuad512<T>(
    Vector512<T> first, Vector512<T> second, Vector512<T> third, Vector512<T> fourth) : IVectorQuad<VectorQuad512<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Vector512<T> _first = first;
    private readonly Vector512<T> _second = second;
    private readonly Vector512<T> _third = third;
    private readonly Vector512<T> _fourth = fourth;

    private static Vector512<double> Roots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get =>
            Vector512.Create(
                1.0, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.5422108254079407, 1.681792830507429,
                1.8340080864093424);
    }

    private static Vector512<float> SingleRoots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1f, 1.044273782f, 1.090507733f, 1.138788635f, 1.189207115f, 1.241857812f, 1.296839555f, 1.354255547f,
            1.414213562f, 1.476826146f, 1.542210825f, 1.610490332f, 1.681792831f, 1.75625216f, 1.834008086f, 1.915206561f);
    }

    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512<T>.Count;
    }

    public static bool IsDouble
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(double);
    }

    public static bool HasTables
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator VectorQuad512<T>(double value)
    {
        Vector512<T> lanes = typeof(T) == typeof(double)
            ? Vector512.Create(value).As<double, T>()
            : Vector512.Create((float)value).As<float, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> operator +(VectorQuad512<T> x, VectorQuad512<T> y) =>
        new(x._first + y._first, x._second + y._second, x._third + y._third, x._fourth + y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> operator -(VectorQuad512<T> x, VectorQuad512<T> y) =>
        new(x._first - y._first, x._second - y._second, x._third - y._third, x._fourth - y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> operator *(VectorQuad512<T> x, VectorQuad512<T> y) =>
        new(x._first * y._first, x._second * y._second, x._third * y._third, x._fourth * y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> operator /(VectorQuad512<T> x, VectorQuad512<T> y) =>
        new(x._first / y._first, x._second / y._second, x._third / y._third, x._fourth / y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Broadcast<TElement>(TElement value)
        where TElement : unmanaged
    {
        Vector512<T> lanes = Vector512.Create(value).As<TElement, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Load(void* source)
    {
        T* at = (T*)source;
        return Load(at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Load(void* first, void* second, void* third, void* fourth) =>
        new(Vector512.Load((T*)first), Vector512.Load((T*)second), Vector512.Load((T*)third), Vector512.Load((T*)fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Load(void* first, void* second, void* third, void* fourth, VectorQuad512<T> mask) => new(
        Lanes512<T>.Load((T*)first, mask._first), Lanes512<T>.Load((T*)second, mask._first), Lanes512<T>.Load((T*)third, mask._first),
        Lanes512<T>.Load((T*)fourth, mask._first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad512<T> value, void* target)
    {
        T* at = (T*)target;
        Store(value, at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad512<T> value, void* first, void* second, void* third, void* fourth)
    {
        value._first.Store((T*)first);
        value._second.Store((T*)second);
        value._third.Store((T*)third);
        value._fourth.Store((T*)fourth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad512<T> value, void* first, void* second, void* third, void* fourth, VectorQuad512<T> mask)
    {
        Lanes512<T>.Store((T*)first, value._first, mask._first);
        Lanes512<T>.Store((T*)second, value._second, mask._first);
        Lanes512<T>.Store((T*)third, value._third, mask._first);
        Lanes512<T>.Store((T*)fourth, value._fourth, mask._first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> FirstLanes(int lanes)
    {
        Vector512<T> mask = Lanes512<T>.FirstLanes(lanes);
        return new(mask, mask, mask, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> MultiplyAdd(VectorQuad512<T> x, VectorQuad512<T> y, VectorQuad512<T> sum) => typeof(T) == typeof(double)
        ? new(
            Vector512.MultiplyAddEstimate(x._first.AsDouble(), y._first.AsDouble(), sum._first.AsDouble()).As<double, T>(),
            Vector512.MultiplyAddEstimate(x._second.AsDouble(), y._second.AsDouble(), sum._second.AsDouble()).As<double, T>(),
            Vector512.MultiplyAddEstimate(x._third.AsDouble(), y._third.AsDouble(), sum._third.AsDouble()).As<double, T>(),
            Vector512.MultiplyAddEstimate(x._fourth.AsDouble(), y._fourth.AsDouble(), sum._fourth.AsDouble()).As<double, T>())
        : new(
            Vector512.MultiplyAddEstimate(x._first.AsSingle(), y._first.AsSingle(), sum._first.AsSingle()).As<float, T>(),
            Vector512.MultiplyAddEstimate(x._second.AsSingle(), y._second.AsSingle(), sum._second.AsSingle()).As<float, T>(),
            Vector512.MultiplyAddEstimate(x._third.AsSingle(), y._third.AsSingle(), sum._third.AsSingle()).As<float, T>(),
            Vector512.MultiplyAddEstimate(x._fourth.AsSingle(), y._fourth.AsSingle(), sum._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> MultiplySubtractFrom(VectorQuad512<T> x, VectorQuad512<T> y, VectorQuad512<T> sum) =>
        typeof(T) == typeof(double)
        ? new(
            Avx512F.FusedMultiplyAddNegated(x._first.AsDouble(), y._first.AsDouble(), sum._first.AsDouble()).As<double, T>(),
            Avx512F.FusedMultiplyAddNegated(x._second.AsDouble(), y._second.AsDouble(), sum._second.AsDouble()).As<double, T>(),
            Avx512F.FusedMultiplyAddNegated(x._third.AsDouble(), y._third.AsDouble(), sum._third.AsDouble()).As<double, T>(),
            Avx512F.FusedMultiplyAddNegated(x._fourth.AsDouble(), y._fourth.AsDouble(), sum._fourth.AsDouble()).As<double, T>())
        : new(
            Avx512F.FusedMultiplyAddNegated(x._first.AsSingle(), y._first.AsSingle(), sum._first.AsSingle()).As<float, T>(),
            Avx512F.FusedMultiplyAddNegated(x._second.AsSingle(), y._second.AsSingle(), sum._second.AsSingle()).As<float, T>(),
            Avx512F.FusedMultiplyAddNegated(x._third.AsSingle(), y._third.AsSingle(), sum._third.AsSingle()).As<float, T>(),
            Avx512F.FusedMultiplyAddNegated(x._fourth.AsSingle(), y._fourth.AsSingle(), sum._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Abs(VectorQuad512<T> x) =>
        new(Vector512.Abs(x._first), Vector512.Abs(x._second), Vector512.Abs(x._third), Vector512.Abs(x._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Minimum(VectorQuad512<T> x, VectorQuad512<T> y) => new(
        Vector512.MinNative(x._first, y._first),
        Vector512.MinNative(x._second, y._second),
        Vector512.MinNative(x._third, y._third),
        Vector512.MinNative(x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Maximum(VectorQuad512<T> x, VectorQuad512<T> y) => new(
        Vector512.MaxNative(x._first, y._first),
        Vector512.MaxNative(x._second, y._second),
        Vector512.MaxNative(x._third, y._third),
        Vector512.MaxNative(x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> IfAtMost(VectorQuad512<T> x, VectorQuad512<T> bound, VectorQuad512<T> below, VectorQuad512<T> other) =>
        new(
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x._first, bound._first), below._first, other._first),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x._second, bound._second), below._second, other._second),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x._third, bound._third), below._third, other._third),
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x._fourth, bound._fourth), below._fourth, other._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Select(VectorQuad512<T> mask, VectorQuad512<T> inside, VectorQuad512<T> outside) => new(
        Vector512.ConditionalSelect(mask._first, inside._first, outside._first),
        Vector512.ConditionalSelect(mask._second, inside._second, outside._second),
        Vector512.ConditionalSelect(mask._third, inside._third, outside._third),
        Vector512.ConditionalSelect(mask._fourth, inside._fourth, outside._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Swap(VectorQuad512<T> x, int bytes) => bytes switch
    {
        32 => new(
            Avx512F.Shuffle4x128(x._first.AsDouble(), x._first.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Shuffle4x128(x._second.AsDouble(), x._second.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Shuffle4x128(x._third.AsDouble(), x._third.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Shuffle4x128(x._fourth.AsDouble(), x._fourth.AsDouble(), 0x4E).As<double, T>()),
        16 => new(
            Avx512F.Permute4x64(x._first.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Permute4x64(x._second.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Permute4x64(x._third.AsDouble(), 0x4E).As<double, T>(),
            Avx512F.Permute4x64(x._fourth.AsDouble(), 0x4E).As<double, T>()),
        8 => new(
            Avx512F.Permute2x64(x._first.AsDouble(), 0x55).As<double, T>(),
            Avx512F.Permute2x64(x._second.AsDouble(), 0x55).As<double, T>(),
            Avx512F.Permute2x64(x._third.AsDouble(), 0x55).As<double, T>(),
            Avx512F.Permute2x64(x._fourth.AsDouble(), 0x55).As<double, T>()),
        _ => new(
            Avx512F.Permute4x32(x._first.AsSingle(), 0xB1).As<float, T>(),
            Avx512F.Permute4x32(x._second.AsSingle(), 0xB1).As<float, T>(),
            Avx512F.Permute4x32(x._third.AsSingle(), 0xB1).As<float, T>(),
            Avx512F.Permute4x32(x._fourth.AsSingle(), 0xB1).As<float, T>()),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> LookUp(VectorQuad512<T> lastBits) => typeof(T) == typeof(double)
        ? new(
            Avx512F.PermuteVar8x64(Roots, lastBits._first.AsInt64()).As<double, T>(),
            Avx512F.PermuteVar8x64(Roots, lastBits._second.AsInt64()).As<double, T>(),
            Avx512F.PermuteVar8x64(Roots, lastBits._third.AsInt64()).As<double, T>(),
            Avx512F.PermuteVar8x64(Roots, lastBits._fourth.AsInt64()).As<double, T>())
        : new(
            Avx512F.PermuteVar16x32(SingleRoots, lastBits._first.AsInt32()).As<float, T>(),
            Avx512F.PermuteVar16x32(SingleRoots, lastBits._second.AsInt32()).As<float, T>(),
            Avx512F.PermuteVar16x32(SingleRoots, lastBits._third.AsInt32()).As<float, T>(),
            Avx512F.PermuteVar16x32(SingleRoots, lastBits._fourth.AsInt32()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> Scale(VectorQuad512<T> power, VectorQuad512<T> exponent, VectorQuad512<T> shifted) =>
        typeof(T) == typeof(double)
        ? new(
            Avx512F.Scale(power._first.AsDouble(), exponent._first.AsDouble()).As<double, T>(),
            Avx512F.Scale(power._second.AsDouble(), exponent._second.AsDouble()).As<double, T>(),
            Avx512F.Scale(power._third.AsDouble(), exponent._third.AsDouble()).As<double, T>(),
            Avx512F.Scale(power._fourth.AsDouble(), exponent._fourth.AsDouble()).As<double, T>())
        : new(
            Avx512F.Scale(power._first.AsSingle(), exponent._first.AsSingle()).As<float, T>(),
            Avx512F.Scale(power._second.AsSingle(), exponent._second.AsSingle()).As<float, T>(),
            Avx512F.Scale(power._third.AsSingle(), exponent._third.AsSingle()).As<float, T>(),
            Avx512F.Scale(power._fourth.AsSingle(), exponent._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad512<T> EstimateInverseRoot(VectorQuad512<T> x) => typeof(T) == typeof(double)
        ? new(
            Avx512F.ReciprocalSqrt14(x._first.AsDouble()).As<double, T>(),
            Avx512F.ReciprocalSqrt14(x._second.AsDouble()).As<double, T>(),
            Avx512F.ReciprocalSqrt14(x._third.AsDouble()).As<double, T>(),
            Avx512F.ReciprocalSqrt14(x._fourth.AsDouble()).As<double, T>())
        : new(
            Avx512F.ReciprocalSqrt14(x._first.AsSingle()).As<float, T>(),
            Avx512F.ReciprocalSqrt14(x._second.AsSingle()).As<float, T>(),
            Avx512F.ReciprocalSqrt14(x._third.AsSingle()).As<float, T>(),
            Avx512F.ReciprocalSqrt14(x._fourth.AsSingle()).As<float, T>());
}
