using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

public sealed class ResidualTransformerTests
{
    // A handful of products of at most 17 terms each: errors of a few hundred ε relative to the whole matrix.
    private const double Rounding = 1e-13;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [InlineData(1e-19)]
    [InlineData(2e18)]
    public void Single_precision_refuses_a_bend_whose_square_it_cannot_hold(double smoothing)
    {
        ModelCase model = ModelCase.Varied().First();
        ResidualTransformerShape shape = model.Shape with { Activation = new Activation(ActivationKind.SmoothLeakyRelu, 0.1, smoothing) };
        ArgumentException refusal = Assert.Throws<ArgumentException>(() =>
            ResidualTransformer.WithoutTargets(shape, model.Inputs, model.Samples, 1, Precision.Single));
        Assert.Contains(smoothing.ToString(System.Globalization.CultureInfo.InvariantCulture), refusal.Message, StringComparison.Ordinal);
        ResidualTransformer.WithoutTargets(shape, model.Inputs, model.Samples).Dispose();
        new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 1, Precision.Single).Dispose();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_matrix_of_a_forward_pass_is_that_of_the_plain_reference(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        for (int sample = 0; sample < model.Samples; sample++)
        {
            List<PlainResidualTransformer.Block> blocks = Plain(model, sample);
            for (int layer = 0; layer < model.Shape.Depth; layer++)
            {
                LayerView view = evaluator.Layer(layer);
                PlainResidualTransformer.Block block = blocks[layer];
                AssertClose(block.Z, Part(model, view.Input, sample));
                AssertClose(block.A, Part(model, view.Attention, sample));
                AssertClose(block.Branch, Part(model, view.AttentionBranch, sample));
                AssertClose(block.H, Part(model, view.AttentionOutput, sample));
                AssertClose(
                    PlainResidualTransformer.Map(block.P, model.Shape.Activation.Derivative), Part(model, view.HiddenDerivative, sample));
                AssertClose(block.Phi, Part(model, view.Hidden, sample));
                AssertClose(block.Output, Part(model, view.Output, sample));
            }

            AssertClose(PlainResidualTransformer.Output(model.Weights, blocks), Part(model, evaluator.ForwardOutput, sample));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_is_that_of_the_plain_reference(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer evaluator = model.NewModel();
        Matrix u = ModelCase.Gaussian(evaluator.Rows, evaluator.OutputColumns, 11, "u");
        var gradient = new ResidualTransformerWeights(model.Shape);
        evaluator.Forward(model.Weights);
        evaluator.Backward(model.Weights, u, gradient, TrainedSet.All);

        var expected = new ResidualTransformerWeights(model.Shape);
        for (int sample = 0; sample < model.Samples; sample++)
        {
            PlainResidualTransformer.AddGradient(
                model.Shape, model.Weights, Plain(model, sample), PlainResidualTransformer.Of(Part(model, u, sample)), expected);
        }

        double scale = Vectors.Norm(expected.Vector);
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(expected.Vector, gradient.Vector)), 0, Rounding * scale);
    }

    [Fact]
    public void The_varied_cases_take_both_logit_routes()
    {
        LogitRoute[] routes = [.. ModelCase.Varied().Select(model => LogitRoutes.Cheaper(model.Shape, model.Samples, model.Tokens))];
        Assert.Contains(LogitRoute.Merged, routes);
        Assert.Contains(LogitRoute.Factored, routes);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_of_the_attention_sum_to_one(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        Matrix attention = evaluator.Layer(0).Attention;
        for (int row = 0; row < attention.Rows; row++)
        {
            // n additions and a division each: n ε, with n ≤ 5.
            Assert.InRange(attention.Row(row).ToArray().Sum(), 1 - 2e-15, 1 + 2e-15);
            Assert.All(attention.Row(row).ToArray(), weight => Assert.InRange(weight, 0, 1));
        }
    }

    [Fact]
    public void Permuting_the_tokens_of_the_input_permutes_those_of_the_output()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 6, FfnWidth = 8, Depth = 2 }, samples: 2, tokens: 4);
        int[] order = [2, 0, 3, 1, 4 + 1, 4 + 3, 4 + 0, 4 + 2];
        Matrix permuted = Matrix.Allocate(8, 6);
        for (int row = 0; row < 8; row++)
        {
            model.Inputs.Row(order[row]).CopyTo(permuted.Row(row));
        }

        using ResidualTransformer straight = model.NewModel();
        using var other = ResidualTransformer.WithoutTargets(model.Shape, permuted, 2);
        straight.Forward(model.Weights);
        other.Forward(model.Weights);
        for (int row = 0; row < 8; row++)
        {
            double distance = Math.Sqrt(Vectors.SquaredDistance(straight.ForwardOutput.Row(order[row]), other.ForwardOutput.Row(row)));
            Assert.InRange(distance, 0, Rounding * Vectors.Norm(other.ForwardOutput.Row(row)));
        }
    }

    [Fact]
    public void Logits_of_a_thousand_stay_finite_and_pick_one_token()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 4, FfnWidth = 4, Temperature = 1e3 }, inputScale: 3);
        using ResidualTransformer evaluator = model.NewModel();
        (double loss, ResidualTransformerWeights gradient) = model.Evaluate(evaluator, model.Weights);
        Assert.True(double.IsFinite(loss));
        Assert.All(gradient.Vector, value => Assert.True(double.IsFinite(value)));
        for (int row = 0; row < evaluator.Layer(0).Attention.Rows; row++)
        {
            Assert.InRange(evaluator.Layer(0).Attention.Row(row).ToArray().Max(), 0.999, 1);
        }
    }

    [Fact]
    public void One_token_attends_to_itself_and_leaves_queries_and_keys_without_gradient()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 4 }, samples: 5, tokens: 1);
        using ResidualTransformer evaluator = model.NewModel();
        (_, ResidualTransformerWeights gradient) = model.Evaluate(evaluator, model.Weights);
        Assert.All(evaluator.Layer(0).Attention.Span.ToArray(), weight => Assert.Equal(1, weight));
        Assert.All(gradient.Block(0).Query.Span.ToArray(), value => Assert.Equal(0, value));
        Assert.All(gradient.Block(0).Key.Span.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_NaN_in_the_weights_reaches_the_output_instead_of_an_exception()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 4 });
        model.Weights.Block(0).Query[0, 0] = double.NaN;
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        Assert.All(evaluator.ForwardOutput.Span.ToArray(), value => Assert.True(double.IsNaN(value)));
    }

    [Fact]
    public void One_and_two_threads_give_the_same_bits()
    {
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 8, FfnWidth = 12, Depth = 2, ReadoutWidth = 3 }, samples: 130, tokens: 6);
        using ResidualTransformer one = model.NewModel(threads: 1);
        using ResidualTransformer two = model.NewModel(threads: 2);
        Assert.Equal(3, one.Shards);
        (double lossOfOne, ResidualTransformerWeights ofOne) = model.Evaluate(one, model.Weights);
        for (int repeat = 0; repeat < 20; repeat++)
        {
            (double lossOfTwo, ResidualTransformerWeights ofTwo) = model.Evaluate(two, model.Weights);
            Assert.Equal(BitConverter.DoubleToInt64Bits(lossOfOne), BitConverter.DoubleToInt64Bits(lossOfTwo));
            Assert.True(ofOne.Vector.AsSpan().SequenceEqual(ofTwo.Vector));
            Assert.True(one.ForwardOutput.Span.SequenceEqual(two.ForwardOutput.Span));
        }
    }

    [Theory]
    [InlineData(true, 8)]
    [InlineData(false, 2)]
    public void Shards_add_up_to_the_gradient_of_the_plain_reference(bool isMerged, int keyWidth)
    {
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 8, FfnWidth = 5, KeyWidth = keyWidth, Depth = 2 }, samples: 200, tokens: 3);
        using ResidualTransformer evaluator = model.NewModel(threads: 2);
        Assert.Equal(2, evaluator.Shards);
        Assert.Equal(isMerged, LogitRoutes.Cheaper(model.Shape, model.Samples, model.Tokens) == LogitRoute.Merged);
        Matrix u = ModelCase.Gaussian(600, 8, 12, "u");
        var gradient = new ResidualTransformerWeights(model.Shape);
        evaluator.Forward(model.Weights);
        evaluator.Backward(model.Weights, u, gradient, TrainedSet.All);
        var expected = new ResidualTransformerWeights(model.Shape);
        for (int sample = 0; sample < model.Samples; sample++)
        {
            PlainResidualTransformer.AddGradient(
                model.Shape, model.Weights, Plain(model, sample), PlainResidualTransformer.Of(Part(model, u, sample)), expected);
        }

        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(expected.Vector, gradient.Vector)), 0, Rounding * Vectors.Norm(expected.Vector));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_step_allocates_nothing(int threads)
    {
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 8, FfnWidth = 12, Depth = 2, ReadoutWidth = 3 }, samples: 90, tokens: 6);
        using ResidualTransformer evaluator = model.NewModel(threads);
        Matrix u = ModelCase.Gaussian(540, 3, 1, "u");
        var gradient = new ResidualTransformerWeights(model.Shape);
        Pass();
        Pass();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Pass();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Pass()
        {
            evaluator.Forward(model.Weights);
            evaluator.Backward(model.Weights, u, gradient, TrainedSet.All);
            evaluator.Tangent(model.Weights, evaluator.AllSamples, model.Weights, u);
        }
    }

    [Fact]
    public void Inputs_and_weights_that_do_not_fit_are_refused_with_their_sizes()
    {
        var shape = new ResidualTransformerShape { Width = 3, FfnWidth = 4 };
        ArgumentException inputs = Assert.Throws<ArgumentException>(() =>
            ResidualTransformer.WithoutTargets(shape, Matrix.Allocate(7, 3), samples: 2));
        Assert.Contains("N = 2", inputs.Message, StringComparison.Ordinal);
        Assert.Contains("[7, 3]", inputs.Message, StringComparison.Ordinal);
        using var model = ResidualTransformer.WithoutTargets(shape, Matrix.Allocate(6, 3), samples: 2);
        ArgumentException weights = Assert.Throws<ArgumentException>(() =>
            model.Forward(new ResidualTransformerWeights(shape with { FfnWidth = 5 })));
        Assert.Contains("FfnWidth = 5", weights.Message, StringComparison.Ordinal);
    }

    private static List<PlainResidualTransformer.Block> Plain(ModelCase model, int sample) =>
        PlainResidualTransformer.Forward(model.Shape, model.Weights, PlainResidualTransformer.Of(Part(model, model.Inputs, sample)));

    private static Matrix Part(ModelCase model, in Matrix stacked, int sample) => stacked.RowRange(sample * model.Tokens, model.Tokens);

    private static void AssertClose(double[,] expected, in Matrix actual)
    {
        double error = 0;
        double norm = 0;
        for (int row = 0; row < actual.Rows; row++)
        {
            for (int column = 0; column < actual.Columns; column++)
            {
                double difference = expected[row, column] - actual[row, column];
                error += difference * difference;
                norm += expected[row, column] * expected[row, column];
            }
        }

        Assert.InRange(Math.Sqrt(error), 0, Rounding * Math.Sqrt(norm));
    }
}
