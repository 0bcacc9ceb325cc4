using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Ladder;

public sealed class RateLadderTests
{
    /// <summary>Only W_2 is trained: F is linear in it, K = ΦΦᵀ ⊗ I for ever,
    /// and every rung has a closed form in the singular values of Φ.</summary>
    [Fact]
    public void A_linear_problem_has_every_rung_in_closed_form()
    {
        using Experiment experiment = Prepare(["trained=ffnOut", "stepSize=auto(0.5)", "steps=2000"]);
        RateLadder ladder = LadderOf(experiment);
        (double smallest, double largest) = ExtremesOfFeatures(experiment);
        double slowest = 1 - (ladder.StepSize * smallest * smallest), fastest = 1 - (ladder.StepSize * largest * largest);
        double kernel = 1 - Math.Max(slowest * slowest, fastest * fastest);

        // Two routes to the same σ: relative error of a few ε κ(Φ).
        Near(ladder.StepSize * smallest * smallest, "block.ffnOut.start", 1e-11);
        Near(ladder.StepSize * smallest * smallest, "block.ffnOut.path", 1e-11);
        Near(kernel, "kernel.start", 1e-11);
        Near(kernel, "kernel.path", 1e-11);
        Near(kernel, "kernel.end", 1e-11);

        // Nothing but W_2 moves, so the guarantee is the linear rate itself, rounded outward; the loss ends as one exponential.
        Near(kernel, "guaranteed.path", 1e-6);
        Near(kernel, "measured.late", 1e-3);
        Assert.Contains(
            ladder.Ratios, ratio => ratio.Numerator == "measured" && ratio.Denominator == "kernel.start" && ratio.Value > 1 - 1e-3);
        Assert.Equal(
            "W_1 of the last block is not trained, or the activation has no least slope γ > 0.",
            ladder.Find("block.ffnIn.start")!.WhyMissing);

        void Near(double expected, string name, double tolerance) =>
            Assert.InRange(ladder.Find(name)!.Value!.Value / expected, 1 - tolerance, 1 + tolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_is_guaranteed_is_not_above_what_is_measured(int seed)
    {
        using Experiment experiment = Prepare([$"seed={seed}", "ffnWidth=64", "stepSize=auto(0.5)", "steps=2000"]);
        RateLadder ladder = LadderOf(experiment);
        Rung later = ladder.Find("guaranteed.later")!, measured = ladder.Find("measured")!;

        Assert.True(later.Value > 0, later.WhyMissing);
        Assert.Equal((RungKind.AlongThePath, RungGrade.Proven), (later.Kind, later.Grade));
        Assert.Null(later.OtherStepSize);
        Assert.InRange(later.Value!.Value, 0, measured.High!.Value);
        Assert.Contains("from step", later.Note, StringComparison.Ordinal);

        // Before the run nothing is certified at this scale, and it says why.
        Assert.All(
            ladder.Rungs.Where(rung => rung is { Kind: RungKind.APriori, Grade: RungGrade.Proven }),
            rung => Assert.True(rung.Value is null && rung.WhyMissing!.Length > 20));
    }

    [Fact]
    public void A_rate_beyond_the_stability_edge_is_negative()
    {
        using Experiment experiment = Prepare(["trained=ffnOut", "stepSize=auto(2.5)", "steps=5"]);
        Rung kernel = LadderOf(experiment).Find("kernel.start")!;

        // ηλ_max = 2.5, so (1 − 2.5)² = 2.25 of the loss is left.
        Assert.InRange(kernel.Value!.Value, -1.25 - 1e-4, -1.25 + 1e-4);
        Assert.Contains("beyond the edge 2", kernel.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_rung_that_is_missing_says_why()
    {
        using Experiment experiment = Prepare(["activation=relu", "ffnWidth=4", "steps=3"]);
        RateLadder ladder = LadderOf(experiment, new LadderLimits { KernelWork = 1 });

        Assert.All(ladder.Rungs, rung => Assert.Equal(rung.Value is null, rung.WhyMissing is not null));
        Assert.Contains("second derivative", ladder.Find("guaranteed.path")!.WhyMissing, StringComparison.Ordinal);
        Assert.Contains("use fewer samples or a narrower model", ladder.Find("kernel.start")!.WhyMissing, StringComparison.Ordinal);
        Assert.Contains("a rate needs", ladder.Find("measured")!.WhyMissing, StringComparison.Ordinal);
        Assert.Equal(0, ladder.Find("block.ffnOut.start")!.Value);
        Assert.Equal(ladder.Rungs.Count(rung => rung.Value is not null), LadderTable.Rows(ladder).Count());
        Assert.All(
            ladder.Rungs.Where(rung => rung.WhyMissing is not null),
            rung => Assert.Contains(LadderTable.Missing(ladder), line => line.Contains(rung.Title, StringComparison.Ordinal)));
    }

    [Fact]
    public void Costs_beyond_a_limit_leave_out_what_they_pay_for_and_nothing_else()
    {
        using Experiment experiment = Prepare(["steps=200"]);
        RateLadder whole = LadderOf(experiment), start = LadderOf(experiment, new LadderLimits { DescentWork = 1 }),
            noTheorems = LadderOf(experiment, new LadderLimits { TheoremWork = 1 });

        Assert.Equal([0L], start.Steps);
        Assert.Equal(whole.Find("kernel.start"), start.Find("kernel.start"));
        Assert.NotNull(start.Find("kernel.end")!.WhyMissing);
        Assert.Equal(whole.Find("kernel.path"), noTheorems.Find("kernel.path"));
        Assert.Contains("too many for the limit", noTheorems.Find("guaranteed.path")!.WhyMissing, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_matrix_the_kernel_rungs_agree_and_are_called_estimated()
    {
        using Experiment experiment = Prepare(["steps=50"]);
        RateLadder full = LadderOf(experiment), free = LadderOf(experiment, new LadderLimits { KernelWork = 1e8 });
        Rung start = free.Find("kernel.start")!;

        Assert.Equal((RungGrade.Linearised, RungGrade.Estimated), (full.Find("kernel.start")!.Grade, start.Grade));

        // Lanczos on 128 outputs ends with the exact spectrum; rounding in K is 1e-16 κ(K) relative to λ_min.
        Assert.InRange(start.Value!.Value / full.Find("kernel.start")!.Value!.Value, 1 - 1e-6, 1 + 1e-6);
    }

    [Fact]
    public void The_states_looked_at_begin_and_end_with_those_of_the_run()
    {
        Assert.Equal([0L, 1, 2, 3], LadderState.Schedule(3, 10));
        Assert.Equal([0L], LadderState.Schedule(0, 10));
        long[] steps = LadderState.Schedule(1000, 10);
        Assert.Equal((0L, 1000L, 10), (steps[0], steps[^1], steps.Length));
        Assert.Equal(steps.Order().Distinct(), steps);
    }

    internal static Experiment Prepare(string[] words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, ["width=16", "samples=2", "tokens=4", .. words]);
        Assert.Empty(reading.Problems);
        return Experiment.Prepare(reading.Specification!, ExperimentData.Load(reading.Specification!));
    }

    internal static RateLadder LadderOf(Experiment experiment, LadderLimits? limits = null)
    {
        var losses = new List<double>();
        _ = experiment.Descent.Run(experiment.Start(), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
        return RateLadder.Of(experiment, RateFit.Of(losses.ToArray()), losses.Count - 1, limits, TestContext.Current.CancellationToken)!;
    }

    private static (double Smallest, double Largest) ExtremesOfFeatures(Experiment experiment)
    {
        experiment.Residual.Forward(experiment.InitialWeights);
        Matrix hidden = experiment.Residual.Layer(0).Hidden;
        double[] values = new double[hidden.Rows];
        new SingularValues(hidden.Rows, hidden.Columns).Compute(hidden, values);
        return (values[^1], values[0]);
    }
}
