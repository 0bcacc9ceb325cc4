using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>A line y = intercept + slope·x through points, with an interval of the slope: for example log rate against log κ.</summary>
/// <param name="Slope">The slope.</param>
/// <param name="Intercept">The intercept.</param>
/// <param name="SlopeLow">Lower end of the 95 % interval of the slope; NaN when the points do not give one.</param>
/// <param name="SlopeHigh">Upper end of the 95 % interval of the slope.</param>
/// <param name="CoefficientOfDetermination">R² = 1 − Σ(y − line)²/Σ(y − ȳ)²; can be negative for the robust line; NaN when all y are equal.</param>
/// <param name="Points">Number of points.</param>
public readonly record struct Regression(double Slope, double Intercept, double SlopeLow, double SlopeHigh, double CoefficientOfDetermination, int Points)
{
    private const int LeastResamples = 100;

    /// <summary>The least-squares line with the t-interval of the slope, valid for independent errors of equal size.</summary>
    /// <remarks>The interval needs three points; with two it is NaN. A point that is not finite makes everything NaN.</remarks>
    /// <param name="x">Abscissae.</param>
    /// <param name="y">Ordinates, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Regression LeastSquares(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Require(x, y);
        (double slope, double intercept, double xx) = LeastSquaresLine(x, y);
        (double residual, double total) = Squares(x, y, slope, intercept, Mean(y));
        int freedom = x.Length - 2;
        double margin = freedom < 1 ? double.NaN : StudentT.TwoSided95(freedom) * Math.Sqrt(residual / freedom / xx);
        return new Regression(slope, intercept, slope - margin, slope + margin, Determination(residual, total), x.Length);
    }

    /// <summary>The Theil–Sen line with a bootstrap interval that resamples whole groups: points of one group (a seed, a run) are not independent.</summary>
    /// <remarks>2.5 % and 97.5 % percentiles of the slope over <paramref name="resamples"/> draws of as many groups, with replacement. Same sequence, same bits.</remarks>
    /// <param name="x">Abscissae.</param>
    /// <param name="y">Ordinates, as many.</param>
    /// <param name="groups">The group of each point; empty means that every point is its own group.</param>
    /// <param name="sequence">Where the draws come from.</param>
    /// <param name="resamples">Number of draws, at least 100.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Regression Robust(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<int> groups, RandomSequence sequence, int resamples = 1000)
    {
        Require(x, y);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, LeastResamples);
        if (!groups.IsEmpty && groups.Length != x.Length)
        {
            throw new ArgumentException($"There must be a group for each of the {x.Length} points but there are {groups.Length}.", nameof(groups));
        }

        (double slope, double intercept) = TheilSen.Fit(x, y, TheilSen.DefaultPoints);
        (double low, double high) = Bootstrap(x, y, Members(x.Length, groups), sequence, resamples);
        (double residual, double total) = Squares(x, y, slope, intercept, Mean(y));
        return new Regression(slope, intercept, low, high, Determination(residual, total), x.Length);
    }

    /// <summary>The least-squares line and Σ(x − x̄)²; a slope of NaN when all x are equal.</summary>
    internal static (double Slope, double Intercept, double Spread) LeastSquaresLine(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double meanX = Mean(x);
        double meanY = Mean(y);
        double spread = 0;
        double product = 0;
        for (int i = 0; i < x.Length; i++)
        {
            spread += (x[i] - meanX) * (x[i] - meanX);
            product += (x[i] - meanX) * (y[i] - meanY);
        }

        double slope = spread > 0 ? product / spread : double.NaN;
        return (slope, meanY - (slope * meanX), spread);
    }

    private static (double Low, double High) Bootstrap(ReadOnlySpan<double> x, ReadOnlySpan<double> y, List<int>[] members, RandomSequence sequence, int resamples)
    {
        double[] slopes = new double[resamples];
        var drawnX = new List<double>();
        var drawnY = new List<double>();
        for (int resample = 0; resample < resamples; resample++)
        {
            drawnX.Clear();
            drawnY.Clear();
            for (int draw = 0; draw < members.Length; draw++)
            {
                foreach (int point in members[sequence.Below(((long)resample * members.Length) + draw, members.Length)])
                {
                    drawnX.Add(x[point]);
                    drawnY.Add(y[point]);
                }
            }

            slopes[resample] = TheilSen.Fit(drawnX.ToArray(), drawnY.ToArray(), TheilSen.DefaultPoints).Slope;
        }

        // A draw of equal x only has no slope; it sorts first and is left out.
        double[] known = [.. slopes.Where(slope => !double.IsNaN(slope)).Order()];
        return known.Length == 0 ? (double.NaN, double.NaN) : (Percentile(known, 0.025), Percentile(known, 0.975));
    }

    private static List<int>[] Members(int points, ReadOnlySpan<int> groups)
    {
        var members = new SortedDictionary<int, List<int>>();
        for (int i = 0; i < points; i++)
        {
            int group = groups.IsEmpty ? i : groups[i];
            if (!members.TryGetValue(group, out List<int>? list))
            {
                members[group] = list = [];
            }

            list.Add(i);
        }

        return [.. members.Values];
    }

    // Linear interpolation between order statistics.
    private static double Percentile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((position - below) * (sorted[below + 1] - sorted[below]));
    }

    private static (double Residual, double Total) Squares(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double slope, double intercept, double meanY)
    {
        double residual = 0;
        double total = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double error = y[i] - intercept - (slope * x[i]);
            residual += error * error;
            total += (y[i] - meanY) * (y[i] - meanY);
        }

        return (residual, total);
    }

    private static double Determination(double residual, double total) => total > 0 ? 1 - (residual / total) : double.NaN;

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static void Require(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"There must be as many y as x but there are {y.Length} and {x.Length}.", nameof(y));
        }
    }
}
