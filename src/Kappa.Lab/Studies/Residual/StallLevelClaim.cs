using System.Globalization;
using Kappa.Descent;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Derived for this project: without the attention residual at depth 2 and more,
/// descent stops at the best output that is constant over the tokens of each sample.</summary>
internal static class StallLevelClaim
{
    private const double Tolerance = 0.02;

    public static Claim Claim { get; } = new(
        "stall-level",
        "derived for this project (docs/theory, stall level)",
        "Without the attention residual at depth 2 and more, descent stalls at ½ Σᵢ ‖Yᵢ − 1ȳᵢᵀ‖², the loss of the best token-constant "
            + "output.",
        "ρ_a = 0, ρ_f = 1, query-key scale 1, runs that stopped descending or went below the level: end loss over the stall level "
            + "outside 1 ± 0.02 on one side for every seed; where some seeds are inside, or fewer than three have stopped, nothing is "
            + "decided (scale 4 and ρ_f = 0 are reported)");

    public static ClaimFinding Judge(IReadOnlyList<ArmRun> runs)
    {
        Measurement[] measurements =
        [
            .. from @group in RunGroups.BySetting(runs)
               where @group.Key.Depth > 1
               from arm in RunGroups.Without
               select Measure(@group, arm),
        ];
        return ClaimFinding.From(Claim, measurements, Reason);
    }

    // A run that still descends towards the level when its budget ends has not stalled
    // anywhere, and neither has one that diverged: they can neither confirm nor refute.
    private static Measurement Measure(SettingGroup group, Arm arm)
    {
        ArmRun[] all = [.. group.Of(arm)];
        ArmRun[] stalled = [.. all.Where(run => !IsUndecided(run))];
        SeedSummary ratio = SeedSummary.Of((stalled.Length > 0 ? stalled : all).Select(run => run.FinalOverStallLevel));

        // At the step that the residual arm can bear, a deep model without it moves by parts
        // in a thousand of its loss over thousands of steps: where it would end is not seen.
        bool isJudged = group.Key.Rule == StepRule.Own && arm == Arm.NoAttentionResidual && group.Key.QueryKeyScale == 1;
        bool? isAtLevel = stalled.Length > 0 ? ratio.IsWithin(1 - Tolerance, 1 + Tolerance) : null;
        int moving = all.Length - stalled.Length;
        string? note = moving == 0
            ? null
            : $"{moving} of {all.Length} runs were still descending towards the level when the budget ended, or diverged, and are "
                + $"{(stalled.Length > 0 ? "left out" : "shown as they were")}";
        string quantity = $"end loss / stall level, {arm.Name}";
        return isJudged
            ? Measurement.Judged(group.Label, quantity, ratio, !isAtLevel, note)
            : new Measurement(group.Label, quantity, ratio, null, note);
    }

    // Below the level there is no way back up: a run that went past it refutes the claim even while it still descends.
    private static bool IsUndecided(ArmRun run) =>
        run.Stop == StopReason.NonFinite || (run.FinalOverStallLevel >= 1 - Tolerance && StillMoving(run));

    // A run that lost more than a thousandth of its loss in its last tenth has not stalled yet.
    private static bool StillMoving(ArmRun run)
    {
        double[] loss = run.Path.Loss;
        return run.Stop == StopReason.StepBudget && loss[^1] < (1 - 1e-3) * loss[loss.Length * 9 / 10];
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        Measurement[] all = [.. confirming, .. refuting];
        string numbers = all.Length == 0
            ? "No run of depth 2 and more was made."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Median end loss over the level lies between {NumberText.Of(all.Min(m => m.Value.Median), 5)} and "
                    + $"{NumberText.Of(all.Max(m => m.Value.Median), 5)} in {all.Length} settings at query-key scale 1 and own step.");
        return refuting.Count == 0 ? numbers : $"{numbers} Outside 1 ± 0.02 in: {RunGroups.Settings(refuting)}.";
    }
}
