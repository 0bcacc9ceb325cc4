namespace Kappa.Lab.Reproductions.Shallow;

/// <summary>[C]: how tight the sufficient widths Ω(N²) and Ω(N³) are.</summary>
internal static class WidthGrowthClaim
{
    private const double LeastExponent = 2;

    public static Claim Claim { get; } = new(
        "width-is-tight",
        "our question to " + ShallowMeasurements.Paper + " (S.6)",
        "The width that is needed grows with the number of samples like N² or faster, so that the sufficient widths Ω(N²) and Ω(N³) are tight.",
        "the upper end of the 95 % interval of the exponent of the smallest width with T(1e-2) within the budget, against N, is below 2 (number ours)");

    public static ClaimFinding Judge(IReadOnlyList<WidthSearchResult> searches)
    {
        WidthSearchResult[] found = [.. searches.Where(search => !search.IsLowerBound)];
        var measurements = new List<Measurement>();
        if (found.Select(search => search.Samples).Distinct().Count() > 1)
        {
            SeedSummary exponent = ShallowMeasurements.Exponent(found.Select(search => ((double)search.Samples, search.Width, search.Seed))).Exponent;
            measurements.Add(new Measurement("all N", "exponent of the smallest converging width, 95 % interval", exponent, exponent.High < LeastExponent, found.Length == searches.Count ? null : $"{searches.Count - found.Length} searches found none and are left out"));
        }

        measurements.AddRange(searches.GroupBy(search => search.Samples).OrderBy(group => group.Key).Select(group =>
            new Measurement($"N={group.Key}", "smallest converging width", SeedSummary.Of(group.Select(search => (search.Width, search.IsLowerBound))), null)));
        return ClaimFinding.From(Claim, measurements, (_, refuting, confirming) => Reason([.. refuting, .. confirming], measurements));
    }

    private static string Reason(Measurement[] judged, List<Measurement> all) => judged.Length == 0
        ? "Fewer than two numbers of samples have a converging width."
        : $"The smallest converging width grows with exponent {ShallowMeasurements.Words(judged[0].Value)}: {string.Join(", ", all.Skip(1).Select(m => FormattableString.Invariant($"{m.Value.Median:G3} for {m.Setting}")))}.";
}
