namespace Kappa.Numerics;

/// <summary>e^x with a proven error, in <see cref="DoubleDouble"/> arithmetic.</summary>
/// <remarks>Theory: rounding, C.32: x = k ln 2 + 256 y with |y| ≤ 0.0014, ten terms of the series at
/// y, squared eight times. The runtime library promises no accuracy for its own exponential.</remarks>
internal static class PreciseExponential
{
    /// <summary>The relative error at most, for −600 ≤ x ≤ 600: 2⁻⁸⁵ (C.32 shows 2⁻⁸⁷).</summary>
    public const double RelativeError = 2.5849394142282115e-26;

    /// <summary>e^−600 is below 2⁻⁸⁶⁵: the absolute error at most for x &lt; −600, where the result is 0.</summary>
    public const double AbsoluteError = 4.0648e-261;

    private const double Least = -600;
    private const double Most = 600;
    private const int Terms = 10;
    private const int Squarings = 8;

    // ln 2 to 2⁻¹⁰⁷.
    private static readonly DoubleDouble Ln2 = new(0.6931471805599453, 2.3190468138462996e-17);

    /// <summary>e^x; 0 below −600, NaN above 600 and for NaN.</summary>
    public static DoubleDouble Of(DoubleDouble x)
    {
        if (!(x.High <= Most))
        {
            return double.NaN;
        }

        if (x.High < Least)
        {
            return 0;
        }

        double k = Math.Round(x.High / Ln2.High);
        DoubleDouble y = (x - (Ln2 * k)).Scaled(-Squarings);
        DoubleDouble power = 1;
        for (int term = Terms; term >= 1; term--)
        {
            // Horner: 1 + y/1 (1 + y/2 (1 + …))
            power = 1 + (power * y / term);
        }

        for (int i = 0; i < Squarings; i++)
        {
            power *= power;
        }

        return power.Scaled((int)k);
    }
}
