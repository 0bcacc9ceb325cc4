using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>One row of a register tile: one, two or three vectors side by side, the last of which may reach past the matrix.</summary>
/// <typeparam name="TSelf">The strip.</typeparam>
/// <typeparam name="TVector">The register.</typeparam>
/// <typeparam name="T">The element.</typeparam>
internal unsafe interface IStrip<TSelf, TVector, T>
    where TSelf : struct, IStrip<TSelf, TVector, T>
    where TVector : struct
    where T : unmanaged
{
    /// <summary>Vectors in the strip.</summary>
    static abstract int Vectors { get; }

    /// <summary>The strip at <paramref name="source"/>, all lanes.</summary>
    static abstract TSelf Load(T* source);

    /// <summary>The strip at <paramref name="source"/>, of its last vector the lanes of <paramref name="mask"/>.</summary>
    static abstract TSelf Load(T* source, TVector mask);

    /// <summary>sum ← sum + factor · <paramref name="strip"/>.</summary>
    static abstract void Accumulate(ref TSelf sum, TVector factor, in TSelf strip);

    /// <summary>factor · <paramref name="strip"/>.</summary>
    static abstract TSelf Scale(in TSelf strip, TVector factor);

    /// <summary>x ∘ y.</summary>
    static abstract TSelf Multiply(in TSelf x, in TSelf y);

    /// <summary>Writes the strip, all lanes. A masked store would not be forwarded to a load that soon follows.</summary>
    static abstract void Store(in TSelf strip, T* target);

    /// <summary>Writes the strip, of its last vector the lanes of <paramref name="mask"/>.</summary>
    static abstract void Store(in TSelf strip, T* target, TVector mask);
}

/// <summary>A strip of one vector.</summary>
internal unsafe struct Strip1<TVector, TLanes, T> : IStrip<Strip1<TVector, TLanes, T>, TVector, T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where T : unmanaged
{
    private TVector _first;

    public static int Vectors => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip1<TVector, TLanes, T> Load(T* source) => new() { _first = TLanes.Load(source) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip1<TVector, TLanes, T> Load(T* source, TVector mask) => new() { _first = TLanes.Load(source, mask) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip1<TVector, TLanes, T> sum, TVector factor, in Strip1<TVector, TLanes, T> strip) =>
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip1<TVector, TLanes, T> Scale(in Strip1<TVector, TLanes, T> strip, TVector factor) =>
        new() { _first = TLanes.Multiply(factor, strip._first) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip1<TVector, TLanes, T> Multiply(in Strip1<TVector, TLanes, T> x, in Strip1<TVector, TLanes, T> y) =>
        new() { _first = TLanes.Multiply(x._first, y._first) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip1<TVector, TLanes, T> strip, T* target) => TLanes.Store(target, strip._first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip1<TVector, TLanes, T> strip, T* target, TVector mask) => TLanes.Store(target, strip._first, mask);
}

/// <summary>A strip of two vectors.</summary>
internal unsafe struct Strip2<TVector, TLanes, T> : IStrip<Strip2<TVector, TLanes, T>, TVector, T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where T : unmanaged
{
    private TVector _first;
    private TVector _second;

    public static int Vectors => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip2<TVector, TLanes, T> Load(T* source) =>
        new() { _first = TLanes.Load(source), _second = TLanes.Load(source + TLanes.Count) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip2<TVector, TLanes, T> Load(T* source, TVector mask) =>
        new() { _first = TLanes.Load(source), _second = TLanes.Load(source + TLanes.Count, mask) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip2<TVector, TLanes, T> sum, TVector factor, in Strip2<TVector, TLanes, T> strip)
    {
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);
        sum._second = TLanes.MultiplyAdd(factor, strip._second, sum._second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip2<TVector, TLanes, T> Scale(in Strip2<TVector, TLanes, T> strip, TVector factor) =>
        new() { _first = TLanes.Multiply(factor, strip._first), _second = TLanes.Multiply(factor, strip._second) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip2<TVector, TLanes, T> Multiply(in Strip2<TVector, TLanes, T> x, in Strip2<TVector, TLanes, T> y) =>
        new() { _first = TLanes.Multiply(x._first, y._first), _second = TLanes.Multiply(x._second, y._second) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip2<TVector, TLanes, T> strip, T* target)
    {
        TLanes.Store(target, strip._first);
        TLanes.Store(target + TLanes.Count, strip._second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip2<TVector, TLanes, T> strip, T* target, TVector mask)
    {
        TLanes.Store(target, strip._first);
        TLanes.Store(target + TLanes.Count, strip._second, mask);
    }
}

/// <summary>A strip of three vectors.</summary>
internal unsafe struct Strip3<TVector, TLanes, T> : IStrip<Strip3<TVector, TLanes, T>, TVector, T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where T : unmanaged
{
    private TVector _first;
    private TVector _second;
    private TVector _third;

    public static int Vectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip3<TVector, TLanes, T> Load(T* source) =>
        new()
        {
            _first = TLanes.Load(source),
            _second = TLanes.Load(source + TLanes.Count),
            _third = TLanes.Load(source + (2 * TLanes.Count)),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip3<TVector, TLanes, T> Load(T* source, TVector mask) =>
        new()
        {
            _first = TLanes.Load(source),
            _second = TLanes.Load(source + TLanes.Count),
            _third = TLanes.Load(source + (2 * TLanes.Count), mask),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip3<TVector, TLanes, T> sum, TVector factor, in Strip3<TVector, TLanes, T> strip)
    {
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);
        sum._second = TLanes.MultiplyAdd(factor, strip._second, sum._second);
        sum._third = TLanes.MultiplyAdd(factor, strip._third, sum._third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip3<TVector, TLanes, T> Scale(in Strip3<TVector, TLanes, T> strip, TVector factor) =>
        new()
        {
            _first = TLanes.Multiply(factor, strip._first),
            _second = TLanes.Multiply(factor, strip._second),
            _third = TLanes.Multiply(factor, strip._third),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip3<TVector, TLanes, T> Multiply(in Strip3<TVector, TLanes, T> x, in Strip3<TVector, TLanes, T> y) =>
        new()
        {
            _first = TLanes.Multiply(x._first, y._first),
            _second = TLanes.Multiply(x._second, y._second),
            _third = TLanes.Multiply(x._third, y._third),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip3<TVector, TLanes, T> strip, T* target)
    {
        TLanes.Store(target, strip._first);
        TLanes.Store(target + TLanes.Count, strip._second);
        TLanes.Store(target + (2 * TLanes.Count), strip._third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip3<TVector, TLanes, T> strip, T* target, TVector mask)
    {
        TLanes.Store(target, strip._first);
        TLanes.Store(target + TLanes.Count, strip._second);
        TLanes.Store(target + (2 * TLanes.Count), strip._third, mask);
    }
}
