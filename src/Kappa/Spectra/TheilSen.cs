using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The Theil–Sen line: the median slope over all pairs of points, and the median of y − slope·x.</summary>
/// <remarks>Source: Sen 1968. Up to 29 % of the points can be arbitrary without moving it far. Equal x are left out of the pairs.</remarks>
internal static class TheilSen
{
    /// <summary>Points kept of a longer series: 8128 pairs, about a tenth of a millisecond.</summary>
    public const int DefaultPoints = 128;

    /// <summary>Slope and intercept of y on x, from an evenly spread subsample
    /// of at most <paramref name="points"/>; NaN when no two x differ.</summary>
    public static (double Slope, double Intercept) Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int points)
    {
        int count = Math.Min(points, x.Length);
        double[] abscissae = new double[count], ordinates = new double[count];
        for (int i = 0; i < count; i++)
        {
            int picked = Pick(i, count, x.Length);
            (abscissae[i], ordinates[i]) = (x[picked], y[picked]);
        }

        double[] slopes = new double[count * (count - 1) / 2];
        double slope = OrderStatistics.Median(slopes.AsSpan(0, Slopes(abscissae, ordinates, slopes)));
        for (int i = 0; i < count; i++)
        {
            ordinates[i] -= slope * abscissae[i];
        }

        return (slope, OrderStatistics.Median(ordinates));
    }

    private static int Slopes(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> slopes)
    {
        int used = 0;
        for (int i = 1; i < x.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (x[i] != x[j])
                {
                    slopes[used++] = (y[i] - y[j]) / (x[i] - x[j]);
                }
            }
        }

        return used;
    }

    // Both ends are always kept.
    private static int Pick(int index, int count, int length) => count == 1 ? 0 : (int)((long)index * (length - 1) / (count - 1));
}
