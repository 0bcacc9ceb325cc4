using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>[C]: how tight the sufficient widths Ω(N²) and Ω(N³) are.</summary>
internal static class WidthGrowthClaim
{
    private const double LeastExponent = 2;

    public static Claim Claim { get; } = new(
        "width-is-tight",
        "our question to " + ShallowMeasurements.Paper + " (S.6)",
        "The width that is needed grows with the number of samples like N² or faster, so that the sufficient widths Ω(N²) and Ω(N³) are "
            + "tight.",
        "for every seed the exponent of the smallest width with T(1e-2) within the budget, against N, is below 2 (number ours); where "
            + "seeds lie on both sides nothing is decided; a search that found no width gives a lower bound, which refutes nothing");

    public static ClaimFinding Judge(IReadOnlyList<WidthSearchResult> searches)
    {
        var measurements = new List<Measurement>();
        if (Exponent(searches) is var (exponent, _))
        {
            int none = searches.Count(search => search.IsLowerBound);
            measurements.Add(
                ShallowMeasurements.OfExponent(
                    "all N", "exponent of the smallest converging width, range over seeds", exponent, exponent.IsBelow(LeastExponent),
                    searches.Select(search => ((double)search.Samples, search.Seed)),
                    none == 0 ? null : $"{none} searches found none and count with the largest width tried"));
        }

        measurements.AddRange(searches.GroupBy(search => search.Samples).OrderBy(group => group.Key).Select(group =>
            new Measurement(
                $"N={group.Key}", "smallest converging width", SeedSummary.Of(group.Select(search => (search.Width, search.IsLowerBound))),
                null)));
        return ClaimFinding.From(Claim, measurements, (_, refuting, confirming) => Reason([.. refuting, .. confirming], measurements));
    }

    /// <summary>The exponent over the seeds; null when fewer than two N have a converging width.</summary>
    /// <remarks>
    /// A search without one counts with the largest width tried. Where that happens at the largest N alone the exponent is a lower bound,
    /// for the slope rises with every width there; where it happens elsewhere too it can be wrong either way, and is NaN.
    /// </remarks>
    public static (SeedSummary Exponent, Regression Fit)? Exponent(IReadOnlyList<WidthSearchResult> searches)
    {
        if (searches.Where(search => !search.IsLowerBound).Select(search => search.Samples).Distinct().Count() < 2)
        {
            return null;
        }

        (SeedSummary exponent, Regression fit) = ShallowMeasurements.Exponent(
            searches.Select(search => ((double)search.Samples, search.Width, search.Seed)));
        WidthSearchResult[] none = [.. searches.Where(search => search.IsLowerBound)];
        return none.Length == 0 ? (exponent, fit)
            : none.All(search =>
                search.Samples == searches.Max(other => other.Samples)) ? (exponent with { LowerBounds = exponent.Count }, fit)
            : (new SeedSummary(double.NaN, double.NaN, double.NaN, exponent.Count, 0), fit);
    }

    private static string Reason(Measurement[] judged, List<Measurement> all) => judged.Length == 0
        ? "Fewer than two numbers of samples have a converging width, or so many searches found none that the exponent is unknown or "
            + "only a lower bound."
        : $"The smallest converging width grows with exponent {ShallowMeasurements.Words(judged[0].Value)}: "
            + $"{string.Join(", ", all.Skip(1).Select(m => $"{NumberText.Of(m.Value.Median, 3)} for {m.Setting}"))}.";
}
