using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>[B]: with only the values trained, descent converges linearly to the floor when D ≥ Nn.</summary>
internal static class ValuesOnlyClaim
{
    private const double Zero = 1e-20;

    // The share of the loss that a step removes is a difference of two losses of
    // size ℒ_0 · 1e-9 at least, each with a few ε of ℒ_0: 1e-6 of it is rounding.
    private const double RateRounding = 1e-6;

    public static Claim Claim { get; } = new(
        "values-only",
        Papers.Song,
        "With only the values trained, descent converges linearly to zero loss when D ≥ Nn, at least at the certified rate; when D < Nn "
            + "the loss has a positive floor.",
        "D ≥ Nn: exact floor above 1e-20 ℒ_0 although σ_M(B_h) > 0, or a step that removes less of the loss than certified; D < Nn: "
            + "floor below 1e-20 ℒ_0");

    public static ClaimFinding Judge(IReadOnlyList<KernelRun> runs)
    {
        Measurement[] measurements = [
            .. RunGroup.Of(runs, KernelStudy.ValuesOnly).SelectMany(group =>
                KernelArm.All.Where(arm => group.Of(arm).Length > 0).SelectMany(arm => Of(group, arm)))];
        return ClaimFinding.From(Claim, measurements, (verdict, refuting, _) => Reason(verdict, refuting, runs));
    }

    private static IEnumerable<Measurement> Of(RunGroup group, KernelArm arm)
    {
        KernelRun[] runs = group.Of(arm);
        string setting = $"{group.Setting}, {arm.Name}";
        bool wide = runs[0][Measured.Width] >= runs[0][Measured.TokenRows];
        yield return Measurement.Judged(
            setting, "exact floor / ℒ_0", group.Summary(arm, Measured.Floor), FloorRefutes(runs, wide),
            wide ? null : "rank-deficient: the floor must be positive");
        yield return new Measurement(
            setting, "rank of B_0", group.Summary(arm, Measured.FeatureRank), null,
            FormattableString.Invariant($"of {runs[0][Measured.TokenRows]} rows"));
        yield return new Measurement(
            setting, "rank of the linear map", group.Summary(arm, Measured.MapRank), null,
            FormattableString.Invariant($"of {runs[0][Measured.Outputs]} outputs"));
        yield return new Measurement(setting, "(ℒ − floor)/ℒ_0 at the end", group.Summary(arm, Measured.EndFraction), null);
        KernelRun[] certified = [
            .. runs.Where(run => double.IsFinite(run[Measured.CertifiedRate]) && double.IsFinite(run[Measured.SlowestShare]))];
        if (certified.Length > 0)
        {
            yield return new Measurement(
                setting, "certified share of the loss per step", SeedSummary.Of(certified.Select(run => run[Measured.CertifiedRate])), null,
                $"{certified.Length} of {runs.Length} seeds are certified");
            yield return new Measurement(
                setting, "same, from σ_min of the map itself", SeedSummary.Of(certified.Select(run => run[Measured.SharpRate])), null);
            yield return Measurement.Judged(
                setting, "slowest measured share per step", SeedSummary.Of(certified.Select(run => run[Measured.SlowestShare])),
                certified.Any(run =>
                    run[Measured.SlowestShare] < (run[Measured.CertifiedRate] * (1 - RateRounding)) - RateRounding * RateRounding));
        }
    }

    private static bool? FloorRefutes(KernelRun[] runs, bool wide)
    {
        if (!wide)
        {
            return runs.Any(run => run[Measured.Floor] <= Zero);
        }

        KernelRun[] fullRank = [.. runs.Where(run => run[Measured.SmallestFeature] > 0)];
        return fullRank.Length == 0 ? null : fullRank.Any(run => run[Measured.Floor] > Zero);
    }

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<KernelRun> all)
    {
        KernelRun[] runs = [.. all.Where(run => run.Study == KernelStudy.ValuesOnly)];
        KernelRun[] wide = [.. runs.Where(run => run[Measured.Width] >= run[Measured.TokenRows])], narrow = [.. runs.Except(wide)];
        KernelRun[] certified = [
            .. wide.Where(run => double.IsFinite(run[Measured.CertifiedRate]) && double.IsFinite(run[Measured.SlowestShare]))];
        if (wide.Length == 0 || narrow.Length == 0)
        {
            return "Nothing was measured on both sides of D = Nn.";
        }

        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"Floors over ℒ_0 are at most {NumberText.Of(wide.Max(run => run[Measured.Floor]), 2)} with D ≥ Nn and at least "
                + $"{NumberText.Of(narrow.Min(run => run[Measured.Floor]), 2)} below. {certified.Length} of {wide.Length} wide runs are "
                + $"certified");
        string ratio = certified.Length == 0
            ? "."
            : $"; their slowest step removes {Median(run => run[Measured.SlowestShare] / run[Measured.CertifiedRate], 3)} times the "
                + $"certified share (median), and the loss above the floor ends at {Median(run => run[Measured.EndFraction], 2)} ℒ_0 "
                + "(median): zero loss is certified, not observed.";
        return numbers + ratio
            + (verdict == Verdict.Partly ? $" Refuted in: {string.Join("; ", refuting.Select(m => m.Setting).Distinct())}." : string.Empty);

        string Median(Func<KernelRun, double> value, int digits) =>
            NumberText.Of(SeedSummary.Of(certified.Select(value)).Median, digits);
    }
}

/// <summary>Sources of the claims.</summary>
internal static class Papers
{
    public const string Song = "Song, Han, Zhang, Ding, Hong, arXiv 2411.07538";
}
