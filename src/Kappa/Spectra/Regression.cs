namespace Kappa.Spectra;

/// <summary>A line y = intercept + slope·x through points, with an interval of the slope: for example log rate against log κ.</summary>
/// <param name="Slope">The slope.</param>
/// <param name="Intercept">The intercept.</param>
/// <param name="SlopeLow">Lower end of the interval of the slope; NaN when the points do not give one.</param>
/// <param name="SlopeHigh">Upper end of the interval of the slope.</param>
/// <param name="CoefficientOfDetermination">R² = 1 − Σ(y − line)²/Σ(y − ȳ)²;
/// can be negative for the robust line; NaN when all y are equal.</param>
/// <param name="Points">Number of points.</param>
public readonly record struct Regression(
    double Slope, double Intercept, double SlopeLow, double SlopeHigh, double CoefficientOfDetermination, int Points)
{
    private const double NominalLevel = 0.95;

    /// <summary>How often the interval holds the slope: 0.95 for least squares;
    /// for the robust line what the number of groups allows.</summary>
    public double Level { get; init; } = NominalLevel;

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

    /// <summary>The Theil–Sen line with the interval over the slopes of single
    /// groups: points of one group (a seed, a run) are not independent.</summary>
    /// <remarks>
    /// Each group gives a slope of its own, and these are independent. Their order statistics hold
    /// the median of their law with a level that is exact for any law (<see cref="MedianInterval"/>):
    /// 75 % for three groups, 93.75 % for five. The interval is widened to
    /// hold the slope of all points. It is NaN where no group has a slope.
    /// </remarks>
    /// <param name="x">Abscissae.</param>
    /// <param name="y">Ordinates, as many.</param>
    /// <param name="groups">The group of each point.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static Regression Robust(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<int> groups)
    {
        Require(x, y);
        if (groups.Length != x.Length)
        {
            throw new ArgumentException(
                $"There must be a group for each of the {x.Length} points but there are {groups.Length}.", nameof(groups));
        }

        (double slope, double intercept) = TheilSen.Fit(x, y, TheilSen.DefaultPoints);
        (double residual, double total) = Squares(x, y, slope, intercept, Mean(y));
        var interval = MedianInterval.Of(GroupSlopes(x, y, groups));
        return new Regression(
            slope, intercept, Math.Min(slope, interval.Low), Math.Max(slope, interval.High), Determination(residual, total),
            x.Length)
        { Level = interval.Level };
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

    private static IEnumerable<double> GroupSlopes(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<int> groups)
    {
        var members = new SortedDictionary<int, List<(double X, double Y)>>();
        for (int i = 0; i < x.Length; i++)
        {
            if (!members.TryGetValue(groups[i], out List<(double X, double Y)>? list))
            {
                members[groups[i]] = list = [];
            }

            list.Add((x[i], y[i]));
        }

        // A group of equal x only has no slope.
        return [
            .. members.Values.Select(list =>
                TheilSen.Fit(
                    [.. list.Select(point => point.X)], [.. list.Select(point => point.Y)],
                    TheilSen.DefaultPoints).Slope).Where(slope => !double.IsNaN(slope))];
    }

    private static (double Residual, double Total) Squares(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, double slope, double intercept, double meanY)
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
