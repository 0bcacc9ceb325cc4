using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Descent;

/// <summary>The minibatch methods against recursions written out, and what continues where.</summary>
public sealed class TrainingTests
{
    private static readonly TransformerShape Shape = TransformerShape.Classifier(4, 2, 5) with { Width = 4, FfnWidth = 6, Depth = 1 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Methods => ["plain", "momentum", "adam"];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Updates_are_those_of_the_recursion_written_out(string name)
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        GradientDescent training = New(model, name, steps: 7);
        DescentState state = training.Start(Parameters(model.Layout));
        double[] theta = [.. state.Parameters.Vector], m = new double[theta.Length], v = new double[theta.Length];
        var gradient = new ModelParameters(model.Layout);
        var order = new BatchOrder(10, 4, seed: 3);
        for (int k = 0; k < 7; k++)
        {
            var at = new ModelParameters(model.Layout);
            theta.CopyTo(at.Vector, 0);
            _ = model.LossAndGradient(at, order.Of(k), gradient, TrainedSet.All);
            double eta = k < 3 ? 0.01 * (k + 1) / 3 : 0.01 * (12 - k) / 9;
            for (int i = 0; i < theta.Length; i++)
            {
                double g = gradient.Vector[i];
                m[i] = name == "momentum" ? (0.9 * m[i]) + g : (0.9 * m[i]) + (0.1 * g);
                v[i] = (0.99 * v[i]) + (0.01 * g * g);
                theta[i] -= eta * name switch
                {
                    "plain" => g,
                    "momentum" => m[i],
                    _ => m[i] / (1 - Math.Pow(0.9, k + 1)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.99, k + 1))) + 1e-8),
                };
            }
        }

        Assert.Equal(StopReason.StepBudget, training.Run(state, cancellation: Cancellation).Reason);
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(theta, state.Parameters.Vector)), 0, 1e-12 * Vectors.Norm(theta));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_run_that_is_stored_and_continued_has_the_bits_of_one_that_was_not(string name)
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true),
            again = TrainableCase.NewClassifier(Shape, 10, ofTokens: true, threads: 2);
        GradientDescent whole = New(model, name, steps: 9), firstHalf = New(model, name, steps: 4), secondHalf = New(again, name, steps: 9);
        DescentState expected = whole.Start(Parameters(model.Layout)), stored = firstHalf.Start(Parameters(model.Layout));
        _ = whole.Run(expected, cancellation: Cancellation);
        _ = firstHalf.Run(stored, cancellation: Cancellation);
        var restored = stored.Clone();
        _ = secondHalf.Run(restored, cancellation: Cancellation);
        Assert.Equal(expected.Parameters.Vector, restored.Parameters.Vector);
        Assert.Equal(9, restored.Step);
    }

    [Fact]
    public void Every_epoch_is_a_fresh_permutation_cut_into_batches()
    {
        var order = new BatchOrder(10, 4, seed: 5);
        Assert.Equal(3, order.BatchesPerEpoch);
        List<int[]> epochs = [
            .. Enumerable.Range(0, 20).Select(epoch =>
                Enumerable.Range(0, 3).SelectMany(k => order.Of((epoch * 3) + k).ToArray()).ToArray())];
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 10), epoch.Order()));
        Assert.Equal(20, epochs.Select(epoch => string.Join(' ', epoch)).Distinct().Count());
        Assert.Equal(2, order.Of(2).Length);
        Assert.Equal(epochs[7][..4], new BatchOrder(10, 4, seed: 5).Of(21).ToArray());
        Assert.NotEqual(epochs[7][..4], new BatchOrder(10, 4, seed: 6).Of(21).ToArray());
        Assert.Equal(Enumerable.Range(0, 10), new BatchOrder(10, 99, seed: 5).Of(3).ToArray());
    }

    [Fact]
    public void A_schedule_rises_to_its_peak_and_falls_to_zero()
    {
        var schedule = new StepSchedule { WarmUpSteps = 4, TotalSteps = 12 };
        Assert.Equal([0.5, 1, 1.5, 2, 2], Enumerable.Range(0, 5).Select(k => schedule.At(2, k)));
        Assert.Equal(1, schedule.At(2, 8));
        Assert.Equal(0, schedule.At(2, 12));
        Assert.Equal(0, schedule.At(2, 13));
        Assert.Equal(3, StepSchedule.Constant.At(3, 1000));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Each_method_learns_which_of_two_tokens_a_sample_has(string name)
    {
        int[] ids = TrainableCase.Integers(40 * 4, 4, 8), labels = new int[40];
        for (int sample = 0; sample < 40; sample++)
        {
            labels[sample] = sample % 2;
            ids[sample * 4] = labels[sample] == 1 ? 4 : 0;
        }

        using var model = new Transformer(Shape, new TransformerData { Samples = 40, Identifiers = ids, Labels = labels });
        double step = name == "plain" ? 0.5 : name == "momentum" ? 0.05 : 0.02;
        var training = new GradientDescent(
            model, new DescentOptions { Method = Method(name), StepSize = StepSizeRule.Fixed(step), BatchSize = 10, MaximumSteps = 300 });
        DescentState state = training.Start(Parameters(model.Layout));
        double before = model.Loss(state.Parameters, model.AllSamples);
        Assert.Equal(StopReason.StepBudget, training.Run(state, cancellation: Cancellation).Reason);
        Assert.InRange(model.Loss(state.Parameters, model.AllSamples), 0, 0.2 * before);
    }

    [Fact]
    public void A_loss_that_overflows_ends_the_run_as_an_outcome()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        ModelParameters broken = Parameters(model.Layout);
        broken["readout"].Fill(double.NaN);
        var training = new GradientDescent(model, new DescentOptions { StepSize = StepSizeRule.Fixed(1), MaximumSteps = 3 });
        DescentState state = training.Start(broken);
        Assert.Equal(StopReason.NonFinite, training.Run(state, cancellation: Cancellation).Reason);
        Assert.Equal(0, state.Step);
    }

    [Fact]
    public void Wrong_options_and_states_are_named()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        var options = new DescentOptions
        {
            Method = new AdamDescent(1),
            StepSize = StepSizeRule.Fixed(-1),
            Schedule = new StepSchedule { WarmUpSteps = 5, TotalSteps = 5 },
            BatchSize = 0,
            MaximumSteps = 1,
        };
        string message = Assert.Throws<ArgumentException>(() => new GradientDescent(model, options)).Message;
        Assert.All(
            ["β₁", "step size must be", "5 of 5", "at least 1 sample"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        GradientDescent adam = New(model, "adam", 1);
        _ = Assert.Throws<ArgumentException>(() =>
            adam.Run(New(model, "momentum", 1).Start(Parameters(model.Layout)), cancellation: Cancellation));
        _ = Assert.Throws<ArgumentException>(() =>
            new DescentState(Parameters(model.Layout), Parameters(model.Layout), 0, 1, 0, [new double[3]]));
    }

    // λ as a part of the gradient, and as a step of its own in Adam; c as the largest norm of what the method is given.
    [Theory]
    [MemberData(nameof(Methods))]
    public void Weight_decay_and_clipping_are_those_written_out(string name)
    {
        const double Decay = 0.3;
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        TrainedSet trained = TrainedSet.Of(ParameterKind.Value, ParameterKind.FfnIn);
        ModelParameters before = Parameters(model.Layout), gradient = new(model.Layout);
        _ = model.LossAndGradient(before, model.AllSamples, gradient, trained);
        double norm = Vectors.Norm(gradient.Vector), clip = norm / 3;
        var options = new DescentOptions
        {
            Method = Method(name),
            StepSize = StepSizeRule.Fixed(0.1),
            WeightDecay = Decay,
            GradientClip = clip,
            Trained = trained,
            MaximumSteps = 1,
        };
        var descent = new GradientDescent(model, options);
        DescentState state = descent.Start(before);
        _ = descent.Run(state, cancellation: Cancellation);
        foreach (ParameterBlock block in model.Layout.Blocks)
        {
            for (int i = block.Offset; i < block.Offset + block.Length; i++)
            {
                double theta = before.Vector[i], g = gradient.Vector[i] * clip / norm;
                double expected = !trained.Includes(block) ? theta
                    : name == "adam" ? theta - (0.1 * Decay * theta) - (0.1 * g / (Math.Abs(g) + 1e-8))
                    : theta - (0.1 * (g + (Decay * theta)));
                Assert.Equal(expected, state.Parameters.Vector[i], 1e-12);
            }
        }

        Assert.Equal(Math.Sqrt(Vectors.SquaredDistance(before.Vector, state.Parameters.Vector)), state.PathLength, 1e-15);
    }

    [Fact]
    public void The_monotone_rule_is_for_plain_descent_on_all_samples()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        var options = new DescentOptions { StepSize = StepSizeRule.Monotone(StepSizeRule.Fixed(0.1)), MaximumSteps = 1 };
        _ = new GradientDescent(model, options);
        Assert.Contains(
            "full batch", Assert.Throws<ArgumentException>(() => new GradientDescent(model, options with { BatchSize = 3 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "plain descent", Assert.Throws<ArgumentException>(() => new GradientDescent(model, options with { WeightDecay = 1 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void On_batches_the_outcome_is_the_loss_of_all_samples_after_the_last_update()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        GradientDescent descent = New(model, "momentum", steps: 3);
        DescentState state = descent.Start(Parameters(model.Layout));
        var seen = new List<long>();
        DescentOutcome outcome = descent.Run(state, step => seen.Add(step.Step), cancellation: Cancellation);
        Assert.Equal([0L, 1L, 2L], seen);
        Assert.Equal(model.Loss(state.Parameters, model.AllSamples), outcome.Loss);
    }

    private static UpdateMethod Method(string name) =>
        name switch { "plain" => new PlainDescent(), "momentum" => new MomentumDescent(), _ => new AdamDescent(SecondDecay: 0.99) };

    private static GradientDescent New(IModel model, string name, long steps) => new(
        model,
        new DescentOptions
        {
            Method = Method(name),
            StepSize = StepSizeRule.Fixed(0.01),
            Schedule = new StepSchedule { WarmUpSteps = 3, TotalSteps = 12 },
            BatchSize = 4,
            BatchSeed = 3,
            MaximumSteps = steps,
        });

    private static ModelParameters Parameters(ParameterLayout layout)
    {
        var parameters = new ModelParameters(layout);
        new RandomSequence(9, "parameters").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters.Vector, 0.5);
        return parameters;
    }
}
