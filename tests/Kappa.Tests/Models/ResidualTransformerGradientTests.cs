using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Derivatives against central differences, whose error falls by four when the step is halved, and against each other.</summary>
public sealed class ResidualTransformerGradientTests
{
    public static TheoryData<ActivationKind, int> ActivationsAndDepths
    {
        get
        {
            var data = new TheoryData<ActivationKind, int>();
            foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
            {
                for (int depth = 1; depth <= 3; depth++)
                {
                    data.Add(kind, depth);
                }
            }

            return data;
        }
    }

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(ActivationsAndDepths))]
    public void The_error_of_central_differences_falls_by_four_when_the_step_is_halved(ActivationKind kind, int depth)
    {
        var shape = new ResidualTransformerShape { Width = 4, FfnWidth = 5, Depth = depth, Activation = new Activation(kind, 0.2) };
        AssertSecondOrder(new ModelCase(shape, samples: 3, tokens: 3, seed: 21), TrainedSet.All);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_error_of_central_differences_falls_by_four_for_every_option(int index) =>
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
    public void A_trained_subset_has_the_full_gradient_where_trained_and_zero_elsewhere(params string[] names)
    {
        foreach (int keyWidth in new[] { 2, 6 })
        {
            var model = new ModelCase(
                new ResidualTransformerShape { Width = 4, FfnWidth = 5, Depth = 3, KeyWidth = keyWidth, ReadoutWidth = 2 }, samples: 3,
                seed: 31);
            using ResidualTransformer evaluator = model.NewModel();
            (_, ResidualTransformerWeights full) = model.Evaluate(evaluator, model.Weights);
            TrainedSet trained = TrainedSet.OfNames(names);
            (_, ResidualTransformerWeights part) = model.Evaluate(evaluator, model.Weights, trained);
            foreach (ParameterBlock block in full.Layout.Blocks)
            {
                double[] expected = trained.Includes(block) ? full[block].Span.ToArray() : new double[block.Length];
                Assert.Equal(expected, part[block].Span.ToArray());
            }

            AssertSecondOrder(model, trained);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_tangent_and_the_gradient_are_adjoint(int index)
    {
        ModelCase model = ModelCase.Varied().ElementAt(index);
        AssertAdjoint(model, TrainedSet.All);
        AssertAdjoint(model, TrainedSet.Of(ParameterKind.Query));
        AssertAdjoint(model, TrainedSet.Of(ParameterKind.Key, ParameterKind.FfnOut));
        AssertAdjoint(model, TrainedSet.OfNames($"blocks.{model.Shape.Depth - 1}.value"));
    }

    [Fact]
    public void The_tangent_of_a_trained_readout_is_linear_in_it()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 4, ReadoutWidth = 2 });
        AssertAdjoint(model, TrainedSet.Of(ParameterKind.Readout));
    }

    // ⟨u, J v⟩ = ⟨Jᵀ u, v⟩, each to rounding relative to ‖u‖‖J v‖.
    private static void AssertAdjoint(ModelCase model, TrainedSet trained)
    {
        using ResidualTransformer evaluator = model.NewModel();
        Matrix u = ModelCase.Gaussian(evaluator.Rows, evaluator.OutputColumns, 41, "u");
        Matrix tangent = Matrix.Allocate(u.Rows, u.Columns);
        ResidualTransformerWeights v = model.UnitDirection(42);
        var gradient = new ResidualTransformerWeights(model.Shape);
        evaluator.Forward(model.Weights);
        evaluator.Tangent(model.Weights, v, tangent, trained);
        evaluator.Backward(model.Weights, u, gradient, trained);
        double left = Vectors.Dot(u.Span, tangent.Span);
        double right = Vectors.Dot(gradient.Vector, v.Vector);
        Assert.InRange(Math.Abs(left - right), 0, 1e-13 * Vectors.Norm(u.Span) * Vectors.Norm(gradient.Vector));
    }

    // D(h) = (ℒ(θ+hv) − ℒ(θ−hv))/2h has the error h²ℒ'''/6 + O(h⁴): the ratio of errors at h and h/2 is 4 + O(h²). With h ≤ 2⁻⁶ the O(h²)
    // term stays below one per cent, and the rounding error ε ℒ/h ≤ 1e-12 ℒ far below h².
    private static void AssertSecondOrder(ModelCase model, TrainedSet trained)
    {
        using ResidualTransformer evaluator = model.NewModel();
        (double loss, ResidualTransformerWeights gradient) = model.Evaluate(evaluator, model.Weights, trained);
        ResidualTransformerWeights direction = model.UnitDirection(22);
        foreach (ParameterBlock block in direction.Layout.Blocks.Where(block => !trained.Includes(block)))
        {
            direction[block].Fill(0);
        }

        double slope = Vectors.Dot(gradient.Vector, direction.Vector);
        double h = StepWithoutKink(evaluator, model, direction);
        double coarse = CentralDifference(evaluator, model, direction, h) - slope;
        double fine = CentralDifference(evaluator, model, direction, h / 2) - slope;
        Assert.InRange(Math.Abs(fine), 0, 1e-3 * Math.Max(1, loss));

        // A loss that is quadratic along the direction (readout or W_2 of the last block alone) has no error but rounding: ε ℒ/h.
        if (Math.Abs(coarse) > 1e-11 * Math.Max(1, loss))
        {
            Assert.InRange(coarse / fine, 3.96, 4.04);
        }
    }

    // Between θ − hv and θ + hv no preactivation may change its sign: at the kink of a piecewise linear ψ there is no second order.
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
            _ = LossAt(evaluator, model, direction, distance);
            return [.. Enumerable.Range(0, model.Shape.Depth).SelectMany(layer => evaluator.Layer(layer).HiddenDerivative.Span.ToArray())];
        }
    }

    private static double CentralDifference(
        ResidualTransformer evaluator, ModelCase model, ResidualTransformerWeights direction, double h) =>
        (LossAt(evaluator, model, direction, h) - LossAt(evaluator, model, direction, -h)) / (2 * h);

    private static double LossAt(ResidualTransformer evaluator, ModelCase model, ResidualTransformerWeights direction, double distance)
    {
        var moved = new ResidualTransformerWeights(model.Shape);
        moved.CopyFrom(model.Weights);
        Vectors.AddScaled(moved.Vector, distance, direction.Vector);
        evaluator.Forward(moved);
        return evaluator.ForwardLoss;
    }
}
