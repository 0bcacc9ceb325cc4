using System.Text.Json;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Models;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Evaluation;

/// <summary>What is estimated at a point against the spectra computed in full.</summary>
public sealed class PointEstimatesTests
{
    private static readonly ResidualTransformerShape Shape = new() { Depth = 2, Width = 4, KeyWidth = 3, FfnWidth = 5, ReadoutWidth = 2 };

    // Twelve outputs: Lanczos exhausts the space, so that both ends are eigenvalues up to the rounding of the products.
    [Fact]
    public void Matrix_free_ends_are_those_of_the_kernel_in_full()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        JacobianSpectrum full = PointEvaluation.Of(point).Kernel!;
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { IsMatrixFree = true });
        Assert.Null(evaluation.Kernel);
        Assert.Equal("the matrix-free route was asked for", evaluation.KernelOmission);
        KernelExtremes ends = evaluation.Estimates.KernelEnds!;
        Assert.True(ends.LambdaMax.Converged && ends.LambdaMin.Converged);
        AssertWithin(ends.LambdaMax, full.LambdaMax, full);
        AssertWithin(ends.LambdaMin, full.LambdaMin, full);
        Assert.InRange(ends.LambdaMin.Residual, 0, 1e-3 * full.LambdaMin);
    }

    // R.7 without the error: ∇²ℒ = JᵀJ, whose largest eigenvalue is that of the
    // kernel and whose smallest is 0, for there are more parameters than outputs.
    [Fact]
    public void At_a_solved_point_the_sharpness_is_the_largest_eigenvalue_of_the_kernel()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        var evaluation = PointEvaluation.Of(point.Solved(), new PointEvaluationOptions { WithHessian = true });
        Sharpness hessian = evaluation.Estimates.Hessian!;
        Assert.True(hessian.LargestEigenvalue.Converged);
        AssertWithin(hessian.LargestEigenvalue, evaluation.Kernel!.LambdaMax, evaluation.Kernel);
        Assert.InRange(hessian.SmallestEigenvalue.Value, -hessian.Floor, 1e-6 * evaluation.Kernel.LambdaMax);
        Assert.True(
            PointEvaluation.Of(point, new PointEvaluationOptions { WithHessian = true }).Estimates.Hessian!.SmallestEigenvalue.Value < 0,
            "Away from a solution this loss is not convex.");
    }

    [Fact]
    public void The_moments_of_the_density_are_those_of_the_eigenvalues()
    {
        ModelPoint point = RandomPoint.Of(new ResidualTransformerShape { Width = 10, FfnWidth = 40 }, samples: 8, tokens: 4);
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { WithDensity = true, WithCertificates = false });
        double[] eigenvalues = evaluation.Kernel!.Eigenvalues;
        for (int degree = 1; degree <= 2; degree++)
        {
            MomentEstimate moment = evaluation.Estimates.KernelDensity!.Moment(degree);
            double exact = eigenvalues.Average(eigenvalue => Math.Pow(eigenvalue, degree));

            // Ten probes: Student's 4.8 with nine degrees of freedom is exceeded once in a thousand.
            Assert.InRange((moment.Value - exact) / moment.StandardError, -4.8, 4.8);
        }

        Assert.NotNull(KernelDensityFigure.Of(evaluation));
        Assert.Null(KernelDensityFigure.Of(PointEvaluation.Of(RandomPoint.Of(Shape))));
    }

    [Fact]
    public void The_JSON_has_an_estimate_only_where_there_is_one()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        string[] plain = Keys(PointEvaluation.Of(point));
        Assert.DoesNotContain(plain, key => key is "kernel_extremes" or "hessian_extremes" or "kernel_density" or "estimates_omitted");
        var evaluation = PointEvaluation.Of(
            point, new PointEvaluationOptions { IsMatrixFree = true, WithHessian = true, WithDensity = true });
        using JsonDocument json = Json(evaluation);
        JsonElement kernel = json.RootElement.GetProperty("kernel_extremes");
        Assert.Equal(evaluation.Estimates.KernelEnds!.LambdaMax.Value, kernel.GetProperty("lambda_max").GetProperty("value").GetDouble());
        Assert.Equal(
            evaluation.Estimates.KernelEnds.LambdaMin.Residual, kernel.GetProperty("lambda_min").GetProperty("residual").GetDouble());
        Assert.Equal(
            evaluation.Estimates.Hessian!.SmallestEigenvalue.Value,
            json.RootElement.GetProperty("hessian_extremes").GetProperty("smallest_eigenvalue").GetProperty("value").GetDouble());
        Assert.All(
            new[] { "kernel_extremes", "hessian_extremes", "kernel_density" },
            key => Assert.Equal("estimated", json.RootElement.GetProperty(key).GetProperty("grade").GetString()));
        Assert.Equal(
            evaluation.Estimates.KernelDensity!.Weights.Count,
            json.RootElement.GetProperty("kernel_density").GetProperty("nodes").GetArrayLength());
    }

    // The forecast of 800 outputs: most of it is the triangular factor, that the products do not need.
    [Fact]
    public void A_kernel_that_takes_too_long_is_estimated_instead()
    {
        ModelPoint point = RandomPoint.Of(new ResidualTransformerShape { Width = 10, FfnWidth = 40 }, samples: 20, tokens: 4);
        KernelForecast forecast = PointEvaluation.ForecastOf(point, new PointEvaluationOptions());
        Assert.Equal((KernelRoute.Full, true), (forecast.Route, forecast.MatrixFree.Seconds < forecast.Full.Seconds));
        var evaluation = PointEvaluation.Of(
            point, new PointEvaluationOptions { KernelSeconds = forecast.MatrixFree.Seconds, WithCertificates = false });
        Assert.Null(evaluation.Kernel);
        Assert.NotNull(evaluation.Estimates.KernelEnds);
        Assert.Contains("takes about", evaluation.KernelOmission, StringComparison.Ordinal);
        var neither = PointEvaluation.Of(point, new PointEvaluationOptions { KernelSeconds = 0, WithCertificates = false });
        Assert.Equal((null, null), (neither.Kernel, neither.Estimates.KernelEnds));
    }

    [Fact]
    public void What_the_memory_does_not_allow_is_said_with_the_numbers()
    {
        ModelPoint point = RandomPoint.Of(Shape);
        var evaluation = PointEvaluation.Of(point, new PointEvaluationOptions { KernelMemory = 8 * 168 * 5, WithHessian = true });
        Assert.Null(evaluation.Estimates.Hessian);
        Assert.Equal("the Hessian needs 20 vectors of 168 numbers, 1 MiB, but 0 MiB are allowed", evaluation.Estimates.Omission);
    }

    // P.7: an eigenvalue lies within the residual; the route in full adds an error of at most some ε λ_max for each output.
    private static void AssertWithin(in EigenvalueEstimate estimate, double exact, JacobianSpectrum full)
    {
        double error = estimate.Residual + (full.Eigenvalues.Length * 2.220446049250313e-16 * full.LambdaMax);
        Assert.InRange(estimate.Value - exact, -error, error);
    }

    private static string[] Keys(PointEvaluation evaluation)
    {
        using JsonDocument json = Json(evaluation);
        return [.. json.RootElement.EnumerateObject().Select(pair => pair.Name)];
    }

    private static JsonDocument Json(PointEvaluation evaluation)
    {
        using var stream = new MemoryStream();
        EvaluationJson.Write(evaluation, stream);
        return JsonDocument.Parse(stream.ToArray());
    }
}
