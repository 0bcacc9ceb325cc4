using Kappa.Numerics;

namespace Kappa.Lab.Studies.Residual;

/// <summary>[A]: convergence can be certified with the residual connection, and costs far more without (C.11).</summary>
internal static class CertificatePriceClaim
{
    private const double LeastRatio = 100;

    public static Claim Claim { get; } = new(
        "certificate-price",
        "Qin, Zhou, Jiang, Zhu, arXiv 2506.05249",
        "The certificate holds with the attention residual and costs far more without: the smallest factor c on the features of the last "
            + "block that makes convergence certain is larger without it.",
        "at any depth: a seed with the connection has no certified c up to 1e12, or c without over c with it is below 100 for every "
            + "seed; where seeds lie on both sides nothing is decided");

    public static ClaimFinding Judge(IReadOnlyList<PricePoint> points)
    {
        Measurement[] measurements = [.. points.GroupBy(point => point.Depth).SelectMany(group => OfDepth(group.Key, [.. group]))];
        return ClaimFinding.From(Claim, measurements, Reason);
    }

    private static IEnumerable<Measurement> OfDepth(int depth, PricePoint[] points)
    {
        PricePoint[] with = Of(points, 1), without = Of(points, 0);
        string setting = $"depth {depth}";
        if (with.Length > 0 && with.Length == without.Length)
        {
            int uncertified = with.Count(point => point.Scale is null);
            yield return Measurement.Judged(
                setting, "share of seeds with the connection that have a certified c",
                Single(1 - ((double)uncertified / with.Length), with.Length), uncertified > 0);
            SeedSummary ratio = PairedRatio.Over(
                without.Select(point => (point.Seed, point.Price)), with.Select(point => (point.Seed, point.Price)));
            yield return Measurement.Judged(
                setting, "smallest c, ρ_a = 0 / ρ_a = 1", ratio, ratio.IsBelow(LeastRatio),
                ratio.LowerBounds == 0
                    ? null
                    : $"{ratio.LowerBounds} of {ratio.Count} are lower bounds: without the connection there is no certified c up to 1e12");
        }

        foreach (IGrouping<double, PricePoint> group in points.GroupBy(point => point.AttentionResidual).OrderBy(group => group.Key))
        {
            string where = FormattableString.Invariant($"{setting}, ρ_a = {group.Key}");
            yield return new Measurement(
                where, "smallest c (ball certificate)", SeedSummary.Of(group.Select(point => point.Price)), null,
                "5 % search tolerance; a lower bound where none up to 1e12 is certified");
            if (group.Any(point => point.Scale is not null))
            {
                yield return new Measurement(
                    where, "guaranteed rate at that c [per step]",
                    SeedSummary.Of(group.Where(point => point.Scale is not null).Select(point => point.GuaranteedRate)), null);
            }

            int certified = group.Count(point => point.FirstStep is not null);
            yield return new Measurement(
                where, $"first certified step of an ordinary run (path certificate; {certified} of {group.Count()} runs)",
                SeedSummary.Of(group.Select(point => point.CertifiedFrom)), null,
                FormattableString.Invariant(
                    $"doubling steps, then bisection; a lower bound where no step tried up to {group.First().LastStep} is certified"));
        }
    }

    private static PricePoint[] Of(PricePoint[] points, double residual) =>
        [.. points.Where(point => point.AttentionResidual == residual).OrderBy(point => point.Seed)];

    private static string Times(Measurement m) =>
        $"{NumberText.Of(m.Value.Median, 3)}{(m.Value.MedianIsLowerBound ? " or more" : string.Empty)} times ({m.Setting})";

    private static SeedSummary Single(double value, int count) => new(value, value, value, count, 0);

    private static string Reason(Verdict verdict, IReadOnlyList<Measurement> refuting, IReadOnlyList<Measurement> confirming)
    {
        Measurement[] ratios = [.. confirming.Concat(refuting).Where(m => m.Quantity.StartsWith("smallest", StringComparison.Ordinal))];
        string numbers = ratios.Length == 0
            ? "No ratio of prices was decided."
            : $"Without the connection the smallest c is {string.Join(", ", ratios.Select(Times))} larger.";
        return refuting.Count == 0 ? numbers : $"{numbers} Refuted in: {RunGroups.Settings(refuting)}.";
    }
}
