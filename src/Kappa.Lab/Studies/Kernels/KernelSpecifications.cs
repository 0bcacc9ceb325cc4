using Kappa.Certificates;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>The specifications of the reproduction's runs: each is one that <c>kappa run</c> takes.</summary>
internal static class KernelSpecifications
{
    /// <summary>Model G on tokens N(0, scale²) and targets N(0, 1/D), at an automatic step.</summary>
    /// <param name="arm">The kernel.</param>
    /// <param name="size">N and n.</param>
    /// <param name="width">D.</param>
    /// <param name="heads">H.</param>
    /// <param name="losses">Losses along the run: one more than steps.</param>
    /// <param name="seed">Of data and weights.</param>
    public static ExperimentSpecification Attention(KernelArm arm, KernelSize size, int width, int heads, int losses, long seed) => new()
    {
        Model = new() { Kind = ModelKind.KernelAttention, Width = width, Heads = heads, Kernel = arm.Kernel.Kind },
        Data = new() { Source = DataSource.Gaussian, Samples = size.Samples, Tokens = size.Tokens, TokenScale = 1 },
        Descent = new() { StepSize = StepSizeSpecification.Auto(1), Steps = losses - 1, LossFloor = 0 },
        Telemetry = new() { Quantities = TelemetryQuantities.Of(Quantities.Loss.Name) },
        Seed = seed,
    };

    /// <summary>Only the values trained, at the step 1/β of theorem G.4.</summary>
    public static ExperimentSpecification ValuesOnly(KernelArm arm, int width, int losses, long seed)
    {
        ExperimentSpecification at = Attention(arm, ValuesOnlyStudy.Size, width, 2, losses, seed);
        at = at with { Model = at.Model with { Trained = TrainedBlocks.Of("value") } };
        using var experiment = Experiment.Prepare(at);
        var point = new TransformerPoint((Transformer)experiment.Model, experiment.Initial, experiment.Trained);
        Certificate certificate = Theorems.OfKernelAttention.Single(theorem => theorem.Label == "G.4").Evaluate(point);
        double smoothness = certificate.Constants.Single(constant => constant.Symbol == "β").Value;
        return at with { Descent = at.Descent with { StepSize = StepSizeSpecification.Fixed(1 / smoothness) } };
    }

    /// <summary>Only the queries trained, towards targets near the output at the start, at 1/λ_max(K_0).</summary>
    public static ExperimentSpecification QueriesOnly(KernelArm arm, int heads, double distance, int losses, long seed)
    {
        ExperimentSpecification at = Attention(arm, QueriesOnlyStudy.Size, QueriesOnlyStudy.Width, heads, losses, seed);
        return at with
        {
            Model = at.Model with
            { KeyWidth = QueriesOnlyStudy.Width, ValueWidth = QueriesOnlyStudy.Width, Trained = TrainedBlocks.Of("query") },
            Data = at.Data with { TargetDistance = distance },
        };
    }

    /// <summary>Queries, keys and values trained, at a step of its own.</summary>
    public static ExperimentSpecification AllTrained(KernelArm arm, double scale, int losses, long seed)
    {
        ExperimentSpecification at = Attention(arm, AllTrainedStudy.Size, AllTrainedStudy.Width, AllTrainedStudy.Heads, losses, seed);
        return at with
        {
            Model = at.Model with { Trained = TrainedBlocks.Of("query", "key", "value") },
            Data = at.Data with { TokenScale = scale },
            Descent = at.Descent with { StepSize = AllTrainedStudy.OwnStep },
        };
    }

    /// <summary>Model G with other queries and keys at the start, of which no descent is asked.</summary>
    public static ExperimentSpecification Variance(KernelArm arm, double gain, long seed)
    {
        ExperimentSpecification at = Attention(arm, ValuesOnlyStudy.Size, 2 * ValuesOnlyStudy.Size.Rows, 2, 2, seed);
        return at with { Initialisation = new() { QueryGain = gain, KeyGain = gain } };
    }

    /// <summary>The experiments' Transformer on a task.</summary>
    /// <param name="arm">The kernel.</param>
    /// <param name="data">The task.</param>
    /// <param name="recipe">How it is trained.</param>
    /// <param name="seed">Of weights and batches.</param>
    public static ExperimentSpecification Classifier(KernelArm arm, DataSpecification data, TrainingRecipe recipe, long seed) => new()
    {
        Model = new()
        {
            Kind = ModelKind.Classifier,
            Depth = 2,
            Width = 64,
            Heads = 2,
            FfnWidth = 128,
            Activation = ActivationKind.Gelu,
            Kernel = arm.Kernel.Kind,
        },
        Data = data,
        Descent = new()
        {
            StepSize = StepSizeSpecification.Fixed(recipe.StepSize),
            Method = recipe.Method is AdamDescent ? DescentMethod.Adam : DescentMethod.GradientDescent,
            BatchSize = recipe.BatchSize,
            WarmUp = recipe.Steps / 20,
            Decay = StepDecay.Linear,
            Steps = recipe.Steps,
            LossFloor = 0,
            Precision = recipe.Precision,
        },
        Telemetry = new()
        {
            Quantities = TelemetryQuantities.Of(Quantities.Loss.Name, Quantities.TestLoss.Name, Quantities.TestAccuracy.Name),
            TestEvery = recipe.EvaluateEvery,
            CheckpointEvery = recipe.SaveEvery,
        },
        Seed = seed,
    };

    /// <summary>Reviews byte by byte.</summary>
    public static DataSpecification Text(string? folder, TaskSize size) => new()
    {
        Source = DataSource.Reviews,
        Path = folder,
        Samples = size.Train,
        TestSamples = size.Test,
        Tokens = size.Length,
        Seed = 0,
    };

    /// <summary>Pathfinder pictures, pixel by pixel or in patches.</summary>
    public static DataSpecification Pathfinder(string? folder, TaskSize size) => new()
    {
        Source = DataSource.Pathfinder,
        Path = folder,
        Samples = size.Train,
        TestSamples = size.Test,
        Patch = size.Length == 1 ? null : size.Length,
        Seed = 0,
    };
}

/// <summary>N and n.</summary>
/// <param name="Samples">N.</param>
/// <param name="Tokens">n.</param>
internal sealed record KernelSize(int Samples, int Tokens)
{
    /// <summary>M = N n.</summary>
    public int Rows => Samples * Tokens;
}
