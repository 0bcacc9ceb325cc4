namespace Kappa.Numerics;

/// <summary>The logarithm near 1.</summary>
public static class Logarithm
{
    /// <summary>log(1 + x), to a few units in the last place for every x above −1, however small.</summary>
    /// <remarks>
    /// The framework's <c>LogP1</c> computes log(fl(1 + x)), which is 0 for |x| below 2⁻⁵³ and has few digits above it. Here the error of
    /// fl(1 + x) is made good: with u = fl(1 + x), log(1 + x) = log(u) · x/(u − 1) up to rounding, for log(u)/(u − 1) is flat there.
    /// Source: Higham, "Accuracy and Stability of Numerical Algorithms", section 1.14.1.
    /// </remarks>
    /// <param name="x">Above −1; −1 gives −∞, below it NaN.</param>
    public static double OfOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : double.IsInfinity(u) || u <= 0 ? Math.Log(u) : Math.Log(u) * (x / (u - 1));
    }
}
