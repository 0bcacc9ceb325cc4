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
        new(
            new ResidualTransformerShape { Width = 9, FfnWidth = 16, Depth = 3, KeyWidth = 3, ReadoutWidth = 4 }, samples: 41, tokens: 16,
            seed: 9),
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
        var gradient = new ResidualTransformerWeights(model.Shape);
        double actual = together.LossAndGradient(model.Weights, gradient, TrainedSet.All, AllLayers(together));

        // The loss is summed in shards: 2 rounding errors per term at most.
        Assert.InRange(actual, loss * (1 - (model.Targets.Span.Length * 1e-15)), loss * (1 + (model.Targets.Span.Length * 1e-15)));
        Assert.Equal(expected.Vector, gradient.Vector);
        Assert.Equal(actual, together.Loss(model.Weights));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_record_keeps_the_matrices_of_its_own_pass(int index)
    {
        ModelCase model = Models.ElementAt(index);
        using ResidualTransformer separate = model.NewModel(), together = model.NewModel();
        separate.Forward(model.Weights);
        var gradient = new ResidualTransformerWeights(model.Shape);
        LayerRecord passed = AllLayers(together), filled = AllLayers(together);
        _ = together.LossAndGradient(model.Weights, gradient, TrainedSet.All, passed);
        together.Fill(model.Weights, together.AllSamples, filled);

        // Other weights afterwards: what is kept is kept.
        _ = together.LossAndGradient(new ResidualTransformerWeights(model.Shape), gradient, TrainedSet.All);
        together.Forward(new ResidualTransformerWeights(model.Shape));
        foreach (LayerRecord actual in (LayerRecord[])[passed, filled])
        {
            for (int layer = 0; layer < model.Shape.Depth; layer++)
            {
                LayerView expected = separate.Layer(layer);
                AssertSame(expected.Input, actual[layer, LayerPart.Input]);
                AssertSame(expected.Attention, actual[layer, LayerPart.AttentionWeights]);
                AssertSame(expected.AttentionBranch, actual[layer, LayerPart.AttentionBranch]);
                AssertSame(expected.AttentionOutput, actual[layer, LayerPart.AttentionOutput]);
                AssertSame(expected.Hidden, actual[layer, LayerPart.Hidden]);
                AssertSame(expected.Output, actual[layer, LayerPart.Output]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_batch_of_some_samples_is_the_model_on_these_samples(int index)
    {
        ModelCase model = Models.ElementAt(index);
        int[] batch = [model.Samples - 1, 0];
        Matrix inputs = Matrix.Allocate(2 * model.Tokens, model.Shape.Width),
            targets = Matrix.Allocate(2 * model.Tokens, model.Shape.OutputWidth);
        for (int k = 0; k < batch.Length; k++)
        {
            model.Inputs.RowRange(batch[k] * model.Tokens, model.Tokens).CopyTo(inputs.RowRange(k * model.Tokens, model.Tokens));
            model.Targets.RowRange(batch[k] * model.Tokens, model.Tokens).CopyTo(targets.RowRange(k * model.Tokens, model.Tokens));
        }

        using ResidualTransformer all = model.NewModel(), some = new(model.Shape, inputs, targets, 2);
        ResidualTransformerWeights expected = new(model.Shape), actual = new(model.Shape), direction = model.UnitDirection(3);
        LayerRecord record = AllLayers(all), own = AllLayers(some);
        Assert.Equal(
            some.LossAndGradient(model.Weights, expected, TrainedSet.All, own),
            all.LossAndGradient(model.Weights, batch, actual, TrainedSet.All, record));
        Assert.Equal(expected.Vector, actual.Vector);
        Assert.Equal(2, record.Samples);
        AssertSame(own[0, LayerPart.AttentionBranch], record[0, LayerPart.AttentionBranch]);
        Assert.Equal(some.Loss(model.Weights), all.Loss(model.Weights, batch));
        some.HessianProduct(model.Weights, some.AllSamples, direction, expected, TrainedSet.All);
        all.HessianProduct(model.Weights, batch, direction, actual, TrainedSet.All);
        Assert.Equal(expected.Vector, actual.Vector);
        some.Tangent(model.Weights, some.AllSamples, direction, targets);
        all.Tangent(model.Weights, batch, direction, inputs = Matrix.Allocate(targets.Rows, targets.Columns));
        AssertSame(targets, inputs);
        some.Output(model.Weights, some.AllSamples, targets);
        all.Output(model.Weights, batch, inputs);
        AssertSame(targets, inputs);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Single_precision_differs_by_its_rounding(int index)
    {
        ModelCase model = Models.ElementAt(index);
        using ResidualTransformer doubles = model.NewModel();
        using var singles = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 2, Precision.Single);
        LayerRecord exact = AllLayers(doubles), rounded = AllLayers(singles);
        ResidualTransformerWeights expected = new(model.Shape), actual = new(model.Shape);
        double loss = doubles.LossAndGradient(model.Weights, expected, TrainedSet.All, exact);
        double single = singles.LossAndGradient(model.Weights, actual, TrainedSet.All, rounded);

        // ε = 2⁻²⁴ grows through chains of about twelve products a block, each of sums
        // that err by √k ε; a single ReLU may also fall on the other side of its kink.
        double tolerance = Math.ScaleB(1, -24) * 40 * model.Shape.Depth * Math.Sqrt(model.Shape.FfnWidth + model.Shape.Width);
        Assert.InRange(single, loss * (1 - tolerance), loss * (1 + tolerance));
        Assert.InRange(
            Math.Sqrt(Vectors.SquaredDistance(expected.Vector, actual.Vector)), 1e-10 * Vectors.Norm(expected.Vector),
            tolerance * Vectors.Norm(expected.Vector));
        for (int layer = 0; layer < model.Shape.Depth; layer++)
        {
            ReadOnlySpan<double> output = exact[layer, LayerPart.AttentionOutput].Span;
            double distance = Math.Sqrt(Vectors.SquaredDistance(output, rounded[layer, LayerPart.AttentionOutput].Span));
            Assert.InRange(distance, 0, tolerance * Math.Sqrt(Vectors.SquaredNorm(output)));
        }
    }

    [Fact]
    public void A_pass_allocates_nothing_once_warm()
    {
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            ModelCase model = Models.ElementAt(8);
            using var evaluator = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 1, precision);
            LayerRecord record = AllLayers(evaluator);
            var gradient = new ResidualTransformerWeights(model.Shape);
            Action<int> afterwards = _ => { };
            long before = 0;
            for (int step = 0; step < 5; step++)
            {
                _ = evaluator.LossAndGradient(model.Weights, gradient, TrainedSet.All, record, afterwards);
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
        var gradient = new ResidualTransformerWeights(model.Shape);
        double[] sums = new double[gradient.Layout.Blocks.Count];
        int[] calls = new int[sums.Length];
        _ = evaluator.LossAndGradient(model.Weights, gradient, TrainedSet.All, afterwards: index =>
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
            using var changed = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 1, precision);
            using var fresh = new ResidualTransformer(model.Shape, others, model.Targets, model.Samples, 1, precision);
            _ = changed.Loss(model.Weights);
            changed.Forward(model.Weights);
            changed.SetData(others, model.Targets);
            Assert.Equal(fresh.Loss(model.Weights), changed.Loss(model.Weights));
            changed.Forward(model.Weights);
            fresh.Forward(model.Weights);
            Assert.Equal(fresh.ForwardOutput.Span.ToArray(), changed.ForwardOutput.Span.ToArray());
        }

        _ = Assert.Throws<ArgumentException>(() => model.NewModel().SetData(Matrix.Allocate(1, 1000), model.Targets));
    }

    [Fact]
    public void A_loss_that_is_not_finite_leaves_the_gradient_alone()
    {
        ModelCase model = Models.First();
        using ResidualTransformer evaluator = model.NewModel();
        var weights = new ResidualTransformerWeights(model.Shape);
        weights.Vector.AsSpan().Fill(double.PositiveInfinity);
        var gradient = new ResidualTransformerWeights(model.Shape);
        double loss = evaluator.LossAndGradient(weights, gradient, TrainedSet.All);
        Assert.False(double.IsFinite(loss));
        Assert.All(gradient.Vector, derivative => Assert.Equal(0, derivative));
    }

    private static LayerRecord AllLayers(ResidualTransformer model) => new(model, _ => true);

    private static void AssertSame(in Matrix expected, in Matrix actual)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        for (int row = 0; row < expected.Rows; row++)
        {
            Assert.Equal(expected.Row(row).ToArray(), actual.Row(row).ToArray());
        }
    }
}
