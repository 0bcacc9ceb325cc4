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
        Training training = New(model, name, steps: 7);
        TrainingState state = training.Start(Parameters(model.Layout));
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

        Assert.Equal(TrainingEnd.Completed, training.Run(state, cancellation: Cancellation));
        Assert.InRange(Math.Sqrt(Vectors.SquaredDistance(theta, state.Parameters.Vector)), 0, 1e-12 * Vectors.Norm(theta));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_run_that_is_stored_and_continued_has_the_bits_of_one_that_was_not(string name)
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true), again = TrainableCase.NewClassifier(Shape, 10, ofTokens: true, threads: 2);
        Training whole = New(model, name, steps: 9), firstHalf = New(model, name, steps: 4), secondHalf = New(again, name, steps: 9);
        TrainingState expected = whole.Start(Parameters(model.Layout)), stored = firstHalf.Start(Parameters(model.Layout));
        _ = whole.Run(expected, cancellation: Cancellation);
        _ = firstHalf.Run(stored, cancellation: Cancellation);
        var restored = new TrainingState(stored.Parameters.Clone(), [.. stored.Moments.Select(moment => moment.ToArray())], stored.Step);
        _ = secondHalf.Run(restored, cancellation: Cancellation);
        Assert.Equal(expected.Parameters.Vector, restored.Parameters.Vector);
        Assert.Equal(9, restored.Step);
    }

    [Fact]
    public void Every_epoch_is_a_fresh_permutation_cut_into_batches()
    {
        var order = new BatchOrder(10, 4, seed: 5);
        Assert.Equal(3, order.BatchesPerEpoch);
        List<int[]> epochs = [.. Enumerable.Range(0, 20).Select(epoch => Enumerable.Range(0, 3).SelectMany(k => order.Of((epoch * 3) + k).ToArray()).ToArray())];
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
        var schedule = new StepSchedule { Peak = 2, WarmUpSteps = 4, TotalSteps = 12 };
        Assert.Equal([0.5, 1, 1.5, 2, 2], Enumerable.Range(0, 5).Select(k => schedule.At(k)));
        Assert.Equal(1, schedule.At(8));
        Assert.Equal(0, schedule.At(12));
        Assert.Equal(0, schedule.At(13));
        Assert.Equal(3, new StepSchedule { Peak = 3 }.At(1000));
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
        var training = new Training(model, new TrainingOptions { Method = Method(name), Schedule = new StepSchedule { Peak = step }, BatchSize = 10, MaximumSteps = 300 });
        TrainingState state = training.Start(Parameters(model.Layout));
        double before = model.Loss(state.Parameters, model.AllSamples);
        Assert.Equal(TrainingEnd.Completed, training.Run(state, cancellation: Cancellation));
        Assert.InRange(model.Loss(state.Parameters, model.AllSamples), 0, 0.2 * before);
    }

    [Fact]
    public void A_loss_that_overflows_ends_the_run_as_an_outcome()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        ModelParameters broken = Parameters(model.Layout);
        broken["readout"].Fill(double.NaN);
        var training = new Training(model, new TrainingOptions { Schedule = new StepSchedule { Peak = 1 }, MaximumSteps = 3 });
        TrainingState state = training.Start(broken);
        Assert.Equal(TrainingEnd.NonFinite, training.Run(state, cancellation: Cancellation));
        Assert.Equal(0, state.Step);
    }

    [Fact]
    public void Wrong_options_and_states_are_named()
    {
        using IModel model = TrainableCase.NewClassifier(Shape, 10, ofTokens: true);
        var options = new TrainingOptions { Method = new AdamDescent(1), Schedule = new StepSchedule { Peak = -1, WarmUpSteps = 5, TotalSteps = 5 }, BatchSize = 0, MaximumSteps = 1 };
        string message = Assert.Throws<ArgumentException>(() => new Training(model, options)).Message;
        Assert.All(["β₁", "peak", "5 of 5", "at least 1 sample"], part => Assert.Contains(part, message, StringComparison.Ordinal));
        Training adam = New(model, "adam", 1);
        _ = Assert.Throws<ArgumentException>(() => adam.Run(New(model, "momentum", 1).Start(Parameters(model.Layout)), cancellation: Cancellation));
        _ = Assert.Throws<ArgumentException>(() => new TrainingState(Parameters(model.Layout), [new double[3]]));
    }

    private static TrainingMethod Method(string name) => name switch { "plain" => new PlainDescent(), "momentum" => new MomentumDescent(), _ => new AdamDescent(SecondDecay: 0.99) };

    private static Training New(IModel model, string name, long steps) => new(
        model, new TrainingOptions { Method = Method(name), Schedule = new StepSchedule { Peak = 0.01, WarmUpSteps = 3, TotalSteps = 12 }, BatchSize = 4, Seed = 3, MaximumSteps = steps });

    private static ModelParameters Parameters(ParameterLayout layout)
    {
        var parameters = new ModelParameters(layout);
        new RandomSequence(9, "parameters").FillGaussian(parameters.Vector);
        Vectors.Scale(parameters.Vector, 0.5);
        return parameters;
    }
}
