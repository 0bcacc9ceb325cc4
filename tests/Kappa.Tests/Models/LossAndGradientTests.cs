using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Loss and gradient in one pass, group by group of samples, against the passes that keep every matrix.</summary>
public sealed class LossAndGradientTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Models.Count())];

    // The varied shapes, and sizes of several shards of several groups, in both routes of the logits.
    private static IEnumerable<ModelCase> Models =>
    [
        .. ModelCase.Varied(),
        new(new ResidualTransformerShape { Width = 8, FfnWidth = 130, Depth = 2 }, samples: 70, tokens: 12, seed: 8),
        new(new ResidualTransformerShape { Width = 9, FfnWidth = 16, Depth = 3, KeyWidth = 3, ReadoutWidth = 4 }, samples: 41, tokens: 16, seed: 9),
        new(new ResidualTransformerShape { Width = 150, FfnWidth = 140, AttentionResidual = 0.5 }, samples: 9, tokens: 40, seed: 10),
        new(new ResidualTransformerShape { Width = 6, FfnWidth = 140, Depth = 2 }, samples: 5, tokens: 4, seed: 11),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_pass_gives_the_bits_of_the_separate_passes(int index)
    {
        ModelCase model = Models.ElementAt(index);
        using ResidualTransformer separate = model.NewModel(), together = model.NewModel(threads: 2);
        (double loss, ResidualTransformerWeights expected) = model.Evaluate(separate, model.Weights);
        Matrix residual = Matrix.Allocate(together.Rows, model.Shape.OutputWidth);
        var gradient = new ResidualTransformerWeights(model.Shape);
        double actual = together.LossAndGradient(model.Weights, model.Targets, residual, gradient, TrainedSet.All, keepLayers: true);

        // The loss is summed in shards: 2 rounding errors per term at most.
        Assert.InRange(actual, loss * (1 - (model.Targets.Span.Length * 1e-15)), loss * (1 + (model.Targets.Span.Length * 1e-15)));
        Assert.Equal(expected.Vector, gradient.Vector);
        Assert.Equal(actual, together.Loss(model.Weights, model.Targets));
        for (int k = 0; k < residual.Span.Length; k++)
        {
            Assert.Equal(separate.Output.Span[k] - model.Targets.Span[k], residual.Span[k]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Layers_looked_at_afterwards_are_those_of_the_pass(int index)
    {
        ModelCase model = Models.ElementAt(index);
        using ResidualTransformer separate = model.NewModel(), together = model.NewModel();
        separate.Forward(model.Weights);
        Matrix residual = Matrix.Allocate(together.Rows, model.Shape.OutputWidth);
        var gradient = new ResidualTransformerWeights(model.Shape);
        var zero = new ResidualTransformerWeights(model.Shape);
        foreach (bool keeps in (bool[])[true, false])
        {
            // Other weights in between, so that nothing stale can pass.
            _ = together.Loss(zero, model.Targets);
            _ = together.LossAndGradient(model.Weights, model.Targets, residual, gradient, TrainedSet.All, keeps);
            for (int layer = 0; layer < model.Shape.Depth; layer++)
            {
                LayerView expected = separate.Layer(layer), actual = together.Layer(layer);
                Assert.Equal(expected.AttentionBranch.Span.ToArray(), actual.AttentionBranch.Span.ToArray());
                Assert.Equal(expected.AttentionOutput.Span.ToArray(), actual.AttentionOutput.Span.ToArray());
                Assert.Equal(expected.Hidden.Span.ToArray(), actual.Hidden.Span.ToArray());
                Assert.Equal(expected.Attention.Span.ToArray(), actual.Attention.Span.ToArray());
            }

            Assert.Equal(separate.Output.Span.ToArray(), together.Output.Span.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Single_precision_differs_by_its_rounding(int index)
    {
        ModelCase model = Models.ElementAt(index);
        using ResidualTransformer doubles = model.NewModel();
        using var singles = new ResidualTransformer(model.Shape, model.Inputs, model.Samples, 2, Precision.Single);
        Matrix residual = Matrix.Allocate(doubles.Rows, model.Shape.OutputWidth), rounded = Matrix.Allocate(doubles.Rows, model.Shape.OutputWidth);
        ResidualTransformerWeights expected = new(model.Shape), actual = new(model.Shape);
        double loss = doubles.LossAndGradient(model.Weights, model.Targets, residual, expected, TrainedSet.All, keepLayers: true);
        double single = singles.LossAndGradient(model.Weights, model.Targets, rounded, actual, TrainedSet.All, keepLayers: true);

        // ε = 2⁻²⁴ grows through chains of about twelve products a block, each of sums that err by √k ε; a single ReLU may also fall on the other side of its kink.
        double tolerance = Math.ScaleB(1, -24) * 40 * model.Shape.Depth * Math.Sqrt(model.Shape.FfnWidth + model.Shape.Width);
        Assert.InRange(single, loss * (1 - tolerance), loss * (1 + tolerance));
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(expected.Vector, actual.Vector)), 1e-10 * Vectors.Norm(expected.Vector), tolerance * Vectors.Norm(expected.Vector));
        for (int layer = 0; layer < model.Shape.Depth; layer++)
        {
            ReadOnlySpan<double> output = doubles.Layer(layer).AttentionOutput.Span;
            double distance = Math.Sqrt(Vectors.SquaredDistance(output, singles.Layer(layer).AttentionOutput.Span));
            Assert.InRange(distance, 0, tolerance * Math.Sqrt(Vectors.SquaredNorm(output)));
        }
    }

    [Fact]
    public void A_pass_allocates_nothing_once_warm()
    {
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            ModelCase model = Models.ElementAt(8);
            using var evaluator = new ResidualTransformer(model.Shape, model.Inputs, model.Samples, 1, precision);
            Matrix residual = Matrix.Allocate(evaluator.Rows, model.Shape.OutputWidth);
            var gradient = new ResidualTransformerWeights(model.Shape);
            Action<int> afterwards = _ => { };
            long before = 0;
            for (int step = 0; step < 5; step++)
            {
                _ = evaluator.LossAndGradient(model.Weights, model.Targets, residual, gradient, TrainedSet.All, keepLayers: true, afterwards);
                before = step == 1 ? GC.GetAllocatedBytesForCurrentThread() : before;
            }

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Fact]
    public void Every_matrix_is_announced_once_when_its_gradient_is_complete()
    {
        ModelCase model = Models.ElementAt(8);
        using ResidualTransformer evaluator = model.NewModel(threads: 2);
        Matrix residual = Matrix.Allocate(evaluator.Rows, model.Shape.OutputWidth);
        var gradient = new ResidualTransformerWeights(model.Shape);
        double[] sums = new double[gradient.Layout.Blocks.Count];
        int[] calls = new int[sums.Length];
        _ = evaluator.LossAndGradient(model.Weights, model.Targets, residual, gradient, TrainedSet.All, afterwards: index =>
        {
            _ = Interlocked.Increment(ref calls[index]);
            sums[index] = Vectors.SquaredNorm(gradient[gradient.Layout.Blocks[index]].Span);
        });
        Assert.All(calls, count => Assert.Equal(1, count));
        for (int index = 0; index < sums.Length; index++)
        {
            Assert.Equal(Vectors.SquaredNorm(gradient[gradient.Layout.Blocks[index]].Span), sums[index]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Other_inputs_in_the_same_memory_give_the_bits_of_a_new_evaluator(int index)
    {
        ModelCase model = Models.ElementAt(index);
        Matrix others = ModelCase.Gaussian(model.Inputs.Rows, model.Inputs.Columns, 99, "others");
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            using var changed = new ResidualTransformer(model.Shape, model.Inputs, model.Samples, 1, precision);
            using var fresh = new ResidualTransformer(model.Shape, others, model.Samples, 1, precision);
            _ = changed.Loss(model.Weights, model.Targets);
            changed.Forward(model.Weights);
            changed.SetInputs(others);
            Assert.Equal(fresh.Loss(model.Weights, model.Targets), changed.Loss(model.Weights, model.Targets));
            changed.Forward(model.Weights);
            Assert.Equal(fresh.Output.Span.ToArray(), changed.Output.Span.ToArray());
        }

        _ = Assert.Throws<ArgumentException>(() => model.NewModel().SetInputs(Matrix.Allocate(1, 1000)));
    }

    [Fact]
    public void A_loss_that_is_not_finite_leaves_the_gradient_alone()
    {
        ModelCase model = Models.First();
        using ResidualTransformer evaluator = model.NewModel();
        var weights = new ResidualTransformerWeights(model.Shape);
        weights.Vector.AsSpan().Fill(double.PositiveInfinity);
        var gradient = new ResidualTransformerWeights(model.Shape);
        double loss = evaluator.LossAndGradient(weights, model.Targets, Matrix.Allocate(evaluator.Rows, model.Shape.OutputWidth), gradient, TrainedSet.All);
        Assert.False(double.IsFinite(loss));
        Assert.All(gradient.Vector, derivative => Assert.Equal(0, derivative));
    }
}
