using Kappa.Numerics;

namespace Kappa.Lab.Statistics;

/// <summary>The percentile bootstrap interval of a median over seeds: the quantiles of the medians of resamples, drawn with replacement.</summary>
/// <remarks>
/// Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13. The draws come from a named random sequence, so the same
/// values in any order give the same interval. It says how far the median could move with other seeds; with fewer than
/// <see cref="LeastValues"/> values it would be the range of the values and is not given.
/// </remarks>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Level">Nominal coverage, 0.95.</param>
/// <param name="Resamples">How many medians were drawn.</param>
internal sealed record BootstrapInterval(double Low, double High, double Level, int Resamples)
{
    /// <summary>Fewer values than this give no interval.</summary>
    public const int LeastValues = 5;

    private const double NominalLevel = 0.95;
    private const int DefaultResamples = 2000;

    /// <summary>The interval of the median of <paramref name="values"/>; null with fewer than <see cref="LeastValues"/> or with a NaN among them. Infinite values are allowed: they sort last or first.</summary>
    /// <param name="values">One value for each seed, in any order.</param>
    /// <param name="seed">Seed of the resampling.</param>
    public static BootstrapInterval? OfMedian(IEnumerable<double> values, long seed = 0)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length < LeastValues || double.IsNaN(sorted[0]) ? null : OfSorted(sorted, seed);
    }

    /// <summary>The interval whatever the number of values: with few of them it is their range, and says so little.</summary>
    /// <param name="sorted">At least one value, rising, without NaN.</param>
    /// <param name="seed">Seed of the resampling.</param>
    public static BootstrapInterval OfSorted(double[] sorted, long seed = 0)
    {
        double[] medians = Medians(sorted, new RandomSequence(seed, "bootstrap.median"));
        double tail = (1 - NominalLevel) / 2;
        int low = (int)Math.Floor(tail * (medians.Length - 1));
        return new(medians[low], medians[medians.Length - 1 - low], NominalLevel, medians.Length);
    }

    private static double[] Medians(double[] sorted, RandomSequence draws)
    {
        double[] medians = new double[DefaultResamples], resample = new double[sorted.Length];
        for (int k = 0; k < medians.Length; k++)
        {
            for (int i = 0; i < resample.Length; i++)
                resample[i] = sorted[draws.Below(((long)k * resample.Length) + i, sorted.Length)];
            Array.Sort(resample);
            medians[k] = Quantiles.OfSorted(resample, 0.5);
        }

        Array.Sort(medians);
        return medians;
    }
}
