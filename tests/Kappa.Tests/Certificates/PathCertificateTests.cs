using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>The path certificate where its numbers are extreme: no residual
/// at all, and a feed-forward part whose slopes can only fall.</summary>
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
        Matrix targets = Matrix.Allocate(evaluator.Rows, evaluator.OutputColumns);
        evaluator.ForwardOutput.CopyTo(targets);
        using var point = new ResidualTransformerPoint(model.Inputs, model.Samples, targets, model.Weights, TrainedSet.All);

        Certificate own = Theorems.Find(theorem)!.Evaluate(point),
            tooLong = Theorems.Find(theorem)!.Evaluate(point, new CertificateOptions { StepSize = 1000 });
        Assert.Equal(CertificateOutcome.Guaranteed, own.Outcome);
        Assert.InRange(own.Guarantee!.Rate, double.Epsilon, 0.999);
        Assert.Equal(CertificateOutcome.NotCertified, tooLong.Outcome);
        Assert.Equal(double.PositiveInfinity, tooLong.Shortfall);
    }

    // GELU is steepest at √2, where every unit stands: slopes can only fall, so ‖W_1 diag(ψ')‖ cannot grow, and neither does T = W_1
    // diag(ψ') W_2. But T turns: W_Q acts along the first direction, where the first two units cancel until the slope of one of them falls.
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.005)]
    public void A_transfer_that_turns_without_growing_is_in_the_bound_of_W_Q(double radius)
    {
        double peak = Math.Sqrt(2), half = Math.Sqrt(0.5), weight = 1 / (1 + Math.Exp(-1));
        var shape = new ResidualTransformerShape
        { Width = 3, FfnWidth = 3, KeyWidth = 1, FfnResidual = 0, Temperature = 1, Activation = new Activation(ActivationKind.Gelu) };
        var weights = new ResidualTransformerWeights(shape);
        BlockWeights block = weights.Block(0);
        (block.Query[2, 0], block.Key[2, 0], block.Value[2, 0]) = (1, 0.5, half);
        (block.FfnIn[0, 0], block.FfnIn[0, 1], block.FfnIn[2, 2]) = (half, half, 1);
        (block.FfnOut[0, 0], block.FfnOut[1, 0], block.FfnOut[2, 2]) = (half, -half, 1);
        Matrix inputs = Matrix.Allocate(2, 3), unit = Matrix.Allocate(2, 3);
        (inputs[0, 0], inputs[0, 1], inputs[0, 2]) = (2 - weight, 100, peak);
        using var point = new ResidualTransformerPoint(inputs, 1, Matrix.Allocate(2, 3), weights, TrainedSet.All);
        var propagation = new LocalPropagation(point, new PreciseForward(point), wantsFloor: false);
        double bound = propagation.On(new ParameterBall([0, 0, 0, radius, 0])).Output.First[0].Value;

        block.FfnIn[1, 1] -= radius;
        using var model = ResidualTransformer.WithoutTargets(shape, inputs, 1);
        var gradient = new ResidualTransformerWeights(shape);
        model.Forward(weights);
        double squares = 0;
        for (int k = 0; k < unit.Span.Length; k++)
        {
            unit.Span[k] = 1;
            model.Backward(weights, unit, gradient, TrainedSet.All);
            unit.Span[k] = 0;
            squares += Kappa.Numerics.Vectors.SquaredNorm(gradient.Block(0).Query.Span);
        }

        // Only W_Q's third entry moves anything, so the sum of squares is the squared norm.
        Assert.InRange(Math.Sqrt(squares), 0.1, bound);
    }

    [Fact]
    public void A_rate_that_underflows_is_not_guaranteed()
    {
        var shape = new ResidualTransformerShape { Width = 3, FfnWidth = 8 };
        ResidualTransformerWeights weights = new Kappa.Descent.Initialisation().Create(shape, seed: 1);
        Matrix inputs = Matrix.Allocate(2, 3);
        new Kappa.Numerics.RandomSequence(1, "inputs").FillGaussian(inputs.Span);
        Kappa.Numerics.Vectors.Scale(inputs.Span, 1e-165);
        using var point = new ResidualTransformerPoint(inputs, 1, Matrix.Allocate(2, 3), weights, TrainedSet.All);
        Certificate certificate = Theorems.Find("path")!.Evaluate(point, new CertificateOptions { StepSize = 1 });
        Assert.Equal(CertificateOutcome.NotCertified, certificate.Outcome);
        Assert.Null(certificate.Guarantee);
    }

    // The radius of W_2 is twice that of the rest (g/p ≤ 2), and a run must stay within
    // both, also at a step size near the edge and with little of the floor left.
    [Theory]
    [InlineData(0.55)]
    [InlineData(1)]
    [InlineData(2)]
    public void W2_may_move_twice_as_far_as_the_rest(double divisor)
    {
        var certified = 0;
        for (long seed = 0; seed < 6; seed++)
        {
            var shape = new ResidualTransformerShape { Depth = 2, Width = 6, FfnWidth = 24 };
            ResidualTransformerWeights weights = new Kappa.Descent.Initialisation
            { Scheme = Kappa.Descent.InitialisationScheme.LeCun }.Create(shape, seed);
            Matrix inputs = Gaussian(seed, "inputs"), targets = Gaussian(seed, "residual");
            using var model = ResidualTransformer.WithoutTargets(shape, inputs, 1);
            model.Forward(weights);
            Kappa.Numerics.Vectors.Scale(targets.Span, 2e-3 / Kappa.Numerics.Vectors.Norm(targets.Span));
            Kappa.Numerics.Vectors.AddScaled(targets.Span, 1, model.ForwardOutput.Span);
            using var point = new ResidualTransformerPoint(inputs, 1, targets, weights, TrainedSet.All);
            if (
                Theorems.Find("path")!.Evaluate(
                    point, new CertificateOptions { StepDivisor = divisor, FloorFraction = 0.1 }).Guarantee is { } guarantee)
            {
                certified++;
                Assert.InRange(guarantee.Radii[^1].Radius / guarantee.Radii[0].Radius, 2, 2 * (1 + 1e-8));
            }
        }

        Assert.InRange(certified, 1, 6);

        static Matrix Gaussian(long seed, string name)
        {
            Matrix matrix = Matrix.Allocate(3, 6);
            new Kappa.Numerics.RandomSequence(seed, name).FillGaussian(matrix.Span);
            return matrix;
        }
    }
}
