using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Residual;

/// <summary>[A]: with the residual connection the smallest singular value
/// of the attention output stays away from zero during training.</summary>
internal static class SmallestSingularValueClaim
{
    private const double LeastShare = 0.1;

    public static Claim Claim { get; } = new(
        "smallest-singular-value",
        "Qin, Zhou, Jiang, Zhu, arXiv 2506.05249",
        "With the residual connection σ_M(H) stays away from zero along the whole path.",
        "in a residual run the smallest σ_M(H) of any layer along the path is below 0.1 of its value at the start");

    public static ClaimFinding Judge(IReadOnlyList<ArmRun> runs)
    {
        Measurement[] measurements = [.. RunGroups.BySetting(runs, scale: 1).Select(Measure)];
        return ClaimFinding.From(Claim, measurements, Reason);
    }

    private static Measurement Measure(SettingGroup group)
    {
        SeedSummary share = SeedSummary.Of(group.Of(Arm.Residual).Select(run => run.Path.SigmaMinRatio.Min()));
        return Measurement.Judged(
            group.Label, "min over path and layers of σ_M(H)/σ_M(H) at the start, residual", share, !(share.Low >= LeastShare),
            "a single run below 0.1 refutes");
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        Measurement[] all = [.. confirming, .. refuting];
        string numbers = all.Length == 0
            ? "Nothing was measured."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The smallest value along any residual run is {NumberText.Of(all.Min(m => m.Value.Low), 3)} of the one at the start "
                    + $"(median over settings {NumberText.Of(SeedSummary.Of(all.Select(m => m.Value.Median)).Median, 3)}).");
        return refuting.Count == 0 ? numbers : $"{numbers} Below 0.1 in a run of: {RunGroups.Settings(refuting)}.";
    }
}
