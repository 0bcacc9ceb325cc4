using System.Globalization;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>[A]: the rate is set by κ(H): log late rate against log κ(H) has slope −2.</summary>
internal static class RateClaim
{
    private const double LowestSlope = -2.5;
    private const double HighestSlope = -1.5;

    public static Claim Claim { get; } = new(
        "rate-set-by-condition-number",
        "Qin, Zhou, Jiang, Zhu, arXiv 2506.05249",
        "The late convergence rate is set by κ(H): the slope of log late rate against log κ(H) is −2.",
        "the interval of the slope over seeds lies outside [−2.5, −1.5], all blocks trained, over query-key scale × value scale × "
            + "temperature × ρ_a");

    /// <summary>The predictors that are compared with κ(H), and what slope each would have if it set the rate.</summary>
    public static IReadOnlyList<Predictor> Predictors { get; } =
    [
        new("κ(H) at the start", TrainedPart.All, point => point.StartConditionNumber, -2, Judged: true),
        new("κ(H) at the end", TrainedPart.All, point => point.EndConditionNumber, -2, Judged: true),
        new("κ(Φ) at the start", TrainedPart.All, point => point.HiddenConditionNumber, -2, Judged: false),
        new("kernel rung at the start", TrainedPart.All, point => point.StartKernelRate, 1, Judged: false),
        new("kernel rung at the end", TrainedPart.All, point => point.EndKernelRate, 1, Judged: false),
        new("κ(Φ), W_2 only", TrainedPart.FfnOut, point => point.HiddenConditionNumber, -2, Judged: false),
        new("kernel rung, W_2 only", TrainedPart.FfnOut, point => point.StartKernelRate, 1, Judged: false),
    ];

    public static ClaimFinding Judge(IReadOnlyList<RatePoint> points)
    {
        var measurements = new List<Measurement>();
        foreach (Predictor predictor in Predictors)
        {
            Regression fit = predictor.Fit(points);
            int used = predictor.Usable(points).Length;
            var slope = new SeedSummary(fit.Slope, fit.SlopeLow, fit.SlopeHigh, used, 0);
            var measurement = new Measurement(
                $"rate grid, {(predictor.Trains == TrainedPart.All ? "all blocks" : "W_2 only")}",
                FormattableString.Invariant($"slope of log late rate against log {predictor.Name} (expected {predictor.ExpectedSlope})"),
                slope,
                predictor.Judged ? !slope.IsWithin(LowestSlope, HighestSlope) : null,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"R² {fit.CoefficientOfDetermination:F2}; range over the slopes of single seeds, {100 * fit.Level:G3} %; "
                        + $"{LeftOut(predictor, points)}"))
            {
                Seeds = predictor.Usable(points).Select(point => point.Seed).Distinct().Count(),

                // A slope speaks for the settings of its grid, of which a line needs two.
                Settings = 2,
            };
            measurements.Add(predictor.Judged && used > 0 ? measurement with { IsUndecided = measurement.Refutes is null } : measurement);
        }

        return ClaimFinding.From(Claim, measurements, (_, _, _) => Reason(points));
    }

    // Which runs are missing matters: leaving out slow and stalled ones, those of the largest κ(H), flattens the line.
    private static string LeftOut(Predictor predictor, IReadOnlyList<RatePoint> points)
    {
        RatePoint[] all = [.. points.Where(point => point.Trains == predictor.Trains)];
        RatePoint[] leftOut = [.. all.Except(predictor.Usable(points))];
        string outcomes = string.Join(
            ", ",
            leftOut.GroupBy(point => point.Rate.Outcome).OrderBy(group => group.Key)
                .Select(group => $"{group.Count()} {Runs.OutcomeWords.Of(group.Key.ToString())}"));
        return $"{leftOut.Length} of {all.Length} runs have no late rate{(leftOut.Length == 0 ? string.Empty : $" ({outcomes})")} and "
            + $"are left out";
    }

    private static string Reason(IReadOnlyList<RatePoint> points)
    {
        Regression start = Predictors[0].Fit(points);
        Regression end = Predictors[1].Fit(points);
        Predictor best = Predictors.Where(p => p.Trains == TrainedPart.All).MaxBy(p => p.Fit(points).CoefficientOfDetermination)!;
        Regression bestFit = best.Fit(points);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Slope {start.Slope:F2} [{start.SlopeLow:F2}, {start.SlopeHigh:F2}] (R² {start.CoefficientOfDetermination:F2}) against κ(H) "
                + $"at the start, {end.Slope:F2} [{end.SlopeLow:F2}, {end.SlopeHigh:F2}] at the end; the best predictor is {best.Name}, "
                + $"slope {bestFit.Slope:F2}, R² {bestFit.CoefficientOfDetermination:F2}.");
    }
}

/// <summary>A quantity that might set the late rate.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Trains">On which runs it is tried.</param>
/// <param name="Value">Its value at a run; positive.</param>
/// <param name="ExpectedSlope">Slope of log rate against its logarithm if it set the rate.</param>
/// <param name="Judged">Whether the claim is about it.</param>
internal sealed record Predictor(string Name, TrainedPart Trains, Func<RatePoint, double> Value, double ExpectedSlope, bool Judged)
{
    /// <summary>The runs with a late rate and a positive finite value, ordered by it: the robust line reads
    /// an even selection of many points, which must be even in the value and not in the grid.</summary>
    public RatePoint[] Usable(IReadOnlyList<RatePoint> points) =>
        [
            .. points.Where(point =>
                point.Trains == Trains && point.HasLateRate && Value(point) > 0 && double.IsFinite(Value(point))).OrderBy(Value)];

    /// <summary>Robust line through the logarithms, its interval from resampling whole seeds.</summary>
    public Regression Fit(IReadOnlyList<RatePoint> points)
    {
        RatePoint[] usable = Usable(points);
        double[] x = [.. usable.Select(point => Math.Log(Value(point)))];
        double[] y = [.. usable.Select(point => Math.Log(point.Rate.LateRate))];
        int[] groups = [.. usable.Select(point => (int)point.Seed)];
        return Regression.Robust(x, y, groups);
    }
}
