using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The error function erf x = 2/√π ∫₀ˣ e^{−t²} dt, its complement, and the standard normal distribution and density.</summary>
/// <remarks>
/// Two Chebyshev series: erf(x)/x in x² on [0, 1], and (1 + 2x) e^{x²} erfc(x) in t = (x − 3.75)/(x + 3.75) on [0, ∞), the variable and factor of
/// Shepherd and Laframboise (1981). The coefficients were computed with 50 digits from definitions and cut where they fall below 1e-17. Relative error a few 1e-16
/// for erf and, until erfc underflows beyond x = 26, for erfc. NaN gives NaN.
/// </remarks>
internal static class ErrorFunction
{
    private const double Centre = 3.75;

    // erfc(28) is below the smallest subnormal number, so larger arguments may be taken as 28: this keeps x² finite.
    private const double Underflow = 28;

    private static readonly double[] ErfOverX =
    [
        1.9509538787653082, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485,
        2.741993125219606E-05, -1.1043175507344507E-06, 3.8488755420345036E-08, -1.1808582533875466E-09,
        3.2334215826050907E-11, -7.991015947004549E-13, 1.7990725113961456E-14, -3.718635487818693E-16,
        7.103599003714253E-18, -1.2612455119155226E-19,
    ];

    private static readonly double[] ScaledErfc =
    [
        2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
        -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
        -6.916973302501207E-05, 4.13902798607301E-06, 7.74038306619849E-07, -2.1886401049234397E-07,
        1.076499946567091E-08, 4.521959811218287E-09, -7.754400208831351E-10, -6.318088340886684E-11,
        2.86879501093067E-11, 1.9455868545777347E-13, -9.65469674843344E-13, 3.25254814814874E-14,
        3.3478119482868056E-14, -1.864562880419313E-15, -1.2507950530688648E-15, 7.418235256624044E-17,
        5.068148904796111E-17,
    ];

    /// <summary>erf x.</summary>
    public static double Erf(double x) => Erf(Vector512.Create(x))[0];

    /// <summary>erfc x = 1 − erf x, without cancellation for large x.</summary>
    public static double Erfc(double x) => Erfc(Vector512.Create(x))[0];

    /// <summary>Φ(x) = erfc(−x/√2)/2.</summary>
    public static double NormalDistribution(double x) => NormalDistribution(Vector512.Create(x))[0];

    /// <summary>φ(x) = e^{−x²/2}/√(2π).</summary>
    public static double NormalDensity(double x) => NormalDensity(Vector512.Create(x))[0];

    /// <summary>erf in each lane.</summary>
    public static Vector512<double> Erf(Vector512<double> x)
    {
        Vector512<double> magnitude = Vector512.Abs(x);
        Vector512<double> tail = Vector512<double>.One - ErfcOfPositive(magnitude);
        Vector512<double> signedTail = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), -tail, tail);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512<double>.One), ErfNearZero(x), signedTail);
    }

    /// <summary>erfc in each lane.</summary>
    public static Vector512<double> Erfc(Vector512<double> x)
    {
        Vector512<double> magnitude = Vector512.Abs(x);
        Vector512<double> tail = ErfcOfPositive(magnitude);
        Vector512<double> reflected = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), Vector512.Create(2.0) - tail, tail);

        // 1 − erf loses at most a factor two below one half.
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0.5)), Vector512<double>.One - ErfNearZero(x), reflected);
    }

    /// <summary>Φ in each lane.</summary>
    public static Vector512<double> NormalDistribution(Vector512<double> x) => Vector512.Create(0.5) * Erfc(x * -Math.Sqrt(0.5));

    /// <summary>φ in each lane.</summary>
    public static Vector512<double> NormalDensity(Vector512<double> x) => ExpOfMinusSquare(Bounded(Vector512.Abs(x) * Math.Sqrt(0.5))) * (1 / Math.Sqrt(2 * Math.PI));

    private static Vector512<double> ErfNearZero(Vector512<double> x) => x * Series(ErfOverX, (x * x * 2.0) - Vector512<double>.One);

    private static Vector512<double> ErfcOfPositive(Vector512<double> magnitude)
    {
        Vector512<double> x = Bounded(magnitude);
        Vector512<double> t = (x - Vector512.Create(Centre)) / (x + Vector512.Create(Centre));
        return ExpOfMinusSquare(x) * (Series(ScaledErfc, t) / ((x * 2.0) + Vector512<double>.One));
    }

    // e^{−x²}: the rounding error of x² would be multiplied by x², so it is recovered by a fused multiply-add.
    private static Vector512<double> ExpOfMinusSquare(Vector512<double> x)
    {
        Vector512<double> square = x * x;
        Vector512<double> lost = Vector512.FusedMultiplyAdd(x, x, -square);
        return Vector512.Exp(-square) * (Vector512<double>.One - lost);
    }

    private static Vector512<double> Bounded(Vector512<double> magnitude) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, Vector512.Create(Underflow)), Vector512.Create(Underflow), magnitude);

    // Clenshaw: c_0/2 + Σ_{k ≥ 1} c_k T_k(t).
    private static Vector512<double> Series(double[] coefficients, Vector512<double> t)
    {
        Vector512<double> next = Vector512<double>.Zero;
        Vector512<double> afterNext = Vector512<double>.Zero;
        Vector512<double> twice = t + t;
        for (int k = coefficients.Length - 1; k >= 1; k--)
        {
            (next, afterNext) = (Vector512.FusedMultiplyAdd(twice, next, Vector512.Create(coefficients[k]) - afterNext), next);
        }

        return Vector512.FusedMultiplyAdd(t, next, Vector512.Create(coefficients[0] / 2) - afterNext);
    }
}
