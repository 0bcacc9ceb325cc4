using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>Two vectors of 256 bits: lanes 0 to 3 and 4 to 7.</summary>
internal readonly unsafe struct HalvedOctet(Vector256<double> low, Vector256<double> high) : IOctet<HalvedOctet>
{
    private readonly Vector256<double> _low = low;
    private readonly Vector256<double> _high = high;

    public static HalvedOctet AllBitsSet
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<double>.AllBitsSet, Vector256<double>.AllBitsSet);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet Create(double value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet Load(double* source) => new(Vector256.Load(source), Vector256.Load(source + Vector256<double>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* target)
    {
        _low.Store(target);
        _high.Store(target + Vector256<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet FusedMultiplyAdd(HalvedOctet x, HalvedOctet y, HalvedOctet sum) =>
        new(Vector256.MultiplyAddEstimate(x._low, y._low, sum._low), Vector256.MultiplyAddEstimate(x._high, y._high, sum._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet Sqrt(HalvedOctet x) => new(Vector256.Sqrt(x._low), Vector256.Sqrt(x._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet Max(HalvedOctet x, HalvedOctet y) => new(Vector256.Max(x._low, y._low), Vector256.Max(x._high, y._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet ConditionalSelect(HalvedOctet mask, HalvedOctet x, HalvedOctet y) =>
        new(Vector256.ConditionalSelect(mask._low, x._low, y._low), Vector256.ConditionalSelect(mask._high, x._high, y._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet AndNot(HalvedOctet x, HalvedOctet mask) =>
        new(Vector256.AndNot(x._low, mask._low), Vector256.AndNot(x._high, mask._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet LessThan(HalvedOctet x, HalvedOctet y) =>
        new(Vector256.LessThan(x._low, y._low), Vector256.LessThan(x._high, y._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet GreaterThan(HalvedOctet x, HalvedOctet y) =>
        new(Vector256.GreaterThan(x._low, y._low), Vector256.GreaterThan(x._high, y._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet GreaterThanOrEqual(HalvedOctet x, HalvedOctet y) =>
        new(Vector256.GreaterThanOrEqual(x._low, y._low), Vector256.GreaterThanOrEqual(x._high, y._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNone(HalvedOctet mask) => Vector256.EqualsAll((mask._low | mask._high).AsInt64(), Vector256<long>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAll(HalvedOctet mask) => Vector256.EqualsAll((mask._low & mask._high).AsInt64(), Vector256<long>.AllBitsSet);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator +(HalvedOctet x, HalvedOctet y) => new(x._low + y._low, x._high + y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator -(HalvedOctet x, HalvedOctet y) => new(x._low - y._low, x._high - y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator *(HalvedOctet x, HalvedOctet y) => new(x._low * y._low, x._high * y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator /(HalvedOctet x, HalvedOctet y) => new(x._low / y._low, x._high / y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator -(HalvedOctet x) => new(-x._low, -x._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator &(HalvedOctet x, HalvedOctet y) => new(x._low & y._low, x._high & y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator |(HalvedOctet x, HalvedOctet y) => new(x._low | y._low, x._high | y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator ^(HalvedOctet x, HalvedOctet y) => new(x._low ^ y._low, x._high ^ y._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HalvedOctet operator ~(HalvedOctet x) => new(~x._low, ~x._high);
}
