using System.Text.Json;
using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>An evaluated point against the model's own parts, closed forms, and its JSON.</summary>
public sealed class PointEvaluationTests
{
    private static readonly ResidualTransformerShape Shape = new() { Depth = 2, Width = 4, KeyWidth = 3, FfnWidth = 5, ReadoutWidth = 2 };

    [Fact]
    public void The_evaluation_is_that_of_the_descents_first_step()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        var evaluation = PointEvaluation.Of(point);
        var descent = new GradientDescent(point.Model, new DescentOptions { StepSize = StepSizeRule.Fixed(0), MaximumSteps = 0 });
        (double Loss, double Norm, double PlRatio) seen = default;
        _ = descent.Run(
            descent.Start(point.Parameters), step => seen = (step.Loss, step.GradientNorm, step.PlRatio),
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(seen.Loss, evaluation.Loss);
        Assert.InRange(evaluation.GradientNorm / seen.Norm, 1 - 1e-14, 1 + 1e-14);
        Assert.InRange(evaluation.PlRatio / seen.PlRatio, 1 - 1e-14, 1 + 1e-14);

        // Squares of the blocks' norms add up; the PL ratio is a Rayleigh quotient of the kernel (P.4).
        Assert.Equal(
            1, point.TrainedBlocks.Sum(block => Math.Pow(evaluation.BlockGradientNorm(block) / evaluation.GradientNorm, 2)), 1e-14);
        Assert.InRange(evaluation.PlRatio, evaluation.Kernel!.LambdaMin, evaluation.Kernel.LambdaMax);
        Assert.Equal(12, evaluation.Kernel.Eigenvalues.Length);
        Assert.Equal(6, evaluation.Layers.Count);
    }

    // One token: attention is exactly 1, so H = ρ_a x + x W_V, and the spectrum of a row is its length.
    [Fact]
    public void The_spectra_of_one_token_are_its_lengths()
    {
        ModelPoint point = RandomPoint.Of(Shape with { Depth = 1, AttentionResidual = 0.5, ReadoutWidth = null }, samples: 1, tokens: 1);
        var evaluation = PointEvaluation.Of(point);
        Matrix value = point.Parameters["blocks.0.value"], inputs = point.Residual().Inputs;
        double[] branch = [.. Enumerable.Range(0, 4).Select(column => Enumerable.Range(0, 4).Sum(k => inputs[0, k] * value[k, column]))];
        double[] output = [.. branch.Select((b, k) => b + (0.5 * inputs[0, k]))];
        Assert.Equal(
            Math.Sqrt(branch.Sum(b => b * b)), Assert.Single(evaluation.SpectrumOf(0, LayerPart.AttentionBranch).SingularValues), 1e-14);
        Assert.Equal(
            Math.Sqrt(output.Sum(h => h * h)), Assert.Single(evaluation.SpectrumOf(0, LayerPart.AttentionOutput).SingularValues), 1e-14);
    }

    [Fact]
    public void What_is_not_trained_has_no_gradient_and_no_share_of_the_kernel()
    {
        ModelPoint point = RandomPoint.Of(Shape, trained: TrainedSet.OfNames("blocks.1.value", "readout"));
        var evaluation = PointEvaluation.Of(point);
        Assert.Equal(["blocks.1.value", "readout"], evaluation.Kernel!.Blocks.Select(block => block.Block.Name));
        Assert.All(
            point.Model.Layout.Blocks, block => Assert.Equal(point.Trained.Includes(block), evaluation.BlockGradientNorm(block) > 0));
        using JsonDocument json = Json(evaluation);
        Assert.Equal(["blocks.1.value", "readout"], json.RootElement.GetProperty("gradient").EnumerateObject().Select(pair => pair.Name));
    }

    [Fact]
    public void A_kernel_beyond_the_memory_is_left_out_with_the_reason()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        long bytes = JacobianSpectrum.ForecastBytes(12, point.Model.Layout.Length);
        Assert.NotNull(PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = bytes }).Kernel);
        var without = PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = bytes - 1 });
        Assert.Null(without.Kernel);
        Assert.StartsWith(
            "the Jacobian of 12 outputs in 168 parameters needs 1 MiB but 0 MiB are allowed", without.KernelOmission,
            StringComparison.Ordinal);
        Assert.Equal("not asked for", PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = 0 }).KernelOmission);
        using JsonDocument json = Json(without);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("ntk_eigenvalues").ValueKind);
        Assert.Equal(without.KernelOmission, json.RootElement.GetProperty("ntk_eigenvalues_omitted").GetString());
    }

    [Fact]
    public void A_point_that_overflows_is_a_value_and_its_JSON_has_null()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        point.Parameters.Vector.AsSpan().Fill(1e200);
        var evaluation = PointEvaluation.Of(point);
        Assert.False(double.IsFinite(evaluation.Loss));
        Assert.Equal("the loss is not finite", evaluation.KernelOmission);
        using JsonDocument json = Json(evaluation);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("loss").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("hidden_singular_values")[1][0].ValueKind);
    }

    [Fact]
    public void A_solved_point_has_no_PL_ratio()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        var evaluation = PointEvaluation.Of(point.Solved());
        Assert.Equal((0, 0, double.NaN), (evaluation.Loss, evaluation.GradientNorm, evaluation.PlRatio));
        Assert.NotNull(evaluation.Kernel);
    }

    [Fact]
    public void The_JSON_gives_back_every_bit()
    {
        var evaluation = PointEvaluation.Of(RandomPoint.Of(Shape, samples: 3, tokens: 2));
        using JsonDocument json = Json(evaluation);
        Assert.Equal(evaluation.Loss, json.RootElement.GetProperty("loss").GetDouble());
        Assert.Equal(evaluation.GradientNorm, json.RootElement.GetProperty("gradient_norm").GetDouble());
        Assert.Equal(evaluation.PlRatio, json.RootElement.GetProperty("pl_ratio").GetDouble());
        Assert.Equal(evaluation.Kernel!.Eigenvalues, Numbers(json.RootElement.GetProperty("ntk_eigenvalues")));
        Assert.Equal(evaluation.Output.Span.ToArray(), Numbers(json.RootElement.GetProperty("output")));
        Assert.Equal([3, 2, 2], Shape3(json.RootElement.GetProperty("output")));
        Assert.Equal(
            evaluation.Gradient.Vector, json.RootElement.GetProperty("gradient").EnumerateObject().SelectMany(pair => Numbers(pair.Value)));
        Assert.Equal(
            evaluation.Layers.Where(layer => layer.Matrix.Part == LayerPart.Hidden).SelectMany(layer => layer.Spectrum.SingularValues),
            Numbers(json.RootElement.GetProperty("hidden_singular_values")));
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        // 768 rows are three shards of the evaluator.
        PointEvaluation[] evaluations =
        [
            .. new[] { 1, 3 }.Select(threads =>
                PointEvaluation.Of(
                    RandomPoint.Of(Shape, samples: 96, tokens: 8, threads: threads), new PointEvaluationOptions { KernelMemory = 0 })),
        ];
        Assert.Equal(evaluations[0].Gradient.Vector, evaluations[1].Gradient.Vector);
        Assert.Equal(evaluations[0].Loss, evaluations[1].Loss);
    }

    private static JsonDocument Json(PointEvaluation evaluation)
    {
        using var stream = new MemoryStream();
        EvaluationJson.Write(evaluation, stream);
        return JsonDocument.Parse(stream.ToArray());
    }

    private static IEnumerable<double> Numbers(JsonElement array) =>
        array.ValueKind == JsonValueKind.Array ? array.EnumerateArray().SelectMany(Numbers) : [array.GetDouble()];

    private static int[] Shape3(JsonElement array) => [array.GetArrayLength(), array[0].GetArrayLength(), array[0][0].GetArrayLength()];
}
