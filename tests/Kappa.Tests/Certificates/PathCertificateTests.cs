using Kappa.Certificates;
using Kappa.Models;
using Kappa.Tests.Models;
using Xunit;
using Matrix = Kappa.Numerics.Matrix;

namespace Kappa.Tests.Certificates;

/// <summary>The path certificate where there is no residual at all.</summary>
public sealed class PathCertificateTests
{
    [Theory]
    [InlineData("path")]
    [InlineData("kernel-floor")]
    public void Zero_loss_is_guaranteed_with_a_fitting_step_and_with_one_too_long_no_residual_helps(string theorem)
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 8 });
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        Matrix targets = Matrix.Allocate(evaluator.Output.Rows, evaluator.Output.Columns);
        evaluator.Output.CopyTo(targets);
        using var point = new TrainingPoint(model.Inputs, model.Samples, targets, model.Weights, TrainedSet.All);

        Certificate own = Theorems.Find(theorem)!.Evaluate(point), tooLong = Theorems.Find(theorem)!.Evaluate(point, new CertificateOptions { StepSize = 1000 });
        Assert.Equal(CertificateOutcome.Guaranteed, own.Outcome);
        Assert.InRange(own.Guarantee!.Rate, double.Epsilon, 0.999);
        Assert.Equal(CertificateOutcome.NotCertified, tooLong.Outcome);
        Assert.Equal(double.PositiveInfinity, tooLong.Shortfall);
    }
}
