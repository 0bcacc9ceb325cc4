using Kappa.Descent;
using Kappa.Models;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Model R against values from complex-step differentiation
/// (tests/Data/reference); the tolerance of 1e-10 is that of the files.</summary>
public sealed class ReferenceTests
{
    private const double Tolerance = 1e-10;

    public static TheoryData<string> Names => [.. ReferenceCase.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Output_and_loss_are_those_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        model.Forward(reference.Weights);

        AssertClose(ReferenceCase.Stacked(reference.Expected.GetProperty("output")).Span, model.ForwardOutput.Span);
        double loss = reference.Expected.GetProperty("loss").GetDouble();
        Assert.InRange(model.ForwardLoss / loss, 1 - Tolerance, 1 + Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_gradient_is_that_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        Matrix residual = Matrix.Allocate(model.Rows, model.OutputColumns);
        var gradient = new ResidualTransformerWeights(reference.Shape);
        model.Forward(reference.Weights);
        _ = model.ForwardResidual(residual);
        model.Backward(reference.Weights, residual, gradient, reference.Trained);

        ResidualTransformerWeights expected = reference.ExpectedGradient;
        foreach (ParameterBlock block in gradient.Layout.Blocks)
        {
            AssertClose(expected[block].Span, gradient[block].Span);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradient_norm_and_PL_ratio_of_a_step_are_those_of_the_reference(string name)
    {
        ReferenceCase reference = ReferenceCase.Load(name);
        using var model = new ResidualTransformer(reference.Shape, reference.Inputs, reference.Targets, reference.Samples);
        var descent = new GradientDescent(
            model, new DescentOptions { StepSize = StepSizeRule.Fixed(0), MaximumSteps = 0, Trained = reference.Trained });
        (double Norm, double PlRatio) seen = default;
        _ = descent.Run(
            descent.Start(reference.Weights), step => seen = (step.GradientNorm, step.PlRatio),
            cancellation: TestContext.Current.CancellationToken);

        Assert.InRange(seen.Norm / reference.Expected.GetProperty("gradient_norm").GetDouble(), 1 - Tolerance, 1 + Tolerance);
        Assert.InRange(seen.PlRatio / reference.Expected.GetProperty("pl_ratio").GetDouble(), 1 - Tolerance, 1 + Tolerance);
    }

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        double norm = 0;
        double error = 0;
        for (int k = 0; k < expected.Length; k++)
        {
            norm += expected[k] * expected[k];
            error += (expected[k] - actual[k]) * (expected[k] - actual[k]);
        }

        // Where the reference is zero (W_2 = 0) so must the value be.
        Assert.InRange(Math.Sqrt(error), 0, Tolerance * Math.Sqrt(norm));
    }
}
