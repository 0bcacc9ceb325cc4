using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Specifications;
using Kappa.Models;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>What is estimated at points of models G and S against the spectra computed in full.</summary>
public sealed class ModelEstimatesTests
{
    private const string Encoder = "model.kind=shallowEncoder width=4 tokens=3 samples=6 encoderWidth=12 steps=30";
    private const string Kernel = "model.kind=kernelAttention width=4 heads=2 tokens=3 samples=2 kernel=gaussian steps=30";

    [Theory]
    [InlineData(Encoder)]
    [InlineData(Kernel)]
    public void Matrix_free_ends_are_those_of_the_kernel_in_full(string words)
    {
        using ModelPoint point = Point(words);
        var full = PointEvaluation.Of(point);
        Assert.Equal((null, null), (full.KernelOmission, full.Estimates.KernelEnds));
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { IsMatrixFree = true, WithDensity = true });
        Assert.Equal(("the matrix-free route was asked for", 0), (evaluation.KernelOmission, evaluation.Kernel?.Eigenvalues.Length ?? 0));
        KernelExtremes ends = evaluation.Estimates.KernelEnds!;
        Assert.True(ends.LambdaMax.Converged && ends.LambdaMin.Converged);

        // Lanczos exhausts so small a space: both ends are eigenvalues up to the rounding of the products.
        Assert.Equal(full.Kernel!.Eigenvalues[0], ends.LambdaMax.Value, 1e-10 * full.Kernel!.Eigenvalues[0]);
        Assert.Equal(full.Kernel!.Eigenvalues[^1], ends.LambdaMin.Value, 1e-10 * full.Kernel!.Eigenvalues[0]);
        Assert.NotNull(KernelDensityFigure.Of(evaluation));
    }

    // 4 trained parameters and 6 outputs: K has rank 4 at most, which no product has to find out.
    [Fact]
    public void Fewer_trained_parameters_than_outputs_leave_no_smallest_eigenvalue()
    {
        using ModelPoint point = Point("model.kind=shallowEncoder width=4 tokens=3 samples=6 encoderWidth=4 trained=[readout] steps=30");
        Assert.Equal(
            SpectrumStatus.RankLimited,
            PointEvaluation.Of(point, new PointEvaluationOptions { IsMatrixFree = true }).Estimates.KernelEnds!.Status);
    }

    // G.4: F is linear in W_V, so ∇²ℒ = JᵀJ wherever the residual is.
    [Fact]
    public void The_sharpness_of_values_alone_is_the_largest_eigenvalue_of_the_kernel_and_exact()
    {
        using ModelPoint point = Point($"{Kernel} trained=[value]");
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { WithHessian = true });
        PointEstimates estimates = evaluation.Estimates;
        Assert.True(estimates.Hessian!.LargestEigenvalue.Converged);
        Assert.InRange(estimates.Hessian.LargestEigenvalue.Value / evaluation.Kernel!.Eigenvalues[0], 1 - 1e-9, 1 + 1e-9);

        // Away from a solution the loss of all matrices is not convex.
        using ModelPoint all = Point(Kernel);
        Assert.True(
            PointEvaluation.Of(all, new PointEvaluationOptions { WithHessian = true }).Estimates.Hessian!.SmallestEigenvalue.Value < -1e-3);
    }

    [Fact]
    public void A_kernel_that_does_not_fit_is_estimated_instead()
    {
        using ModelPoint point = Point(
            Encoder.Replace("samples=6 encoderWidth=12", "samples=40 encoderWidth=64", StringComparison.Ordinal));
        long memory = PointEvaluation.ForecastOf(point, new PointEvaluationOptions()).MatrixFree.Bytes;
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = memory });
        Assert.Contains("but 0 MiB are allowed", evaluation.KernelOmission, StringComparison.Ordinal);
        Assert.NotNull(evaluation.Estimates.KernelEnds);
        Assert.Null(PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = 0 }).Estimates.KernelEnds);
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

        RateLadder Ladder(LadderLimits limits) => RateLadder.Of(experiment, null, 30, limits, TestContext.Current.CancellationToken)!;
    }

    // One token attends to itself alone: a head adds x W_V^h W_O^h, and the spectrum of a row is its length.
    [Fact]
    public void The_spectra_of_each_head_of_one_token_are_the_lengths_of_what_it_adds()
    {
        using ModelPoint point = Point(
            "depth=1 width=4 heads=2 outputMatrix=true attentionResidual=0.5 ffnWidth=3 tokens=1 samples=1 steps=1");
        var evaluation = PointEvaluation.Of(point);
        Matrix x = ((Transformer)point.Model).Inputs, values = point.Parameters["blocks.0.value"],
            output = point.Parameters["blocks.0.output"];
        double[][] heads = [.. Enumerable.Range(0, 2).Select(head => Row(column => Enumerable.Range(2 * head, 2).Sum(k => Row(j => x[0, j])
            .Select((number, j) => number * values[j, k]).Sum() * output[k, column])))];
        double[] sum = Row(column => (0.5 * x[0, column]) + heads[0][column] + heads[1][column]);
        Assert.All(Enumerable.Range(0, 2), head => Assert.Equal(
            Length(heads[head]), Assert.Single(evaluation.SpectrumOf(0, LayerPart.HeadBranch, head).SingularValues), 1e-14));
        Assert.Equal(Length(sum), Assert.Single(evaluation.SpectrumOf(0, LayerPart.AttentionOutput).SingularValues), 1e-14);
        Assert.Equal(point.TrainedBlocks.Select(block => block.Name), evaluation.Kernel!.Blocks.Select(block => block.Block.Name));

        static double[] Row(Func<int, double> of) => [.. Enumerable.Range(0, 4).Select(of)];
        static double Length(double[] row) => Math.Sqrt(row.Sum(number => number * number));
    }

    [Fact]
    public void Every_layer_of_any_Transformer_has_its_spectra_in_one_schema_and_a_theorem_says_why_it_is_about_another()
    {
        using ModelPoint point = Point("depth=2 width=4 heads=2 norm=pre mask=causal bias=true ffnWidth=6 tokens=3 samples=2 steps=1");
        using var stream = new MemoryStream();
        EvaluationJson.Write(PointEvaluation.Of(point), stream);
        using var json = System.Text.Json.JsonDocument.Parse(stream.ToArray());
        System.Text.Json.JsonElement root = json.RootElement;
        Assert.All(
            (string[])["attention_output", "attention_branch", "hidden", "attention_norm", "attention_output_norm", "head_branch"], part =>
            Assert.Equal(2, root.GetProperty($"{part}_singular_values").GetArrayLength()));

        // Without W_O a head has columns of its own, D/H.
        Assert.Equal(
            (2, 2),
            (
                root.GetProperty("head_branch_singular_values")[1].GetArrayLength(),
                root.GetProperty("head_branch_singular_values")[1][0].GetArrayLength()));
        Assert.Equal(24, root.GetProperty("ntk_eigenvalues").GetArrayLength());
        Assert.All((string[])["certificate", "path_certificate"], key => Assert.EndsWith(
            "is about a Transformer with 2 heads, biases, a causal mask, normalisation.",
            root.GetProperty(key).GetProperty("not_applicable").GetString(), StringComparison.Ordinal));
    }

    private static ModelPoint Point(string words) => ModelPoint.OfSpecification(Specification(words));

    private static ExperimentSpecification Specification(string words)
    {
        SpecificationReading reading = SpecificationReader.Read(null, words.Split(' '));
        Assert.Empty(reading.Problems);
        return reading.Specification!;
    }
}
