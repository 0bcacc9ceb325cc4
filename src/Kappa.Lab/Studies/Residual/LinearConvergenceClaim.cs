using System.Globalization;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>[A]: with residual connections descent converges linearly; without them it is slower or stalls.</summary>
internal static class LinearConvergenceClaim
{
    private const double LeastRatio = 3;
    private const double LeastLinearShare = 0.5;

    public static Claim Claim { get; } = new(
        "linear-convergence",
        "Qin, Zhou, Jiang, Zhu, arXiv 2506.05249",
        "With residual connections gradient descent converges linearly; without them it is slower or stalls.",
        "depth 1: T(1e-2) without over with the connection, seed by seed, below 3; depth 2 and more: a run without the attention "
            + "residual reaches 1e-2 at query-key scale 1; any depth: none of the residual runs of a setting passes the linearity test, "
            + "where some pass nothing is decided (threshold and test are ours)");

    public static ClaimFinding Judge(IReadOnlyList<ArmRun> runs)
    {
        Measurement[] measurements =
        [
            .. RunGroups.BySetting(runs, scale: 1).SelectMany(group => group.Key.Depth == 1 ? Ratios(group) : Reaches(group)),
            .. RunGroups.BySetting(runs, scale: 1).Select(LinearShare),
        ];
        return ClaimFinding.From(Claim, measurements, (verdict, refuting, confirming) => Reason(verdict, refuting, confirming, runs));
    }

    // T(1e-2) of each arm and their ratio; a run of either arm that never reaches the target makes the ratio a bound.
    private static IEnumerable<Measurement> Ratios(SettingGroup group)
    {
        SeedSummary with = SeedSummary.Of(group.Of(Arm.Residual).Select(run => run.StepsToTarget));
        yield return new Measurement(group.Label, "T(1e-2) with residual [steps]", with, null);
        foreach (Arm arm in RunGroups.Without)
        {
            SeedSummary without = SeedSummary.Of(group.Of(arm).Select(run => run.StepsToTarget));
            SeedSummary ratio = PairedRatio.Over(Passages(group, arm), Passages(group, Arm.Residual));
            yield return new Measurement(group.Label, $"T(1e-2), {arm.Name} [steps]", without, null);
            yield return Measurement.Judged(
                group.Label, $"ratio of T(1e-2), {arm.Name} / residual", ratio, ratio.IsBelow(LeastRatio), Bounds(ratio));
        }
    }

    private static IEnumerable<(long Seed, (double Value, bool IsLowerBound) Of)> Passages(SettingGroup group, Arm arm) =>
        group.Of(arm).Select(run => (run.Problem.Seed, run.StepsToTarget));

    private static string? Bounds(SeedSummary ratio) => (ratio.LowerBounds, ratio.UpperBounds) switch
    {
        (0, 0) => null,
        (var without, 0) =>
            $"a lower bound at {without} of {ratio.Count} seeds: the run without the connection does not reach 1e-2 within the budget",
        (0, var with) =>
            $"an upper bound or unknown at {with} of {ratio.Count} seeds: the residual run does not reach 1e-2 within the budget",
        _ => "bounds on both sides: runs of either arm do not reach 1e-2 within the budget",
    };

    private static IEnumerable<Measurement> Reaches(SettingGroup group)
    {
        yield return new Measurement(
            group.Label, "T(1e-2) with residual [steps]", SeedSummary.Of(group.Of(Arm.Residual).Select(run => run.StepsToTarget)), null);
        foreach (Arm arm in RunGroups.Without)
        {
            ArmRun[] without = [.. group.Of(arm)];
            int reached = without.Count(run => !run.StepsToTarget.IsLowerBound);
            yield return Measurement.Judged(
                group.Label,
                $"loss fraction at the end, {arm.Name} ({reached} of {without.Length} runs reach 1e-2)",
                SeedSummary.Of(without.Select(run => run.FinalFraction)),
                reached > 0);
        }
    }

    private static Measurement LinearShare(SettingGroup group)
    {
        ArmRun[] residual = [.. group.Of(Arm.Residual)];
        var share = SeedSummary.Share(residual.Select(run => run.Rate.Outcome == RateOutcome.Linear));
        string others = string.Join(
            ", ",
            residual.Where(run => run.Rate.Outcome != RateOutcome.Linear).GroupBy(run => run.Rate.Outcome)
                .Select(outcomes => $"{outcomes.Count()} {Runs.OutcomeWords.Of(outcomes.Key.ToString())}"));
        return Measurement.Judged(
            group.Label,
            $"share of residual runs that are linear{(others.Length == 0 ? string.Empty : $" (others: {others})")}",
            share,
            share.IsBelow(LeastLinearShare));
    }

    private static string Reason(
        Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming, IReadOnlyList<ArmRun> runs)
    {
        SeedSummary[] ratios = [
            .. confirming.Concat(refuting).Where(m => m.Quantity.StartsWith("ratio", StringComparison.Ordinal)).Select(m => m.Value)];
        ArmRun[] deep = [.. runs.Where(run => run.Problem.Depth > 1 && run.Problem.QueryKeyScale == 1 && run.Arm != Arm.Residual)];
        int reached = deep.Count(run => !run.StepsToTarget.IsLowerBound);
        ArmRun[] residual = [.. runs.Where(run => run.Arm == Arm.Residual && run.Problem.QueryKeyScale == 1)];
        string outcomes = string.Join(
            ", ",
            residual.GroupBy(run => run.Rate.Outcome).OrderByDescending(group => group.Count())
                .Select(group => $"{group.Count()} {Runs.OutcomeWords.Of(group.Key.ToString())}"));
        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"{RatioSentence(ratios)}; at depth 2 and more {reached} of {deep.Length} of them reach it; the shapes of the "
                + $"{residual.Length} residual curves: {outcomes}.");
        return verdict == Verdict.Partly ? $"{numbers} Refuted in: {RunGroups.Settings(refuting)}." : numbers;
    }

    private static string RatioSentence(SeedSummary[] ratios)
    {
        if (ratios.Length == 0)
        {
            return "At depth 1 no ratio of T(1e-2) was decided";
        }

        // The ends of the list may be bounds; then the true factors are larger.
        string bound = ratios.Any(ratio => ratio.MedianIsLowerBound) ? " or more" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"At depth 1 runs without the connection need {NumberText.Of(ratios.Min(ratio => ratio.Median), 3)} to "
                + $"{NumberText.Of(ratios.Max(ratio => ratio.Median), 3)}{bound} times the steps to 1e-2");
    }
}
