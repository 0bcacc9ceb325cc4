using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>One row of a register tile: one, two or three vectors side by side, the last of which may reach past the matrix.</summary>
/// <typeparam name="TSelf">The strip.</typeparam>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface IStrip<TSelf, TVector>
    where TSelf : struct, IStrip<TSelf, TVector>
    where TVector : struct
{
    /// <summary>Vectors in the strip.</summary>
    static abstract int Vectors { get; }

    /// <summary>The strip at <paramref name="source"/>, all lanes.</summary>
    static abstract TSelf Load(double* source);

    /// <summary>sum ← sum + factor · <paramref name="strip"/>.</summary>
    static abstract void Accumulate(ref TSelf sum, TVector factor, in TSelf strip);

    /// <summary>target ← alpha · sum.</summary>
    static abstract void Store(in TSelf sum, double* target, TVector alpha, TVector mask);

    /// <summary>target ← alpha · sum + beta · addend; the addend may be the target.</summary>
    static abstract void Store(in TSelf sum, double* target, TVector alpha, TVector beta, double* addend, TVector mask);
}

/// <summary>A strip of one vector.</summary>
internal unsafe struct Strip1<TVector, TLanes> : IStrip<Strip1<TVector, TLanes>, TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    private TVector _first;

    public static int Vectors => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip1<TVector, TLanes> Load(double* source) => new() { _first = TLanes.Load(source) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip1<TVector, TLanes> sum, TVector factor, in Strip1<TVector, TLanes> strip) =>
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip1<TVector, TLanes> sum, double* target, TVector alpha, TVector mask) =>
        TLanes.Store(target, TLanes.Multiply(alpha, sum._first), mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip1<TVector, TLanes> sum, double* target, TVector alpha, TVector beta, double* addend, TVector mask) =>
        TLanes.Store(target, TLanes.MultiplyAdd(beta, TLanes.Load(addend, mask), TLanes.Multiply(alpha, sum._first)), mask);
}

/// <summary>A strip of two vectors.</summary>
internal unsafe struct Strip2<TVector, TLanes> : IStrip<Strip2<TVector, TLanes>, TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    private TVector _first;
    private TVector _second;

    public static int Vectors => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip2<TVector, TLanes> Load(double* source) => new() { _first = TLanes.Load(source), _second = TLanes.Load(source + TLanes.Count) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip2<TVector, TLanes> sum, TVector factor, in Strip2<TVector, TLanes> strip)
    {
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);
        sum._second = TLanes.MultiplyAdd(factor, strip._second, sum._second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip2<TVector, TLanes> sum, double* target, TVector alpha, TVector mask)
    {
        TLanes.Store(target, TLanes.Multiply(alpha, sum._first));
        TLanes.Store(target + TLanes.Count, TLanes.Multiply(alpha, sum._second), mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip2<TVector, TLanes> sum, double* target, TVector alpha, TVector beta, double* addend, TVector mask)
    {
        TLanes.Store(target, TLanes.MultiplyAdd(beta, TLanes.Load(addend), TLanes.Multiply(alpha, sum._first)));
        TLanes.Store(target + TLanes.Count, TLanes.MultiplyAdd(beta, TLanes.Load(addend + TLanes.Count, mask), TLanes.Multiply(alpha, sum._second)), mask);
    }
}

/// <summary>A strip of three vectors.</summary>
internal unsafe struct Strip3<TVector, TLanes> : IStrip<Strip3<TVector, TLanes>, TVector>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    private TVector _first;
    private TVector _second;
    private TVector _third;

    public static int Vectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Strip3<TVector, TLanes> Load(double* source) =>
        new() { _first = TLanes.Load(source), _second = TLanes.Load(source + TLanes.Count), _third = TLanes.Load(source + (2 * TLanes.Count)) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Strip3<TVector, TLanes> sum, TVector factor, in Strip3<TVector, TLanes> strip)
    {
        sum._first = TLanes.MultiplyAdd(factor, strip._first, sum._first);
        sum._second = TLanes.MultiplyAdd(factor, strip._second, sum._second);
        sum._third = TLanes.MultiplyAdd(factor, strip._third, sum._third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip3<TVector, TLanes> sum, double* target, TVector alpha, TVector mask)
    {
        TLanes.Store(target, TLanes.Multiply(alpha, sum._first));
        TLanes.Store(target + TLanes.Count, TLanes.Multiply(alpha, sum._second));
        TLanes.Store(target + (2 * TLanes.Count), TLanes.Multiply(alpha, sum._third), mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(in Strip3<TVector, TLanes> sum, double* target, TVector alpha, TVector beta, double* addend, TVector mask)
    {
        TLanes.Store(target, TLanes.MultiplyAdd(beta, TLanes.Load(addend), TLanes.Multiply(alpha, sum._first)));
        TLanes.Store(target + TLanes.Count, TLanes.MultiplyAdd(beta, TLanes.Load(addend + TLanes.Count), TLanes.Multiply(alpha, sum._second)));
        TLanes.Store(target + (2 * TLanes.Count), TLanes.MultiplyAdd(beta, TLanes.Load(addend + (2 * TLanes.Count), mask), TLanes.Multiply(alpha, sum._third)), mask);
    }
}
