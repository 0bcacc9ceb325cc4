using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class JacobianSingularValuesTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ModelCase.Varied().Count())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Pieces_of_the_Jacobian_have_the_singular_values_of_the_whole(int index) =>
        AssertWhole(ModelCase.Varied().ElementAt(index), TrainedSet.All, TrainedSet.Of(ParameterKind.Value));

    [Fact]
    public void Many_pieces_whose_ends_fall_inside_blocks_do_as_well()
    {
        // 24 outputs and 528 parameters of blocks of 64, 64, 64, 168 and 168: nine pieces of 64.
        AssertWhole(
            new ModelCase(new ResidualTransformerShape { Width = 8, FfnWidth = 21 }, samples: 1), TrainedSet.All,
            TrainedSet.Of(ParameterKind.Query, ParameterKind.FfnOut));
    }

    [Theory]
    [InlineData(1e-170)]
    [InlineData(1e160)]
    public void Squares_of_elements_may_be_outside_the_range_of_numbers(double scale)
    {
        // A linear model without logits: J in W_2 alone is Φ = H W_1 spread out, of the scale of the inputs.
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 3, FfnWidth = 9, Activation = new Activation(ActivationKind.Identity) },
            inputScale: scale);
        model.Weights.Block(0).Query.Fill(0);
        AssertWhole(model, TrainedSet.Of(ParameterKind.FfnOut));
    }

    [Fact]
    public void A_Jacobian_that_is_zero_or_not_finite_has_values_that_say_so()
    {
        var model = new ModelCase(new ResidualTransformerShape { Width = 3, FfnWidth = 3 }, samples: 2, tokens: 1);
        using ResidualTransformer evaluator = model.NewModel();
        Assert.All(
            JacobianSpectrum.Of(evaluator, model.Weights, TrainedSet.Of(ParameterKind.Query)).SingularValues,
            value => Assert.Equal(0, value));
        model.Weights.Vector[^1] = double.PositiveInfinity;
        Assert.Equal(SpectrumStatus.NonFinite, JacobianSpectrum.Of(evaluator, model.Weights, TrainedSet.All).Summary.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_forecast_of_memory_is_what_is_reserved(bool fewParameters)
    {
        // 256 outputs, and 3072 parameters or the 128 of a narrow W_Q.
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 16, FfnWidth = 72, KeyWidth = fewParameters ? 8 : 16 }, samples: 4, tokens: 4);
        TrainedSet trained = fewParameters ? TrainedSet.Of(ParameterKind.Query) : TrainedSet.All;
        int parameters = model.Weights.Layout.Blocks.Where(trained.Includes).Sum(block => block.Length);
        using ResidualTransformer evaluator = model.NewModel();
        _ = JacobianSpectrum.Of(evaluator, model.Weights, trained);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = JacobianSpectrum.Of(evaluator, model.Weights, trained);
        long reserved = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(reserved, 0, JacobianSpectrum.ForecastBytes(256, parameters));
        if (!fewParameters)
        {
            Assert.InRange(reserved, 0.8 * JacobianSpectrum.ForecastBytes(256, parameters), double.MaxValue);
        }
    }

    // Against J written out by one backward pass per output and reduced at once: each to a few ε σ_max.
    private static void AssertWhole(ModelCase model, params TrainedSet[] sets)
    {
        using ResidualTransformer evaluator = model.NewModel();
        foreach (TrainedSet trained in sets)
        {
            ParameterBlock[] blocks = [.. model.Weights.Layout.Blocks.Where(trained.Includes)];
            Matrix jacobian = Jacobian(evaluator, model.Weights, blocks, trained);
            double[] expected = new double[Math.Min(jacobian.Rows, jacobian.Columns)];
            new SingularValues(jacobian.Rows, jacobian.Columns).Compute(jacobian, expected);
            double[] actual = new JacobianSingularValues(evaluator, model.Weights, pieceElements: 1).Compute(blocks);
            Assert.Equal(expected.Length, actual.Length);
            Assert.True(expected[0] > 0);
            for (int k = 0; k < expected.Length; k++)
            {
                Assert.Equal(expected[k] / expected[0], actual[k] / expected[0], 1e-14);
            }
        }
    }

    private static Matrix Jacobian(
        ResidualTransformer evaluator, ResidualTransformerWeights weights, ParameterBlock[] blocks, TrainedSet trained)
    {
        Matrix unit = Matrix.Allocate(evaluator.Rows, evaluator.OutputColumns);
        Matrix jacobian = Matrix.Allocate(unit.Span.Length, blocks.Sum(block => block.Length));
        var gradient = new ResidualTransformerWeights(evaluator.Shape);
        evaluator.Forward(weights);
        for (int output = 0; output < jacobian.Rows; output++)
        {
            unit.Span.Clear();
            unit.Span[output] = 1;
            evaluator.Backward(weights, unit, gradient, trained);
            double[] row = [.. blocks.SelectMany(block => gradient[block].Span.ToArray())];
            row.CopyTo(jacobian.Row(output));
        }

        return jacobian;
    }
}
