using System.Numerics;

namespace Kappa.Lab.Formats;

/// <summary>The double nearest to digits · 10^exponent, of two as near the even one;
/// where a few multiplications do not settle which that is, it says so.</summary>
/// <remarks>
/// Up to 2^53 and 10^22 both factors are doubles and one operation rounds once (W. D. Clinger, How to read floating point numbers
/// accurately, 1990). Else the digits times a power of ten with 128 bits give the first 128 bits of the product (D. Lemire, Number parsing
/// at a gigabyte per second, 2021). The power is too large by less than one unit of its last place and the digits are below 2^64, so the
/// product is too large by less than 2^64, one unit of the last of these bits. Only where they are just at the middle between two doubles
/// can this matter; that case,
/// which holds every true middle, is left to the caller, as are subnormal numbers and those that are too large.
/// </remarks>
internal static class NearestDouble
{
    private const int FractionBits = 52;
    private const int ExponentBias = 1075;
    private const int LargestBiased = 2046;
    private const ulong ExactIntegers = 1UL << 53;

    // 10^22 is the largest power of ten that is a double.
    private static readonly double[] s_exact = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Finds it.</summary>
    /// <param name="digits">Any.</param>
    /// <param name="exponent">Of ten.</param>
    /// <param name="value">The double.</param>
    /// <returns>Whether it is certain.</returns>
    public static bool TryFind(ulong digits, int exponent, out double value)
    {
        value = digits;
        if (digits <= ExactIntegers && Math.Abs(exponent) < s_exact.Length)
        {
            value = exponent < 0 ? value / s_exact[-exponent] : value * s_exact[exponent];
            return true;
        }

        return digits == 0 || (exponent is >= PowersOfTen.Smallest and <= PowersOfTen.Largest && TryRound(digits, exponent, out value));
    }

    private static bool TryRound(ulong digits, int exponent, out double value)
    {
        value = 0;
        int zeros = BitOperations.LeadingZeroCount(digits);
        (ulong high, ulong low) = FirstBits(digits << zeros, PowersOfTen.Of(exponent));

        // The product has its first bit at 191 or 190: 53 bits are kept.
        int cut = (int)(high >> 63) + 10;
        ulong kept = high >> cut, rest = high & ((1UL << cut) - 1), middle = 1UL << (cut - 1);
        if (rest == middle && low == 0)
            return false;
        int biased = PowersOfTen.FloorLog2Of(exponent) + 1 - zeros + cut + ExponentBias;
        if (biased is < 1 or >= LargestBiased)
            return false;

        // A carry out of the 53 bits counts the exponent up, as it must.
        kept += rest >= middle ? 1UL : 0UL;
        value = BitConverter.UInt64BitsToDouble(((ulong)(biased - 1) << FractionBits) + kept);
        return true;
    }

    // ⌊factor · power / 2^64⌋
    private static (ulong High, ulong Low) FirstBits(ulong factor, UInt128 power)
    {
        ulong carried = Math.BigMul(factor, (ulong)power, out _);
        ulong high = Math.BigMul(factor, (ulong)(power >> 64), out ulong low);
        low += carried;
        return (high + (low < carried ? 1UL : 0UL), low);
    }
}
