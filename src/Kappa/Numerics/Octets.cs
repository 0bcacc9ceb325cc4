using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Eight doubles that go through an operation together: one vector of
/// 512 bits, or two of 256 where the processor has none of that size.</summary>
/// <remarks>
/// The same operations with the same rounding in every lane, so the same bits. The runtime's own 512-bit vectors are correct everywhere,
/// but without the instructions each operation is a chain of calls that copy vectors in memory, some fifty times slower.
/// </remarks>
/// <typeparam name="TSelf">The implementation.</typeparam>
internal unsafe interface IOctet<TSelf> :
    IAdditionOperators<TSelf, TSelf, TSelf>, ISubtractionOperators<TSelf, TSelf, TSelf>, IMultiplyOperators<TSelf, TSelf, TSelf>,
    IDivisionOperators<TSelf, TSelf, TSelf>,
    IUnaryNegationOperators<TSelf, TSelf>, IBitwiseOperators<TSelf, TSelf, TSelf>
    where TSelf : struct, IOctet<TSelf>
{
    /// <summary>All bits set in every lane: a mask that selects it.</summary>
    static abstract TSelf AllBitsSet { get; }

    /// <summary><paramref name="value"/> in every lane.</summary>
    static abstract TSelf Create(double value);

    /// <summary>The eight doubles at <paramref name="source"/>.</summary>
    static abstract TSelf Load(double* source);

    /// <summary>Writes the eight lanes.</summary>
    void Store(double* target);

    /// <summary>x y + sum, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf x, TSelf y, TSelf sum);

    /// <summary>√x.</summary>
    static abstract TSelf Sqrt(TSelf x);

    /// <summary>The larger of two in each lane; NaN when one is.</summary>
    static abstract TSelf Max(TSelf x, TSelf y);

    /// <summary>The lanes of x where <paramref name="mask"/> is set, those of y elsewhere.</summary>
    static abstract TSelf ConditionalSelect(TSelf mask, TSelf x, TSelf y);

    /// <summary>x without the bits of <paramref name="mask"/>.</summary>
    static abstract TSelf AndNot(TSelf x, TSelf mask);

    /// <summary>A mask of the lanes with x &lt; y.</summary>
    static abstract TSelf LessThan(TSelf x, TSelf y);

    /// <summary>A mask of the lanes with x &gt; y.</summary>
    static abstract TSelf GreaterThan(TSelf x, TSelf y);

    /// <summary>A mask of the lanes with x ≥ y.</summary>
    static abstract TSelf GreaterThanOrEqual(TSelf x, TSelf y);

    /// <summary>Whether a mask selects no lane.</summary>
    static abstract bool IsNone(TSelf mask);

    /// <summary>Whether a mask selects every lane.</summary>
    static abstract bool IsAll(TSelf mask);
}

/// <summary>What all code over <see cref="IOctet{TSelf}"/> shares.</summary>
internal static class Octets
{
    /// <summary>Doubles in an octet.</summary>
    public const int Lanes = 8;

    /// <summary>Whether one vector holds an octet on this machine.</summary>
    public static bool AreWhole => Avx512F.IsSupported;
}
