using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Data.Digits;
using Kappa.Lab.Data.Labelled;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>The pictures that the small vision Transformer sees: the same number of every digit to train on and to test on, in 16 patches.</summary>
internal static class DigitTask
{
    private const int Side = 7;
    private const int Digits = 10;

    /// <summary>Stand-in digits, or balanced parts of the files in a folder.</summary>
    /// <exception cref="BadInputException">A file of the folder cannot be read or a digit is too rare.</exception>
    public static ClassifierTask Load(string? folder, int train, int test)
    {
        if (folder is null)
        {
            return new ClassifierTask("stand-in digits (own strokes, not MNIST)", LabelledInputs.OfPictures(new(StandInDigits.Create(train, 0), StandInDigits.Create(test, 1)), Side));
        }

        LabelledSplit<LabelledImages> files = DigitFiles.Read(folder);
        return new ClassifierTask("digits of the given folder", LabelledInputs.OfPictures(new(Part(files.Train, train, folder), Part(files.Test, test, folder)), Side));
    }

    private static LabelledImages Part(LabelledImages images, int count, string folder) =>
        images.Select(ClassSampling.Balanced(images.Labels, Digits, count / Digits, 0, folder), $"{count} of them");
}

/// <summary>One training of a one-layer, one-head vision Transformer (E.1–E.5) with τ₀ = D^−p.</summary>
/// <param name="Width">D; the feed-forward width is 2D.</param>
/// <param name="LogitExponent">p.</param>
/// <param name="Epochs">Epochs of minibatches of 50, momentum 0.9, step 0.05.</param>
/// <param name="Seed">Of weights and batches.</param>
internal sealed record DigitRun(int Width, double LogitExponent, int Epochs, long Seed)
{
    private const int Batch = 50;

    /// <summary>η.</summary>
    public double StepSize { get; init; } = 0.05;

    public string Identity(ClassifierTask data) => string.Create(CultureInfo.InvariantCulture, $"digits D={Width} p={LogitExponent:R} step={StepSize:R} epochs={Epochs} seed={Seed} {data.Fingerprint}");

    public Checkpoint Run(ClassifierTask data, CancellationToken cancellation)
    {
        TransformerShape shape = data.Shape(AttentionKernel.Softmax with { Temperature = Math.Pow(Width, -LogitExponent) }) with
        {
            Depth = 1,
            Heads = 1,
            Width = Width,
            FfnWidth = 2 * Width,
        };
        using Transformer train = ClassifierTask.Model(data.Train, shape, Precision.Double), test = ClassifierTask.Model(data.Test, shape, Precision.Double);
        int perEpoch = train.Samples / Batch;
        double[] losses = new double[Epochs];
        var options = new DescentOptions
        {
            StepSize = StepSizeRule.Fixed(StepSize),
            Method = new MomentumDescent(),
            BatchSize = Batch,
            BatchSeed = Seed,
            MaximumSteps = (long)Epochs * perEpoch,
        };
        var descent = new GradientDescent(train, options);
        DescentState state = descent.Start(ModelInitialisation.Create(shape, Seed));
        DescentOutcome outcome = descent.Run(state, step => losses[step.Step / perEpoch] += step.Loss / perEpoch, cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        bool diverged = outcome.Reason == StopReason.NonFinite;
        if (diverged)
        {
            // The epoch that was not finished has no mean, and those after it were never made.
            int first = Math.Min((int)(state.Step / perEpoch), Epochs - 1);
            Array.Fill(losses, double.PositiveInfinity, first, Epochs - first);
        }

        Checkpoint record = JobStore.NewRecord();
        record.AddTensor("loss", [Epochs], losses);
        record.AddNumber("diverged", diverged ? 1 : 0);
        record.AddNumber("testLoss", diverged ? double.PositiveInfinity : test.Loss(state.Parameters, test.AllSamples));
        record.AddNumber("testAccuracy", ClassifierTask.Accuracy(test, state.Parameters, data.Test.Labels));
        return record;
    }

    public DigitOutcome Read(Checkpoint record) => new(
        this, record.GetTensor("loss", Epochs), record.GetNumber("testLoss"), record.GetNumber("testAccuracy"), record.GetNumber("diverged") != 0);
}

/// <summary>What a training gave.</summary>
/// <param name="Run">The training.</param>
/// <param name="Loss">Mean loss of the minibatches of each epoch; +∞ from the epoch on in which the loss left the finite numbers.</param>
/// <param name="TestLoss">Cross-entropy on the test pictures; +∞ after divergence.</param>
/// <param name="TestAccuracy">Share of the test pictures that are right, with the last parameters of a finite loss.</param>
/// <param name="Diverged">Whether the loss left the finite numbers.</param>
internal sealed record DigitOutcome(DigitRun Run, double[] Loss, double TestLoss, double TestAccuracy, bool Diverged);
