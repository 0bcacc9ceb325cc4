using Kappa.Lab.Statistics;
using Xunit;

namespace Kappa.Lab.Tests.Statistics;

public sealed class BootstrapIntervalTests
{
    /// <summary>
    /// The median of an odd resample is at most the k-th of n values when at least (n + 1)/2 of its draws are: P = P(Bin(n, k/n) ≥ (n + 1)/2). So the exact
    /// ends are known. An end may differ only where that probability is within four standard errors, 4 √(0.025 · 0.975/2000) = 0.014, of the tail.
    /// </summary>
    [Theory]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(21)]
    [InlineData(51)]
    public void The_interval_has_the_exact_quantiles_of_the_resampled_median(int count)
    {
        double[] values = [.. Enumerable.Range(1, count).Select(k => (double)k)];
        BootstrapInterval interval = BootstrapInterval.OfMedian(values, seed: 3)!;
        const double margin = 0.014;
        Assert.InRange(interval.Low, ExactQuantile(count, 0.025 - margin), ExactQuantile(count, 0.025 + margin));
        Assert.InRange(interval.High, ExactQuantile(count, 0.975 - margin), ExactQuantile(count, 0.975 + margin));
    }

    [Fact]
    public void The_order_of_the_values_and_the_number_of_calls_do_not_matter()
    {
        double[] values = [3, 1, 4, 1.5, 9, 2.6];
        BootstrapInterval first = BootstrapInterval.OfMedian(values)!;
        Assert.Equal(first, BootstrapInterval.OfMedian(values.Reverse()));
        Assert.NotEqual(first.Low, first.High);
    }

    [Fact]
    public void An_interval_of_an_even_number_takes_means_of_the_middle_two()
    {
        // Two values, three times each: medians of resamples are 0, 0.5 or 1, and 0 has probability P(Bin(6, 1/2) ≥ 4) = 0.34.
        BootstrapInterval interval = BootstrapInterval.OfMedian([0, 0, 0, 1, 1, 1])!;
        Assert.Equal((0.0, 1.0), (interval.Low, interval.High));
    }

    [Fact]
    public void Few_values_or_a_NaN_give_no_interval()
    {
        Assert.Null(BootstrapInterval.OfMedian([1, 2, 3, 4]));
        Assert.Null(BootstrapInterval.OfMedian([1, 2, 3, 4, double.NaN]));
    }

    [Fact]
    public void A_run_that_never_arrives_is_infinite_and_not_NaN()
    {
        BootstrapInterval interval = BootstrapInterval.OfMedian([1, 2, 3, double.PositiveInfinity, double.PositiveInfinity])!;
        Assert.Equal(double.PositiveInfinity, interval.High);
        Assert.True(double.IsFinite(interval.Low));
    }

    [Fact]
    public void Quantiles_interpolate_between_order_statistics()
    {
        double[] sorted = [1, 2, 4, double.PositiveInfinity];
        Assert.Equal(3, Quantiles.OfSorted(sorted, 0.5));
        Assert.Equal(1.75, Quantiles.OfSorted(sorted, 0.25));
        Assert.Equal(1, Quantiles.OfSorted(sorted, 0));
        Assert.Equal(double.PositiveInfinity, Quantiles.OfSorted(sorted, 0.75));
        Assert.Equal(double.PositiveInfinity, Quantiles.OfSorted(sorted, 1));
    }

    private static double ExactQuantile(int count, double tail)
    {
        int k = 1;
        while (k < count && AtLeast(count, (count + 1) / 2, (double)k / count) < tail)
            k++;
        return k;
    }

    private static double AtLeast(int count, int least, double probability)
    {
        double sum = 0;
        for (int hits = least; hits <= count; hits++)
        {
            double term = 1;
            for (int i = 0; i < hits; i++)
                term *= (double)(count - i) / (hits - i) * probability;
            sum += term * Math.Pow(1 - probability, count - hits);
        }

        return sum;
    }
}
