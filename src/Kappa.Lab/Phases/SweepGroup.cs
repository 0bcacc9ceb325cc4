using System.Globalization;
using Kappa.Lab.Statistics;

namespace Kappa.Lab.Phases;

/// <summary>The runs of a sweep that differ in their seeds only.</summary>
/// <param name="Values">The swept keys and their values.</param>
/// <param name="Cell">Its runs.</param>
internal sealed record SweepGroup(IReadOnlyList<(SweptKey Key, string Text)> Values, PhaseCell Cell)
{
    /// <summary>The values as one text.</summary>
    public string Name => Values.Count == 0 ? "all runs" : string.Join(" ", Values.Select(pair => $"{pair.Key.Key.Name}={pair.Text}"));

    /// <summary>T(1e-2) of every finished run, rising; infinite where not reached.</summary>
    public double[] Times { get; } = [.. Cell.Outcomes.Select(outcome => outcome.StepsToHundredth).Where(time => !double.IsNaN(time)).Order()];

    /// <summary>The rates of the runs whose curve is one line, rising.</summary>
    public double[] Rates { get; } = [.. Cell.Outcomes.Select(outcome => outcome.LinearRate).Where(double.IsFinite).Order()];

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
        ["runs", "converge", "slow", "stall", "diverge", "T(10^-2)", "rate", "quartiles", "bootstrap 95 %", "linear runs"];

    /// <summary>The group as cells of a table.</summary>
    public IReadOnlyList<string> Row()
    {
        var interval = BootstrapInterval.OfMedian(Rates);
        return
        [
            .. Values.Select(pair => pair.Text),
            Cell.Finished == Cell.Outcomes.Count ? $"{Cell.Finished}" : $"{Cell.Finished} of {Cell.Outcomes.Count}",
            .. Enum.GetValues<RunPhase>().Select(phase => Cell.Finished == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{100 * Cell.Share(phase):F0} %")),
            Number(Median(Times)),
            Number(Median(Rates)),
            Rates.Length < 2 ? "–" : $"{Number(At(Rates, 0.25))} to {Number(At(Rates, 0.75))}",
            interval is null ? "–" : $"{Number(interval.Low)} to {Number(interval.High)}",
            $"{Rates.Length}",
        ];
    }

    private static string Number(double value) => double.IsNaN(value) ? "–" : double.IsInfinity(value) ? "not reached" : string.Create(CultureInfo.InvariantCulture, $"{value:G4}");
}
