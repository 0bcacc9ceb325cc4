using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies;

/// <summary>Median and range of one quantity over seeds, with the number of values that are only lower bounds.</summary>
/// <remarks>
/// A run that does not reach a loss within its budget contributes the budget as a lower bound; the median is then a lower bound too when
/// half or more of the values are. The range of n independent values holds the median of the law they come from with probability 1 − 2^(1 −
/// n), whatever the law: 75 % at three seeds, 93.75 % at five. Verdicts rest on it and not on the median: a threshold inside the range is
/// undecided.
/// </remarks>
/// <param name="Median">The median; the mean of the middle two for an even count.</param>
/// <param name="Low">The smallest value.</param>
/// <param name="High">The largest value.</param>
/// <param name="Count">How many values.</param>
/// <param name="LowerBounds">How many of them are lower bounds.</param>
internal readonly record struct SeedSummary(double Median, double Low, double High, int Count, int LowerBounds)
{
    /// <summary>Whether the median itself is only a lower bound.</summary>
    public bool MedianIsLowerBound => 2 * LowerBounds >= Count && LowerBounds > 0;

    /// <summary>How many of the values are only upper bounds.</summary>
    public int UpperBounds { get; init; }

    /// <summary>Whether the median itself is only an upper bound.</summary>
    public bool MedianIsUpperBound => 2 * UpperBounds >= Count && UpperBounds > 0;

    /// <summary>Whether the whole range lies below a threshold (true), at or above it (false), or neither is known.</summary>
    /// <param name="threshold">The threshold.</param>
    internal bool? IsBelow(double threshold) => HighestPossible < threshold ? true : LowestPossible >= threshold ? false : null;

    /// <summary>Whether the whole range lies in [<paramref name="low"/>, <paramref name="high"/>]
    /// (true), beside it on one side (false), or neither is known.</summary>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end.</param>
    internal bool? IsWithin(double low, double high) =>
        LowestPossible >= low && HighestPossible <= high ? true : HighestPossible < low || LowestPossible > high ? false : null;

    // A bound says nothing of where the value itself lies beyond it.
    private double LowestPossible => UpperBounds > 0 ? double.NegativeInfinity : Low;

    private double HighestPossible => LowerBounds > 0 ? double.PositiveInfinity : High;

    /// <summary>The share of runs for which something holds, with the range of the single outcomes: 0 to 1 unless all agree.</summary>
    /// <param name="holds">At least one.</param>
    internal static SeedSummary Share(IEnumerable<bool> holds)
    {
        bool[] all = [.. holds];
        return new SeedSummary(
            (double)all.Count(held => held) / all.Length, all.All(held => held) ? 1 : 0, all.Any(held => held) ? 1 : 0, all.Length, 0);
    }

    /// <summary>Summarises values of which none is a bound.</summary>
    /// <param name="values">At least one value; NaN makes the summary NaN.</param>
    public static SeedSummary Of(IEnumerable<double> values) => Of(values.Select(v => (v, false)));

    /// <summary>Summarises values, each with the mark whether it is only a lower bound.</summary>
    /// <param name="values">At least one value.</param>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static SeedSummary Of(IEnumerable<(double Value, bool IsLowerBound)> values)
    {
        (double Value, bool IsLowerBound)[] all = [.. values];
        if (all.Length == 0)
        {
            throw new ArgumentException("A summary needs at least one value but there is none.", nameof(values));
        }

        double[] sorted = [.. all.Select(v => v.Value)];
        Array.Sort(sorted);
        double median = 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
        return double.IsNaN(sorted[0])
            ? new SeedSummary(double.NaN, double.NaN, double.NaN, all.Length, 0)
            : new SeedSummary(median, sorted[0], sorted[^1], all.Length, all.Count(v => v.IsLowerBound));
    }

    /// <summary>For example <c>12.3 [9.1, 20] n=5</c>, with ≥ before the median when it is a lower bound.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(MedianIsLowerBound ? "≥ " : MedianIsUpperBound ? "≤ " : string.Empty)}{NumberText.Of(Median, 3)} [{NumberText.Of(Low, 3)}, "
            + $"{NumberText.Of(High, 3)}] n={Count}");
}
