using System.Globalization;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: the experiment as it is described, taken literally.</summary>
internal static class LiteralSettingClaim
{
    private const double LeastDiverging = 0.5;
    private const int LeastWidth = 100;

    public static Claim Claim { get; } = new(
        "literal-setting",
        ShallowMeasurements.Paper + ", as recalled and read literally",
        "With tokens N(0, 1), the summed loss and sum pooling, gradient descent with step 1 converges at every width but the smallest.",
        "at a width of 100 or more every run leaves the finite numbers or ends above its start; where some do nothing is decided (number "
            + "ours)");

    public static ClaimFinding Judge(IReadOnlyList<EncoderOutcome> runs) => ClaimFinding.From(Claim, [.. Measure(runs)], Reason);

    private static IEnumerable<Measurement> Measure(IReadOnlyList<EncoderOutcome> runs) =>
        from run in runs
        group run by (run.Run.Normalisation, run.Run.Width) into setting
        orderby setting.Key.Width
        let share = SeedSummary.Share(setting.Select(IsDivergent))
        let judged = setting.Key.Normalisation == Normalisation.Literal && setting.Key.Width >= LeastWidth
        let measured = new Measurement(
            FormattableString.Invariant($"{setting.Key.Normalisation.Name}, width {setting.Key.Width}"), "share of runs that diverge",
            share, judged ? !share.IsBelow(LeastDiverging) : null)
        select measured with { IsUndecided = judged && measured.Refutes is null };

    public static bool IsDivergent(EncoderOutcome outcome) => !(outcome.FinalFraction <= 1);

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming) =>
        verdict == Verdict.NotMeasured
            ? "No width of 100 or more was run."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Taken literally, the runs diverge at {refuting.Count} of {refuting.Count + confirming.Count} widths from 100 on. The "
                    + $"other claims use the stable normalisation.");
}
