using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>1/√x in each lane without the square root, which takes 7 cycles
/// for a vector of doubles where a multiply-add takes one half.</summary>
/// <remarks>
/// An estimate y is corrected by the series of 1/√(1 − h) in the rest h = 1 − x y², of which ½ h + 3/8 h² + 5/16 h³ leaves 35/128 h⁴ and ½
/// h leaves 3/8 h². With AVX-512 the hardware's estimate has |h| &lt; 2⁻¹³: three terms are enough for double (2⁻⁵³), one for single
/// (2⁻²⁷). Elsewhere the integer estimate has |h| &lt; 0.07, three terms leave 7e-6 and the same correction follows. Within 2 ulp for
/// positive normal numbers; the last bit may differ between AVX-512 and other machines. NaN stays NaN; zero and infinite x give NaN or what
/// the series makes of them.
/// </remarks>
internal static class Reciprocals
{
    /// <summary>1/√x for x &gt; 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TQuad SquareRoot<TQuad>(TQuad x)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad y = TQuad.EstimateInverseRoot(x);
        y = TQuad.HasTables ? y : Correct(x, y, isLong: true);
        return Correct(x, y, isLong: TQuad.IsDouble);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TQuad Correct<TQuad>(TQuad x, TQuad y, bool isLong)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad rest = TQuad.MultiplySubtractFrom(x * y, y, 1.0);
        TQuad series = 0.5;
        if (isLong)
        {
            // ½ + 3/8 h + 5/16 h²
            series = TQuad.MultiplyAdd(rest, TQuad.MultiplyAdd(rest, 5.0 / 16, 3.0 / 8), series);
        }

        return TQuad.MultiplyAdd(y * rest, series, y);
    }
}
