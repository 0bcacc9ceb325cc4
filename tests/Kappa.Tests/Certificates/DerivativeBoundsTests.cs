using Kappa.Certificates.Ball;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>Every bound of C.1–C.6 against what it bounds, at random and adversarial points of the ball.</summary>
public sealed class DerivativeBoundsTests
{
    private const ParameterKind Q = ParameterKind.Query, V = ParameterKind.Value, W1 = ParameterKind.FfnIn, W2 = ParameterKind.FfnOut,
        U = ParameterKind.Readout;

    // Depth 1–4; d_k ≠ d; readouts, trained and not; negative and zero ρ, negative τ; every smooth activation; subsets of the blocks.
    private static readonly (ModelCase Model, TrainedSet Trained)[] Cases =
    [
        (new(new ResidualTransformerShape { Width = 3, FfnWidth = 5, KeyWidth = 2 }), TrainedSet.All),
        (
            new(
                new ResidualTransformerShape
                {
                    Width = 3,
                    FfnWidth = 4,
                    KeyWidth = 4,
                    ReadoutWidth = 2,
                    AttentionResidual = -0.9,
                    FfnResidual = 0.8,
                    Temperature = -1.1,
                },
                seed: 2),
            TrainedSet.All),
        (
            new(
                new ResidualTransformerShape
                {
                    Depth = 2, Width = 3, FfnWidth = 4, AttentionResidual = 0, FfnResidual = -0.5,
                    Activation = new Activation(ActivationKind.Gelu),
                },
                seed: 3),
            TrainedSet.All),
        (
            new(
                new ResidualTransformerShape
                {
                    Depth = 2, Width = 4, FfnWidth = 3, KeyWidth = 2, ReadoutWidth = 3,
                    Activation = new Activation(ActivationKind.SmoothLeakyRelu, 0.3, 0.2),
                },
                seed: 4),
            TrainedSet.Of(Q, W1, W2)),
        (
            new(
                new ResidualTransformerShape
                    { Depth = 3, Width = 3, FfnWidth = 3, AttentionResidual = 0.7, Activation = new Activation(ActivationKind.Identity) },
                seed: 5),
            TrainedSet.All),
        (
            new(new ResidualTransformerShape { Depth = 3, Width = 2, FfnWidth = 4, KeyWidth = 3, ReadoutWidth = 1 }, tokens: 4, seed: 6),
            TrainedSet.Of(V, W2, U)),
        (
            new(
                new ResidualTransformerShape { Depth = 4, Width = 2, FfnWidth = 3, FfnResidual = 0.5 }, samples: 1, seed: 7,
                inputScale: 0.5),
            TrainedSet.All),
        (
            new(new ResidualTransformerShape { Width = 3, FfnWidth = 3, Temperature = 4 }, samples: 1, tokens: 2, seed: 8, inputScale: 2),
            TrainedSet.OfNames("blocks.0.query", "blocks.0.key")),
    ];

    public static TheoryData<int, double> CasesAndRadii() =>
        [.. from k in Enumerable.Range(0, Cases.Length) from radius in (double[])[0, 0.3] select (k, radius)];

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void Norms_and_distances_from_the_centre_stay_within_their_bounds(int index, double radius)
    {
        using BoundedPoint point = Point(index, radius);
        foreach ((string name, DerivativeBounds bounds, Func<Matrix> value) in point.Quantities())
        {
            var centre = point.ValueAt(point.Centre, value);
            bool hasValue = name is "H" or "Phi";
            foreach (ResidualTransformerWeights weights in point.Points(random: 30, seed: index))
            {
                var moved = point.ValueAt(weights, value);
                Assert.True(
                    !hasValue || moved.L2Norm() <= bounds.Value.Value * (1 + 1e-12), $"‖{name}‖ = {moved.L2Norm()} > {bounds.Value}");
                double distance = (moved - centre).FrobeniusNorm(), reach = point.Ball.Reach(bounds.First).Value;
                Assert.True(distance <= reach + (1e-13 * centre.FrobeniusNorm()), $"‖{name} − {name}⁰‖ = {distance} > {reach}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void First_derivatives_stay_within_their_bounds_and_are_zero_where_the_bound_is(int index, double radius)
    {
        using BoundedPoint point = Point(index, radius);
        foreach (ResidualTransformerWeights weights in point.Points(random: 1, seed: index))
        {
            foreach ((string name, DerivativeBounds bounds, Func<Matrix> value) in point.Quantities())
            {
                foreach (int b in point.TrainedBlocks)
                {
                    // Central differences with step 1e-5 are right to about 1e-9 of the value.
                    double norm = point.Jacobian(weights, value, b).L2Norm();
                    Assert.True(
                        norm <= (bounds.First[b].Value * (1 + 1e-8)) + 1e-9,
                        $"‖∂{name}/∂{point.Layout.Blocks[b].Name}‖ = {norm} > {bounds.First[b]}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void Second_derivatives_of_the_output_stay_within_their_bounds(int index, double radius)
    {
        using BoundedPoint point = Point(index, radius);
        double[] second = UpperBound.Values(point.Bounds.Output.Second).ToArray();
        int blocks = point.Radii.Length;
        foreach (ResidualTransformerWeights weights in point.Points(random: 1, seed: index).Take(point.Ball.IsPoint ? 1 : 3))
        {
            foreach ((int b, int c) in from b in point.TrainedBlocks from c in point.TrainedBlocks where b <= c select (b, c))
            {
                // Differences of exact Jacobians with step 1e-4: an error of about 1e-7 of the third derivative and 1e-11 of rounding.
                double norm = point.SecondDerivative(weights, b, c, index), bound = second[(b * blocks) + c];
                Assert.True(
                    norm <= (bound * (1 + 1e-5)) + 1e-7,
                    $"‖∂²F/∂{point.Layout.Blocks[b].Name}∂{point.Layout.Blocks[c].Name}‖ = {norm} > {bound}");
                Assert.Equal(bound, second[(c * blocks) + b], 1e-12 * bound);
            }
        }
    }

    [Fact]
    public void Blocks_that_are_not_trained_count_nowhere()
    {
        using BoundedPoint point = Point(3, 0.1);
        int blocks = point.Radii.Length;
        foreach (int b in Enumerable.Range(0, blocks).Where(b => !point.Trained[b]))
        {
            Assert.Equal(0, point.Bounds.Output.First[b].Value);
            Assert.All(Enumerable.Range(0, blocks), c => Assert.Equal(0, point.Bounds.Output.Second[(b * blocks) + c].Value));
        }
    }

    [Fact]
    public void The_bound_in_W2_of_the_last_block_is_attained_at_the_centre_and_the_others_are_within_a_factor()
    {
        using BoundedPoint point = Point(0, 0);
        double[] ratios = [
            .. point.TrainedBlocks.Select(b => point.Bounds.Output.First[b].Value / point.OutputJacobian(point.Centre, b).L2Norm())];

        // One norm, rounded up by a few times 1e-9.
        Assert.InRange(ratios[4], 1 - 1e-12, 1 + 5e-9);
        Assert.All(ratios, ratio => Assert.InRange(ratio, 1 - 1e-10, 100));
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(2, 0.1)]
    [InlineData(4, 0.05)]
    [InlineData(6, 0.02)]
    public void At_depth_one_to_four_the_bounds_of_the_output_are_those_of_the_formulas_written_out(int index, double radius)
    {
        using BoundedPoint point = Point(index, radius);
        var (first, second) = PlainBallBounds.Of(Cases[index].Model, point.Radii);
        Assert.All(first.Zip(point.Bounds.Output.First), AssertRoundedUp);
        Assert.All(second.ToRowMajorArray().Zip(point.Bounds.Output.Second), AssertRoundedUp);

        // A bound is a product of at most 24 norms for each of four blocks, each rounded up by at most 3e-9.
        static void AssertRoundedUp((double Plain, UpperBound Bound) pair) =>
            Assert.InRange(pair.Bound.Value, pair.Plain * (1 - 1e-12), pair.Plain * (1 + 3e-7));
    }

    [Fact]
    public void Every_bound_is_non_decreasing_in_the_radii()
    {
        foreach (int index in Enumerable.Range(0, Cases.Length))
        {
            double[] previous = [];
            foreach (double radius in (double[])[0, 1e-6, 1e-3, 0.01, 0.1, 1])
            {
                using BoundedPoint point = Point(index, radius);
                double[] bounds = [
                    .. point.Quantities()
                        .SelectMany(quantity => quantity.Bounds.First.Concat(quantity.Bounds.Second).Append(quantity.Bounds.Value))
                        .Select(bound => bound.Value)];
                Assert.All(
                    previous.Zip(bounds),
                    pair => Assert.True(
                        pair.First <= pair.Second * (1 + 1e-14),
                        $"case {index}, radius {radius}: {pair.First} > {pair.Second}"));
                previous = bounds;
            }
        }
    }

    private static BoundedPoint Point(int index, double radius) => new(Cases[index].Model, Cases[index].Trained, radius);
}
