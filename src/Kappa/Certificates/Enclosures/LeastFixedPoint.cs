using Kappa.Numerics;

namespace Kappa.Certificates.Enclosures;

/// <summary>The least radii C ≥ 0 with T(C) ≤ C of a map T that is monotone in every radius (C.10, S.5).</summary>
/// <remarks>
/// The iterates C ← T(C) from C = 0 grow towards the least fixed point, and leave every bound where there is none: no search over radii.
/// They are inflated by 1e-6 and accepted when T(C) ≤ C with T rounded up, which is the hypothesis itself, so nothing rests on the
/// iteration having converged.
/// </remarks>
internal static class LeastFixedPoint
{
    /// <summary>T is evaluated no more often than this: where a fixed point is only just missed, iterates
    /// creep through the gap in about π/√1e-6 steps.</summary>
    public const int MaximumIterations = 20_000;

    private const double Inflation = 1 + 1e-6;

    /// <summary>The radii, or <c>null</c> when the iterates grow without end or T is infinite somewhere.</summary>
    /// <param name="count">How many radii there are.</param>
    /// <param name="map">T; <c>null</c> where it is not defined.</param>
    public static double[]? Of(int count, Func<double[], UpperBound[]?> map)
    {
        double[] radii = new double[count];
        for (int k = 0; k < MaximumIterations; k++)
        {
            UpperBound[]? next = map(radii);
            if (next is null || !Array.TrueForAll(next, bound => bound.IsFinite) || !Array.TrueForAll(radii, double.IsFinite))
            {
                return null;
            }

            if (Enumerable.Range(0, count).All(b => next[b].Value <= radii[b]))
            {
                return radii;
            }

            radii = Array.ConvertAll(next, bound => Inflation * bound.Value);
        }

        return null;
    }
}
