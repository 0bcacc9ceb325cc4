using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>The median by selection is that of the sorted values.</summary>
public sealed class OrderStatisticsTests
{
    [Fact]
    public void The_median_is_that_of_a_sort()
    {
        var random = new RandomSequence(1, "order statistics");
        for (int k = 0; k < 2_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            int count = (int)(first % 300);

            // From many equal values to none, and now and then one that is not a number.
            ulong kinds = 1 + (second % 400);
            AssertAsSorted([.. Enumerable.Range(0, count).Select(i => Value(random.Block(2_000 + (300L * k) + i).First, kinds, k))]);
        }
    }

    [Theory]
    [InlineData("rising")]
    [InlineData("falling")]
    [InlineData("up and down")]
    [InlineData("equal")]
    [InlineData("infinite")]
    [InlineData("sawtooth")]
    public void An_order_in_the_values_does_not_matter(string order)
    {
        foreach (int count in new[] { 1, 2, 3, 16, 17, 18, 127, 1_000, 8_128 })
        {
            AssertAsSorted([.. Enumerable.Range(0, count).Select(i => order switch
            {
                "rising" => i,
                "falling" => -i,
                "up and down" => Math.Min(i, count - i),
                "equal" => 0.1,
                "infinite" => i % 3 == 0 ? double.PositiveInfinity : i % 3 == 1 ? double.NegativeInfinity : i,
                _ => i % 7,
            })]);
        }
    }

    [Fact]
    public void No_value_has_no_median() => Assert.True(double.IsNaN(OrderStatistics.Median([])));

    private static double Value(ulong bits, ulong kinds, int k) =>
        k % 5 == 0 && bits % 11 == 0 ? double.NaN : ((bits >> 20) % kinds) - 100.0;

    private static void AssertAsSorted(double[] values)
    {
        double[] sorted = [.. values.Order()];
        double expected = sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        Assert.Equal(BitConverter.DoubleToUInt64Bits(expected), BitConverter.DoubleToUInt64Bits(OrderStatistics.Median(values)));
    }
}
