using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>[B]: with only the queries trained the Gaussian kernel reaches zero loss
/// and softmax does not, inside the rank window; outside they are equal.</summary>
internal static class QueriesOnlyClaim
{
    private const double Reached = 0.02;
    private const double Stalled = 0.1;

    public static Claim Claim { get; } = new(
        "queries-only",
        Papers.Song,
        "With only the queries trained, near the initial output, the Gaussian kernel reaches zero loss and softmax does not, inside the "
            + "rank window H(n−1) < D ≤ Hn; outside it they are alike.",
        "for every seed: inside, ℒ_t/ℒ_0 of the Gaussian above 0.02, or of softmax below 0.1; outside, one reaches 0.02 and the other "
            + "stays above 0.1; where seeds lie on both sides nothing is decided");

    public static ClaimFinding Judge(IReadOnlyList<KernelRun> runs)
    {
        Measurement[] measurements = [.. RunGroup.Of(runs, KernelStudy.QueriesOnly).Where(group => group.IsComplete).SelectMany(Of)];
        return ClaimFinding.From(Claim, measurements, (verdict, refuting, _) => Reason(verdict, refuting, measurements));
    }

    private static IEnumerable<Measurement> Of(RunGroup group)
    {
        SeedSummary gaussian = group.Summary(KernelArm.Gaussian, Measured.EndFraction),
            softmax = group.Summary(KernelArm.Softmax, Measured.EndFraction);
        KernelRun first = group.Runs[0];
        bool inside = QueriesOnlyStudy.IsInside(first[Measured.Heads]);
        bool? differ = Differ(gaussian, softmax);
        yield return Measurement.Judged(group.Setting, "ℒ_t/ℒ_0 at the end, Gaussian", gaussian, inside ? !IsReached(gaussian) : differ);
        yield return Measurement.Judged(group.Setting, "ℒ_t/ℒ_0 at the end, softmax", softmax, inside ? softmax.IsBelow(Stalled) : differ);
        foreach (KernelArm arm in KernelArm.All)
        {
            yield return new Measurement(
                group.Setting, $"rank of the Jacobian at the start, {arm.Name}", group.Summary(arm, Measured.JacobianRank), null,
                FormattableString.Invariant($"of {first[Measured.Outputs]} outputs"));
        }
    }

    private static bool? IsReached(SeedSummary end) => end.High <= Reached ? true : end.Low > Reached ? false : null;

    // One surely there and the other surely stalled; or no way for that, whichever value of their ranges they take.
    private static bool? Differ(SeedSummary one, SeedSummary other)
    {
        return Apart(one, other) || Apart(other, one) ? true : CanBeApart(one, other) || CanBeApart(other, one) ? null : false;

        static bool Apart(SeedSummary there, SeedSummary stalled) => there.High <= Reached && stalled.Low > Stalled;

        static bool CanBeApart(SeedSummary there, SeedSummary stalled) => there.Low <= Reached && stalled.High > Stalled;
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> all)
    {
        string[] numbers = [
            .. all.Where(m => m.Refutes is not null || m.IsUndecided).GroupBy(m => m.Setting)
                .Select(group =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{group.Key}: Gaussian {NumberText.Of(group.First().Value.Median, 2)}, softmax "
                            + $"{NumberText.Of(group.Last().Value.Median, 2)}"))];
        string text = numbers.Length == 0 ? "Nothing was measured." : $"Median ℒ_t/ℒ_0 at the end. {string.Join("; ", numbers)}.";
        return verdict == Verdict.Partly
            ? $"{text} Refuted by: {string.Join("; ", refuting.Select(m => $"{m.Quantity} ({m.Setting})"))}."
            : text;
    }
}
