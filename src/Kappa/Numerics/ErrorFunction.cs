namespace Kappa.Numerics;

/// <summary>The complement erfc x of the error function as a series, and the standard normal density.</summary>
/// <remarks>
/// A Chebyshev series of (1 + 2x) e^{x²} erfc(x) in t = (x − 3.75)/(x + 3.75) on [0, ∞), the variable and factor of Shepherd and
/// Laframboise (1981). The coefficients were computed with 50 digits from definitions and cut where they fall below 1e-17.
/// </remarks>
internal static class ErrorFunction
{
    /// <summary>Where the variable t of the series is 0.</summary>
    public const double Centre = 3.75;

    // erfc(28) is below the smallest subnormal number, so larger arguments may be taken as 28: this keeps x² finite.
    internal const double Underflow = 28;

    /// <summary>The Chebyshev coefficients of (1 + 2x) e^{x²} erfc(x) in t.</summary>
    public static readonly double[] ScaledErfc =
    [
        2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
        -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
        -6.916973302501207E-05, 4.13902798607301E-06, 7.74038306619849E-07, -2.1886401049234397E-07,
        1.076499946567091E-08, 4.521959811218287E-09, -7.754400208831351E-10, -6.318088340886684E-11,
        2.86879501093067E-11, 1.9455868545777347E-13, -9.65469674843344E-13, 3.25254814814874E-14,
        3.3478119482868056E-14, -1.864562880419313E-15, -1.2507950530688648E-15, 7.418235256624044E-17,
        5.068148904796111E-17,
    ];

    /// <summary>φ(x) = e^{−x²/2}/√(2π).</summary>
    public static double NormalDensity(double x) =>
        ExpOfMinusSquare(Math.Min(Math.Abs(x) * Math.Sqrt(0.5), Underflow)) * (1 / Math.Sqrt(2 * Math.PI));

    // e^{−x²}: the rounding error of x² would be multiplied by x², so it is recovered by a fused multiply-add.
    internal static double ExpOfMinusSquare(double x)
    {
        double square = x * x;
        double lost = Math.FusedMultiplyAdd(x, x, -square);
        return Math.Exp(-square) * (1 - lost);
    }
}
