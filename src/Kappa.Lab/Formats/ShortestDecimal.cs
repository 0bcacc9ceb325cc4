namespace Kappa.Lab.Formats;

/// <summary>The shortest decimal digits · 10^exponent that read back as one double; of
/// several as short, the one closest to it, and of two as close the even one.</summary>
/// <param name="Digits">At most 17 digits, without zeros at the end.</param>
/// <param name="Exponent">Of ten.</param>
/// <remarks>
/// R. Giulietti, The Schubfach way to render doubles, 2020. With |v| = c 2^q the decimals that read back as v lie between (c − ½) 2^q and
/// (c + ½) 2^q (below a power of two ¼), ends included for even c. With 10^k ≤ length of this interval &lt; 10^(k+1) it holds at most one
/// multiple of 10^(k+1), which is then the shortest, and otherwise one or some of 10^k. Everything is compared in units of 10^k / 4,
/// rounded to odd: 10^(−k) with 128 bits is enough to be exact.
/// </remarks>
internal readonly record struct ShortestDecimal(ulong Digits, int Exponent)
{
    private const int FractionBits = 52;
    private const ulong HiddenBit = 1UL << FractionBits;
    private const ulong EightZeros = 100_000_000;
    private const int SmallestBinaryExponent = -1074;

    /// <summary>The decimal of |<paramref name="value"/>|.</summary>
    /// <param name="value">Finite and not zero.</param>
    public static ShortestDecimal Of(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        ulong fraction = bits & (HiddenBit - 1);
        int biased = (int)(bits >> FractionBits) & 0x7FF;
        ulong c = biased == 0 ? fraction : fraction | HiddenBit;
        int q = SmallestBinaryExponent + Math.Max(biased, 1) - 1;

        // Below a power of two the neighbour is half as far, except where numbers are subnormal.
        bool isNearer = fraction == 0 && biased > 1;
        int k = isNearer ? FloorLog10OfThreeQuarters(q) : FloorLog10(q);
        UInt128 power = PowersOfTen.Of(-k);
        int shift = q + PowersOfTen.FloorLog2Of(-k) + 1;
        ulong open = c & 1;
        ulong centre = RoundedToOdd(power, (4 * c) << shift);
        ulong lower = RoundedToOdd(power, ((4 * c) - (isNearer ? 1UL : 2UL)) << shift) + open;
        ulong upper = RoundedToOdd(power, ((4 * c) + 2) << shift) - open;
        return Within(lower, centre, upper, k);
    }

    // All three in units of 10^k / 4; a decimal reads back as the number when it is from lower to upper.
    private static ShortestDecimal Within(ulong lower, ulong centre, ulong upper, int k)
    {
        ulong below = centre / 4, tens = below / 10;
        bool hasTensBelow = lower <= 40 * tens, hasTensAbove = 40 * (tens + 1) <= upper;
        if (hasTensBelow != hasTensAbove)
            return WithoutZeros(hasTensBelow ? tens : tens + 1, k + 1);
        bool hasBelow = lower <= 4 * below, hasAbove = 4 * (below + 1) <= upper;
        if (hasBelow != hasAbove)
            return new(hasBelow ? below : below + 1, k);
        ulong middle = (4 * below) + 2;
        return new(centre < middle || (centre == middle && below % 2 == 0) ? below : below + 1, k);
    }

    private static ShortestDecimal WithoutZeros(ulong digits, int exponent)
    {
        // Short decimals such as 0.001 have many.
        if (digits % EightZeros == 0)
            (digits, exponent) = (digits / EightZeros, exponent + 8);
        while (true)
        {
            ulong rest = digits / 10;
            if (rest * 10 != digits)
                return new(digits, exponent);
            (digits, exponent) = (rest, exponent + 1);
        }
    }

    // ⌊power · factor / 2^128⌋ with the last bit set when something was cut off. The power is too large by less than one unit, which shows
    // only below the words looked at; no product that is not an integer comes so near to one (the bound of the paper).
    private static ulong RoundedToOdd(UInt128 power, ulong factor)
    {
        ulong carried = Math.BigMul((ulong)power, factor, out _);
        ulong high = Math.BigMul((ulong)(power >> 64), factor, out ulong low);
        low += carried;
        high += low < carried ? 1UL : 0UL;
        return high | (low != 0 ? 1UL : 0UL);
    }

    // ⌊q log10 2⌋ and ⌊log10(¾ 2^q)⌋ for all exponents of a double.
    private static int FloorLog10(int q) => (q * 1_262_611) >> 22;

    private static int FloorLog10OfThreeQuarters(int q) => ((q * 1_262_611) - 524_031) >> 22;
}
