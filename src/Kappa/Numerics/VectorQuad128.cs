using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Four vectors of two doubles or four singles (every machine).</summary>
/// <remarks>The estimate of 1/√x halves and negates the exponent by an integer
/// subtraction (Lomont 2003), so it has the same bits on every machine.</remarks>
internal readonly unsafe struct VectorQuad128<T>(
    Vector128<T> first, Vector128<T> second, Vector128<T> third, Vector128<T> fourth) : IVectorQuad<VectorQuad128<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // The constants that leave the smallest greatest error.
    private const long InverseRootSeed = 0x5FE6EB50C7B537A9;
    private const int SingleInverseRootSeed = 0x5F3759DF;

    private readonly Vector128<T> _first = first;
    private readonly Vector128<T> _second = second;
    private readonly Vector128<T> _third = third;
    private readonly Vector128<T> _fourth = fourth;

    public static int Lanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128<T>.Count;
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
    public static implicit operator VectorQuad128<T>(double value)
    {
        Vector128<T> lanes = typeof(T) == typeof(double)
            ? Vector128.Create(value).As<double, T>()
            : Vector128.Create((float)value).As<float, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> operator +(VectorQuad128<T> x, VectorQuad128<T> y) =>
        new(x._first + y._first, x._second + y._second, x._third + y._third, x._fourth + y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> operator -(VectorQuad128<T> x, VectorQuad128<T> y) =>
        new(x._first - y._first, x._second - y._second, x._third - y._third, x._fourth - y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> operator *(VectorQuad128<T> x, VectorQuad128<T> y) =>
        new(x._first * y._first, x._second * y._second, x._third * y._third, x._fourth * y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> operator /(VectorQuad128<T> x, VectorQuad128<T> y) =>
        new(x._first / y._first, x._second / y._second, x._third / y._third, x._fourth / y._fourth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Broadcast<TElement>(TElement value)
        where TElement : unmanaged
    {
        Vector128<T> lanes = Vector128.Create(value).As<TElement, T>();
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Load(void* source)
    {
        T* at = (T*)source;
        return Load(at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Load(void* first, void* second, void* third, void* fourth) =>
        new(Vector128.Load((T*)first), Vector128.Load((T*)second), Vector128.Load((T*)third), Vector128.Load((T*)fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Load(void* first, void* second, void* third, void* fourth, VectorQuad128<T> mask) => new(
        Lanes128<T>.Load((T*)first, mask._first), Lanes128<T>.Load((T*)second, mask._first), Lanes128<T>.Load((T*)third, mask._first),
        Lanes128<T>.Load((T*)fourth, mask._first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad128<T> value, void* target)
    {
        T* at = (T*)target;
        Store(value, at, at + Lanes, at + (2 * Lanes), at + (3 * Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad128<T> value, void* first, void* second, void* third, void* fourth)
    {
        value._first.Store((T*)first);
        value._second.Store((T*)second);
        value._third.Store((T*)third);
        value._fourth.Store((T*)fourth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorQuad128<T> value, void* first, void* second, void* third, void* fourth, VectorQuad128<T> mask)
    {
        Lanes128<T>.Store((T*)first, value._first, mask._first);
        Lanes128<T>.Store((T*)second, value._second, mask._first);
        Lanes128<T>.Store((T*)third, value._third, mask._first);
        Lanes128<T>.Store((T*)fourth, value._fourth, mask._first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> FirstLanes(int lanes)
    {
        Vector128<T> mask = Lanes128<T>.FirstLanes(lanes);
        return new(mask, mask, mask, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> MultiplyAdd(VectorQuad128<T> x, VectorQuad128<T> y, VectorQuad128<T> sum) => typeof(T) == typeof(double)
        ? new(
            Vector128.MultiplyAddEstimate(x._first.AsDouble(), y._first.AsDouble(), sum._first.AsDouble()).As<double, T>(),
            Vector128.MultiplyAddEstimate(x._second.AsDouble(), y._second.AsDouble(), sum._second.AsDouble()).As<double, T>(),
            Vector128.MultiplyAddEstimate(x._third.AsDouble(), y._third.AsDouble(), sum._third.AsDouble()).As<double, T>(),
            Vector128.MultiplyAddEstimate(x._fourth.AsDouble(), y._fourth.AsDouble(), sum._fourth.AsDouble()).As<double, T>())
        : new(
            Vector128.MultiplyAddEstimate(x._first.AsSingle(), y._first.AsSingle(), sum._first.AsSingle()).As<float, T>(),
            Vector128.MultiplyAddEstimate(x._second.AsSingle(), y._second.AsSingle(), sum._second.AsSingle()).As<float, T>(),
            Vector128.MultiplyAddEstimate(x._third.AsSingle(), y._third.AsSingle(), sum._third.AsSingle()).As<float, T>(),
            Vector128.MultiplyAddEstimate(x._fourth.AsSingle(), y._fourth.AsSingle(), sum._fourth.AsSingle()).As<float, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> MultiplySubtractFrom(VectorQuad128<T> x, VectorQuad128<T> y, VectorQuad128<T> sum) =>
        MultiplyAdd(new(-x._first, -x._second, -x._third, -x._fourth), y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Abs(VectorQuad128<T> x) =>
        new(Vector128.Abs(x._first), Vector128.Abs(x._second), Vector128.Abs(x._third), Vector128.Abs(x._fourth));

    // Spelled out, as not every machine's own minimum and maximum treat NaN alike.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Minimum(VectorQuad128<T> x, VectorQuad128<T> y) => new(
        Vector128.ConditionalSelect(Vector128.LessThan(x._first, y._first), x._first, y._first),
        Vector128.ConditionalSelect(Vector128.LessThan(x._second, y._second), x._second, y._second),
        Vector128.ConditionalSelect(Vector128.LessThan(x._third, y._third), x._third, y._third),
        Vector128.ConditionalSelect(Vector128.LessThan(x._fourth, y._fourth), x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Maximum(VectorQuad128<T> x, VectorQuad128<T> y) => new(
        Vector128.ConditionalSelect(Vector128.GreaterThan(x._first, y._first), x._first, y._first),
        Vector128.ConditionalSelect(Vector128.GreaterThan(x._second, y._second), x._second, y._second),
        Vector128.ConditionalSelect(Vector128.GreaterThan(x._third, y._third), x._third, y._third),
        Vector128.ConditionalSelect(Vector128.GreaterThan(x._fourth, y._fourth), x._fourth, y._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> IfAtMost(VectorQuad128<T> x, VectorQuad128<T> bound, VectorQuad128<T> below, VectorQuad128<T> other) =>
        new(
        Vector128.ConditionalSelect(Vector128.LessThanOrEqual(x._first, bound._first), below._first, other._first),
        Vector128.ConditionalSelect(Vector128.LessThanOrEqual(x._second, bound._second), below._second, other._second),
        Vector128.ConditionalSelect(Vector128.LessThanOrEqual(x._third, bound._third), below._third, other._third),
        Vector128.ConditionalSelect(Vector128.LessThanOrEqual(x._fourth, bound._fourth), below._fourth, other._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Select(VectorQuad128<T> mask, VectorQuad128<T> inside, VectorQuad128<T> outside) => new(
        Vector128.ConditionalSelect(mask._first, inside._first, outside._first),
        Vector128.ConditionalSelect(mask._second, inside._second, outside._second),
        Vector128.ConditionalSelect(mask._third, inside._third, outside._third),
        Vector128.ConditionalSelect(mask._fourth, inside._fourth, outside._fourth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Swap(VectorQuad128<T> x, int bytes) => bytes switch
    {
        8 => new(
            Vector128.Shuffle(x._first.AsDouble(), Vector128.Create(1L, 0)).As<double, T>(),
            Vector128.Shuffle(x._second.AsDouble(), Vector128.Create(1L, 0)).As<double, T>(),
            Vector128.Shuffle(x._third.AsDouble(), Vector128.Create(1L, 0)).As<double, T>(),
            Vector128.Shuffle(x._fourth.AsDouble(), Vector128.Create(1L, 0)).As<double, T>()),
        _ => new(
            Vector128.Shuffle(x._first.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>(),
            Vector128.Shuffle(x._second.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>(),
            Vector128.Shuffle(x._third.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>(),
            Vector128.Shuffle(x._fourth.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>()),
    };

    public static VectorQuad128<T> LookUp(VectorQuad128<T> lastBits) =>
        throw new NotSupportedException("A table of roots needs AVX-512; take the polynomial.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> Scale(VectorQuad128<T> power, VectorQuad128<T> exponent, VectorQuad128<T> shifted) =>
        typeof(T) == typeof(double)
        ? new(
            (power._first.AsInt64() + Vector128.ShiftLeft(shifted._first.AsInt64(), 52)).As<long, T>(),
            (power._second.AsInt64() + Vector128.ShiftLeft(shifted._second.AsInt64(), 52)).As<long, T>(),
            (power._third.AsInt64() + Vector128.ShiftLeft(shifted._third.AsInt64(), 52)).As<long, T>(),
            (power._fourth.AsInt64() + Vector128.ShiftLeft(shifted._fourth.AsInt64(), 52)).As<long, T>())
        : new(
            (power._first.AsInt32() + Vector128.ShiftLeft(shifted._first.AsInt32(), 23)).As<int, T>(),
            (power._second.AsInt32() + Vector128.ShiftLeft(shifted._second.AsInt32(), 23)).As<int, T>(),
            (power._third.AsInt32() + Vector128.ShiftLeft(shifted._third.AsInt32(), 23)).As<int, T>(),
            (power._fourth.AsInt32() + Vector128.ShiftLeft(shifted._fourth.AsInt32(), 23)).As<int, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad128<T> EstimateInverseRoot(VectorQuad128<T> x) => typeof(T) == typeof(double)
        ? new(
            (Vector128.Create(InverseRootSeed) - Vector128.ShiftRightLogical(x._first.AsInt64(), 1)).As<long, T>(),
            (Vector128.Create(InverseRootSeed) - Vector128.ShiftRightLogical(x._second.AsInt64(), 1)).As<long, T>(),
            (Vector128.Create(InverseRootSeed) - Vector128.ShiftRightLogical(x._third.AsInt64(), 1)).As<long, T>(),
            (Vector128.Create(InverseRootSeed) - Vector128.ShiftRightLogical(x._fourth.AsInt64(), 1)).As<long, T>())
        : new(
            (Vector128.Create(SingleInverseRootSeed) - Vector128.ShiftRightLogical(x._first.AsInt32(), 1)).As<int, T>(),
            (Vector128.Create(SingleInverseRootSeed) - Vector128.ShiftRightLogical(x._second.AsInt32(), 1)).As<int, T>(),
            (Vector128.Create(SingleInverseRootSeed) - Vector128.ShiftRightLogical(x._third.AsInt32(), 1)).As<int, T>(),
            (Vector128.Create(SingleInverseRootSeed) - Vector128.ShiftRightLogical(x._fourth.AsInt32(), 1)).As<int, T>());
}
