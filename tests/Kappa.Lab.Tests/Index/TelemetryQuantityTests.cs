using Kappa.Lab.Index;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>Values of telemetry over seeds, against runs whose every number is known:
/// the loss is factor^step, gradientNorm is −step and NaN at step 3.</summary>
public sealed class TelemetryQuantityTests
{
    [Fact]
    public void First_last_least_largest_and_the_value_at_a_step_are_those_of_the_rows()
    {
        using var runs = Runs();
        Assert.Equal(
            [
                ("loss:first", 1), ("loss:last", 0.5 * 0.5 * 0.5 * 0.5), ("gradientNorm:min", -4), ("gradientNorm:max", 0),
                ("loss:at(2)", 0.25), ("LOSS:At(3)", 0.125)],
            Medians(
                runs,
                new()
                {
                    Words = ["depth=1"],
                    Quantities = ["loss:first", "loss:last", "gradientNorm:min", "gradientNorm:max", "loss:at(2)", "LOSS:At(3)"],
                }));
    }

    [Theory]
    [InlineData("loss < 0.3", 2)]
    [InlineData("loss <= 0.25", 2)]
    [InlineData("loss < 0.25", 3)]
    [InlineData("loss ≤ 0.125*first", 3)]
    [InlineData("not loss > 0.3", 2)]
    [InlineData("gradientNorm <= min", 4)]
    [InlineData("gradientNorm < -1.5", 2)]
    [InlineData("not gradientNorm > -2.5", 4)]
    [InlineData("loss > 2", double.PositiveInfinity)]
    public void The_first_step_at_which_a_condition_holds_or_fails_is_found_and_NaN_does_neither(string condition, double step)
    {
        using var runs = Runs();
        Assert.Equal([($"first step: {condition}", step)], Medians(runs, new() { Words = ["depth=1"], Firsts = [condition] }));
    }

    [Fact]
    public void A_run_that_goes_on_may_still_reach_a_step_and_one_that_ended_did_not()
    {
        using var runs = new IndexFixture();
        _ = runs.Add("done", 0.5, rows: 5, specification: Of(1, 0));
        _ = runs.Add("going", 0.5, rows: 5, specification: Of(1, 1), state: RunState.Running);
        _ = runs.Refresh();
        SeedStatistics steps = Assert.Single(
            Assert.Single(SeedGroups.Of(new RunQuery(runs.Index), new() { Firsts = ["loss < 1e-9"] }).Groups).Statistics).Statistics;
        Assert.Equal((1, 1, 1), (steps.Count, steps.Missing, steps.NotReached));
    }

    [Fact]
    public void Runs_without_a_column_or_a_step_are_said()
    {
        using var runs = Runs();
        SeedAnswer answer = SeedGroups.Of(
            new RunQuery(runs.Index), new() { Quantities = ["l0.output.entropy:last", "loss:at(50)"], By = ["depth"] });
        Assert.Equal(
            [
                "l0.output.effectiveRank is not in the telemetry of 2 of 3 runs, which are left out of it: a, b.",
                "loss:at(50): 3 of 3 runs have no value there or end before step 50, and are left out: a, b, s."],
            answer.Notices);
        Assert.Equal(Math.Log(2), answer.Groups[1].Statistics[0].Statistics.Median, 1e-15);
        Assert.Equal((0, 2), (answer.Groups[0].Statistics[0].Statistics.Count, answer.Groups[0].Statistics[0].Statistics.Missing));
    }

    [Theory]
    [InlineData(
        "l0.output.kapa:max",
        "--of: 'l0.output.kapa:max' needs the telemetry column 'l0.output.kapa', which none of the 3 runs has recorded. Did you mean "
            + "'l0.output.kappa'? See kappa query \"SELECT DISTINCT column FROM telemetry_summary\".")]
    [InlineData("loss:mx", "--of: 'loss:mx' must end in one of first, last, min, max, at(STEP) but ends in 'mx'. Did you mean 'max'?")]
    [InlineData("loss:at(x)", "--of: 'loss:at(x)' must have a step, an integer from 0, in its brackets but has 'x'.")]
    [InlineData(":max", "--of: ':max' must have a telemetry column before the colon, as in l0.output.conditionNumber:max.")]
    public void Wrong_quantities_are_refused_with_what_was_meant(string quantity, string message)
    {
        using var runs = Runs();
        Assert.Equal(
            message,
            Assert.Throws<BadInputException>(() => SeedGroups.Of(new RunQuery(runs.Index), new() { Quantities = [quantity] })).Message);
    }

    [Theory]
    [InlineData("loss = 3", "it has '=' where one of <, <=, >, >= must stand.")]
    [InlineData("loss", "it has no telemetry column with one of <, <=, >, >= after it.")]
    [InlineData("loss < 0.5*frist", "after the factor one of first, last, min, max must stand but 'frist' does. Did you mean 'first'?")]
    [InlineData("loss < lasst", "'lasst' is no number, and none of first, last, min, max. Did you mean 'last'?")]
    public void Wrong_conditions_are_refused_with_what_was_meant(string condition, string reason)
    {
        using var runs = Runs();
        Assert.Equal(
            $"--first: must be a condition such as 'l1.output.sigmaMin < 0.5*first' or 'not loss < 1e-3' but is '{condition}': {reason}",
            Assert.Throws<BadInputException>(() => SeedGroups.Of(new RunQuery(runs.Index), new() { Firsts = [condition] })).Message);
    }

    private static (string, double)[] Medians(IndexFixture runs, SeedQuestion question) =>
        [
            .. Assert.Single(SeedGroups.Of(new RunQuery(runs.Index), question).Groups).Statistics.Select(statistic =>
                (statistic.Quantity, statistic.Statistics.Median))];

    // Two runs of depth 1 with the same numbers, and one of depth 2 that has recorded a spectrum.
    private static IndexFixture Runs()
    {
        var runs = new IndexFixture();
        _ = runs.Add("a", 0.5, rows: 5, specification: Of(1, 0));
        _ = runs.Add("b", 0.5, rows: 5, specification: Of(1, 1));
        RunFiles files = runs.Add("s", 0.5, rows: 2, specification: Of(2, 0));
        File.WriteAllText(files.Telemetry, "step,loss,l0.output.conditionNumber,l0.output.effectiveRank\n0,1,10,3\n1,0.5,20,2\n");
        _ = runs.Refresh();
        return runs;
    }

    private static ExperimentSpecification Of(int depth, int seed) => new() { Model = new() { Depth = depth, Width = 8 }, Seed = seed };
}
