using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Reproductions.Shallow;

/// <summary>Numbers that several claims about model S are made of.</summary>
internal static class ShallowMeasurements
{
    /// <summary>Source of every claim here.</summary>
    public const string Paper = "Wu, Liu, Chrysos, Cevher, arXiv 2311.01575";

    /// <summary>A number without spread, over some runs.</summary>
    public static SeedSummary Single(double value, int count) => new(value, value, value, count, 0);

    /// <summary>The ratio of two medians; a lower bound where the numerator is one, unknown (NaN) where the denominator is.</summary>
    public static SeedSummary Ratio(SeedSummary numerator, SeedSummary denominator)
    {
        double ratio = denominator.MedianIsLowerBound || denominator.Median == 0 ? double.NaN : numerator.Median / denominator.Median;
        return new SeedSummary(ratio, ratio, ratio, numerator.Count, numerator.MedianIsLowerBound ? numerator.Count : 0);
    }

    /// <summary>Whether a ratio is below its least value; null when that is not known, because the budget ended first.</summary>
    public static bool? IsTooSmall(SeedSummary ratio, double least) =>
        double.IsNaN(ratio.Median) ? null : ratio.Median >= least ? false : ratio.MedianIsLowerBound ? null : true;

    /// <summary>The exponent of y against x over runs, fitted in natural logarithms as a figure draws it, median slope with a 95 % bootstrap interval that resamples seeds; values that are not positive and finite are left out.</summary>
    public static (SeedSummary Exponent, Regression Fit) Exponent(IEnumerable<(double X, double Y, long Seed)> points)
    {
        (double X, double Y, long Seed)[] usable = [.. points.Where(point => point.Y > 0 && double.IsFinite(point.Y))];
        Regression fit = Regression.Robust(
            [.. usable.Select(point => Math.Log(point.X))], [.. usable.Select(point => Math.Log(point.Y))], [.. usable.Select(point => (int)point.Seed)], new RandomSequence(0, "reproduction.shallow.exponents"));
        return (new SeedSummary(fit.Slope, fit.SlopeLow, fit.SlopeHigh, usable.Length, 0), fit);
    }

    /// <summary>For example <c>1.2 [1.1, 1.4]</c>.</summary>
    public static string Words(SeedSummary value) => FormattableString.Invariant($"{(value.MedianIsLowerBound ? "at least " : string.Empty)}{NumberText.Of(value.Median, 3)} [{NumberText.Of(value.Low, 3)}, {NumberText.Of(value.High, 3)}]");
}
