using Kappa.Numerics;

namespace Kappa.Certificates.ShallowEncoder;

/// <summary>Radii of the balls ‖W_S − W_S⁰‖ ≤ C_S in the order w_O, W_V, W_Q,
/// W_K, found as the least fixed point of a monotone map (S.5).</summary>
internal static class EncoderRadii
{
    /// <summary>T is evaluated no more often than this.</summary>
    public const int MaximumIterations = 20_000;

    /// <summary>The least C ≥ 0 with T(C) ≤ C to a relative 1e-6, or <c>null</c> when
    /// the iteration from 0 grows without end or T is infinite somewhere.</summary>
    /// <param name="count">How many radii there are.</param>
    /// <param name="map">T, monotone in every radius; <c>null</c> where it is not defined.</param>
    public static double[]? Least(int count, Func<UpperBound[], UpperBound[]?> map)
    {
        double[] radii = new double[count];
        for (int iteration = 0; iteration < MaximumIterations; iteration++)
        {
            UpperBound[]? next = map([.. radii.Select(radius => (UpperBound)radius)]);
            if (next is null || !Array.TrueForAll(next, bound => bound.IsFinite) || !Array.TrueForAll(radii, double.IsFinite))
            {
                return null;
            }

            if (Enumerable.Range(0, count).All(k => next[k].Value <= radii[k]))
            {
                return radii;
            }

            // From below, a little above the map so that it ends.
            radii = [.. next.Select((radius, k) => Math.Max(radii[k], (1 + 1e-6) * radius.Value))];
        }

        return null;
    }

    /// <summary>The largest factor f ≤ 1 of √(2ℓ_0) for which <paramref name="holds"/>, by
    /// bisection of its logarithm to a relative 1e-4; 0 when none is found down to 1e-30.</summary>
    public static double LargestFactor(Func<double, bool> holds)
    {
        if (holds(1))
        {
            return 1;
        }

        double low = Math.Log(1e-30), high = 0;
        if (!holds(Math.Exp(low)))
        {
            return 0;
        }

        while (high - low > 1e-4)
        {
            double middle = (low + high) / 2;
            (low, high) = holds(Math.Exp(middle)) ? (middle, high) : (low, middle);
        }

        return Math.Exp(low);
    }
}
