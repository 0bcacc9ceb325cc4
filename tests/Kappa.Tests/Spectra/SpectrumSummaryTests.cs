using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class SpectrumSummaryTests
{
    private const double Epsilon = 2.220446049250313e-16;

    [Fact]
    public void Every_quantity_of_a_small_spectrum_is_its_definition()
    {
        SpectrumSummary summary = SpectrumSummary.Of([4, 2, 2], 3, 9);
        Assert.Equal(SpectrumStatus.WellDefined, summary.Status);
        Assert.Equal(4, summary.SigmaMax);
        Assert.Equal(2, summary.SigmaMinRow);
        Assert.Equal(2, summary.SigmaMin);
        Assert.Equal(2, summary.SigmaMinNonzero);
        Assert.Equal(2, summary.ConditionNumberRow);
        Assert.Equal(2, summary.ConditionNumber);
        Assert.Equal(2, summary.ConditionNumberNonzero);
        Assert.Equal(3, summary.NumericalRank);
        Assert.Equal(Epsilon * 4 * Math.Sqrt(3), summary.Floor, 1e-30);
        Assert.Equal(24.0 / 16, summary.StableRank, 4 * Epsilon);

        // p = (1/2, 1/4, 1/4): entropy (3/2) log 2, so 2√2.
        Assert.Equal(2 * Math.Sqrt(2), summary.EffectiveRank, 8 * Epsilon);
    }

    [Fact]
    public void A_flat_spectrum_has_full_effective_and_stable_rank_and_a_single_value_has_one()
    {
        SpectrumSummary flat = SpectrumSummary.Of([3, 3, 3, 3, 3], 5, 5);
        Assert.Equal(5, flat.EffectiveRank, 20 * Epsilon);
        Assert.Equal(5, flat.StableRank, 20 * Epsilon);
        SpectrumSummary one = SpectrumSummary.Of([7, 0, 0], 3, 3);
        Assert.Equal(1, one.EffectiveRank, 4 * Epsilon);
        Assert.Equal(1, one.StableRank, 4 * Epsilon);
    }

    [Fact]
    public void Rank_limited_is_told_apart_from_ill_conditioned()
    {
        SpectrumSummary limited = SpectrumSummary.Of([2, 1], 5, 2);
        Assert.Equal(SpectrumStatus.RankLimited, limited.Status);
        Assert.Equal(0, limited.SigmaMinRow);
        Assert.Equal(double.PositiveInfinity, limited.ConditionNumberRow);
        Assert.Equal(1, limited.SigmaMin);
        Assert.Equal(2, limited.ConditionNumber);
        Assert.False(limited.IsNumericallyDeficient);

        SpectrumSummary ill = SpectrumSummary.Of([2, 1e-9], 2, 5);
        Assert.Equal(SpectrumStatus.WellDefined, ill.Status);
        Assert.Equal(2e9, ill.ConditionNumberRow, 1e-6);
    }

    [Fact]
    public void Below_the_floor_no_value_is_shown_and_the_condition_number_is_a_lower_bound()
    {
        SpectrumSummary summary = SpectrumSummary.Of([1, 0.5, 1e-17, 0], 4, 6);
        Assert.Equal(SpectrumStatus.BelowFloor, summary.Status);
        Assert.Equal(0, summary.SigmaMinRow);
        Assert.Equal(0, summary.SigmaMin);
        Assert.Equal(0.5, summary.SigmaMinNonzero);
        Assert.Equal(2, summary.NumericalRank);
        Assert.Equal(1 / (2 * Epsilon), summary.ConditionNumberRow, 1);
        Assert.Equal(summary.ConditionNumberRow, summary.ConditionNumber);
        Assert.Equal(2, summary.ConditionNumberNonzero);
        Assert.True(summary.IsNumericallyDeficient);
        Assert.True(SpectrumSummary.Of([1, 1e-17], 9, 2).IsNumericallyDeficient);
    }

    [Fact]
    public void Zero_and_non_finite_spectra_have_a_status_of_their_own()
    {
        SpectrumSummary zero = SpectrumSummary.Of([0, 0], 2, 2);
        Assert.Equal(SpectrumStatus.Zero, zero.Status);
        Assert.Equal(double.PositiveInfinity, zero.ConditionNumber);
        Assert.Equal(0, zero.EffectiveRank);
        SpectrumSummary bad = SpectrumSummary.Of([double.NaN, double.NaN], 2, 2);
        Assert.Equal(SpectrumStatus.NonFinite, bad.Status);
        Assert.True(double.IsNaN(bad.SigmaMax) && double.IsNaN(bad.SigmaMinRow) && double.IsNaN(bad.EffectiveRank));
        Assert.Equal(1, SpectrumSummary.Of([1e-310, 0], 2, 2).NumericalRank);
    }

    [Fact]
    public void Scale_changes_no_rank_and_no_condition_number()
    {
        foreach (double scale in new[] { 1e-290, 1e290 })
        {
            SpectrumSummary summary = SpectrumSummary.Of([4 * scale, 2 * scale, 2 * scale], 3, 9);
            Assert.Equal(2, summary.ConditionNumber, 1e-14);
            Assert.Equal(2 * Math.Sqrt(2), summary.EffectiveRank, 1e-14);
            Assert.Equal(1.5, summary.StableRank, 1e-14);
        }
    }

    [Fact]
    public void A_wrong_number_of_values_and_a_wrong_order_are_refused()
    {
        Assert.Contains(
            "min(rows, columns) = 2", Assert.Throws<ArgumentException>(() => SpectrumSummary.Of([1], 2, 3)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "descending", Assert.Throws<ArgumentException>(() => SpectrumSummary.Of([1, 2], 2, 3)).Message, StringComparison.Ordinal);
    }
}
