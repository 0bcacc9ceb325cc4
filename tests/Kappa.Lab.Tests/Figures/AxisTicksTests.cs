using Kappa.Lab.Figures;
using Xunit;

namespace Kappa.Lab.Tests.Figures;

public sealed class AxisTicksTests
{
    [Fact]
    public void Linear_ticks_lie_in_the_range_increase_and_stay_within_the_count()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 3000; trial++)
        {
            var centre = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-250, 250));
            var span = Math.Abs(centre) * Math.Pow(10, (random.NextDouble() * 10) - 8);
            var (low, high, count) = (centre - span, centre + span, random.Next(2, 10));
            var ticks = AxisTicks.Linear(low, high, count).Ticks;
            // A step of at least a count-th of the range puts at most count + 1 ticks in it; rounding up to 1, 2, 5 costs a factor 2.5.
            // A step retried because it left fewer than two ticks was above half the range, the next is above a fifth: at most 5.
            Assert.InRange(ticks.Count, Math.Max(2, (int)(count / 2.5) - 1), Math.Max(5, count + 1));
            Assert.All(ticks, t => Assert.InRange(t.Value, low - (1e-6 * span), high + (1e-6 * span)));
            Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.True(pair.First.Value < pair.Second.Value));
            Assert.Equal(ticks.Count, ticks.Select(t => t.Label).Distinct().Count());
        }
    }

    [Fact]
    public void Logarithmic_ticks_lie_in_the_range_increase_and_at_least_one_is_labelled()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 3000; trial++)
        {
            var low = (random.NextDouble() * 500) - 300;
            var high = Math.Min(307, low + Math.Pow(10, (random.NextDouble() * 4) - 1.5));
            var count = random.Next(2, 10);
            var set = AxisTicks.Logarithmic(low, high, count);
            // Within a decade or so the ticks are linear ones, with their bound of 5; see above.
            Assert.InRange(set.Major.Count(), high - low > 1 ? 1 : 0, Math.Max(5, count + 1));
            // One part in 1e9 of a decade is the slack the tick search itself allows at the edges.
            Assert.All(set.Ticks, t => Assert.InRange(Math.Log10(t.Value), low - 1e-8, high + 1e-8));
            Assert.All(set.Ticks.Zip(set.Ticks.Skip(1)), pair => Assert.True(pair.First.Value < pair.Second.Value));
        }
    }

    [Theory]
    [InlineData(0, 600, 8, "0|100|200|300|400|500|600")]
    [InlineData(-1, 1, 5, "−1.0|−0.5|0.0|0.5|1.0")]
    [InlineData(0.1, 0.45, 4, "0.1|0.2|0.3|0.4")]
    public void Linear_ticks_are_round_numbers(double low, double high, int count, string labels) =>
        Assert.Equal(labels, string.Join('|', AxisTicks.Linear(low, high, count).Ticks.Select(t => t.Label)));

    [Theory]
    [InlineData(-3, 0, 8, "10^{−3}|10^{−2}|10^{−1}|10^{0}")]
    [InlineData(-16, 0, 5, "10^{−15}|10^{−10}|10^{−5}|10^{0}")]
    [InlineData(0.1, 0.9, 8, "2|5")]
    public void Logarithmic_ticks_are_decades_or_their_parts(double low, double high, int count, string labels) =>
        Assert.Equal(labels, string.Join('|', AxisTicks.Logarithmic(low, high, count).Major.Select(t => t.Label)));

    [Fact]
    public void Whole_number_axes_label_whole_numbers_only()
    {
        for (var high = 1; high < 40; high++)
            Assert.All(AxisTicks.Linear(0.96, high + 0.04, 9, wholeNumbers: true).Ticks, t => Assert.Equal(Math.Round(t.Value), t.Value));
    }

    [Fact]
    public void Among_subnormals_no_two_ticks_share_a_value()
    {
        var ticks = AxisTicks.Linear(0, 3 * double.Epsilon, 8).Ticks;
        Assert.Equal(ticks.Count, ticks.Select(t => t.Value).Distinct().Count());
    }

    [Fact]
    public void Large_numbers_are_labelled_as_multiples_of_a_power_of_ten()
    {
        var set = AxisTicks.Linear(0, 4e7, 4);
        Assert.Equal("0|1|2|3|4", string.Join('|', set.Ticks.Select(t => t.Label)));
        Assert.Equal("steps [×10^{7}]", set.Labelled("steps"));
    }

    [Fact]
    public void Every_finite_range_maps_its_ends_to_the_ends_of_the_axis()
    {
        foreach (
            var (low, high) in ((double, double)[])[
                (0, 1), (-double.MaxValue, double.MaxValue), (0, double.Epsilon * 8), (1e-300, 1e300), (5, 5 * (1 + 1e-11))])
        {
            var map = AxisMap.Covering(Axis.Linear("x"), low, high, 0) with { Start = 10, End = 110 };
            Assert.Equal(10, map.Position(low), 1e-3);
            Assert.Equal(110, map.Position(high), 1e-3);
        }
    }
}
