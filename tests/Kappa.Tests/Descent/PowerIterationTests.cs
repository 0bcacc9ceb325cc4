using Kappa.Descent;
using Kappa.Models;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class PowerIterationTests
{
    public static TheoryData<string> Names => [.. ReferenceCase.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_estimate_is_the_largest_kernel_eigenvalue_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        LargestKernelEigenvalue estimate = PowerIteration.Estimate(
            model, reference.Weights, reference.Trained, seed: 1, tolerance: 1e-5, maximumIterations: 5000);
        double expected = reference.Expected.GetProperty("ntk_eigenvalues").EnumerateArray().Max(value => value.GetDouble());

        // Some eigenvalue lies within the residual, and the Rayleigh quotient is never above the largest.
        Assert.True(estimate.Converged);
        Assert.InRange(estimate.Residual, 0, 1e-5 * estimate.Value);
        Assert.InRange(estimate.Value / expected, 1 - 1e-5, 1 + 1e-12);
    }

    [Fact]
    public void It_says_when_it_has_not_converged()
    {
        ReferenceCase reference = ReferenceCase.Load("residual-depth1");
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        LargestKernelEigenvalue estimate = PowerIteration.Estimate(model, reference.Weights, reference.Trained, maximumIterations: 2);
        Assert.False(estimate.Converged);
        Assert.Equal(2, estimate.Iterations);
        Assert.True(estimate.Residual > 1e-6 * estimate.Value);
    }

    [Fact]
    public void A_zero_Jacobian_has_the_eigenvalue_zero()
    {
        // Queries have no influence when there is one token.
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 3 }, samples: 2, tokens: 1);
        using ResidualTransformer evaluator = model.NewModel();
        LargestKernelEigenvalue estimate = PowerIteration.Estimate(evaluator, model.Weights, TrainedSet.Of(ParameterKind.Query));
        Assert.Equal(new LargestKernelEigenvalue(0, 0, 1, true), estimate);
    }
}
