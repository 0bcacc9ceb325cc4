using Kappa.Descent;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>The specifications of the reproduction's runs: each is one that <c>kappa run</c> takes.</summary>
internal static class ShallowSpecifications
{
    private const int Batch = 50;
    private const int PatchSide = 7;

    /// <summary>A run of model S, all four matrices trained on all samples.</summary>
    public static ExperimentSpecification Of(EncoderRun run) => new()
    {
        Model = new()
        {
            Kind = ModelKind.ShallowEncoder,
            Width = run.Sizes.InputWidth,
            EncoderWidth = run.Width,
            Temperature = Math.Pow(run.Width, -run.LogitExponent),
            Pooling = run.Normalisation.Pooling,
            LossReduction = run.Normalisation.Reduction,
        },
        Data = new()
        {
            Source = DataSource.Correlated,
            Samples = run.Sizes.Samples,
            Tokens = run.Sizes.Tokens,
            TokenScale = run.Normalisation.UnitTokens ? null : 1,
            Correlation = run.TokenCorrelation,
            SampleCorrelation = run.SampleCorrelation,
            Centred = run.Centred,
            Labels = run.Labels,
        },
        Initialisation = run.Start.Law,
        Descent = new()
        {
            StepSize = run.Step,
            Steps = run.Steps,
            LossFloor = run.StopAt,
        },
        Telemetry = new() { Quantities = TelemetryQuantities.Of(Quantities.Loss.Name, Quantities.Movement.Name) },
        Seed = run.Seed,
    };

    /// <summary>A training of the one-layer vision Transformer.</summary>
    /// <param name="run">The training.</param>
    /// <param name="plan">How many pictures, and their folder.</param>
    public static ExperimentSpecification Of(DigitRun run, ShallowPlan plan) => new()
    {
        Model = new()
        {
            Kind = ModelKind.Classifier,
            Depth = 1,
            Heads = 1,
            Width = run.Width,
            FfnWidth = 2 * run.Width,
            Activation = ActivationKind.Gelu,
            Temperature = Math.Pow(run.Width, -run.LogitExponent),
        },
        Data = new()
        {
            Source = DataSource.Digits,
            Path = plan.DigitFolder,
            Samples = plan.DigitCount,
            TestSamples = Math.Min(plan.DigitCount, ShallowReproduction.TestPictures),
            Patch = PatchSide,
            Seed = 0,
        },
        Descent = new()
        {
            StepSize = StepSizeSpecification.Fixed(run.StepSize),
            Method = DescentMethod.Momentum,
            BatchSize = Batch,
            Steps = run.Epochs * (plan.DigitCount / Batch),
            LossFloor = 0,
        },
        Telemetry = new() { Quantities = TelemetryQuantities.Of(Quantities.Loss.Name) },
        Seed = run.Seed,
    };
}
