namespace Kappa.Certificates;

/// <summary>The least radii of (C.9), found by iterating the map T(C) = 2ℓ(C)√(2ℒ_0)/μ(C) from C = 0 (C.10).</summary>
/// <remarks>
/// T is monotone, so the iterates grow towards its least fixed point, and leave every bound where it has none: no search over radii. They are inflated by 1e-6 and accepted when
/// (1 + 1e-9) T(C) ≤ C, which is the hypothesis itself, so nothing rests on the iteration having converged.
/// </remarks>
internal static class BallRadii
{
    private const double Inflation = 1 + 1e-6;

    // Where a fixed point is only just missed, iterates creep through the gap in about π/√1e-6 steps; more are not needed.
    private const int MaximumIterations = 20_000;

    // Below it 2ℒ_0 is not a normal number any more.
    private const double SmallestResidual = 1e-150;

    /// <summary>The radii, one a block, or <c>null</c> when there are none.</summary>
    /// <param name="function">Bounds as a function of the radii.</param>
    /// <param name="residualNorm">√(2ℒ_0).</param>
    public static double[]? Find(BallFunction function, double residualNorm)
    {
        double[] radii = new double[function.Blocks];
        for (int k = 0; k < MaximumIterations; k++)
        {
            double[] path = PathLengths(function.At(radii, withSecond: false), residualNorm);
            if (!Array.TrueForAll(path, double.IsFinite))
            {
                return null;
            }

            if (HoldsAt(path, radii))
            {
                return radii;
            }

            radii = Array.ConvertAll(path, length => Inflation * length);
        }

        return null;
    }

    /// <summary>The largest √(2ℒ_0) up to <paramref name="residualNorm"/> for which there are radii, from below to a relative 1e-3; 0 when μ(0) = 0.</summary>
    public static double LargestResidual(BallFunction function, double residualNorm)
    {
        if (!(function.At(new double[function.Blocks], withSecond: false).Pl.Sum > 0))
        {
            return 0;
        }

        double fails = residualNorm, holds = residualNorm / 2;
        while (Find(function, holds) is null)
        {
            if (holds < SmallestResidual)
            {
                return 0;
            }

            // Squaring the ratio finds 1e-300 in ten tries.
            (fails, holds) = (holds, holds * Math.Min(holds / residualNorm, 0.5));
        }

        while (fails > 1.001 * holds)
        {
            double middle = Math.Sqrt(fails) * Math.Sqrt(holds);
            (fails, holds) = Find(function, middle) is null ? (middle, holds) : (fails, middle);
        }

        return holds;
    }

    /// <summary>T_b(C) = 2 ℓ_b(F) √(2ℒ_0)/μ: how far block b moves at most when the bounds hold on the way; not a number or infinite when they say nothing.</summary>
    public static double[] PathLengths(BallConstants constants, double residualNorm) =>
        Array.ConvertAll(constants.OutputFirst, first => first == 0 ? 0 : 2 * first * residualNorm / constants.Pl.Sum);

    private static bool HoldsAt(double[] path, double[] radii)
    {
        for (int b = 0; b < path.Length; b++)
        {
            if (!(Outward.Up(path[b]) <= radii[b]))
            {
                return false;
            }
        }

        return true;
    }
}
