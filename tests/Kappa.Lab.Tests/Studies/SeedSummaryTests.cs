using Kappa.Lab.Studies;
using Xunit;

namespace Kappa.Lab.Tests.Studies;

public sealed class SeedSummaryTests
{
    [Fact]
    public void The_median_of_an_odd_count_is_the_middle_value() =>
        Assert.Equal(new SeedSummary(3, 1, 9, 3, 0), SeedSummary.Of([9.0, 1, 3]));

    [Fact]
    public void The_median_of_an_even_count_is_the_mean_of_the_middle_two() =>
        Assert.Equal(new SeedSummary(2.5, 1, 9, 4, 0), SeedSummary.Of([9.0, 2, 3, 1]));

    [Fact]
    public void One_value_is_median_and_range() => Assert.Equal(new SeedSummary(7, 7, 7, 1, 0), SeedSummary.Of([7.0]));

    [Fact]
    public void A_single_NaN_makes_the_whole_summary_NaN() =>
        Assert.Equal(new SeedSummary(double.NaN, double.NaN, double.NaN, 3, 0), SeedSummary.Of([1, double.NaN, 3]));

    [Theory]
    [InlineData(5, 2, false)]
    [InlineData(5, 3, true)]
    [InlineData(4, 1, false)]
    [InlineData(4, 2, true)]
    [InlineData(1, 0, false)]
    [InlineData(1, 1, true)]
    public void The_median_is_a_lower_bound_when_a_bound_is_among_the_middle_values(int count, int bounds, bool isLowerBound)
    {
        // The bounds are a budget and therefore the largest values.
        var summary = SeedSummary.Of(Enumerable.Range(0, count).Select(k => (Value: (double)k, IsLowerBound: k >= count - bounds)));
        Assert.Equal(bounds, summary.LowerBounds);
        Assert.Equal(isLowerBound, summary.MedianIsLowerBound);
        Assert.Equal(isLowerBound, summary.ToString().StartsWith("≥ ", StringComparison.Ordinal));
    }

    [Fact]
    public void No_value_is_a_mistake() => Assert.Throws<ArgumentException>(() => SeedSummary.Of(Array.Empty<double>()));

    [Fact]
    public void A_summary_reads_as_median_range_and_count() =>
        Assert.Equal("12.3 [9.1, 20] n=3", SeedSummary.Of([12.34, 20, 9.1]).ToString());
}
