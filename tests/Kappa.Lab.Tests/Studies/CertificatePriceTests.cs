using Kappa.Lab.Studies;
using Kappa.Lab.Studies.Residual;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

public sealed class CertificatePriceTests
{
    [Fact]
    public void A_price_a_hundred_times_larger_without_the_connection_reproduces_the_claim()
    {
        ClaimFinding finding = CertificatePriceClaim.Judge(Points(with: 5, without: 500));
        Assert.Equal(Verdict.Reproduced, finding.Verdict);
        Assert.Contains("100 times (depth 1)", finding.Reason, StringComparison.Ordinal);
        Assert.Equal(100, Ratio(finding).Value.Median);
    }

    [Fact]
    public void A_price_less_than_a_hundred_times_larger_refutes_it()
    {
        Assert.Equal(
            (Verdict.Partly, true),
            (
                CertificatePriceClaim.Judge(Points(with: 5, without: 499)).Verdict,
                Ratio(CertificatePriceClaim.Judge(Points(with: 5, without: 499))).Refutes));
    }

    [Fact]
    public void A_seed_without_any_certificate_with_the_connection_refutes_and_leaves_the_ratio_undecided()
    {
        ClaimFinding finding = CertificatePriceClaim.Judge(Points(with: null, without: null));
        Assert.Equal((Verdict.NotDecided, null), (finding.Verdict, Ratio(finding).Refutes));
    }

    [Fact]
    public void No_certificate_without_the_connection_counts_as_a_lower_bound()
    {
        // The search ends at 1e12: at least 1e11 times 10, and at least 10 times 1e11, which decides nothing.
        Measurement large = Ratio(CertificatePriceClaim.Judge(Points(with: 10, without: null)));
        Assert.Equal((1e11, true, false), (large.Value.Median, large.Value.MedianIsLowerBound, large.Refutes));
        Assert.Null(Ratio(CertificatePriceClaim.Judge(Points(with: 1e11, without: null))).Refutes);
    }

    [Fact]
    public void Nothing_measured_gives_no_verdict()
    {
        Assert.Equal(Verdict.NotMeasured, CertificatePriceClaim.Judge([]).Verdict);
    }

    private static Measurement Ratio(ClaimFinding finding) =>
        finding.Measurements.Single(m => m.Quantity == "smallest c, ρ_a = 0 / ρ_a = 1");

    private static PricePoint[] Points(double? with, double? without) =>
    [
        .. from seed in new long[] { 0, 1, 2 }
           from arm in new[] { (Residual: 1.0, Scale: with), (Residual: 0.0, Scale: without) }
           select new PricePoint(1, arm.Residual, seed, arm.Scale, 0.1, 7, 1e-3, 40),
    ];
}
