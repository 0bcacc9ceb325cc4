using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Products with the Hessian against central differences of the gradient, whose
/// error falls by four when the step is halved, and against its own symmetry.</summary>
public sealed class HessianProductTests
{
    public static TheoryData<ActivationKind, int> ActivationsAndDepths => ResidualTransformerGradientTests.ActivationsAndDepths;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(ActivationsAndDepths))]
    public void The_error_of_central_differences_of_the_gradient_falls_by_four_when_the_step_is_halved(ActivationKind kind, int depth)
    {
        var shape = new ResidualTransformerShape { Width = 4, FfnWidth = 5, Depth = depth, Activation = new Activation(kind, 0.2) };
        AssertSecondOrder(new ModelCase(shape, samples: 3, tokens: 3, seed: 21), TrainedSet.All);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_error_falls_by_four_for_every_option(int index) =>
        AssertSecondOrder(ModelCase.Varied().ElementAt(index), TrainedSet.All);

    [Theory]
    [InlineData("blocks.1.query")]
    [InlineData("blocks.0.key")]
    [InlineData("blocks.2.value")]
    [InlineData("blocks.1.ffn_in")]
    [InlineData("blocks.2.ffn_out")]
    [InlineData("blocks.0.ffn_out")]
    [InlineData("readout")]
    [InlineData("blocks.0.query", "blocks.2.ffn_in")]
    [InlineData("blocks.1.value", "readout")]
    public void A_trained_subset_has_the_product_of_its_own_part_of_the_Hessian(params string[] names)
    {
        foreach (int keyWidth in new[] { 2, 6 })
        {
            var model = new ModelCase(
                new ResidualTransformerShape { Width = 4, FfnWidth = 5, Depth = 3, KeyWidth = keyWidth, ReadoutWidth = 2 }, samples: 3,
                seed: 31);
            TrainedSet trained = TrainedSet.OfNames(names);
            ResidualTransformerWeights direction = model.UnitDirection(22);
            ResidualTransformerWeights part = Product(model, direction, trained);
            Mask(direction, trained);
            ResidualTransformerWeights full = Product(model, direction, TrainedSet.All);
            foreach (ParameterBlock block in full.Layout.Blocks)
            {
                // Not to the bit: what is zero is multiplied in one case and left out in the other.
                double[] expected = trained.Includes(block) ? full[block].Span.ToArray() : new double[block.Length];
                double tolerance = trained.Includes(block) ? 1e-13 * Vectors.Norm(full.Vector) : 0;
                Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(expected, part[block].Span)), 0, tolerance);
            }

            AssertSecondOrder(model, trained);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_Hessian_is_symmetric(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        foreach (
            TrainedSet trained in new[]
                { TrainedSet.All, TrainedSet.Of(ParameterKind.Query), TrainedSet.Of(ParameterKind.Key, ParameterKind.FfnOut) })
        {
            ResidualTransformerWeights u = model.UnitDirection(41);
            ResidualTransformerWeights v = model.UnitDirection(42);
            Mask(u, trained);
            Mask(v, trained);
            ResidualTransformerWeights hu = Product(model, u, trained);
            ResidualTransformerWeights hv = Product(model, v, trained);
            double scale = Vectors.Norm(hu.Vector) + Vectors.Norm(hv.Vector);
            Assert.InRange(Math.Abs(Vectors.Dot(u.Vector, hv.Vector) - Vectors.Dot(v.Vector, hu.Vector)), 0, 1e-13 * scale);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void With_no_residual_it_is_the_tangent_followed_by_the_gradient(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        using ResidualTransformer evaluator = model.NewModel();
        ResidualTransformerWeights direction = model.UnitDirection(43);
        Matrix tangent = Matrix.Allocate(evaluator.Rows, evaluator.OutputColumns);
        var expected = new ResidualTransformerWeights(model.Shape);
        var actual = new ResidualTransformerWeights(model.Shape);
        evaluator.Forward(model.Weights);
        evaluator.HessianProduct(model.Weights, direction, tangent, actual, TrainedSet.All);
        evaluator.Tangent(model.Weights, direction, tangent, TrainedSet.All);
        evaluator.Backward(model.Weights, tangent, expected, TrainedSet.All);
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(expected.Vector, actual.Vector)), 0, 1e-13 * Vectors.Norm(expected.Vector));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public void Shards_add_up_to_the_same_bits_for_any_number_of_threads_and_to_the_samples_one_by_one(int keyWidth)
    {
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 8, FfnWidth = 5, KeyWidth = keyWidth, Depth = 2 }, samples: 200, tokens: 3);
        ResidualTransformerWeights direction = model.UnitDirection(44);
        ResidualTransformerWeights one = Product(model, direction, TrainedSet.All);
        Assert.Equal(one.Vector, Product(model, direction, TrainedSet.All, threads: 2).Vector);
        double[] sum = new double[one.Vector.Length];
        for (int sample = 0; sample < model.Samples; sample++)
        {
            using var evaluator = new ResidualTransformer(
                model.Shape, model.Inputs.RowRange(sample * 3, 3), model.Targets.RowRange(sample * 3, 3), 1);
            Matrix residual = Matrix.Allocate(3, 8);
            var part = new ResidualTransformerWeights(model.Shape);
            evaluator.Forward(model.Weights);
            _ = evaluator.ForwardResidual(residual);
            evaluator.HessianProduct(model.Weights, direction, residual, part, TrainedSet.All);
            Vectors.AddScaled(sum, 1, part.Vector);
        }

        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(sum, one.Vector)), 0, 1e-12 * Vectors.Norm(one.Vector));
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 4, FfnWidth = 6 });
        var other = new ResidualTransformerWeights(model.Shape with { FfnWidth = 7 });
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        _ = Assert.Throws<ArgumentException>(
            "direction", () => evaluator.HessianProduct(model.Weights, other, model.Targets, model.Weights, TrainedSet.All));
        _ = Assert.Throws<ArgumentException>(
            "result", () => evaluator.HessianProduct(model.Weights, model.Weights, model.Targets, other, TrainedSet.All));
        _ = Assert.Throws<ArgumentException>(
            "residual", () => evaluator.HessianProduct(model.Weights, model.Weights, Matrix.Allocate(2, 4), model.Weights, TrainedSet.All));
    }

    private static ResidualTransformerWeights Product(
        ModelCase model, ResidualTransformerWeights direction, TrainedSet trained, int threads = 1)
    {
        using ResidualTransformer evaluator = model.NewModel(threads);
        var result = new ResidualTransformerWeights(model.Shape);
        result.Vector.AsSpan().Fill(double.NaN);
        evaluator.HessianProduct(model.Weights, evaluator.AllSamples, direction, result, trained);
        return result;
    }

    // D(h) = (∇ℒ(θ+hv) − ∇ℒ(θ−hv))/2h has the error h²/6 ∇D³ℒ[v,v,v] + O(h⁴), as a vector: the ratio of its norms at h and h/2 is 4 +
    // O(h²). With h ≤ 2⁻⁶ the O(h²) term stays below one per cent, and the rounding error ε‖∇ℒ‖/h ≤ 1e-12 ‖∇ℒ‖ far below h².
    private static void AssertSecondOrder(ModelCase model, TrainedSet trained)
    {
        using ResidualTransformer evaluator = model.NewModel();
        ResidualTransformerWeights direction = model.UnitDirection(22);
        Mask(direction, trained);
        double[] product = Product(model, direction, trained).Vector;
        double h = StepWithoutKink(evaluator, model, direction);
        double coarse = Error(h);
        double fine = Error(h / 2);
        double scale = Vectors.Norm(product) + Vectors.Norm(model.Evaluate(evaluator, model.Weights, trained).Gradient.Vector);
        Assert.InRange(fine, 0, 1e-3 * scale);

        // A gradient that is linear along the direction (readout or W_2 of the last block alone) has no error but rounding.
        if (coarse > 1e-10 * scale)
        {
            Assert.InRange(coarse / fine, 3.96, 4.04);
        }

        double Error(double step)
        {
            double[] difference = GradientAt(step);
            Vectors.AddScaled(difference, -1, GradientAt(-step));
            Vectors.Scale(difference, 1 / (2 * step));
            return Math.Sqrt(Vectors.SquaredDistance(difference, product));
        }

        double[] GradientAt(double distance) => model.Evaluate(evaluator, Moved(model, direction, distance), trained).Gradient.Vector;
    }

    // Between θ − hv and θ + hv no preactivation may change its sign: at the kink of a piecewise linear ψ there is no Hessian.
    private static double StepWithoutKink(ResidualTransformer evaluator, ModelCase model, ResidualTransformerWeights direction)
    {
        double h = 1.0 / 64;
        while (!model.Shape.Activation.IsSmooth && !Slopes(-h).SequenceEqual(Slopes(h)))
        {
            h /= 2;
        }

        Assert.InRange(h, 1.0 / 4096, 1);
        return h;

        List<double> Slopes(double distance)
        {
            evaluator.Forward(Moved(model, direction, distance));
            return [.. Enumerable.Range(0, model.Shape.Depth).SelectMany(layer => evaluator.Layer(layer).HiddenDerivative.Span.ToArray())];
        }
    }

    private static ResidualTransformerWeights Moved(ModelCase model, ResidualTransformerWeights direction, double distance)
    {
        var moved = new ResidualTransformerWeights(model.Shape);
        moved.CopyFrom(model.Weights);
        Vectors.AddScaled(moved.Vector, distance, direction.Vector);
        return moved;
    }

    private static void Mask(ResidualTransformerWeights direction, TrainedSet trained)
    {
        foreach (ParameterBlock block in direction.Layout.Blocks.Where(block => !trained.Includes(block)))
        {
            direction[block].Fill(0);
        }
    }
}
