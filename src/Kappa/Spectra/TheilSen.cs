namespace Kappa.Spectra;

/// <summary>The Theil–Sen line: the median slope over all pairs of points, and the median of y − slope·x.</summary>
/// <remarks>Source: Sen 1968. Up to 29 % of the points can be arbitrary without moving it far. Equal x are left out of the pairs.</remarks>
internal static class TheilSen
{
    /// <summary>Points kept of a longer series: 8128 pairs, about half a millisecond.</summary>
    public const int DefaultPoints = 128;

    /// <summary>Slope and intercept of y on x, from an evenly spread subsample of at most <paramref name="points"/>; NaN when no two x differ.</summary>
    public static (double Slope, double Intercept) Fit(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int points)
    {
        int count = Math.Min(points, x.Length);
        double[] slopes = new double[count * (count - 1) / 2];
        int used = 0;
        for (int i = 1; i < count; i++)
        {
            int a = Pick(i, count, x.Length);
            for (int j = 0; j < i; j++)
            {
                int b = Pick(j, count, x.Length);
                if (x[a] != x[b])
                {
                    slopes[used++] = (y[a] - y[b]) / (x[a] - x[b]);
                }
            }
        }

        double slope = Median(slopes.AsSpan(0, used));
        double[] intercepts = new double[count];
        for (int i = 0; i < count; i++)
        {
            int a = Pick(i, count, x.Length);
            intercepts[i] = y[a] - (slope * x[a]);
        }

        return (slope, Median(intercepts));
    }

    /// <summary>The median, the mean of the middle two for an even number; sorts <paramref name="values"/>; NaN when empty.</summary>
    public static double Median(Span<double> values)
    {
        if (values.IsEmpty)
        {
            return double.NaN;
        }

        values.Sort();
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    // Both ends are always kept.
    private static int Pick(int index, int count, int length) => count == 1 ? 0 : (int)((long)index * (length - 1) / (count - 1));
}
