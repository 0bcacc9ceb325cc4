using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Checkpoints;
using Kappa.Lab.Data.Digits;
using Kappa.Lab.Data.Labelled;
using Kappa.Models;

namespace Kappa.Lab.Reproductions.Shallow;

/// <summary>The pictures that the small vision Transformer sees: the same number of every digit to train on and to test on.</summary>
internal sealed class DigitData
{
    private const int Side = 7;
    private const int Digits = 10;

    private DigitData(LabelledImages train, LabelledImages test, bool isStandIn)
    {
        ImagePatches patches = new ImagePatches(train.Height, train.Width, Side).StandardisedBy(train);
        (Train, Test, IsStandIn) = (Patches(train, patches), Patches(test, patches), isStandIn);
        (TrainLabels, TestLabels) = (train.Labels.ToArray(), test.Labels.ToArray());
        (Tokens, Features) = (patches.Tokens, patches.Features);
        Fingerprint = $"{train.Fingerprint} {test.Fingerprint}";
    }

    public Matrix Train { get; }

    public Matrix Test { get; }

    public int[] TrainLabels { get; }

    public int[] TestLabels { get; }

    public int Tokens { get; }

    public int Features { get; }

    public bool IsStandIn { get; }

    public string Fingerprint { get; }

    /// <summary>What reports call the data.</summary>
    public string Name => IsStandIn ? "stand-in digits (own strokes, not MNIST)" : "digits of the given folder";

    /// <summary>Stand-in digits, or balanced parts of the files in a folder.</summary>
    /// <exception cref="BadInputException">A file of the folder cannot be read or a digit is too rare.</exception>
    public static DigitData Load(string? folder, int train, int test)
    {
        if (folder is null)
        {
            return new DigitData(StandInDigits.Create(train, 0), StandInDigits.Create(test, 1), isStandIn: true);
        }

        LabelledSplit<LabelledImages> files = DigitFiles.Read(folder);
        return new DigitData(Part(files.Train, train, folder), Part(files.Test, test, folder), isStandIn: false);
    }

    private static LabelledImages Part(LabelledImages images, int count, string folder) =>
        images.Select(ClassSampling.Balanced(images.Labels, Digits, count / Digits, 0, folder), $"{count} of them");

    private static Matrix Patches(LabelledImages images, ImagePatches patches)
    {
        Matrix tokens = Matrix.Allocate(images.Count * patches.Tokens, patches.Features);
        patches.Fill(images, [.. Enumerable.Range(0, images.Count)], tokens);
        return tokens;
    }
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

    public string Identity(DigitData data) => string.Create(CultureInfo.InvariantCulture, $"digits D={Width} p={LogitExponent:R} step={StepSize:R} epochs={Epochs} seed={Seed} {data.Fingerprint}");

    public Checkpoint Run(DigitData data, CancellationToken cancellation)
    {
        TransformerClassifierShape shape = new()
        {
            Tokens = data.Tokens,
            Classes = 10,
            InputWidth = data.Features,
            Depth = 1,
            Heads = 1,
            Width = Width,
            FfnWidth = 2 * Width,
            Kernel = AttentionKernel.Softmax with { Temperature = Math.Pow(Width, -LogitExponent) },
        };
        using var train = TransformerClassifier.OfPatches(shape, data.Train, data.TrainLabels);
        using var test = TransformerClassifier.OfPatches(shape, data.Test, data.TestLabels);
        int perEpoch = train.Samples / Batch;
        double[] losses = new double[Epochs];
        var options = new TrainingOptions { Method = new MomentumDescent(), Schedule = new StepSchedule { Peak = StepSize }, BatchSize = Batch, Seed = Seed, MaximumSteps = (long)Epochs * perEpoch };
        var training = new Training(train, options);
        TrainingState state = training.Start(ModelInitialisation.Create(shape, Seed, ofTokens: false));
        TrainingEnd end = training.Run(state, step => losses[step.Step / perEpoch] += step.Loss / perEpoch, cancellation);
        cancellation.ThrowIfCancellationRequested();
        bool diverged = end == TrainingEnd.NonFinite;
        if (diverged)
        {
            // The epoch that was not finished has no mean, and those after it were never made.
            Array.Fill(losses, double.PositiveInfinity, (int)(state.Step / perEpoch), Epochs - (int)(state.Step / perEpoch));
        }

        Checkpoint record = JobStore.NewRecord();
        record.AddTensor("loss", [Epochs], losses);
        record.AddNumber("diverged", diverged ? 1 : 0);
        record.AddNumber("testLoss", diverged ? double.PositiveInfinity : test.Loss(state.Parameters, test.AllSamples));
        record.AddNumber("testAccuracy", Accuracy(test, state.Parameters, data.TestLabels));
        return record;
    }

    public DigitOutcome Read(Checkpoint record) => new(
        this, record.GetTensor("loss", Epochs), record.GetNumber("testLoss"), record.GetNumber("testAccuracy"), record.GetNumber("diverged") != 0);

    private static double Accuracy(TransformerClassifier model, ModelParameters parameters, int[] labels)
    {
        Matrix output = Matrix.Allocate(model.Samples, model.OutputColumns);
        model.Output(parameters, model.AllSamples, output);
        return (double)labels.Where((label, sample) => Largest(output.Row(sample)) == label).Count() / labels.Length;
    }

    private static int Largest(ReadOnlySpan<double> scores)
    {
        int best = 0;
        for (int k = 1; k < scores.Length; k++)
        {
            best = scores[k] > scores[best] ? k : best;
        }

        return best;
    }
}

/// <summary>What a training gave.</summary>
/// <param name="Run">The training.</param>
/// <param name="Loss">Mean loss of the minibatches of each epoch; +∞ from the epoch on in which the loss left the finite numbers.</param>
/// <param name="TestLoss">Cross-entropy on the test pictures; +∞ after divergence.</param>
/// <param name="TestAccuracy">Share of the test pictures that are right, with the last parameters of a finite loss.</param>
/// <param name="Diverged">Whether the loss left the finite numbers.</param>
internal sealed record DigitOutcome(DigitRun Run, double[] Loss, double TestLoss, double TestAccuracy, bool Diverged);
