using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: a one-layer vision Transformer with τ₀ = D^−1/2 and D^−1, alike when narrow, the first faster when wide.</summary>
internal static class DigitsClaim
{
    private const double Band = 1.1;

    public static Claim Claim { get; } = new(
        "digits",
        ShallowMeasurements.Paper,
        "A one-layer vision Transformer on digits learns alike with τ₀ = d_m^−1/2 and d_m^−1 when narrow, and faster with d_m^−1/2 when "
            + "wide.",
        "for every seed the training loss of the last epoch with d_m^−1 over that with d_m^−1/2 is outside [1/1.1, 1.1] at the smallest "
            + "width, or below 1.1 at the largest (numbers ours; a loss that left the finite numbers counts as +∞, and nothing is "
            + "decided where both do)");

    public static ClaimFinding Judge(IReadOnlyList<DigitOutcome> runs, string data)
    {
        var measurements = new List<Measurement>();
        foreach (IGrouping<int, DigitOutcome> width in runs.GroupBy(run => run.Run.Width).OrderBy(group => group.Key))
        {
            string setting = $"{data}, width {width.Key}";
            foreach (IGrouping<double, DigitOutcome> arm in width.GroupBy(run => run.Run.LogitExponent).OrderBy(group => group.Key))
            {
                string tau = FormattableString.Invariant($"τ₀ = d_m^−{arm.Key}");
                measurements.Add(
                    new Measurement(
                        setting, $"training loss of the last epoch, {tau}", SeedSummary.Of(arm.Select(run => run.Loss[^1])), null));
                measurements.Add(new Measurement(setting, $"test loss, {tau}", SeedSummary.Of(arm.Select(run => run.TestLoss)), null));
                measurements.Add(
                    new Measurement(setting, $"test accuracy, {tau}", SeedSummary.Of(arm.Select(run => run.TestAccuracy)), null));
            }

            SeedSummary ratio = PairedRatio.Over(Last(width, 1), Last(width, 0.5));
            bool isNarrow = width.Key == runs.Min(run => run.Run.Width);
            measurements.Add(
                Measurement.Judged(
                    setting, "ratio of training losses, d_m^−1 / d_m^−1/2", ratio,
                    isNarrow ? !ratio.IsWithin(1 / Band, Band) : ratio.IsBelow(Band), Diverged(width)));
        }

        return ClaimFinding.From(Claim, measurements, (_, refuting, confirming) => Reason([.. refuting, .. confirming], data));
    }

    private static string? Diverged(IEnumerable<DigitOutcome> runs)
    {
        string arms = string.Join(
            ", ",
            runs.Where(run => run.Diverged).GroupBy(run => run.Run.LogitExponent)
                .Select(arm => FormattableString.Invariant($"{arm.Count()} with d_m^−{arm.Key}")));
        return arms.Length == 0 ? null : $"diverged: {arms}";
    }

    private static IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> Last(IEnumerable<DigitOutcome> runs, double exponent) =>
        runs.Where(run => run.Run.LogitExponent == exponent).Select(run => (run.Run.Seed, (run.Loss[^1], false)));

    private static string Reason(Measurement[] judged, string data) => judged.Length == 0
        ? "No picture was learned."
        : $"On {data}: the training loss with d_m^−1 is "
            + string.Join(
                ", ", judged.Select(m => $"{NumberText.Of(m.Value.Median, 3)} times that with d_m^−1/2 at {m.Setting.Split(", ")[^1]}"))
            + ".";
}
