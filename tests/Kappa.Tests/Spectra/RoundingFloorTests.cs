using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Spectra;

/// <summary>The loss at which rounding is all that is left, in both precisions,
/// and how the fit of a rate reads a curve that arrives there.</summary>
public sealed class RoundingFloorTests
{
    [Fact]
    public void The_floor_is_eight_u_squared_k_times_the_squared_norm_of_the_targets()
    {
        var shape = new ResidualTransformerShape { Depth = 2, Width = 3, FfnWidth = 7, KeyWidth = 5, ReadoutWidth = 2 };
        Matrix targets = Matrix.Allocate(4, 2);
        targets.Fill(3);

        // k = 2·(12 + 5 + 2 + 7) + 3, ‖Y‖² = 8·9
        Assert.Equal(8 * 55 * 72 * Math.ScaleB(1, -48), RoundingFloor.Of(shape, 2, targets, Precision.Single), 1e-24);
        Assert.Equal(
            Math.ScaleB(1, -58),
            RoundingFloor.Of(shape, 2, targets, Precision.Double) / RoundingFloor.Of(shape, 2, targets, Precision.Single), 1e-30);
    }

    [Theory]
    [InlineData(Precision.Double)]
    [InlineData(Precision.Single)]
    public void A_descent_comes_down_to_the_floor_of_its_precision_and_not_far_below(Precision precision)
    {
        foreach (ModelCase model in Learnable())
        {
            double[] losses = Descend(model, precision);
            double floor = RoundingFloor.Of(model.Shape, model.Tokens, model.Targets, precision);
            RateFit fit = RateFit.Of(losses, options: new RateFitOptions { RoundingFloor = floor });
            Assert.True(fit.IsFloorRounding, $"{model}: {fit.Explanation}");
            Assert.True(fit.FloorLoss <= floor, $"{model}: the loss levels off at {fit.FloorLoss:G3} above {floor:G3}.");
            Assert.All(losses.SkipWhile(loss => loss > floor), loss => Assert.InRange(loss, 0, 10 * floor));

            // The rounding of one output alone, u of its size with random sign, makes a floor
            // 1/(16 k) of this one; k is below 200 here, and some outputs are small or exact.
            double end = losses[^(losses.Length / 4)..].Average();
            Assert.InRange(end, floor / (16 * 200 * 30), floor);
        }
    }

    [Theory]
    [InlineData(0.0099, RateOutcome.Plateau)]
    [InlineData(0.0101, RateOutcome.TooFewDecades)]
    [InlineData(0.9, RateOutcome.TooFewDecades)]
    public void A_curve_that_levels_off_within_a_factor_100_of_the_rounding_floor_is_not_called_a_plateau(
        double roundingFloor, RateOutcome expected)
    {
        // From 301 down to 1: what is between a tenth of the first loss and ten times the level covers less than a decade.
        double[] losses = [.. Enumerable.Range(0, 1600).Select(t => 1 + (300 * Math.Exp(-0.03 * t)))];
        RateFit unaware = RateFit.Of(losses), fit = RateFit.Of(losses, options: new RateFitOptions { RoundingFloor = roundingFloor });
        Assert.Equal((RateOutcome.Plateau, false), (unaware.Outcome, unaware.IsFloorRounding));
        Assert.Equal((expected, expected != RateOutcome.Plateau), (fit.Outcome, fit.IsFloorRounding));
        Assert.Equal((unaware.FirstStep, unaware.LastStep, unaware.Points), (fit.FirstStep, fit.LastStep, fit.Points));
    }

    [Fact]
    public void An_exact_zero_is_no_rounding_floor_unless_one_is_given()
    {
        double[] losses = [.. Enumerable.Range(0, 100).Select(t => Math.Pow(0.5, t)), 0];
        Assert.False(RateFit.Of(losses).IsFloorRounding);
        Assert.True(RateFit.Of(losses, options: new RateFitOptions { RoundingFloor = 1e-40 }).IsFloorRounding);
    }

    // Few rows beside the width, so that a few thousand steps reach rounding in double precision.
    private static IEnumerable<ModelCase> Learnable() =>
    [
        new(new ResidualTransformerShape { Width = 16, FfnWidth = 32 }, samples: 1, tokens: 3, seed: 1, inputScale: 0.25),
        new(new ResidualTransformerShape { Width = 8, FfnWidth = 24, Depth = 2 }, samples: 2, tokens: 2, seed: 2, inputScale: 0.5),
    ];

    private static double[] Descend(ModelCase model, Precision precision)
    {
        using var evaluator = new ResidualTransformer(model.Shape, model.Inputs, model.Targets, model.Samples, 1, precision);
        var descent = new GradientDescent(evaluator, new DescentOptions { StepSize = StepSizeRule.Automatic(0.3), MaximumSteps = 6000 });
        var losses = new List<double>();
        _ = descent.Run(descent.Start(model.Weights), step => losses.Add(step.Loss), cancellation: TestContext.Current.CancellationToken);
        return [.. losses];
    }
}
