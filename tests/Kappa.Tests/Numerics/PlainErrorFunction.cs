using Kappa.Numerics;

namespace Kappa.Tests.Numerics;

/// <summary>erf, erfc and the normal distribution one number at a time: what the vectorised kernel is compared with.</summary>
/// <remarks>Relative error a few 1e-16 for erf and, until erfc underflows beyond x = 26, for erfc. NaN gives NaN.</remarks>
internal static class PlainErrorFunction
{
    // erf(x)/x in x² on [0, 1], computed with 50 digits.
    private static readonly double[] ErfOverX =
    [
        1.9509538787653082, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485,
        2.741993125219606E-05, -1.1043175507344507E-06, 3.8488755420345036E-08, -1.1808582533875466E-09,
        3.2334215826050907E-11, -7.991015947004549E-13, 1.7990725113961456E-14, -3.718635487818693E-16,
        7.103599003714253E-18, -1.2612455119155226E-19,
    ];

    /// <summary>erf x.</summary>
    public static double Erf(double x) => Math.Abs(x) < 1 ? ErfNearZero(x) : Math.CopySign(1 - ErfcOfPositive(Math.Abs(x)), x);

    /// <summary>erfc x = 1 − erf x, without cancellation for large x.</summary>
    public static double Erfc(double x)
    {
        // 1 − erf loses at most a factor two below one half.
        if (Math.Abs(x) < 0.5)
        {
            return 1 - ErfNearZero(x);
        }

        double tail = ErfcOfPositive(Math.Abs(x));
        return x < 0 ? 2 - tail : tail;
    }

    /// <summary>Φ(x) = erfc(−x/√2)/2.</summary>
    public static double NormalDistribution(double x) => 0.5 * Erfc(-Math.Sqrt(0.5) * x);

    private static double ErfNearZero(double x) => x * Evaluate(ErfOverX, (2 * x * x) - 1);

    private static double ErfcOfPositive(double magnitude)
    {
        double x = Math.Min(magnitude, ErrorFunction.Underflow);
        double series = Evaluate(ErrorFunction.ScaledErfc, (x - ErrorFunction.Centre) / (x + ErrorFunction.Centre));
        return ErrorFunction.ExpOfMinusSquare(x) * (series / ((2 * x) + 1));
    }

    /// <summary>The value at <paramref name="t"/> by Clenshaw's recurrence.</summary>
    private static double Evaluate(ReadOnlySpan<double> coefficients, double t)
    {
        double next = 0, afterNext = 0;
        for (int k = coefficients.Length - 1; k >= 1; k--)
        {
            (next, afterNext) = (double.MultiplyAddEstimate(t + t, next, coefficients[k] - afterNext), next);
        }

        return double.MultiplyAddEstimate(t, next, (coefficients[0] / 2) - afterNext);
    }
}
