using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Descent;

public sealed class GradientDescentTests
{
    private static readonly ResidualTransformerShape Shape = new() { Width = 6, FfnWidth = 9 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_step_is_the_weights_minus_the_step_size_times_the_gradient()
    {
        var model = new ModelCase(Shape);
        using ResidualTransformer evaluator = model.NewModel();
        (double loss, ResidualTransformerWeights gradient) = model.Evaluate(evaluator, model.Weights);
        GradientDescent descent = new(evaluator, new DescentOptions { StepSize = StepSizeRule.Fixed(0.01), MaximumSteps = 1 });
        DescentState state = descent.Start(model.Weights);
        var losses = new List<double>();
        DescentOutcome outcome = descent.Run(state, step => losses.Add(step.Loss), cancellation: Cancellation);

        Assert.Equal(StopReason.StepBudget, outcome.Reason);
        Assert.Equal(1, state.Step);
        Assert.Equal([loss, outcome.Loss], losses);
        double[] expected = [.. model.Weights.Vector.Zip(gradient.Vector, (weight, slope) => weight - (0.01 * slope))];
        Assert.Equal(expected, state.Parameters.Vector);
        Assert.Equal(model.Weights.Vector, state.InitialParameters.Vector);
    }

    [Fact]
    public void Every_quantity_of_a_step_belongs_to_the_iterate_before_the_update()
    {
        var model = new ModelCase(Shape with { Depth = 2, ReadoutWidth = 3 });
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(evaluator, new DescentOptions { StepSize = StepSizeRule.Fixed(0.01), MaximumSteps = 5 });
        DescentState state = descent.Start(model.Weights);
        double[] start = (double[])state.Parameters.Vector.Clone();
        double[] previous = (double[])start.Clone();
        double path = 0;
        using ResidualTransformer independent = model.NewModel();
        _ = descent.Run(state, Check, cancellation: Cancellation);

        void Check(DescentStep step)
        {
            (double loss, ResidualTransformerWeights gradient) = model.Evaluate(independent, step.Parameters);
            path += Math.Sqrt(Vectors.SquaredDistance(previous, step.Parameters.Vector));
            step.Parameters.Vector.CopyTo(previous, 0);
            Equal(loss, step.Loss);
            Equal(Vectors.Norm(gradient.Vector), step.GradientNorm);
            Equal(Vectors.Norm(step.Parameters.Vector), step.WeightNorm);
            Equal(Math.Sqrt(Vectors.SquaredDistance(start, step.Parameters.Vector)), step.Distance);
            Equal(path, step.PathLength);
            Equal(0.01 * step.GradientNorm / step.WeightNorm, step.StepRatio);
            Equal(step.GradientNorm * step.GradientNorm / 2 / loss, step.PlRatio);
            foreach (ParameterKind kind in Enum.GetValues<ParameterKind>())
            {
                double square = gradient.Layout.Blocks.Where(block => block.Kind == kind).Sum(block =>
                    Vectors.SquaredNorm(gradient[block].Span));
                Equal(Math.Sqrt(square), step.GradientNormOf(kind));
            }
        }

        // Sums of a few hundred terms in another order; the path through differences of nearby weights loses three digits more.
        static void Equal(double expected, double actual) => Assert.InRange(actual, expected * (1 - 1e-11), expected * (1 + 1e-11));
    }

    [Fact]
    public void Untrained_matrices_never_move()
    {
        var model = new ModelCase(Shape with { Depth = 2 });
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(
            evaluator,
            new DescentOptions { StepSize = StepSizeRule.Fixed(0.01), MaximumSteps = 4, Trained = TrainedSet.Of(ParameterKind.Value) });
        DescentState state = descent.Start(model.Weights);
        _ = descent.Run(state, null, cancellation: Cancellation);
        foreach (ParameterBlock block in state.Parameters.Layout.Blocks)
        {
            bool same = state.Parameters[block].Span.SequenceEqual(model.Weights[block].Span);
            Assert.Equal(block.Kind != ParameterKind.Value, same);
        }
    }

    [Fact]
    public void Linear_least_squares_contracts_as_its_eigenvalues_say()
    {
        // Identity ψ, W_2 alone: F is linear in W_2 and the error in eigendirection λ of Φ Φᵀ is multiplied by 1 − ηλ at each step.
        var model = new ModelCase(
            new ResidualTransformerShape { Width = 1, FfnWidth = 1, Activation = new Activation(ActivationKind.Identity) }, samples: 3,
            tokens: 1);
        using ResidualTransformer evaluator = model.NewModel();
        evaluator.Forward(model.Weights);
        double[] phi = evaluator.Layer(0).Hidden.Span.ToArray();
        double eigenvalue = phi.Sum(value => value * value);
        double[] error = [.. evaluator.ForwardOutput.Span.ToArray().Zip(model.Targets.Span.ToArray(), (f, y) => f - y)];
        double along = error.Zip(phi, (e, p) => e * p).Sum() / Math.Sqrt(eigenvalue);
        double floor = (error.Sum(e => e * e) - (along * along)) / 2;
        var options = new DescentOptions
        { StepSize = StepSizeRule.Fixed(0.3 / eigenvalue), MaximumSteps = 6, Trained = TrainedSet.Of(ParameterKind.FfnOut) };
        GradientDescent descent = new(evaluator, options);
        _ = descent.Run(descent.Start(model.Weights), step =>
            Assert.InRange(step.Loss / (floor + (along * along * Math.Pow(0.7, 2 * step.Step) / 2)), 1 - 1e-13, 1 + 1e-13),
            cancellation: Cancellation);
    }

    [Fact]
    public void The_loss_floor_stops_the_run_at_the_first_step_below_it()
    {
        DescentOutcome outcome = RunToEnd(
            new DescentOptions { StepSize = StepSizeRule.Fixed(0.02), MaximumSteps = 10_000, LossFloor = 1 }, out List<double> losses);
        Assert.Equal(StopReason.LossFloor, outcome.Reason);
        Assert.True(losses[^1] <= 1 && losses[^2] > 1);
        Assert.Equal(losses.Count - 1, outcome.Step);
    }

    [Fact]
    public void The_gradient_tolerance_stops_the_run()
    {
        DescentOutcome outcome = RunToEnd(
            new DescentOptions { StepSize = StepSizeRule.Fixed(0.02), MaximumSteps = 10_000, GradientTolerance = 1 }, out _);
        Assert.Equal(StopReason.GradientTolerance, outcome.Reason);
        Assert.InRange(outcome.Step, 1, 9_999);
    }

    [Fact]
    public void The_step_budget_counts_updates_and_the_last_iterate_is_observed()
    {
        DescentOutcome outcome = RunToEnd(
            new DescentOptions { StepSize = StepSizeRule.Fixed(0.001), MaximumSteps = 7 }, out List<double> losses);
        Assert.Equal(new DescentOutcome(StopReason.StepBudget, 7, losses[^1]), outcome);
        Assert.Equal(8, losses.Count);
    }

    [Fact]
    public void Divergence_ends_as_a_value_and_keeps_the_last_finite_iterate()
    {
        var model = new ModelCase(Shape);
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(evaluator, new DescentOptions { StepSize = StepSizeRule.Fixed(100), MaximumSteps = 1000 });
        DescentState state = descent.Start(model.Weights);
        long observed = -1;
        double lastLoss = 0;
        DescentOutcome outcome = descent.Run(state, step => (observed, lastLoss) = (step.Step, step.Loss), cancellation: Cancellation);

        Assert.Equal(StopReason.NonFinite, outcome.Reason);
        Assert.Equal(observed, state.Step);
        Assert.Contains("last finite iterate", outcome.Explanation, StringComparison.Ordinal);
        evaluator.Forward(state.Parameters);
        double kept = evaluator.ForwardLoss;
        Assert.True(double.IsFinite(kept));
        Assert.True(outcome.Step == state.Step || kept == lastLoss);
    }

    [Fact]
    public void A_start_that_is_not_finite_ends_at_once()
    {
        var model = new ModelCase(Shape);
        model.Weights.Block(0).Value[0, 0] = double.PositiveInfinity;
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(evaluator, new DescentOptions { StepSize = StepSizeRule.Fixed(0.1), MaximumSteps = 3 });
        DescentOutcome outcome = descent.Run(
            descent.Start(model.Weights), _ => Assert.Fail("A step was observed."), cancellation: Cancellation);
        Assert.Equal((StopReason.NonFinite, 0L), (outcome.Reason, outcome.Step));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_is_cancelled_and_continued_from_its_parts_gives_the_bits_of_one_that_is_not(bool isMonotone)
    {
        var model = new ModelCase(Shape with { Depth = 2 });
        StepSizeRule rule = isMonotone ? StepSizeRule.Monotone(StepSizeRule.Automatic(5)) : StepSizeRule.Automatic(0.5);
        var options = new DescentOptions { StepSize = rule, MaximumSteps = 40 };
        var whole = new List<(long, double, double, double, double)>();
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent uninterrupted = new(evaluator, options);
        DescentState end = uninterrupted.Start(model.Weights, 1);
        _ = uninterrupted.Run(end, step => whole.Add(Record(step)), cancellation: Cancellation);

        var parts = new List<(long, double, double, double, double)>();
        using var source = new CancellationTokenSource();
        using ResidualTransformer first = model.NewModel();
        GradientDescent interrupted = new(first, options);
        DescentState state = interrupted.Start(model.Weights, 1);
        DescentOutcome outcome = interrupted.Run(state, Cancel, cancellation: source.Token);
        Assert.Equal((StopReason.Cancelled, 18L), (outcome.Reason, outcome.Step));

        // Through the parts that a checkpoint stores, into another process as it were.
        using ResidualTransformer second = model.NewModel();
        var restored = state.Clone();
        _ = new GradientDescent(second, options).Run(restored, step => parts.Add(Record(step)), cancellation: Cancellation);
        Assert.Equal(whole, parts);
        Assert.Equal(end.Parameters.Vector, restored.Parameters.Vector);
        Assert.Equal(end.PathLength, restored.PathLength);

        void Cancel(DescentStep step)
        {
            parts.Add(Record(step));
            if (step.Step == 17)
            {
                source.Cancel();
            }
        }

        static (long, double, double, double, double) Record(DescentStep step) =>
            (step.Step, step.Loss, step.GradientNorm, step.StepSize, step.PathLength);
    }

    [Fact]
    public void The_monotone_rule_never_raises_the_loss_and_gets_on_where_its_first_step_diverges()
    {
        StepSizeRule start = StepSizeRule.Fixed(100);
        DescentOutcome diverged = RunToEnd(new DescentOptions { StepSize = start, MaximumSteps = 200 }, out _);
        DescentOutcome outcome = RunToEnd(
            new DescentOptions { StepSize = StepSizeRule.Monotone(start), MaximumSteps = 200 }, out List<double> losses);
        Assert.Equal(StopReason.NonFinite, diverged.Reason);
        Assert.Equal(StopReason.StepBudget, outcome.Reason);
        Assert.All(losses.Zip(losses.Skip(1)), pair => Assert.True(pair.Second <= pair.First));
        Assert.True(losses[^1] < 0.05 * losses[0]);
    }

    [Fact]
    public void The_monotone_rule_ends_where_no_step_changes_anything()
    {
        // One token and trained queries: the gradient is exactly zero.
        var model = new ModelCase(Shape, tokens: 1);
        using ResidualTransformer evaluator = model.NewModel();
        var options = new DescentOptions
        { StepSize = StepSizeRule.Monotone(StepSizeRule.Fixed(1)), MaximumSteps = 10, Trained = TrainedSet.Of(ParameterKind.Query) };
        GradientDescent descent = new(evaluator, options);
        DescentOutcome outcome = descent.Run(descent.Start(model.Weights), null, cancellation: Cancellation);
        Assert.Equal((StopReason.NoDecrease, 0L), (outcome.Reason, outcome.Step));
    }

    [Fact]
    public void An_automatic_step_size_is_the_multiple_of_one_over_the_largest_eigenvalue()
    {
        var model = new ModelCase(Shape);
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(evaluator, new DescentOptions { StepSize = StepSizeRule.Automatic(0.3), MaximumSteps = 1 });
        DescentState state = descent.Start(model.Weights, seed: 9);
        LargestKernelEigenvalue eigenvalue = PowerIteration.Estimate(evaluator, model.Weights, TrainedSet.All, seed: 9);
        Assert.Equal(eigenvalue, descent.StartEigenvalue);
        Assert.Equal(0.3 / eigenvalue.Value, state.StepSize);
    }

    [Fact]
    public void Steps_allocate_nothing()
    {
        var model = new ModelCase(Shape with { Depth = 2 });
        using ResidualTransformer evaluator = model.NewModel();
        foreach (StepSizeRule rule in new[] { StepSizeRule.Fixed(0.001), StepSizeRule.Monotone(StepSizeRule.Fixed(10)) })
        {
            long[] allocated = new long[31];
            GradientDescent descent = new(evaluator, new DescentOptions { StepSize = rule, MaximumSteps = 30 });
            _ = descent.Run(
                descent.Start(model.Weights), step => allocated[step.Step] = GC.GetAllocatedBytesForCurrentThread(),
                cancellation: Cancellation);
            Assert.Equal(allocated[5], allocated[30]);
        }
    }

    [Fact]
    public void Options_that_describe_no_descent_are_refused_with_every_offence()
    {
        var options = new DescentOptions
        { StepSize = StepSizeRule.Monotone(StepSizeRule.Automatic(-1)), MaximumSteps = -2, LossFloor = double.NaN };
        string message = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.All(["-1", "-2", "NaN"], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static DescentOutcome RunToEnd(DescentOptions options, out List<double> losses)
    {
        var model = new ModelCase(Shape);
        using ResidualTransformer evaluator = model.NewModel();
        GradientDescent descent = new(evaluator, options);
        var seen = new List<double>();
        losses = seen;
        return descent.Run(descent.Start(model.Weights), step => seen.Add(step.Loss), cancellation: Cancellation);
    }
}
