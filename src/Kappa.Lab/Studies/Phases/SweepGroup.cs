using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Runs;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Phases;

/// <summary>The runs of a sweep that differ in their seeds only.</summary>
/// <param name="Values">The swept keys and their values.</param>
/// <param name="Cell">Its runs.</param>
internal sealed record SweepGroup(IReadOnlyList<(SweptKey Key, string Text)> Values, PhaseCell Cell)
{
    /// <summary>The values as one text.</summary>
    public string Name => Values.Count == 0 ? "all runs" : string.Join(" ", Values.Select(pair => $"{pair.Key.Key.Name}={pair.Text}"));

    /// <summary>T(1e-2) of every finished run, rising; infinite where not reached.</summary>
    public double[] Times { get; } = [
        .. Cell.Outcomes.Select(outcome => outcome.StepsToHundredth).Where(time => !double.IsNaN(time)).Order()];

    /// <summary>The rates of the runs whose curve is one line, rising.</summary>
    public double[] Rates { get; } = [.. Cell.Outcomes.Select(outcome => outcome.LinearRate).Where(double.IsFinite).Order()];

    /// <summary>The late rates of the runs whose curve falls and is no line, rising.</summary>
    public double[] LateRates { get; } = [.. Cell.Outcomes.Select(outcome => outcome.LateRate).Where(double.IsFinite).Order()];

    /// <summary>The median of sorted values; NaN without any.</summary>
    public static double Median(double[] sorted) => At(sorted, 0.5);

    /// <summary>A quantile of sorted values; NaN without any.</summary>
    public static double At(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : Quantiles.OfSorted(sorted, share);

    /// <summary>The groups, in the order of the runs.</summary>
    public static IReadOnlyList<SweepGroup> Of(IReadOnlyList<RunOutcome> outcomes, IReadOnlyList<SweptKey> keys) =>
    [
        .. outcomes.GroupBy(outcome => string.Join('\n', keys.Select(key => outcome.Run.Values[key.Key.Path])))
            .Select(group => new SweepGroup([.. keys.Select(key => (key, group.First().Run.Values[key.Key.Path]))], new([.. group]))),
    ];

    /// <summary>Column headers of <see cref="Row"/> after those of the keys.</summary>
    public static IReadOnlyList<string> Headers { get; } =
        ["runs", "converge", "slow", "stall", "diverge", "T(10^-2)", "rate", "interval", "of"];

    /// <summary>What the marks and columns of <see cref="Row"/> mean.</summary>
    public const string Legend = "Runs that differ in their seeds only. T(10^-2): median of the first step with ℒ ≤ 0.01 ℒ_0. Rate: "
        + "share of the loss that a step removes, 1 − e^slope, median over the runs whose curve is one line. " +
        "†: no curve is one line, and the number is the late rate, of the last third of the window. Interval: the exact interval of the "
            + "median over seeds, order statistics with their level in brackets: the range of up to eight seeds, 75 % for three and "
            + "93.75 % for five.";

    /// <summary>The group as cells of a table.</summary>
    public IReadOnlyList<string> Row()
    {
        double[] rates = Rates.Length > 0 ? Rates : LateRates;
        return
        [
            .. Values.Select(pair => pair.Text),
            Cell.Finished == Cell.Outcomes.Count ? $"{Cell.Finished}" : $"{Cell.Finished} of {Cell.Outcomes.Count}",
            .. Enum.GetValues<RunPhase>().Select(phase =>
                Cell.Finished == 0 ? "none yet" : string.Create(CultureInfo.InvariantCulture, $"{100 * Cell.Share(phase):F0} %")),
            Times.Length == 0 ? "none yet" : Number(Median(Times)),
            rates.Length == 0 ? "none" : $"{Number(Median(rates))}{(Rates.Length > 0 ? "" : " †")}",
            rates.Length < 2 ? rates.Length == 0 ? "" : "one run" : Interval(rates),
            rates.Length == 0 ? WhyNone() : $"{rates.Length} {(Rates.Length > 0 ? "linear" : "bent")}",
        ];
    }

    private static string Interval(double[] rates)
    {
        var interval = MedianInterval.Of(rates);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Number(interval.Low)} to {Number(interval.High)} ({100 * interval.Level:G3} %)");
    }

    // Of the runs that are finished, why most have no rate.
    private string WhyNone()
    {
        RateOutcome?[] outcomes = [
            .. Cell.Outcomes.Where(outcome => outcome.Phase is not null).Select(outcome => outcome.Curve?.Rate?.Outcome)];
        return outcomes.Length == 0
            ? "none yet"
            : MissingRate.Why(outcomes.GroupBy(outcome => outcome).OrderByDescending(group => group.Count()).First().Key);
    }

    private static string Number(double value) => double.IsInfinity(value) ? "not reached" : TickLabels.Rounded(value, 4);
}
