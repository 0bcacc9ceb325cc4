using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>e^x of eight arguments that are not positive, as a softmax needs it.</summary>
/// <remarks>
/// x = n ln 2 + r with |r| ≤ ½ ln 2, e^r by its Taylor polynomial of degree 13 (the first term left out is 4e-18), the exponent n added to the bits:
/// within 2 ulp. Results below 2.2e-308 (x &lt; −708) become 0; NaN stays NaN. The same bits on every machine with fused multiply-add.
/// </remarks>
internal static class Exponential
{
    // 1.5·2⁵² rounds its sum with a small number to an integer and keeps that integer in its last bits.
    private const double RoundToInteger = 6755399441055744.0;

    // ln 2 in two parts: the first has 11 trailing zero bits, so that n times it is exact for |n| < 2¹¹ (fdlibm, e_exp.c).
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double InverseLn2 = 1.4426950408889634;
    private const double Smallest = -708;
    private const int MantissaBits = 52;

    /// <summary>e^x for x ≤ 0 or NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> OfNonPositive(Vector512<double> x)
    {
        Vector512<double> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(InverseLn2), Vector512.Create(RoundToInteger));
        Vector512<double> n = shifted - Vector512.Create(RoundToInteger);
        Vector512<double> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<double> power = (PolynomialBits(r) + Vector512.ShiftLeft(shifted.AsInt64(), MantissaBits)).AsDouble();
        Vector512<double> zeroOrNaN = Vector512.ConditionalSelect(Vector512.Equals(x, x), Vector512<double>.Zero, x);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512.Create(Smallest)), power, zeroOrNaN);
    }

    // Σ r^k/k!, even and odd powers apart: two chains half as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> PolynomialBits(Vector512<double> r)
    {
        Vector512<double> square = r * r;
        Vector512<double> even = Next(Vector512.Create(1.0 / 479001600), square, 1.0 / 3628800);
        Vector512<double> odd = Next(Vector512.Create(1.0 / 6227020800), square, 1.0 / 39916800);
        even = Next(even, square, 1.0 / 40320);
        odd = Next(odd, square, 1.0 / 362880);
        even = Next(even, square, 1.0 / 720);
        odd = Next(odd, square, 1.0 / 5040);
        even = Next(even, square, 1.0 / 24);
        odd = Next(odd, square, 1.0 / 120);
        even = Next(even, square, 1.0 / 2);
        odd = Next(odd, square, 1.0 / 6);
        even = Next(even, square, 1);
        odd = Next(odd, square, 1);
        return Vector512.FusedMultiplyAdd(odd, r, even).AsInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Next(Vector512<double> sum, Vector512<double> square, double coefficient) => Vector512.FusedMultiplyAdd(sum, square, Vector512.Create(coefficient));
}
