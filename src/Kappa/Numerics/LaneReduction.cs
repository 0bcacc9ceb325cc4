using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>An operation of two vectors, lane by lane, whose result does not depend on the order of the two.</summary>
internal interface ILaneOperation
{
    /// <summary>The result in each lane.</summary>
    static abstract TQuad Combine<TQuad>(TQuad x, TQuad y)
        where TQuad : struct, IVectorQuad<TQuad>;
}

/// <summary>x + y.</summary>
internal readonly struct LaneSum : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad Combine<TQuad>(TQuad x, TQuad y)
        where TQuad : struct, IVectorQuad<TQuad> => x + y;
}

/// <summary>The larger one; a NaN may be dropped.</summary>
internal readonly struct LaneMaximum : ILaneOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad Combine<TQuad>(TQuad x, TQuad y)
        where TQuad : struct, IVectorQuad<TQuad> => TQuad.Maximum(x, y);
}

/// <summary>Reduces the lanes of each vector of a quad to one value and leaves it in every lane.</summary>
/// <remarks>
/// Each lane meets the one half a vector away, then a quarter, and so on. Every lane goes through the same operations but for the order of
/// their two operands, so all hold the same bits.
/// </remarks>
internal static class LaneReduction
{
    /// <summary>The result of all lanes of each vector in every lane of it; with
    /// <paramref name="areHalves"/> that of either half in the lanes of that half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad Each<TQuad, TOperation>(TQuad x, bool areHalves)
        where TQuad : struct, IVectorQuad<TQuad>
        where TOperation : struct, ILaneOperation
    {
        int elementBytes = TQuad.IsDouble ? 8 : 4, halfBytes = TQuad.Lanes * elementBytes / 2;
        if (halfBytes >= 32 && !(areHalves && halfBytes == 32))
        {
            x = TOperation.Combine(x, TQuad.Swap(x, 32));
        }

        if (halfBytes >= 16 && !(areHalves && halfBytes == 16))
        {
            x = TOperation.Combine(x, TQuad.Swap(x, 16));
        }

        if (!(areHalves && halfBytes == 8))
        {
            x = TOperation.Combine(x, TQuad.Swap(x, 8));
        }

        return elementBytes == 4 ? TOperation.Combine(x, TQuad.Swap(x, 4)) : x;
    }
}
