using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>The standard normal distribution Φ and density φ of four vectors, in double and single precision.</summary>
/// <remarks>
/// With m = |x| and y = m/√2, Φ(−m) = erfc(y)/2 = ½ e^{−m²/2} g(t)/(1 + 2y): g is the series of <see cref="ErrorFunction"/> in powers of t
/// = (y − 3.75)/(y + 3.75), 25 terms in double, 14 in single precision (7e-10). The powers' coefficients sum to 1.8 in size, so nothing is
/// lost by them. The relative error of Φ(x) and φ(x) is a few ε for both signs of x, until they fall below the exponential's smallest
/// result at |x| = 37 (single: 13). NaN gives NaN.
/// </remarks>
internal static class NormalDistribution
{
    private const int SingleTerms = 14;

    // e^{−m²/2} is 0 from here on, and m² finite.
    private const double Farthest = 40;

    // The Chebyshev series of g cut after each precision's terms, in powers of t.
    private static readonly double[] Powers = ToEvenLength(ChebyshevSeries.ToPowers(ErrorFunction.ScaledErfc));
    private static readonly float[] SinglePowers =
        [.. ToEvenLength(ChebyshevSeries.ToPowers(ErrorFunction.ScaledErfc.AsSpan(0, SingleTerms))).Select(power => (float)power)];

    /// <summary>Φ(x) and φ(x) in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TQuad Distribution, TQuad Density) At<TQuad>(TQuad x)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad half = 0.5, one = 1.0;
        TQuad m = TQuad.Minimum(Farthest, TQuad.Abs(x));
        TQuad power = Power(m);
        TQuad tail = half * power * (Series(m) / TQuad.MultiplyAdd(m, Math.Sqrt(2), one));
        return (TQuad.IfAtMost(x, 0.0, tail, one - tail), power * (1 / Math.Sqrt(2 * Math.PI)));
    }

    private static double[] ToEvenLength(double[] powers) => powers.Length % 2 == 0 ? powers : [.. powers, 0];

    // e^{−m²/2}. The rounding error of m² would be an error of the exponent: it is recovered by a fused multiply-add. This and the series
    // are methods of their own, for in a larger one the compiler stops inlining the vector operations.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TQuad Power<TQuad>(in TQuad m)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad square = m * m, half = 0.5;
        TQuad halfLost = half * TQuad.MultiplyAdd(m, m, 0.0 - square);
        TQuad power = Exponential.OfNonPositive(square * -0.5);
        return TQuad.MultiplySubtractFrom(halfLost, power, power);
    }

    // g = Σ a_k t^k, even and odd powers apart: two chains half as long.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TQuad Series<TQuad>(in TQuad m)
        where TQuad : struct, IVectorQuad<TQuad>
    {
        TQuad centre = ErrorFunction.Centre * Math.Sqrt(2);
        TQuad t = (m - centre) / (m + centre);
        TQuad square = t * t, even = 0.0, odd = 0.0;
        if (TQuad.IsDouble)
        {
            Sum(Powers, square, ref even, ref odd);
        }
        else
        {
            Sum(SinglePowers, square, ref even, ref odd);
        }

        return TQuad.MultiplyAdd(t, odd, even);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum<TQuad, T>(T[] powers, TQuad square, ref TQuad even, ref TQuad odd)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
    {
        for (int k = powers.Length - 1; k > 0; k -= 2)
        {
            odd = TQuad.MultiplyAdd(square, odd, TQuad.Broadcast(powers[k]));
            even = TQuad.MultiplyAdd(square, even, TQuad.Broadcast(powers[k - 1]));
        }
    }
}
