using System.Numerics;

namespace Kappa.Lab.Formats;

/// <summary>Powers of ten with 128 bits, enough to write every double and to
/// read nearly every one. Computed once, by integers of any length.</summary>
internal static class PowersOfTen
{
    /// <summary>The smallest exponent: −⌊log10⌋ of the last place of the largest double.</summary>
    public const int Smallest = -292;

    /// <summary>The largest exponent: that of the smallest subnormal.</summary>
    public const int Largest = 324;

    private static readonly UInt128[] s_powers = [.. Enumerable.Range(Smallest, Largest - Smallest + 1).Select(Computed)];

    /// <summary>10^e / 2^(⌊log2 10^e⌋ − 127), rounded up: 128 bits, the first of them set.</summary>
    /// <param name="e">From <see cref="Smallest"/> to <see cref="Largest"/>.</param>
    public static UInt128 Of(int e) => s_powers[e - Smallest];

    /// <summary>⌊e log2 10⌋ for all exponents of a double.</summary>
    public static int FloorLog2Of(int e) => (e * 1_741_647) >> 19;

    private static UInt128 Computed(int e)
    {
        int shift = FloorLog2Of(e) - 127;
        BigInteger numerator = BigInteger.Pow(10, Math.Max(e, 0)) << Math.Max(-shift, 0);
        BigInteger denominator = BigInteger.Pow(10, Math.Max(-e, 0)) << Math.Max(shift, 0);
        return (UInt128)((numerator + denominator - 1) / denominator);
    }
}
