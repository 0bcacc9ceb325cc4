using Kappa.Lab.Runs;
using Kappa.Spectra;

namespace Kappa.Lab.Index;

/// <summary>Median, quartiles and the exact interval of the median of one quantity over the seeds of a group.</summary>
/// <remarks>
/// A value that was not reached (T(1e-2) of a run that never came there) is +∞ in the order, so that it counts without a number of its own;
/// a quantile that touches one is +∞. A missing value (the rate of a run with nothing to fit) is left out and counted. The interval is
/// <see cref="MedianInterval"/>: order statistics, with its true level beside it. It is the range up to eight values:
/// 75 % for three seeds, 93.75 % for five.
/// </remarks>
/// <param name="Count">Values in the summary, those not reached included.</param>
/// <param name="Missing">Runs without a value.</param>
/// <param name="NotReached">Values that are +∞.</param>
/// <param name="Lower">First quartile; between two values in proportion.</param>
/// <param name="Median">Median.</param>
/// <param name="Upper">Third quartile.</param>
/// <param name="IntervalLow">Lower end of the interval of the median.</param>
/// <param name="IntervalHigh">Upper end.</param>
/// <param name="IntervalLevel">The probability that the interval holds the median: 0 for one value.</param>
internal sealed record SeedStatistics(
    int Count, int Missing, int NotReached, double Lower, double Median, double Upper, double IntervalLow, double IntervalHigh,
    double IntervalLevel)
{
    /// <summary>Summarises values.</summary>
    /// <param name="values">Numbers, +∞ for not reached, NaN for missing.</param>
    public static SeedStatistics Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double[] sorted = [.. all.Where(value => !double.IsNaN(value)).Order()];
        if (sorted.Length == 0)
            return new(0, all.Length, 0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0);
        var interval = MedianInterval.Of(sorted);
        return new(
            sorted.Length, all.Length - sorted.Length, sorted.Count(double.IsPositiveInfinity),
            Quantiles.OfSorted(sorted, 0.25), Quantiles.OfSorted(sorted, 0.5), Quantiles.OfSorted(sorted, 0.75), interval.Low,
            interval.High, interval.Level);
    }
}
