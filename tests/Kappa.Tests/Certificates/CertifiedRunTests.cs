using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>Ordinary runs certified from a step on (C.20), then simulated with the certified step size: the promise must be kept.</summary>
public sealed class CertifiedRunTests
{
    // ‖e‖ carries the rounding of the outputs, a few ε each; the loss bound is compared down to there.
    private const double ResidualRounding = 1e-12;

    // How early the path certificate must come, and how near its rate to the
    // measured one: initial weights and data of scale 1, η = 1/λ_max at the start.
    [Theory]
    [InlineData(1, 2, 4, 16, 64, 1.3e-4)]
    [InlineData(1, 4, 4, 32, 256, 6e-5)]
    [InlineData(2, 2, 4, 16, 64, 3.4e-6)]
    public void An_ordinary_run_is_certified_in_time_and_keeps_the_promise(
        int depth, int samples, int tokens, int width, int ffnWidth, double relativeLoss)
    {
        using var run = new OrdinaryRun(depth, samples, tokens, width, ffnWidth, seed: 0);
        ResidualTransformerWeights weights = run.DescendTo(relativeLoss);
        using var point = new ResidualTransformerPoint(run.Model.Inputs, samples, run.Model.Targets, weights, TrainedSet.All);
        Certificate certificate = Theorems.Find("path")!.Evaluate(point);

        Assert.True(certificate.Outcome == CertificateOutcome.Guaranteed, certificate.Explanation);
        double measured = run.Follow(weights, certificate.Guarantee!, steps: 1500);
        Assert.InRange(Math.Log(1 - measured) / Math.Log(1 - certificate.Guarantee!.Rate), 1, 3.3);
    }

    [Fact]
    public void The_search_says_what_it_tried_and_stops_at_the_last_step()
    {
        using var run = new OrdinaryRun(1, 2, 4, 16, 64, seed: 1);
        FirstCertifiedStep none = FirstCertifiedStep.Search(
            Theorems.Find("path")!, run.Model, run.Options, run.Start(), new FirstStepOptions { LastStep = 3 },
            cancellation: TestContext.Current.CancellationToken);

        Assert.Null(none.Step);
        Assert.Null(none.State);
        Assert.Equal([0L, 1L, 2L, 3L], none.Tried.Select(tried => tried.Step));
        Assert.All(none.Tried, tried => Assert.Equal(CertificateOutcome.NotCertified, tried.Outcome));
        Assert.Contains("bisection", none.Schedule, StringComparison.Ordinal);
    }

    [Fact]
    public void Bisection_ends_at_a_certified_step_right_after_one_that_fails()
    {
        using var run = new OrdinaryRun(1, 2, 4, 16, 64, seed: 2);
        FirstCertifiedStep first = FirstCertifiedStep.Search(
            Theorems.Find("path")!, run.Model, run.Options, run.Start(), new FirstStepOptions { LastStep = 20000, Growth = 2 },
            cancellation: TestContext.Current.CancellationToken);

        Assert.Contains(first.Tried, tried => tried.Step == first.Step && tried.Outcome == CertificateOutcome.Guaranteed);
        Assert.Contains(first.Tried, tried => tried.Step == first.Step - 1 && tried.Outcome == CertificateOutcome.NotCertified);
    }

    [Fact]
    public void Looking_ahead_bounds_the_residual_from_the_earlier_step_on()
    {
        using var run = new OrdinaryRun(1, 2, 4, 16, 64, seed: 0);
        FirstCertifiedStep first = FirstCertifiedStep.Search(
            Theorems.Find("path")!, run.Model, run.Options, run.Start(), new FirstStepOptions { LastStep = 20000 },
            cancellation: TestContext.Current.CancellationToken);
        double[] losses = run.Losses(first.Step!.Value);
        LookAhead ahead = LookAhead.Of(losses, first.Certificate.Guarantee!);

        Assert.Equal(losses.Length - 1, ahead.Steps);
        Assert.True(ahead.Constant >= 1);
        for (int k = 0; k < losses.Length; k++)
        {
            Assert.True(Math.Sqrt(losses[k] / losses[0]) <= ahead.Constant * Math.Pow(ahead.Factor, k), $"step {k}");
        }

        // The bound is attained: nothing smaller would do.
        Assert.Contains(
            Enumerable.Range(0, losses.Length),
            k => Math.Sqrt(losses[k] / losses[0]) >= 0.999 * ahead.Constant * Math.Pow(ahead.Factor, k));
    }

    [Fact]
    public void Looking_ahead_refuses_losses_that_are_missing_or_not_positive()
    {
        var guarantee = new Guarantee { StepSize = 0.1, LargestStepSize = 0.1, PlConstant = 1, Rate = 0.1, Radii = [] };
        _ = Assert.Throws<ArgumentException>(() => LookAhead.Of([], guarantee));
        _ = Assert.Throws<ArgumentException>(() => LookAhead.Of([1, 0], guarantee));
        _ = Assert.Throws<ArgumentException>(() => LookAhead.Of([1, double.NaN], guarantee));
    }

    /// <summary>Tokens and targets N(0, 1/d), weights N(0, 1/fan-in) with W_2 at 0.7 of that: an ordinary run.</summary>
    private sealed class OrdinaryRun : IDisposable
    {
        public OrdinaryRun(int depth, int samples, int tokens, int width, int ffnWidth, long seed)
        {
            var shape = new ResidualTransformerShape
            {
                Depth = depth,
                Width = width,
                FfnWidth = ffnWidth,
                Activation = new Activation(ActivationKind.SmoothLeakyRelu, 0.1, 0.5),
            };
            Model = new ResidualTransformer(shape, Gaussian("inputs"), Gaussian("targets"), samples);
            Weights = new Initialisation { Scheme = InitialisationScheme.LeCun, FfnOutGain = 0.7 }.Create(shape, seed);
            Options = new DescentOptions { StepSize = StepSizeRule.Automatic(depth == 1 ? 1 : 0.8), MaximumSteps = 0 };

            Matrix Gaussian(string name)
            {
                Matrix matrix = Matrix.Allocate(samples * tokens, width);
                new RandomSequence(seed, name).FillGaussian(matrix.Span);
                Vectors.Scale(matrix.Span, 1 / Math.Sqrt(width));
                return matrix;
            }
        }

        public ResidualTransformer Model { get; }

        public DescentOptions Options { get; }

        private ResidualTransformerWeights Weights { get; }

        public DescentState Start() => new GradientDescent(Model, Options).Start(Weights);

        public ResidualTransformerWeights DescendTo(double relativeLoss)
        {
            DescentState state = Start();
            Model.Forward(state.Parameters);
            _ = new GradientDescent(Model, Options with { MaximumSteps = 100000, LossFloor = relativeLoss * Model.ForwardLoss }).Run(state);
            return ResidualTransformerWeights.Of(Model.Shape, state.Parameters);
        }

        public double[] Losses(long lastStep)
        {
            List<double> losses = [];
            _ = new GradientDescent(Model, Options with { MaximumSteps = lastStep }).Run(Start(), step => losses.Add(step.Loss));
            return [.. losses];
        }

        // Descends with the certified step size, checks loss and radii at every step, and returns the late rate.
        public double Follow(ResidualTransformerWeights weights, Guarantee guarantee, int steps)
        {
            List<double> residuals = [];
            var descent = new GradientDescent(
                Model, Options with { StepSize = StepSizeRule.Fixed(guarantee.StepSize), MaximumSteps = steps });
            _ = descent.Run(descent.Start(weights), step =>
            {
                residuals.Add(Math.Sqrt(2 * step.Loss));
                double bound = residuals[0] * Math.Pow(1 - guarantee.Rate, 0.5 * step.Step);
                Assert.True(
                    residuals[^1] <= (bound * (1 + 1e-9)) + ResidualRounding, $"step {step.Step}: residual {residuals[^1]} above {bound}");
                foreach (BlockRadius radius in guarantee.Radii)
                {
                    Assert.True(
                        Math.Sqrt(Vectors.SquaredDistance(step.Parameters[radius.Block].Span, weights[radius.Block].Span)) <= radius.Radius,
                        $"step {step.Step}: {radius.Block.Name} left its ball");
                }
            });
            double[] late = [.. residuals.Where(residual => residual > 1e-10)];
            int half = late.Length / 2;
            return 1 - Math.Pow(late[^1] / late[half], 2.0 / (late.Length - 1 - half));
        }

        public void Dispose() => Model.Dispose();
    }
}
