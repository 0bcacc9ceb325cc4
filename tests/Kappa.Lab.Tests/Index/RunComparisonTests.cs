using Kappa.Lab.Index;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>What differs between two runs.</summary>
public sealed class RunComparisonTests
{
    [Fact]
    public void The_keys_the_results_and_the_first_differing_loss_are_found()
    {
        using var runs = new IndexFixture();
        RunFiles one = runs.Add("a", 0.5, specification: new() { Model = new() { Depth = 1 } }),
            other = runs.Add("b", 0.5, rows: 40, specification: new() { Model = new() { Depth = 2 } });
        string[] lines = File.ReadAllLines(other.Telemetry);
        lines[13] = "12,0.00024414062500000005,-12";
        File.WriteAllText(other.Telemetry, string.Join('\n', lines) + "\n");
        var comparison = RunComparison.Of(one.Path, other.Path);
        Assert.Equal(new Pairing("model.depth", "1", "2"), Assert.Single(comparison.Specification));
        Assert.Equal(40, comparison.CommonSteps);

        // One unit in the last place of 2⁻¹² is a difference.
        Assert.Equal(new LossDifference(12, Math.Pow(2, -12), Math.BitIncrement(Math.Pow(2, -12))), comparison.Losses);
        Assert.Equal(
            (59L, 39L),
            (
                comparison.Results.Single(pair => pair.Name == "stepReached").First,
                comparison.Results.Single(pair => pair.Name == "stepReached").Second));
    }

    [Fact]
    public void A_run_equals_itself()
    {
        using var runs = new IndexFixture();
        RunFiles one = runs.Add("a", 0.5);
        var comparison = RunComparison.Of(one.Path, one.Path);
        Assert.Empty(comparison.Specification);
        Assert.Equal((60, null), (comparison.CommonSteps, comparison.Losses));
        Assert.All(comparison.Results, pair => Assert.Equal(pair.First, pair.Second));
    }
}
