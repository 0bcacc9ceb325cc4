using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Descent;

/// <summary>Descent with loss and gradient in single precision: the same bits
/// for any number of threads, and double precision up to its rounding.</summary>
public sealed class SinglePrecisionTests
{
    private const int Steps = 50;

    // 1120 rows: several shards of several groups.
    private static readonly ModelCase Divided = new(
        new ResidualTransformerShape { Width = 9, FfnWidth = 16, Depth = 2 }, samples: 70, tokens: 16, seed: 8);

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        Descended one = Descend(Divided, Precision.Single, threads: 1);
        Assert.True(one.Shards > 1, $"Only {one.Shards} shard: nothing is divided.");
        foreach (int threads in (int[])[2, 3, 8])
        {
            Descended several = Descend(Divided, Precision.Single, threads);
            Assert.Equal(one.Weights, several.Weights);
            Assert.Equal(one.Losses, several.Losses);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Fifty_steps_stay_as_near_to_double_precision_as_the_errors_of_their_gradients_allow(int depth)
    {
        ModelCase model = new(
            new ResidualTransformerShape { Width = 12, FfnWidth = 20, Depth = depth }, samples: 4, tokens: 5, seed: 3, inputScale: 0.3);
        Descended doubles = Descend(model, Precision.Double), singles = Descend(model, Precision.Single);

        // Each step adds η ‖δg‖ ≤ η θ ‖g‖ to the distance, with θ the relative error of a gradient (twelve products a block, sums of m + d
        // terms that err by √k u, three for what they are relative to); steps below 1/λ_max hardly stretch it, two for directions of
        // negative curvature. So it stays below 2 θ times the length of the path.
        double theta = Math.ScaleB(1, -24) * 3 * 12 * depth * Math.Sqrt(model.Shape.FfnWidth + model.Shape.Width);
        double distance = Math.Sqrt(Vectors.SquaredDistance(doubles.Weights, singles.Weights));
        Assert.InRange(distance, 1e-12 * doubles.PathLength, 2 * theta * doubles.PathLength);

        // |δℒ| ≤ θ ℒ for the rounding of the loss itself and ‖g‖ times the distance for
        // where it is taken; the curvature adds λ_max distance²/2, which is nothing.
        for (int k = 0; k <= Steps; k++)
        {
            double allowed = (2 * theta * doubles.Losses[k]) + (2 * theta * doubles.PathLength * doubles.GradientNorms[k]);
            Assert.InRange(singles.Losses[k] - doubles.Losses[k], -allowed, allowed);
        }
    }

    [Fact]
    public void Updates_below_the_spacing_of_single_precision_are_not_lost()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 4, FfnWidth = 6 });
        using var evaluator = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 1, Precision.Single);
        var descent = new GradientDescent(evaluator, new DescentOptions { StepSize = StepSizeRule.Fixed(1e-12), MaximumSteps = 3 });
        DescentState state = descent.Start(model.Weights);
        var norms = new List<double>();
        _ = descent.Run(state, step => norms.Add(step.Distance), cancellation: TestContext.Current.CancellationToken);
        Assert.All(
            norms.Zip(norms.Skip(1)),
            pair => Assert.True(pair.Second > pair.First, $"The distance went from {pair.First:R} to {pair.Second:R}."));
    }

    private static Descended Descend(ModelCase model, Precision precision, int threads = 1)
    {
        using var evaluator = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, threads, precision);
        var descent = new GradientDescent(evaluator, new DescentOptions { StepSize = StepSizeRule.Automatic(0.3), MaximumSteps = Steps });
        DescentState state = descent.Start(model.Weights);
        var losses = new List<double>();
        var norms = new List<double>();
        _ = descent.Run(
            state,
            step =>
            {
                losses.Add(step.Loss);
                norms.Add(step.GradientNorm);
            },
            cancellation: TestContext.Current.CancellationToken);
        return new Descended(state.Parameters.Vector, losses, norms, state.PathLength, evaluator.Shards);
    }

    private sealed record Descended(double[] Weights, List<double> Losses, List<double> GradientNorms, double PathLength, int Shards);
}
