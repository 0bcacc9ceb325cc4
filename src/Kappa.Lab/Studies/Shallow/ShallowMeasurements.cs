using System.Globalization;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Numbers that several claims about model S are made of.</summary>
internal static class ShallowMeasurements
{
    /// <summary>Source of every claim here.</summary>
    public const string Paper = "Wu, Liu, Chrysos, Cevher, arXiv 2311.01575";

    /// <summary>The exponent of y against x over runs, fitted in natural logarithms as a figure draws it, median slope
    /// with the range over the slopes of single seeds; values that are not positive and finite are left out.</summary>
    public static (SeedSummary Exponent, Regression Fit) Exponent(IEnumerable<(double X, double Y, long Seed)> points)
    {
        (double X, double Y, long Seed)[] usable = [.. points.Where(point => point.Y > 0 && double.IsFinite(point.Y))];
        Regression fit = Regression.Robust(
            [.. usable.Select(point => Math.Log(point.X))], [.. usable.Select(point => Math.Log(point.Y))],
            [.. usable.Select(point => (int)point.Seed)]);
        return (new SeedSummary(fit.Slope, fit.SlopeLow, fit.SlopeHigh, usable.Length, 0), fit);
    }

    /// <summary>An exponent over a range of settings: it speaks for all of them, and the seeds behind it are counted once each.</summary>
    public static Measurement OfExponent(
        string setting, string quantity, SeedSummary exponent, bool? refutes, IEnumerable<(double X, long Seed)> points,
        string? note = null)
    {
        (double X, long Seed)[] all = [.. points];
        return Measurement.Judged(setting, quantity, exponent, refutes, note) with
        { Seeds = all.Select(point => point.Seed).Distinct().Count(), Settings = all.Select(point => point.X).Distinct().Count() };
    }

    /// <summary>For example <c>1.2 [1.1, 1.4]</c>.</summary>
    public static string Words(SeedSummary value) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(value.MedianIsLowerBound ? "at least " : string.Empty)}{NumberText.Of(value.Median, 3)} [{NumberText.Of(value.Low, 3)}, "
                + $"{NumberText.Of(value.High, 3)}]");
}
