using System.Globalization;

namespace Kappa.Spectra;

/// <summary>A slope of log ℒ per step with its 95 % interval.</summary>
/// <param name="Slope">The least-squares slope.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct SlopeInterval(double Slope, double Low, double High);

/// <summary>Whether the slope of log ℒ drifts within a window: its late half
/// against its early one, and the trend over eight increments.</summary>
/// <remarks>
/// A drift is material when the slopes of the halves differ by more than a share of the whole slope, and seen when the increments between
/// the means of nine blocks show a trend: |S| ≥ 18 of 28 pairs in the test of Mann (1945) and Kendall, which eight exchangeable increments
/// reach with probability 2 · 628/8! = 3.1 %, whatever their distribution. Both are needed: a smooth curve always drifts a little, and
/// noise alone always makes two slopes differ. The means keep only what noise is correlated over more than a ninth of the window, and
/// independent errors make neighbouring increments vary against each other, which makes trends rarer.
/// </remarks>
/// <param name="Early">The first half.</param>
/// <param name="Late">The last half.</param>
/// <param name="Trend">S, pairs of increments that rise less pairs that fall; positive where the curve flattens.</param>
internal readonly record struct RateDrift(SlopeInterval Early, SlopeInterval Late, int Trend)
{
    /// <summary>The least |S| that counts as a trend.</summary>
    public const int LeastTrend = 18;

    /// <summary>Late slope less early slope: positive where the curve flattens.</summary>
    public double Change => Late.Slope - Early.Slope;

    /// <summary>Late slope over early slope.</summary>
    public double Ratio => Late.Slope / Early.Slope;

    /// <summary>Both slopes with their intervals.</summary>
    public string Words => string.Create(
        CultureInfo.InvariantCulture,
        $"The slope is {Early.Slope:G3} [{Early.Low:G3}, {Early.High:G3}] in the early half of the window and {Late.Slope:G3} "
            + $"[{Late.Low:G3}, {Late.High:G3}] in the late half.");

    /// <summary>Looks at a window of at least two points a block.</summary>
    public static RateDrift Of(RateWindow window)
    {
        int half = window.Count / 2;
        double[] increments = window.Increments(0, window.Count, RateWindow.Blocks);
        int trend = 0;
        for (int later = 1; later < increments.Length; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                trend += increments[later].CompareTo(increments[earlier]);
            }
        }

        return new RateDrift(window.SlopeWithInterval(0, half), window.SlopeWithInterval(window.Count - half, half), trend);
    }

    /// <summary>Whether there is a drift of more than <paramref name="share"/> of <paramref name="slope"/>.</summary>
    public bool IsLargerThan(double share, double slope) =>
        Math.Abs(Change) > share * Math.Abs(slope) && Math.Abs(Trend) >= LeastTrend && Math.Sign(Trend) == Math.Sign(Change);
}
