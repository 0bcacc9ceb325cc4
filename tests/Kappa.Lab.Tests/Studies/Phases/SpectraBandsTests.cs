using Kappa.Lab.Figures;
using Kappa.Lab.Store;
using Kappa.Lab.Studies.Phases;
using Kappa.Lab.Sweeps;
using Xunit;

namespace Kappa.Lab.Tests.Studies.Phases;

public sealed class SpectraBandsTests
{
    [Fact]
    public void Every_quantity_is_a_figure_with_a_panel_for_each_layer_and_part_and_the_median_over_seeds()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = PhaseBoundaryTests.Plan(["depth=2", "gain=1,2", "seed=0,1,2"]);
        RunOutcome[] outcomes = [.. plan.Runs.Select((run, index) => Outcome(folder.Path, run, 1 + index))];
        IReadOnlyList<SweepGroup> groups = SweepGroup.Of(outcomes, SweptKey.Of(plan));
        Figure[] figures = [.. SpectraBands.Of(groups, CancellationToken.None)];
        Assert.Equal(
            ["sigma-min-by-group", "condition-number-by-group", "effective-rank-by-group", "entropy-by-group"],
            figures.Select(figure => figure.Name));
        Assert.All(
            figures,
            figure =>
                Assert.Equal(
                    ["layer 0, branch", "layer 0, output", "layer 1, branch", "layer 1, output"],
                    figure.Panels.Select(panel => panel.Title)));

        // Run k has κ = 100 k in its last row, in every layer: the median of a group is that of its middle run.
        string csv = CsvFigure.Write(figures[1]);
        foreach (SweepGroup group in groups)
        {
            double middle = group.Cell.Outcomes.Select(outcome => 1 + Array.IndexOf(outcomes, outcome)).Order().ElementAt(1);
            Assert.Contains(FormattableString.Invariant($"1,line,{group.Name},1,1,{100 * middle},"), csv, StringComparison.Ordinal);
        }

        Assert.Contains(FormattableString.Invariant($",1,{Math.Log(2):R},"), CsvFigure.Write(figures[3]), StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_without_spectra_have_no_such_figures()
    {
        using var folder = new TemporaryFolder();
        SweepPlan plan = PhaseBoundaryTests.Plan(["seed=0,1"]);
        Assert.Empty(
            SpectraBands.Of(SweepGroup.Of([.. plan.Runs.Select(run => Outcome(folder.Path, run, 0))], []), CancellationToken.None));
    }

    private static RunOutcome Outcome(string root, SweepRun run, int number)
    {
        var files = new RunFiles(Path.Combine(root, run.Name));
        _ = Directory.CreateDirectory(files.Path);
        string[] parts = number == 0
            ? []
            : [.. from layer in Enumerable.Range(0, 2) from part in new[] { "branch", "output" } select $"l{layer}.{part}"];
        string header = string.Concat(parts.Select(part => $",{part}.sigmaMin,{part}.conditionNumber,{part}.effectiveRank"));
        File.WriteAllText(
            files.Telemetry,
            $"step,loss{header}\n0,1{string.Concat(parts.Select(_ => ",1,2,1"))}\n1,"
                + $"0.5{string.Concat(parts.Select(_ => FormattableString.Invariant($",0,{100 * number},2")))}\n");
        return new(run, OutcomeState.Finished, "made")
        { Phase = RunPhase.Slow, Files = files, Curve = new([0, 1], [1, 0.5], null, null, 0, 0) };
    }
}
