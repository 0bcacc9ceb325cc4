namespace Kappa.Lab.Studies;

/// <summary>The ratio of a quantity of two runs of one seed, of which either may be known as a
/// lower bound only: it lies in [<paramref name="Low"/>, <paramref name="High"/>].</summary>
/// <remarks>
/// A run that does not reach a loss within its budget has a time of the budget or more. As the numerator it makes the ratio a lower bound,
/// as the denominator an upper bound, and where both are bounds nothing is known: 0 to ∞. Runs of one seed share data and weights, so
/// ratios are taken seed by seed.
/// </remarks>
/// <param name="Low">The least that the ratio can be.</param>
/// <param name="High">The most.</param>
internal readonly record struct PairedRatio(double Low, double High)
{
    /// <summary>The ratio of two values that are not negative, each with the
    /// mark whether it is only a lower bound; 0/0 and ∞/∞ are unknown.</summary>
    public static PairedRatio Of((double Value, bool IsLowerBound) numerator, (double Value, bool IsLowerBound) denominator)
    {
        double ratio = numerator.Value / denominator.Value;
        return new PairedRatio(
            denominator.IsLowerBound || double.IsNaN(ratio) ? 0 : ratio,
            numerator.IsLowerBound || double.IsNaN(ratio) ? double.PositiveInfinity : ratio);
    }

    /// <summary>The ratios over the seeds that both have.</summary>
    /// <param name="numerator">Seed and value of each run of one arm.</param>
    /// <param name="denominator">The same of the other arm.</param>
    public static SeedSummary Over(
        IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> numerator,
        IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> denominator) =>
        Summary([.. numerator.Join(denominator, one => one.Seed, other => other.Seed, (one, other) => Of(one.Of, other.Of))]);

    /// <summary>Median and range: of the lower ends and of the upper ends, which
    /// bound those of the ratios; NaN where nothing is known of the median.</summary>
    /// <param name="ratios">Any number; of none everything is NaN.</param>
    public static SeedSummary Summary(IReadOnlyList<PairedRatio> ratios)
    {
        if (ratios.Count == 0)
        {
            return new SeedSummary(double.NaN, double.NaN, double.NaN, 0, 0);
        }

        double[] lows = [.. ratios.Select(ratio => ratio.Low).Order()], highs = [.. ratios.Select(ratio => ratio.High).Order()];
        double low = Runs.Quantiles.OfSorted(lows, 0.5), high = Runs.Quantiles.OfSorted(highs, 0.5);
        double median = low == high ? low : low > 0 ? low : double.IsFinite(high) ? high : double.NaN;
        return new SeedSummary(median, lows[0], highs[^1], ratios.Count, ratios.Count(ratio => ratio.Low > 0 && ratio.High > ratio.Low))
        {
            UpperBounds = ratios.Count(ratio => ratio.Low == 0 && ratio.High > 0),
        };
    }
}
