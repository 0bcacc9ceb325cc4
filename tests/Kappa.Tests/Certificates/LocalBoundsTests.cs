using Kappa.Certificates;
using Kappa.Certificates.Ball;
using Kappa.Certificates.Enclosures;
using Kappa.Certificates.Path;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Certificates;

/// <summary>Every local bound of C.15 and C.17 against what it bounds, at random and adversarial points of the ball.</summary>
public sealed class LocalBoundsTests
{
    private const ParameterKind Q = ParameterKind.Query, V = ParameterKind.Value, W1 = ParameterKind.FfnIn, W2 = ParameterKind.FfnOut;

    // Small enough for finite bounds in every case; larger radii may have none, and what is not a number bounds nothing.
    private const double SmallRadius = 1e-6;

    // Depth 1–4; d_k ≠ d; negative and zero ρ, negative τ; every smooth
    // activation; more tokens than width; peaked attention; subsets of the blocks.
    private static readonly (ModelCase Model, TrainedSet Trained)[] Cases =
    [
        (new(new ResidualTransformerShape { Width = 3, FfnWidth = 5, KeyWidth = 2 }), TrainedSet.All),
        (
            new(
                new ResidualTransformerShape
                    { Width = 3, FfnWidth = 4, KeyWidth = 4, AttentionResidual = -0.9, FfnResidual = 0.8, Temperature = -1.1 },
                seed: 2),
            TrainedSet.All),
        (
            new(
                new ResidualTransformerShape { Width = 2, FfnWidth = 4, Activation = new Activation(ActivationKind.Gelu) }, samples: 1,
                tokens: 5, seed: 3),
            TrainedSet.All),
        (
            new(new ResidualTransformerShape { Width = 3, FfnWidth = 3, Temperature = 4 }, samples: 1, tokens: 2, seed: 8, inputScale: 2),
            TrainedSet.Of(Q, V, W2)),
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
                    Depth = 2, Width = 4, FfnWidth = 3, KeyWidth = 2, Activation = new Activation(ActivationKind.SmoothLeakyRelu, 0.3, 0.2),
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
            new(
                new ResidualTransformerShape { Depth = 4, Width = 2, FfnWidth = 3, FfnResidual = 0.5 }, samples: 1, seed: 7,
                inputScale: 0.5),
            TrainedSet.All),
    ];

    public static TheoryData<int, double> CasesAndRadii() =>
        [.. from k in Enumerable.Range(0, Cases.Length) from radius in (double[])[0, SmallRadius, 0.003, 0.1] select (k, radius)];

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void First_derivatives_and_distances_stay_within_their_bounds(int index, double radius)
    {
        using var point = new BoundedPoint(Cases[index].Model, Cases[index].Trained, radius);
        (BallBounds bounds, ParameterBall ball) = Bounds(index, point);
        foreach (ResidualTransformerWeights weights in point.Points(random: 3, seed: index))
        {
            foreach ((string name, LocalBound bound, Func<Matrix> value) in Quantities(point, bounds))
            {
                var centre = point.ValueAt(point.Centre, value);
                double distance = (point.ValueAt(weights, value) - centre).FrobeniusNorm(), reach = ball.Reach(bound.First).Value;
                Assert.False(
                    distance > (reach * (1 + 1e-8)) + (1e-13 * centre.FrobeniusNorm()), $"‖{name} − {name}⁰‖ = {distance} > {reach}");
                foreach (int b in point.TrainedBlocks)
                {
                    // Central differences with step 1e-5 are right to about 1e-9 of the value.
                    double norm = point.Jacobian(weights, value, b).L2Norm();
                    Assert.False(
                        norm > (bound.First[b].Value * (1 + 1e-8)) + 1e-9,
                        $"‖∂{name}/∂{point.Layout.Blocks[b].Name}‖ = {norm} > {bound.First[b]}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void The_derivative_of_the_features_in_all_blocks_together_stays_within_its_bound(int index, double radius)
    {
        using var point = new BoundedPoint(Cases[index].Model, Cases[index].Trained, radius);
        (BallBounds bounds, _) = Bounds(index, point);
        Func<Matrix> hidden = point.Quantities().Single(quantity => quantity.Name == "Phi").Value;
        foreach (ResidualTransformerWeights weights in point.Points(random: 1, seed: index))
        {
            MathNet.Numerics.LinearAlgebra.Matrix<double>[] jacobians = [
                .. point.TrainedBlocks.Where(b => b < point.Radii.Length - 1).Select(b => point.Jacobian(weights, hidden, b))];
            double norm = jacobians.Aggregate((left, right) => left.Append(right)).L2Norm();
            Assert.False(norm > (bounds.JointHidden.Value * (1 + 1e-8)) + 1e-9, $"{norm} > {bounds.JointHidden}");
        }
    }

    [Theory]
    [MemberData(nameof(CasesAndRadii))]
    public void Second_derivatives_of_the_output_stay_within_their_bounds(int index, double radius)
    {
        using var point = new BoundedPoint(Cases[index].Model, Cases[index].Trained, radius);
        UpperBound[,] second = Bounds(index, point).Bounds.Output.Second;
        foreach (ResidualTransformerWeights weights in point.Points(random: 1, seed: index).Take(point.Ball.IsPoint ? 1 : 3))
        {
            foreach ((int b, int c) in from b in point.TrainedBlocks from c in point.TrainedBlocks where b <= c select (b, c))
            {
                // Differences of exact Jacobians with step 1e-4: an error of about 1e-7 of the third derivative and 1e-11 of rounding.
                double norm = point.SecondDerivative(weights, b, c, index);
                Assert.False(
                    norm > (second[b, c].Value * (1 + 1e-5)) + 1e-7,
                    $"‖∂²F/∂{point.Layout.Blocks[b].Name}∂{point.Layout.Blocks[c].Name}‖ = {norm} > {second[b, c]}");
                Assert.False(
                    Math.Abs(second[b, c].Value - second[c, b].Value) > 1e-12 * second[b, c].Value,
                    "The second derivatives must be symmetric.");
            }
        }
    }

    [Fact]
    public void On_a_small_ball_every_bound_is_finite_and_not_far_above_the_centre()
    {
        for (int index = 0; index < Cases.Length; index++)
        {
            using var centre = new BoundedPoint(Cases[index].Model, Cases[index].Trained, 0);
            using var point = new BoundedPoint(Cases[index].Model, Cases[index].Trained, SmallRadius);
            LocalBound atCentre = Bounds(index, centre).Bounds.Output, onBall = Bounds(index, point).Bounds.Output;
            Assert.All(
                point.TrainedBlocks, b => Assert.InRange(onBall.First[b].Value, atCentre.First[b].Value, 2 * atCentre.First[b].Value));
            Assert.All(
                point.TrainedBlocks,
                b => Assert.InRange(onBall.Second[b, b].Value, atCentre.Second[b, b].Value, (3 * atCentre.Second[b, b].Value) + 1e-9));
        }
    }

    [Fact]
    public void At_the_centre_the_bounds_of_one_block_are_within_a_half_of_the_true_norms()
    {
        using var point = new BoundedPoint(Cases[0].Model, TrainedSet.All, 0);
        (BallBounds bounds, _) = Bounds(0, point);
        Assert.All(
            point.TrainedBlocks,
            b => Assert.InRange(bounds.Output.First[b].Value / point.OutputJacobian(point.Centre, b).L2Norm(), 1, 1.5));
    }

    [Fact]
    public void At_the_centre_the_bounds_of_a_deep_model_are_the_true_norms()
    {
        foreach (int index in (int[])[4, 6, 7])
        {
            using var point = new BoundedPoint(Cases[index].Model, Cases[index].Trained, 0);
            (BallBounds bounds, _) = Bounds(index, point);
            Assert.All(
                point.TrainedBlocks,
                b => Assert.InRange(bounds.Output.First[b].Value / point.OutputJacobian(point.Centre, b).L2Norm(), 1 - 1e-9, 1 + 1e-6));
        }
    }

    // Both kinds of constraint are active: each block's own radius, and the joint radius of all but the last.
    private static (BallBounds Bounds, ParameterBall Ball) Bounds(int index, BoundedPoint point)
    {
        ModelCase model = Cases[index].Model;
        using var at = new ResidualTransformerPoint(model.Inputs, model.Samples, model.Targets, model.Weights, Cases[index].Trained);
        bool[] joint = [.. point.Trained.Select((trained, b) => trained && b < point.Radii.Length - 1)];
        var ball = new ParameterBall(point.Radii, joint, Vectors.Norm([.. point.Radii.Where((_, b) => joint[b])]));
        return (new LocalPropagation(at, new PreciseForward(at), wantsFloor: false).On(ball), ball);
    }

    private static IEnumerable<(string Name, LocalBound Bound, Func<Matrix> Value)> Quantities(BoundedPoint point, BallBounds bounds) =>
        from quantity in point.Quantities()
        where quantity.Name is "Phi" or "F"
        select (quantity.Name, quantity.Name == "F" ? bounds.Output : bounds.Hidden, quantity.Value);
}
