using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The part of a loss curve on which <see cref="RateFit"/> fits its rate, found by the window rule stated there.</summary>
internal sealed class RateWindow
{
    /// <summary>Number of blocks for the interval: with nine, second smallest to second largest covers the median with 96.1 %.</summary>
    public const int Blocks = 9;

    // Four increments: t with three degrees of freedom. A third of the shortest window has six points.
    private const int IntervalBlocks = 5;

    // A tail whose slope is this much flatter than what led to it is a floor on the record's own scale of time.
    private const double PlateauSlopeShare = 0.01;
    private const double PlateauMargin = 10;

    // The floor of rounding is an estimate without what the descent makes of it: at the edge of
    // stability an error in E comes back as 1/(1 − |1 − ηλ|) times itself. Ten times in ‖E‖.
    private const double RoundingMargin = 100;
    private const int LeastTailPoints = 8;
    private static readonly int[] TailDivisors = [2, 4, 8, 16];

    private RateWindow(double[] steps, double[] logarithms)
    {
        Steps = steps;
        Logarithms = logarithms;
    }

    /// <summary>Steps in the window.</summary>
    public double[] Steps { get; }

    /// <summary>log ℒ in the window.</summary>
    public double[] Logarithms { get; }

    /// <summary>Points in the window.</summary>
    public int Count => Steps.Length;

    /// <summary>Whether the whole record is finite.</summary>
    public required bool IsFinite { get; init; }

    /// <summary>Index of the first loss that is not finite, or the length of the record.</summary>
    public required int FiniteCount { get; init; }

    /// <summary>log₁₀ of the first loss in the window over the last; 0 when it is empty.</summary>
    public double Decades => Count == 0 ? 0 : (Logarithms[0] - Logarithms[^1]) / Math.Log(10);

    /// <summary>Whether the floor is a plateau of the curve, rather than rounding.</summary>
    public bool IsPlateau { get; init; }

    /// <summary>Whether the floor is rounding: the loss comes down to the
    /// rounding floor given, or levels off within a factor 100 of it.</summary>
    public bool IsRounding { get; init; }

    /// <summary>The level of the floor.</summary>
    public double? FloorLoss { get; init; }

    /// <summary>Index of the first loss at the floor.</summary>
    public int? FloorIndex { get; init; }

    /// <summary>log₁₀ ℒ₀/floor.</summary>
    public double DecadesToFloor { get; init; }

    /// <summary>Finds the window.</summary>
    public static RateWindow Of(ReadOnlySpan<double> losses, ReadOnlySpan<double> steps, RateFitOptions options)
    {
        int finite = CountWhile(losses, loss => double.IsFinite(loss) && loss >= 0);
        double roundingFloor = options.RoundingFloor;
        int end = CountWhile(losses[..finite], loss => loss > roundingFloor);
        double? floorLoss = end < finite ? losses[end] : null;
        int? floorIndex = end < finite ? end : null;
        double[] logarithms = new double[end];
        for (int i = 0; i < end; i++)
        {
            logarithms[i] = Math.Log(losses[i]);
        }

        bool isPlateau = false, isRounding = floorLoss is not null && roundingFloor > 0;
        if (floorLoss is null && PlateauLevel(steps[..end], logarithms) is double level)
        {
            isRounding = level <= Math.Log(roundingFloor * RoundingMargin);
            isPlateau = !isRounding;
            floorLoss = Math.Exp(level);
            floorIndex = CountWhile(logarithms, logarithm => logarithm > level);
            end = CountWhile(logarithms, logarithm => logarithm > level + Math.Log(PlateauMargin));
        }

        double startLevel = finite == 0 ? 0 : Math.Log(losses[0] * options.StartShare);
        int start = CountWhile(logarithms.AsSpan(0, end), logarithm => logarithm > startLevel);
        start = start < end ? start : end / 2;
        return new RateWindow(steps[start..end].ToArray(), logarithms[start..end])
        {
            IsFinite = finite == losses.Length,
            FiniteCount = finite,
            IsPlateau = isPlateau,
            IsRounding = isRounding,
            FloorLoss = floorLoss,
            FloorIndex = floorIndex,
            DecadesToFloor = floorLoss is double floor ? Math.Log10(losses[0] / floor) : 0,
        };
    }

    /// <summary>Second smallest and second largest of the block slopes.</summary>
    public (double Low, double High) BlockInterval()
    {
        double[] slopes = new double[Blocks];
        for (int block = 0; block < Blocks; block++)
        {
            int start = (int)((long)Count * block / Blocks);
            int end = (int)((long)Count * (block + 1) / Blocks);
            slopes[block] = LeastSquaresSlope(start, end - start);
        }

        Array.Sort(slopes);
        return (slopes[1], slopes[^2]);
    }

    /// <summary>Least-squares slope of log ℒ over <paramref name="count"/> points from <paramref name="start"/>.</summary>
    public double LeastSquaresSlope(int start, int count) =>
        Regression.LeastSquaresLine(Steps.AsSpan(start, count), Logarithms.AsSpan(start, count)).Slope;

    /// <summary>The slope of <paramref name="count"/> points from <paramref name="start"/> by least
    /// squares, with the 95 % interval of t over the increments between five block means.</summary>
    /// <remarks>Independent errors make neighbouring increments vary against each other, so
    /// that their mean varies less than the interval says: it errs on the wide side.</remarks>
    public SlopeInterval SlopeWithInterval(int start, int count)
    {
        double[] increments = Increments(start, count, IntervalBlocks);
        double mean = increments.Average();
        double variance = increments.Sum(increment => (increment - mean) * (increment - mean)) / (increments.Length - 1);
        double margin = StudentT.TwoSided95(increments.Length - 1) * Math.Sqrt(variance / increments.Length);
        double slope = LeastSquaresSlope(start, count);
        return new SlopeInterval(slope, slope - margin, slope + margin);
    }

    /// <summary>The slopes from each block mean to the next, of <paramref name="blocks"/> blocks of equal numbers of points.</summary>
    public double[] Increments(int start, int count, int blocks)
    {
        double[] increments = new double[blocks - 1];
        (double Step, double Logarithm) before = default;
        for (int block = 0; block < blocks; block++)
        {
            int from = start + (int)((long)count * block / blocks), to = start + (int)((long)count * (block + 1) / blocks);
            (double Step, double Logarithm) mean = (Mean(Steps.AsSpan(from, to - from)), Mean(Logarithms.AsSpan(from, to - from)));
            if (block > 0)
            {
                increments[block - 1] = (mean.Logarithm - before.Logarithm) / (mean.Step - before.Step);
            }

            before = mean;
        }

        return increments;
    }

    /// <summary>The median of log ℒ − slope·k over the window.</summary>
    public double MedianIntercept(double slope)
    {
        double[] intercepts = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            intercepts[i] = Logarithms[i] - (slope * Steps[i]);
        }

        return OrderStatistics.Median(intercepts);
    }

    /// <summary>max |log ℒ − line|.</summary>
    public double LargestDeviation(double slope, double intercept)
    {
        double largest = 0;
        for (int i = 0; i < Count; i++)
        {
            largest = Math.Max(largest, Math.Abs(Logarithms[i] - intercept - (slope * Steps[i])));
        }

        return largest;
    }

    // The log level of the longest tail that is flat compared with what led to it.
    private static double? PlateauLevel(ReadOnlySpan<double> steps, ReadOnlySpan<double> logarithms)
    {
        foreach (int divisor in TailDivisors)
        {
            int tail = steps.Length / divisor;
            if (tail < LeastTailPoints)
            {
                return null;
            }

            int start = steps.Length - tail;
            (double slope, _) = TheilSen.Fit(steps[start..], logarithms[start..], TheilSen.DefaultPoints);
            double level = OrderStatistics.Median(logarithms[start..].ToArray());
            double approach = (level - logarithms[0]) / (steps[start] - steps[0]);
            if (approach < 0 && Math.Abs(slope) <= PlateauSlopeShare * -approach)
            {
                return level;
            }
        }

        return null;
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static int CountWhile(ReadOnlySpan<double> values, Func<double, bool> condition)
    {
        int count = 0;
        while (count < values.Length && condition(values[count]))
        {
            count++;
        }

        return count;
    }
}
