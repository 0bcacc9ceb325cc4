using Kappa.Lab.Index;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>Summaries over seeds, against closed forms.</summary>
public sealed class SeedStatisticsTests
{
    [Fact]
    public void Median_and_quartiles_are_those_of_the_definition()
    {
        var statistics = SeedStatistics.Of([4, 1, 3, 2]);
        Assert.Equal(
            (4, 0, 1.75, 2.5, 3.25), (statistics.Count, statistics.Missing, statistics.Lower, statistics.Median, statistics.Upper));
        var odd = SeedStatistics.Of([9, 1, 5]);
        Assert.Equal((3.0, 5.0, 7.0), (odd.Lower, odd.Median, odd.Upper));
    }

    /// <summary>The median lies outside the range of n values when all are on one side of it: 2 · 2⁻ⁿ.</summary>
    [Fact]
    public void The_interval_of_few_values_is_their_range_with_its_true_level()
    {
        var three = SeedStatistics.Of([4, 1, 2]);
        Assert.Equal((1.0, 4.0, 0.75), (three.IntervalLow, three.IntervalHigh, three.IntervalLevel));
        Assert.Equal(0.9375, SeedStatistics.Of([4, 1, 2, 5, 8]).IntervalLevel);
        Assert.Equal(
            (5.0, 5.0, 0.0),
            (SeedStatistics.Of([5]).IntervalLow, SeedStatistics.Of([5]).IntervalHigh, SeedStatistics.Of([5]).IntervalLevel));
    }

    [Fact]
    public void Values_in_any_order_give_the_same() =>
        Assert.Equal(SeedStatistics.Of([1, 2, 4, 8, 16]), SeedStatistics.Of([16, 8, 4, 2, 1]));

    [Fact]
    public void What_was_not_reached_counts_and_what_is_missing_does_not()
    {
        var statistics = SeedStatistics.Of([10, double.PositiveInfinity, double.PositiveInfinity, double.NaN]);
        Assert.Equal((3, 1, 2), (statistics.Count, statistics.Missing, statistics.NotReached));
        Assert.Equal((double.PositiveInfinity, double.PositiveInfinity), (statistics.Median, statistics.Upper));
        Assert.Equal(0, SeedStatistics.Of([double.NaN]).Count);
    }

    [Fact]
    public void Groups_are_equal_specifications_apart_from_the_seeds()
    {
        using var runs = new IndexFixture();
        for (int seed = 0; seed < 3; seed++)
        {
            _ = runs.Add($"a{seed}", 0.5, specification: Specification(1, seed));
            _ = runs.Add($"b{seed}", 0.9, rows: 20, specification: Specification(2, seed));
        }

        _ = runs.Add("c", 0.5, rows: 10, specification: Specification(2, 9), state: RunState.Running);
        _ = runs.Refresh();
        IReadOnlyList<SeedGroup> groups = SeedGroups.Of(new RunQuery(runs.Index), new()).Groups;
        Assert.Equal([("depth", 1L), ("depth", 2L)], groups.Select(group => Assert.Single(group.Values)));
        Assert.Equal([3, 4], groups.Select(group => group.Runs));
        Assert.Equal(0.5, groups[0].Statistics.Single(statistic => statistic.Quantity == "rate").Statistics.Median, 1e-12);

        // 0.9¹⁹ is above a hundredth: three runs did not reach it; the one still running has, in 7 steps.
        SeedStatistics steps = groups[1].Statistics.Single(statistic => statistic.Quantity == "stepsToHundredth").Statistics;
        Assert.Equal((4, 0), (steps.Count, steps.Missing));
        Assert.Equal(3, steps.NotReached);
        Assert.Equal(1, groups[1].Outcomes["lost"]);

        Assert.Equal(
            3,
            Assert.Single(
                SeedGroups.Of(
                    new RunQuery(runs.Index), new() { Words = ["depth=1", "seed=range(0,9)"], Quantities = ["finalLoss"] }).Groups).Runs);
        Assert.Equal(
            7, Assert.Single(SeedGroups.Of(new RunQuery(runs.Index), new() { Words = ["depth=1,2"], By = ["width"] }).Groups).Runs);
    }

    /// <summary>A slope over a twentieth of a decade is no rate, and a run whose loss is not finite is no run without a loss.</summary>
    [Fact]
    public void What_the_fit_refused_is_counted_and_not_averaged_and_divergence_is_an_infinite_loss()
    {
        using var runs = new IndexFixture();
        _ = runs.Add("a", 0.5, specification: Specification(1, 0));
        _ = runs.Add("b", 0.999, specification: Specification(1, 1));
        _ = runs.Add("c", double.NaN, specification: Specification(1, 2));
        _ = runs.Refresh();
        SeedGroup group = Assert.Single(SeedGroups.Of(new RunQuery(runs.Index), new()).Groups);
        SeedStatistics rate = group.Statistics.Single(statistic => statistic.Quantity == "rate").Statistics,
            loss = group.Statistics.Single(statistic => statistic.Quantity == "finalLoss").Statistics;
        Assert.Equal((1, 2), (rate.Count, rate.Missing));
        Assert.Equal(0.5, rate.Median, 1e-12);
        Assert.Equal((3, 0, 1), (loss.Count, loss.Missing, loss.NotReached));
    }

    [Theory]
    [InlineData("deph=1", "command line: 'deph=1': unknown key 'deph'. Did you mean 'depth'?")]
    [InlineData("depth=-1", "command line: 'depth=-1': depth must be from 1 to 4096 but is -1.")]
    [InlineData("depth", "command line: 'depth': must have the form key=value. Did you mean 'depth=…'?")]
    [InlineData("depth=5", "runs: there must be a run with depth=5 but there is none. See kappa list.")]
    public void Wrong_words_are_refused(string word, string message)
    {
        using var runs = new IndexFixture();
        _ = runs.Add("a", 0.5);
        _ = runs.Refresh();
        Assert.Equal(
            message, Assert.Throws<BadInputException>(() => SeedGroups.Of(new RunQuery(runs.Index), new() { Words = [word] })).Message);
    }

    private static ExperimentSpecification Specification(int depth, int seed) =>
        new() { Model = new() { Depth = depth, Width = 8 }, Seed = seed };
}
