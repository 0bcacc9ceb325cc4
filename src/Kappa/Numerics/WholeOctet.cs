using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>One vector of 512 bits.</summary>
internal readonly unsafe struct WholeOctet(Vector512<double> lanes) : IOctet<WholeOctet>
{
    private readonly Vector512<double> _lanes = lanes;

    public static WholeOctet AllBitsSet
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<double>.AllBitsSet);
    }

    /// <summary>The vector.</summary>
    public Vector512<double> Lanes => _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet Create(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet Load(double* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* target) => _lanes.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet FusedMultiplyAdd(WholeOctet x, WholeOctet y, WholeOctet sum) =>
        new(Vector512.MultiplyAddEstimate(x._lanes, y._lanes, sum._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet Sqrt(WholeOctet x) => new(Vector512.Sqrt(x._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet Max(WholeOctet x, WholeOctet y) => new(Vector512.Max(x._lanes, y._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet ConditionalSelect(WholeOctet mask, WholeOctet x, WholeOctet y) =>
        new(Vector512.ConditionalSelect(mask._lanes, x._lanes, y._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet AndNot(WholeOctet x, WholeOctet mask) => new(Vector512.AndNot(x._lanes, mask._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet LessThan(WholeOctet x, WholeOctet y) => new(Vector512.LessThan(x._lanes, y._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet GreaterThan(WholeOctet x, WholeOctet y) => new(Vector512.GreaterThan(x._lanes, y._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet GreaterThanOrEqual(WholeOctet x, WholeOctet y) => new(Vector512.GreaterThanOrEqual(x._lanes, y._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNone(WholeOctet mask) => Vector512.EqualsAll(mask._lanes.AsInt64(), Vector512<long>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAll(WholeOctet mask) => Vector512.EqualsAll(mask._lanes.AsInt64(), Vector512<long>.AllBitsSet);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator +(WholeOctet x, WholeOctet y) => new(x._lanes + y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator -(WholeOctet x, WholeOctet y) => new(x._lanes - y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator *(WholeOctet x, WholeOctet y) => new(x._lanes * y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator /(WholeOctet x, WholeOctet y) => new(x._lanes / y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator -(WholeOctet x) => new(-x._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator &(WholeOctet x, WholeOctet y) => new(x._lanes & y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator |(WholeOctet x, WholeOctet y) => new(x._lanes | y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator ^(WholeOctet x, WholeOctet y) => new(x._lanes ^ y._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WholeOctet operator ~(WholeOctet x) => new(~x._lanes);
}
