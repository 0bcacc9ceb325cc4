using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>e^x of arguments that are not positive, as a softmax needs it, in double and single precision.</summary>
/// <remarks>
/// x = (n/w) ln 2 + r, |r| ≤ ½ ln 2/w, and e^x = 2^⌊n/w⌋ · 2^((n mod w)/w) · e^r. With AVX-512 w is the number of lanes (8 doubles or 16
/// floats) and the second factor a lane of a vector of roots; elsewhere w = 1. The third is 1 + r + r² q(r) with the q that keeps the
/// relative error least: with AVX-512 2.9e-18 at degree 7 (double) and 1.6e-9 at degree 3 (single), elsewhere 3.6e-18 at degree 11 and
/// 3.1e-9 at degree 6. Within 2 ulp, and e⁰ = 1; the last bit may differ between AVX-512 and other machines. Results below 2.2e-308 (x &lt;
/// −708; single: 1.6e-38, x &lt; −87) become 0; NaN stays NaN.
/// </remarks>
internal static class Exponential
{
    // ln 2 in two parts (fdlibm, e_exp.c; single: 355/512 and the rest).
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double SingleLn2High = 0.693359375;
    private const double SingleLn2Low = -2.1219444005469058e-4;
    private const double InverseLn2 = 1.4426950408889634;

    /// <summary>e^x for x ≤ 0 or NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad OfNonPositive<TQuad>(TQuad x)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        // 1.5·2^52/w (single: 1.5·2^23/w) rounds its sum with a small number to a multiple of 1/w and keeps n in its last bits.
        TQuad round = (TQuad.IsDouble ? 6755399441055744.0 : 12582912) / (TQuad.HasTables ? TQuad.Lanes : 1);
        TQuad shifted = TQuad.MultiplyAdd(x, InverseLn2, round);
        TQuad exponent = shifted - round;
        TQuad r = TQuad.MultiplyAdd(exponent, TQuad.IsDouble ? -Ln2High : -SingleLn2High, x);
        r = TQuad.MultiplyAdd(exponent, TQuad.IsDouble ? -Ln2Low : -SingleLn2Low, r);
        TQuad power = Power(r, shifted);

        // 2^⌊n/w⌋ is exact as no result is subnormal; below the smallest argument
        // 0, or NaN: the maximum keeps its second operand when that is NaN.
        TQuad smallest = TQuad.IsDouble ? -708 : -87;
        return TQuad.IfAtMost(smallest, x, TQuad.Scale(power, exponent, shifted), TQuad.Maximum(0.0, x));
    }

    // 2^((n mod w)/w) · e^r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TQuad Power<TQuad>(TQuad r, TQuad shifted)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        if (!TQuad.HasTables)
        {
            return TQuad.MultiplyAdd(r * r, TQuad.IsDouble ? LongQuotient(r) : LongSingleQuotient(r), r) + 1.0;
        }

        TQuad roots = TQuad.LookUp(shifted);
        return TQuad.MultiplyAdd(roots, TQuad.MultiplyAdd(r * r, ShortQuotient(r), r), roots);
    }

    // q for w lanes, pairs of terms apart: a chain half as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TQuad ShortQuotient<TQuad>(TQuad r)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        if (!TQuad.IsDouble)
        {
            return TQuad.MultiplyAdd(r, 0.16666844808914044, 0.5000161943131648);
        }

        TQuad square = r * r;
        TQuad q = TQuad.MultiplyAdd(r, 0.00019840908636712082, 0.0013889781922867515);
        q = TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.008333333360913176, 0.041666666569724266));
        return TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.16666666666664454, 0.5000000000000299));
    }

    // q for w = 1 in double precision.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TQuad LongQuotient<TQuad>(TQuad r)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad square = r * r;
        TQuad q = TQuad.MultiplyAdd(r, 2.5000076670000268e-8, 2.7630235149381887e-7);
        q = TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 2.7557586259362074e-6, 2.4801493132544884e-5));
        q = TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.00019841269506777337, 0.0013888888943601426));
        q = TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.0083333333334943408, 0.041666666666530251));
        return TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.16666666666666413, 0.50000000000000106));
    }

    // q for w = 1 in single precision.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TQuad LongSingleQuotient<TQuad>(TQuad r)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad square = r * r;
        TQuad q = TQuad.MultiplyAdd(square, 0.0013814608136114571, TQuad.MultiplyAdd(r, 0.008368710366213349, 0.041668387472203305));
        return TQuad.MultiplyAdd(square, q, TQuad.MultiplyAdd(r, 0.16666520684183086, 0.49999993451150862));
    }
}
