using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>What is estimated at points of models G and S against the spectra computed in full.</summary>
public sealed class TrainableEstimatesTests
{
    private const string Encoder = "model.kind=shallowEncoder width=4 tokens=3 samples=6 encoderWidth=12 steps=30";
    private const string Kernel = "model.kind=kernelAttention width=4 heads=2 tokens=3 samples=2 kernel=gaussian steps=30";

    [Theory]
    [InlineData(Encoder)]
    [InlineData(Kernel)]
    public void Matrix_free_ends_are_those_of_the_kernel_in_full(string words)
    {
        using TrainablePoint point = Point(words);
        var full = TrainableEvaluation.Of(point);
        Assert.Equal((null, null), (full.KernelOmission, full.Estimates.KernelEnds));
        var evaluation = TrainableEvaluation.Of(point, new PointEvaluationOptions { IsMatrixFree = true, WithDensity = true });
        Assert.Equal(("the matrix-free route was asked for", 0), (evaluation.KernelOmission, evaluation.KernelEigenvalues.Count));
        KernelExtremes ends = evaluation.Estimates.KernelEnds!;
        Assert.True(ends.LambdaMax.Converged && ends.LambdaMin.Converged);

        // Lanczos exhausts so small a space: both ends are eigenvalues up to the rounding of the products.
        Assert.Equal(full.KernelEigenvalues[0], ends.LambdaMax.Value, 1e-10 * full.KernelEigenvalues[0]);
        Assert.Equal(full.KernelEigenvalues[^1], ends.LambdaMin.Value, 1e-10 * full.KernelEigenvalues[0]);
        Assert.NotNull(KernelDensityFigure.Of(evaluation));
    }

    // 4 trained parameters and 6 outputs: K has rank 4 at most, which no product has to find out.
    [Fact]
    public void Fewer_trained_parameters_than_outputs_leave_no_smallest_eigenvalue()
    {
        using TrainablePoint point = Point("model.kind=shallowEncoder width=4 tokens=3 samples=6 encoderWidth=4 trained=[readout] steps=30");
        Assert.Equal(SpectrumStatus.RankLimited, TrainableEvaluation.Of(point, new PointEvaluationOptions { IsMatrixFree = true }).Estimates.KernelEnds!.Status);
    }

    // G.4: F is linear in W_V, so ∇²ℒ = JᵀJ wherever the residual is.
    [Fact]
    public void The_sharpness_of_values_alone_is_the_largest_eigenvalue_of_the_kernel_and_exact()
    {
        using TrainablePoint point = Point($"{Kernel} trained=[value]");
        var evaluation = TrainableEvaluation.Of(point, new PointEvaluationOptions { WithHessian = true });
        PointEstimates estimates = evaluation.Estimates;
        Assert.False(estimates.IsHessianDifferenced);
        Assert.True(estimates.Hessian!.LargestEigenvalue.Converged);
        Assert.InRange(estimates.Hessian.LargestEigenvalue.Value / evaluation.KernelEigenvalues[0], 1 - 1e-9, 1 + 1e-9);

        // Away from a solution the loss of all matrices is not convex.
        using TrainablePoint all = Point(Kernel);
        Assert.True(TrainableEvaluation.Of(all, new PointEvaluationOptions { WithHessian = true }).Estimates.Hessian!.SmallestEigenvalue.Value < -1e-3);
    }

    [Fact]
    public void A_kernel_that_does_not_fit_is_estimated_instead()
    {
        using TrainablePoint point = Point(Encoder);
        var evaluation = TrainableEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = 1 << 13 });
        Assert.Contains("more than 0 MiB", evaluation.KernelOmission, StringComparison.Ordinal);
        Assert.NotNull(evaluation.Estimates.KernelEnds);
        Assert.Null(TrainableEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = 0 }).Estimates.KernelEnds);
    }

    [Theory]
    [InlineData(Encoder)]
    [InlineData(Kernel)]
    public void A_ladder_whose_kernel_is_too_large_has_the_same_rungs_from_products(string words)
    {
        using var experiment = Experiment.Prepare(Specification(words));
        RateLadder full = Ladder(LadderLimits.Default), free = Ladder(LadderLimits.Default with { JacobianMemory = 1 });
        foreach (string name in (string[])["kernel.start", "kernel.end"])
        {
            Assert.Equal((RungGrade.Linearised, "P.4"), (full.Find(name)!.Grade, full.Find(name)!.Label));
            Assert.Equal((RungGrade.Estimated, "P.7"), (free.Find(name)!.Grade, free.Find(name)!.Label));
            Assert.Equal(full.Find(name)!.Value!.Value, free.Find(name)!.Value!.Value, 1e-9);
            Assert.Equal(full.Find(name)!.Note, free.Find(name)!.Note);
        }

        RateLadder neither = Ladder(LadderLimits.Default with { KernelWork = 1 });
        Assert.Contains("even without the matrix", neither.Find("kernel.start")!.WhyMissing, StringComparison.Ordinal);

        RateLadder Ladder(LadderLimits limits) => TrainableLadder.Of(experiment, null, 30, limits, TestContext.Current.CancellationToken)!;
    }

    private static TrainablePoint Point(string words) => TrainablePoint.OfSpecification(Specification(words));

    private static ExperimentSpecification Specification(string words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, words.Split(' '));
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }
}
