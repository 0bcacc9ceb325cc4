using Kappa.Lab.Index;
using Kappa.Lab.Statistics;
using Xunit;

namespace Kappa.Lab.Tests.Statistics;

public sealed class FirstPassageTests
{
    [Theory]
    [InlineData(new[] { 8.0, 1, 0.08, 0.01 }, 2)]
    [InlineData(new[] { 8.0, double.NaN, 9, 0.0799 }, 3)]
    [InlineData(new[] { 8.0, 0.0801 }, null)]
    [InlineData(new[] { 0.0, 0 }, 0)]
    public void It_is_the_first_loss_that_is_at_most_the_share_of_the_first(double[] losses, int? expected) => Assert.Equal(expected, FirstPassage.Of(losses, FirstPassage.Hundredth));

    /// <summary>The report of a sweep and the table of groups say the same of the same seeds.</summary>
    [Fact]
    public void One_bootstrap_serves_reports_and_groups()
    {
        double[] values = [3, 1, 4, 1.5, 9, 2.6, 5];
        BootstrapInterval interval = BootstrapInterval.OfMedian(values, seed: 3)!;
        var statistics = SeedStatistics.Of(values, seed: 3);
        Assert.Equal((interval.Low, interval.High), (statistics.IntervalLow, statistics.IntervalHigh));
    }
}
