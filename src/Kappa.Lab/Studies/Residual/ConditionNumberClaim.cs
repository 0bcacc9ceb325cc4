using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Residual;

/// <summary>[A]: the attention output is far better conditioned with the residual connection, at the start and along the path.</summary>
internal static class ConditionNumberClaim
{
    private const double LeastRatio = 10;
    private const double Epsilon = 2.220446049250313e-16;

    public static Claim Claim { get; } = new(
        "condition-number",
        "Qin, Zhou, Jiang, Zhu, arXiv 2506.05249",
        "κ(H), the condition number of the attention output, is far smaller with the residual connection, at the start and along the path.",
        "κ(H) without over κ(H) with the connection below 10 for every seed, at the start or along the path; where seeds lie on both "
            + "sides nothing is decided");

    public static ClaimFinding Judge(IReadOnlyList<ArmRun> runs)
    {
        Measurement[] measurements = [.. RunGroups.BySetting(runs, scale: 1).SelectMany(Ratios)];
        return ClaimFinding.From(Claim, measurements, Reason);
    }

    private static IEnumerable<Measurement> Ratios(SettingGroup group)
    {
        // The start is the same under every step-size rule: it is reported once.
        if (group.Key.Rule == StepRule.Own)
        {
            yield return new Measurement(
                group.Label, "κ(H) at the start, residual",
                SeedSummary.Of(group.Of(Arm.Residual).Select(run => run.Path.ConditionNumber[0])), null);
            foreach (Measurement measurement in RatiosOf(group, "at the start", path => path.ConditionNumber[0]))
            {
                yield return measurement;
            }
        }

        foreach (Measurement measurement in RatiosOf(group, "along the path (median over steps)", path => Median(path.ConditionNumber)))
        {
            yield return measurement;
        }
    }

    // Per seed, so that the draw of the data cancels; κ below the rounding floor is a lower bound and so is its ratio.
    private static IEnumerable<Measurement> RatiosOf(SettingGroup group, string when, Func<ArmPath, double> conditionNumber)
    {
        ArmRun[] with = [.. group.Of(Arm.Residual)];
        foreach (Arm arm in RunGroups.Without)
        {
            SeedSummary ratio = SeedSummary.Of(
                group.Of(arm).Zip(
                    with, (without, residual) => Ratio(without, conditionNumber(without.Path), conditionNumber(residual.Path))));
            yield return Measurement.Judged(group.Label, $"κ(H) {when}, {arm.Name} / residual", ratio, ratio.IsBelow(LeastRatio));
        }
    }

    private static (double Ratio, bool IsLowerBound) Ratio(ArmRun without, double conditionNumber, double residualConditionNumber)
    {
        // P.1: a smallest value below the floor ε σ_max √M leaves κ = 1/(ε √M), up to the rounding of the two divisions.
        double largestKnown = 1 / (Epsilon * Math.Sqrt(without.Problem.Size.Samples * without.Problem.Size.Tokens));
        return (conditionNumber / residualConditionNumber, conditionNumber >= largestKnown * (1 - (4 * Epsilon)));
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        Measurement[] all = [.. confirming, .. refuting];
        string numbers = all.Length == 0
            ? "Nothing was measured."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Without the connection κ(H) is {NumberText.Of(all.Min(m => m.Value.Median), 3)} to "
                    + $"{NumberText.Of(all.Max(m => m.Value.Median), 3)} times larger (medians over seeds, {all.Length} settings).");
        return refuting.Count == 0 ? numbers : $"{numbers} Below 10 in: {RunGroups.Settings(refuting)}.";
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted[sorted.Length / 2];
    }
}
