using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

public sealed class FeedForwardTests
{
    // 150 rows are a shard of two groups of samples and another of one.
    private const int Samples = 10;
    private const int Tokens = 15;

    [Fact]
    public void Groups_of_rows_give_the_gradient_that_the_samples_give_one_by_one()
    {
        ResidualTransformerShape shape = new() { Width = 5, FfnWidth = 1000, Depth = 2, FfnResidual = 0.7 };
        ModelCase all = new(shape, Samples, Tokens, seed: 8);
        using ResidualTransformer together = all.NewModel();
        Matrix direction = ModelCase.Gaussian(Samples * Tokens, shape.Width, 8, "direction");
        ResidualTransformerWeights gradient = new(shape), one = new(shape), sum = new(shape);
        together.Forward(all.Weights);
        together.Backward(all.Weights, direction, gradient, TrainedSet.All);
        for (int sample = 0; sample < Samples; sample++)
        {
            using var alone = ResidualTransformer.WithoutTargets(shape, all.Inputs.RowRange(sample * Tokens, Tokens), 1);
            alone.Forward(all.Weights);
            Assert.Equal(alone.ForwardOutput.Span.ToArray(), together.ForwardOutput.RowRange(sample * Tokens, Tokens).Span.ToArray());
            Matrix part = Matrix.Allocate(Tokens, shape.Width);
            direction.RowRange(sample * Tokens, Tokens).CopyTo(part);
            alone.Backward(all.Weights, part, one, TrainedSet.All);
            Vectors.AddScaled(sum.Vector, 1, one.Vector);
        }

        // The two differ by the order of sums of 150 terms in a chain of about ten products.
        double tolerance = 1500 * Math.ScaleB(1, -53) * Vectors.Norm(sum.Vector);
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(sum.Vector, gradient.Vector)), 0, tolerance);
    }
}
