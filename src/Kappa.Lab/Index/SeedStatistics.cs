using Kappa.Lab.Statistics;

namespace Kappa.Lab.Index;

/// <summary>Median, quartiles and a bootstrap interval of the median of one quantity over the seeds of a group.</summary>
/// <remarks>
/// A value that was not reached (T(1e-2) of a run that never came there) is +∞ in the order, so that it counts without a number of its own; a quantile that touches one is +∞. A missing
/// value (the rate of a run with nothing to fit) is left out and counted. The interval is the percentile interval of 95 % from 2,000 resamples with replacement, drawn from a seeded stream: equal values
/// give equal intervals. Below five values it says little, and with one value it is a point.
/// </remarks>
/// <param name="Count">Values in the summary, those not reached included.</param>
/// <param name="Missing">Runs without a value.</param>
/// <param name="NotReached">Values that are +∞.</param>
/// <param name="Lower">First quartile; between two values in proportion.</param>
/// <param name="Median">Median.</param>
/// <param name="Upper">Third quartile.</param>
/// <param name="IntervalLow">Lower end of the bootstrap interval of the median.</param>
/// <param name="IntervalHigh">Upper end.</param>
public sealed record SeedStatistics(int Count, int Missing, int NotReached, double Lower, double Median, double Upper, double IntervalLow, double IntervalHigh)
{
    /// <summary>Summarises values.</summary>
    /// <param name="values">Numbers, +∞ for not reached, NaN for missing.</param>
    /// <param name="seed">Seed of the resampling.</param>
    public static SeedStatistics Of(IEnumerable<double> values, long seed = 0)
    {
        double[] all = [.. values];
        double[] sorted = [.. all.Where(value => !double.IsNaN(value)).Order()];
        if (sorted.Length == 0)
            return new(0, all.Length, 0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        var interval = BootstrapInterval.OfSorted(sorted, seed);
        return new(
            sorted.Length, all.Length - sorted.Length, sorted.Count(double.IsPositiveInfinity),
            Quantiles.OfSorted(sorted, 0.25), Quantiles.OfSorted(sorted, 0.5), Quantiles.OfSorted(sorted, 0.75), interval.Low, interval.High);
    }
}
