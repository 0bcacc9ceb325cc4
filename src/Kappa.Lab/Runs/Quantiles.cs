namespace Kappa.Lab.Runs;

/// <summary>Quantiles by linear interpolation between order statistics: quantile p of n
/// sorted values lies at position p(n − 1) (R. Hyndman, Y. Fan, 1996, type 7).</summary>
internal static class Quantiles
{
    /// <summary>The quantile at <paramref name="share"/> of sorted values.</summary>
    /// <param name="sorted">At least one value, rising, without NaN; may be infinite.</param>
    /// <param name="share">Between 0 and 1.</param>
    public static double OfSorted(ReadOnlySpan<double> sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)Math.Floor(position);
        double weight = position - below;

        // Without weight the upper neighbour does not count, also when it is infinite; equal neighbours spare ∞ − ∞.
        return weight == 0 || sorted[below] == sorted[below + 1]
            ? sorted[below]
            : ((1 - weight) * sorted[below]) + (weight * sorted[below + 1]);
    }
}
