using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Four vectors of four doubles or eight singles (AVX2 and FMA).</summary>
/// <remarks>The estimate of 1/√x halves and negates the exponent by an integer
/// subtraction (Lomont 2003), so it has the same bits on every machine.</remarks>
internal readonly unsafe struct VectorQuad256<T>(
    Vector256<T> first, Vector256<T> second, Vector256<T> third, Vector256<T> fourth) : IVectorQuad<VectorQuad256<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // The constants that leave the smallest greatest error.
    private const long InverseRootSeed = 0x5FE6EB50C7B537A9;
    private const int SingleInverseRootSeed = 0x5F3759DF;

    private readonly Vector256<T> _first = first;
    private readonly Vector256<T> _second = second;
    private readonly Vector256<T> _third = third;
    private readonly Vector256<T> _fourth = fourth;

    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256<T>.Count;
    }

    public static bool IsDouble
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(double);
    }

    public static bool HasTables
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator VectorQuad256<T>(double value)
    {
        Vector256<T> lanes = typeof(T) == typeof(double)
            ? Vector256.Create(value).As<double, T>()
            : Vector256.Create((float)value).As<float, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> operator +(VectorQuad256<T> x, VectorQuad256<T> y) =>
        new(x._first + y._first, x._second + y._second, x._third + y._third, x._fourth + y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> operator -(VectorQuad256<T> x, VectorQuad256<T> y) =>
        new(x._first - y._first, x._second - y._second, x._third - y._third, x._fourth - y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> operator *(VectorQuad256<T> x, VectorQuad256<T> y) =>
        new(x._first * y._first, x._second * y._second, x._third * y._third, x._fourth * y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> operator /(VectorQuad256<T> x, VectorQuad256<T> y) =>
        new(x._first / y._first, x._second / y._second, x._third / y._third, x._fourth / y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Broadcast<TElement>(TElement value)
        where TElement : unmanaged
    {
        Vector256<T> lanes = Vector256.Create(value).As<TElement, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Load(void* source)
    {
        T* at = (T*)source;
        return Load(at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Load(void* first, void* second, void* third, void* fourth) =>
        new(Vector256.Load((T*)first), Vector256.Load((T*)second), Vector256.Load((T*)third), Vector256.Load((T*)fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Load(void* first, void* second, void* third, void* fourth, VectorQuad256<T> mask) => new(
        Lanes256<T>.Load((T*)first, mask._first), Lanes256<T>.Load((T*)second, mask._first), Lanes256<T>.Load((T*)third, mask._first),
        Lanes256<T>.Load((T*)fourth, mask._first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad256<T> value, void* target)
    {
        T* at = (T*)target;
        Store(value, at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad256<T> value, void* first, void* second, void* third, void* fourth)
    {
        value._first.Store((T*)first);
        value._second.Store((T*)second);
        value._third.Store((T*)third);
        value._fourth.Store((T*)fourth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad256<T> value, void* first, void* second, void* third, void* fourth, VectorQuad256<T> mask)
    {
        Lanes256<T>.Store((T*)first, value._first, mask._first);
        Lanes256<T>.Store((T*)second, value._second, mask._first);
        Lanes256<T>.Store((T*)third, value._third, mask._first);
        Lanes256<T>.Store((T*)fourth, value._fourth, mask._first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> FirstLanes(int lanes)
    {
        Vector256<T> mask = Lanes256<T>.FirstLanes(lanes);
        return new(mask, mask, mask, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> MultiplyAdd(VectorQuad256<T> x, VectorQuad256<T> y, VectorQuad256<T> sum) => typeof(T) == typeof(double)
        ? new(
            Vector256.MultiplyAddEstimate(x._first.AsDouble(), y._first.AsDouble(), sum._first.AsDouble()).As<double, T>(),
            Vector256.MultiplyAddEstimate(x._second.AsDouble(), y._second.AsDouble(), sum._second.AsDouble()).As<double, T>(),
            Vector256.MultiplyAddEstimate(x._third.AsDouble(), y._third.AsDouble(), sum._third.AsDouble()).As<double, T>(),
            Vector256.MultiplyAddEstimate(x._fourth.AsDouble(), y._fourth.AsDouble(), sum._fourth.AsDouble()).As<double, T>())
        : new(
            Vector256.MultiplyAddEstimate(x._first.AsSingle(), y._first.AsSingle(), sum._first.AsSingle()).As<float, T>(),
            Vector256.MultiplyAddEstimate(x._second.AsSingle(), y._second.AsSingle(), sum._second.AsSingle()).As<float, T>(),
            Vector256.MultiplyAddEstimate(x._third.AsSingle(), y._third.AsSingle(), sum._third.AsSingle()).As<float, T>(),
            Vector256.MultiplyAddEstimate(x._fourth.AsSingle(), y._fourth.AsSingle(), sum._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> MultiplySubtractFrom(VectorQuad256<T> x, VectorQuad256<T> y, VectorQuad256<T> sum) =>
        typeof(T) == typeof(double)
        ? new(
            Fma.MultiplyAddNegated(x._first.AsDouble(), y._first.AsDouble(), sum._first.AsDouble()).As<double, T>(),
            Fma.MultiplyAddNegated(x._second.AsDouble(), y._second.AsDouble(), sum._second.AsDouble()).As<double, T>(),
            Fma.MultiplyAddNegated(x._third.AsDouble(), y._third.AsDouble(), sum._third.AsDouble()).As<double, T>(),
            Fma.MultiplyAddNegated(x._fourth.AsDouble(), y._fourth.AsDouble(), sum._fourth.AsDouble()).As<double, T>())
        : new(
            Fma.MultiplyAddNegated(x._first.AsSingle(), y._first.AsSingle(), sum._first.AsSingle()).As<float, T>(),
            Fma.MultiplyAddNegated(x._second.AsSingle(), y._second.AsSingle(), sum._second.AsSingle()).As<float, T>(),
            Fma.MultiplyAddNegated(x._third.AsSingle(), y._third.AsSingle(), sum._third.AsSingle()).As<float, T>(),
            Fma.MultiplyAddNegated(x._fourth.AsSingle(), y._fourth.AsSingle(), sum._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Abs(VectorQuad256<T> x) =>
        new(Vector256.Abs(x._first), Vector256.Abs(x._second), Vector256.Abs(x._third), Vector256.Abs(x._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Minimum(VectorQuad256<T> x, VectorQuad256<T> y) => new(
        Vector256.MinNative(x._first, y._first),
        Vector256.MinNative(x._second, y._second),
        Vector256.MinNative(x._third, y._third),
        Vector256.MinNative(x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Maximum(VectorQuad256<T> x, VectorQuad256<T> y) => new(
        Vector256.MaxNative(x._first, y._first),
        Vector256.MaxNative(x._second, y._second),
        Vector256.MaxNative(x._third, y._third),
        Vector256.MaxNative(x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> IfAtMost(VectorQuad256<T> x, VectorQuad256<T> bound, VectorQuad256<T> below, VectorQuad256<T> other) =>
        new(
        Vector256.ConditionalSelect(Vector256.LessThanOrEqual(x._first, bound._first), below._first, other._first),
        Vector256.ConditionalSelect(Vector256.LessThanOrEqual(x._second, bound._second), below._second, other._second),
        Vector256.ConditionalSelect(Vector256.LessThanOrEqual(x._third, bound._third), below._third, other._third),
        Vector256.ConditionalSelect(Vector256.LessThanOrEqual(x._fourth, bound._fourth), below._fourth, other._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Select(VectorQuad256<T> mask, VectorQuad256<T> inside, VectorQuad256<T> outside) => new(
        Vector256.ConditionalSelect(mask._first, inside._first, outside._first),
        Vector256.ConditionalSelect(mask._second, inside._second, outside._second),
        Vector256.ConditionalSelect(mask._third, inside._third, outside._third),
        Vector256.ConditionalSelect(mask._fourth, inside._fourth, outside._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Swap(VectorQuad256<T> x, int bytes) => bytes switch
    {
        16 => new(
            Avx2.Permute4x64(x._first.AsDouble(), 0x4E).As<double, T>(),
            Avx2.Permute4x64(x._second.AsDouble(), 0x4E).As<double, T>(),
            Avx2.Permute4x64(x._third.AsDouble(), 0x4E).As<double, T>(),
            Avx2.Permute4x64(x._fourth.AsDouble(), 0x4E).As<double, T>()),
        8 => new(
            Avx.Permute(x._first.AsDouble(), 0b0101).As<double, T>(),
            Avx.Permute(x._second.AsDouble(), 0b0101).As<double, T>(),
            Avx.Permute(x._third.AsDouble(), 0b0101).As<double, T>(),
            Avx.Permute(x._fourth.AsDouble(), 0b0101).As<double, T>()),
        _ => new(
            Avx.Permute(x._first.AsSingle(), 0xB1).As<float, T>(),
            Avx.Permute(x._second.AsSingle(), 0xB1).As<float, T>(),
            Avx.Permute(x._third.AsSingle(), 0xB1).As<float, T>(),
            Avx.Permute(x._fourth.AsSingle(), 0xB1).As<float, T>()),
    };

    public static VectorQuad256<T> LookUp(VectorQuad256<T> lastBits) =>
        throw new NotSupportedException("A table of roots needs AVX-512; take the polynomial.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> Scale(VectorQuad256<T> power, VectorQuad256<T> exponent, VectorQuad256<T> shifted) =>
        typeof(T) == typeof(double)
        ? new(
            (power._first.AsInt64() + Vector256.ShiftLeft(shifted._first.AsInt64(), 52)).As<long, T>(),
            (power._second.AsInt64() + Vector256.ShiftLeft(shifted._second.AsInt64(), 52)).As<long, T>(),
            (power._third.AsInt64() + Vector256.ShiftLeft(shifted._third.AsInt64(), 52)).As<long, T>(),
            (power._fourth.AsInt64() + Vector256.ShiftLeft(shifted._fourth.AsInt64(), 52)).As<long, T>())
        : new(
            (power._first.AsInt32() + Vector256.ShiftLeft(shifted._first.AsInt32(), 23)).As<int, T>(),
            (power._second.AsInt32() + Vector256.ShiftLeft(shifted._second.AsInt32(), 23)).As<int, T>(),
            (power._third.AsInt32() + Vector256.ShiftLeft(shifted._third.AsInt32(), 23)).As<int, T>(),
            (power._fourth.AsInt32() + Vector256.ShiftLeft(shifted._fourth.AsInt32(), 23)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad256<T> EstimateInverseRoot(VectorQuad256<T> x) => typeof(T) == typeof(double)
        ? new(
            (Vector256.Create(InverseRootSeed) - Vector256.ShiftRightLogical(x._first.AsInt64(), 1)).As<long, T>(),
            (Vector256.Create(InverseRootSeed) - Vector256.ShiftRightLogical(x._second.AsInt64(), 1)).As<long, T>(),
            (Vector256.Create(InverseRootSeed) - Vector256.ShiftRightLogical(x._third.AsInt64(), 1)).As<long, T>(),
            (Vector256.Create(InverseRootSeed) - Vector256.ShiftRightLogical(x._fourth.AsInt64(), 1)).As<long, T>())
        : new(
            (Vector256.Create(SingleInverseRootSeed) - Vector256.ShiftRightLogical(x._first.AsInt32(), 1)).As<int, T>(),
            (Vector256.Create(SingleInverseRootSeed) - Vector256.ShiftRightLogical(x._second.AsInt32(), 1)).As<int, T>(),
            (Vector256.Create(SingleInverseRootSeed) - Vector256.ShiftRightLogical(x._third.AsInt32(), 1)).As<int, T>(),
            (Vector256.Create(SingleInverseRootSeed) - Vector256.ShiftRightLogical(x._fourth.AsInt32(), 1)).As<int, T>());
}
