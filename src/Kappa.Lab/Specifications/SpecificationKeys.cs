using Kappa.Descent;
using Kappa.Numerics;

namespace Kappa.Lab.Specifications;

/// <summary>The table of all keys of a specification, in the order in which they are written.</summary>
internal static class SpecificationKeys
{

    // Two contours of more dashes find no room in a picture of 32 x 32; looking for it in vain takes minutes.
    private const int LongestContour = 24;

    private static readonly IntegerKind Size = ModelKeys.Size;
    private static readonly IntegerKind Count = new(new NumberRange(1, int.MaxValue));
    private static readonly NumberKind Any = new(NumberRange.Finite);
    private static readonly NumberKind NonNegative = new(NumberRange.NonNegative);
    private static readonly NumberKind Positive = new(NumberRange.Positive);

    /// <summary>All keys.</summary>
    public static IReadOnlyList<SpecificationKey> All { get; } = [
        .. ModelKeys.All(), .. Data(), .. Initialisation(), .. Descent(), .. Telemetry(), Seed()];

    /// <summary>The keys of the model.</summary>
    internal static IReadOnlyList<SpecificationKey> OfModel { get; } = [.. All.Where(key => key.Group == "model")];

    /// <summary>The law of the entries, whose default is the preset's.</summary>
    internal static SpecificationKey Scheme { get; } = All.First(key => key.Path == "initialisation.scheme");

    /// <summary>The key called <paramref name="path"/>, for example <c>model.depth</c>; <see langword="null"/> if there is none.</summary>
    /// <param name="path">The full name.</param>
    public static SpecificationKey? Find(string path) => All.FirstOrDefault(key => key.Path == path);

    private static IEnumerable<SpecificationKey> Data()
    {
        yield return DataKey(
            "source", new ChoiceKind<DataSource>(), d => d.Source, (d, v) => d with { Source = v },
            "where inputs and targets come from; digits in model.kind classifier");
        yield return DataKey(
            "samples", new OptionalKind<long>(Size, "default"), d => d.Samples, (d, v) => d with { Samples = (int?)v },
            "number of samples N",
            $"{DataSpecification.DefaultSamples}; {DataSpecification.DefaultLabelled} of digits, pathfinder, reviews; or what the arrays "
                + $"hold");
        yield return DataKey(
            "tokens", new OptionalKind<long>(Size, "default"), d => d.Tokens, (d, v) => d with { Tokens = (int?)v }, "tokens per sample n",
            $"{DataSpecification.DefaultTokens}; {DataSpecification.DefaultBytes} bytes of reviews; or what the arrays hold");
        yield return DataKey(
            "tokenScale", new OptionalKind<double>(Positive, "default"), d => d.TokenScale, (d, v) => d with { TokenScale = v },
            "standard deviation of a token's entries (gaussian, teacher, correlated)", "1/√d");
        yield return DataKey(
            "targetScale", new OptionalKind<double>(NonNegative, "default"), d => d.TargetScale, (d, v) => d with { TargetScale = v },
            "standard deviation of a target's entries (gaussian)", "1/√d");
        yield return DataKey(
            "targetDistance", new OptionalKind<double>(Positive, "none"), d => d.TargetDistance, (d, v) => d with { TargetDistance = v },
            "targets at this distance from the output F_0 at the start, in units of its norm (gaussian); none: independent targets");
        yield return DataKey(
            "correlation", new NumberKind(new NumberRange(0, 1, IncludesMost: false)), d => d.Correlation,
            (d, v) => d with { Correlation = v }, "correlation between the tokens of a sample (gaussian, teacher, correlated)");
        yield return DataKey(
            "teacherResidual", new OptionalKind<double>(Any, "student"), d => d.TeacherResidual, (d, v) => d with { TeacherResidual = v },
            "residual coefficients ρ_a = ρ_f of the teacher (teacher); student: the same as the model's own");
        yield return DataKey(
            "sampleCorrelation", new NumberKind(new NumberRange(0, 1, IncludesMost: false)), d => d.SampleCorrelation,
            (d, v) => d with { SampleCorrelation = v }, "correlation between samples at the same token (correlated)");
        yield return DataKey(
            "centred", new BooleanKind(), d => d.Centred, (d, v) => d with { Centred = v },
            "whether the tokens of every sample sum to zero (correlated)");
        yield return DataKey(
            "labels", new ChoiceKind<SampleLabels>(), d => d.Labels, (d, v) => d with { Labels = v },
            "labels: independent, or the value that attention finds (correlated)");
        yield return DataKey(
            "patch", new OptionalKind<long>(Size, "none"), d => d.Patch, (d, v) => d with { Patch = (int?)v },
            "side of a patch of a picture (digits, pathfinder); none: a token is the byte of a pixel");
        yield return DataKey(
            "contourLength", new IntegerKind(new NumberRange(2, LongestContour)), d => d.ContourLength,
            (d, v) => d with { ContourLength = (int)v }, "dashes of a long contour (pathfinder without path): 6, 9, 14 as published");
        yield return DataKey(
            "testSamples", new OptionalKind<long>(Size, "default"), d => d.TestSamples, (d, v) => d with { TestSamples = (int?)v },
            "samples to test on (digits, pathfinder, reviews)", $"{DataSpecification.DefaultLabelled}");
        yield return DataKey(
            "path", new PathKind("text file, folder or .npz"), d => d.Path, (d, v) => d with { Path = v },
            "the text (text; none: the built-in corpus), an .npz with 'inputs' and 'targets' (arrays), or the folder of the published "
                + "files (digits, pathfinder, reviews; none: stand-ins)");
        yield return DataKey(
            "inputs", new PathKind(".npy file"), d => d.Inputs, (d, v) => d with { Inputs = v }, "inputs [N, n, d] (arrays)");
        yield return DataKey(
            "targets", new PathKind(".npy file"), d => d.Targets, (d, v) => d with { Targets = v }, "targets [N, n, d_out] (arrays)");
        yield return DataKey(
            "seed", new OptionalKind<long>(new IntegerKind(NumberRange.Finite), "default"), d => d.Seed, (d, v) => d with { Seed = v },
            "seed of the data", "the experiment's seed");
    }

    private static SpecificationKey DataKey<T>(
        string name, ValueKind<T> kind, Func<DataSpecification, T> get, Func<DataSpecification, T, DataSpecification> set, string text,
        string? means = null) =>
        SpecificationKey.Of(new($"data.{name}", text, means), kind, s => get(s.Data), (s, v) => s with { Data = set(s.Data, v) });

    private static IEnumerable<SpecificationKey> Initialisation()
    {
        static SpecificationKey Key<T>(
            string name, ValueKind<T> kind, Func<InitialisationSpecification, T> get,
            Func<InitialisationSpecification, T, InitialisationSpecification> set, string text, string? means = null) =>
            SpecificationKey.Of(
                new($"initialisation.{name}", text, means), kind, s => get(s.Initialisation),
                (s, v) => s with { Initialisation = set(s.Initialisation, v) });

        yield return Key(
            "from", new StartingPointKind(), i => i.From, (i, v) => i with { From = v },
            "start with the parameters that a run ended with, or had at a step, or with those of a file; none draws them");
        yield return Key(
            "scheme", new OptionalKind<InitialisationScheme>(new ChoiceKind<InitialisationScheme>(), "default"), i => i.Scheme,
            (i, v) => i with { Scheme = v }, "law of the entries of matrices",
            "gaussian; leCun in kernelAttention and classifier");
        yield return Key(
            "encoderStart", new ChoiceKind<EncoderStart>(), i => i.EncoderStart, (i, v) => i with { EncoderStart = v },
            "law of the shallow encoder's entries (S.3)");
        yield return Key("gain", NonNegative, i => i.Gain, (i, v) => i with { Gain = v }, "factor on every matrix");
        yield return Key("queryGain", NonNegative, i => i.QueryGain, (i, v) => i with { QueryGain = v }, "factor on W_Q");
        yield return Key("keyGain", NonNegative, i => i.KeyGain, (i, v) => i with { KeyGain = v }, "factor on W_K");
        yield return Key("valueGain", NonNegative, i => i.ValueGain, (i, v) => i with { ValueGain = v }, "factor on W_V");
        yield return Key("ffnInGain", NonNegative, i => i.FfnInGain, (i, v) => i with { FfnInGain = v }, "factor on W_1");
        yield return Key("ffnOutGain", NonNegative, i => i.FfnOutGain, (i, v) => i with { FfnOutGain = v }, "factor on W_2");
        yield return Key(
            "readoutGain", NonNegative, i => i.ReadoutGain, (i, v) => i with { ReadoutGain = v },
            "factor on W_U, on w_O of S, and on W_O of a model without readout");
        yield return Key("outputGain", NonNegative, i => i.OutputGain, (i, v) => i with { OutputGain = v }, "factor on W_O");
        yield return Key("zeroFfnOut", new BooleanKind(), i => i.ZeroFfnOut, (i, v) => i with { ZeroFfnOut = v }, "start W_2 at zero");
        yield return Key(
            "branchScale", new ChoiceKind<BranchScale>(), i => i.BranchScale, (i, v) => i with { BranchScale = v },
            "inverseSqrtDepth multiplies W_V and W_2 by 1/√L");
    }

    private static IEnumerable<SpecificationKey> Descent()
    {
        static SpecificationKey Key<T>(
            string name, ValueKind<T> kind, Func<DescentSpecification, T> get, Func<DescentSpecification, T, DescentSpecification> set,
            string text) =>
            SpecificationKey.Of(new($"descent.{name}", text), kind, s => get(s.Descent), (s, v) => s with { Descent = set(s.Descent, v) });

        yield return Key(
            "stepSize", new StepSizeKindOfValue(), d => d.StepSize, (d, v) => d with { StepSize = v },
            "η; auto(c) is c/λ_max(J Jᵀ) at the start, adaptive(c) is halved when the loss would rise, best(c,c,…) tries each c and "
                + "takes the best, same(RUN) is another run's");
        yield return Key(
            "method", new ChoiceKind<DescentMethod>(), d => d.Method, (d, v) => d with { Method = v },
            "gradient descent, momentum 0.9 (E.8) or Adam (E.9)");
        yield return Key(
            "batchSize", new OptionalKind<long>(Count, "all"), d => d.BatchSize, (d, v) => d with { BatchSize = (int?)v },
            "samples of a step");
        yield return Key(
            "warmUp", new IntegerKind(new NumberRange(0, int.MaxValue)), d => d.WarmUp, (d, v) => d with { WarmUp = (int)v },
            "steps of a linear warm-up of the step size (E.10)");
        yield return Key(
            "decay", new ChoiceKind<StepDecay>(), d => d.Decay, (d, v) => d with { Decay = v },
            "what the step size does after it: nothing, or fall linearly to 0 at the last step (E.10)");
        yield return Key(
            "weightDecay", NonNegative, d => d.WeightDecay, (d, v) => d with { WeightDecay = v },
            "λ of weight decay: λθ is added to the gradient, in adam θ shrinks by ηλ beside the step");
        yield return Key(
            "gradientClip", new OptionalKind<double>(Positive, "none"), d => d.GradientClip, (d, v) => d with { GradientClip = v },
            "norm that a gradient is cut to");
        yield return Key("steps", Count, d => d.Steps, (d, v) => d with { Steps = (int)v }, "most steps taken");
        yield return Key(
            "lossFloor", new NumberKind(new NumberRange(0, 1, IncludesMost: false)), d => d.LossFloor, (d, v) => d with { LossFloor = v },
            "stop when loss ≤ lossFloor × initial loss");
        yield return Key(
            "gradientTolerance", NonNegative, d => d.GradientTolerance, (d, v) => d with { GradientTolerance = v },
            "stop when the norm of the gradient is at most this");
        yield return Key(
            "precision", new ChoiceKind<Precision>(), d => d.Precision, (d, v) => d with { Precision = v },
            "precision of loss and gradient; weights, sums over samples, norms and spectra are double in either");
    }

    private static IEnumerable<SpecificationKey> Telemetry()
    {
        static SpecificationKey Key<T>(
            string name, ValueKind<T> kind, Func<TelemetrySpecification, T> get,
            Func<TelemetrySpecification, T, TelemetrySpecification> set, string text) =>
            SpecificationKey.Of(
                new($"telemetry.{name}", text), kind, s => get(s.Telemetry), (s, v) => s with { Telemetry = set(s.Telemetry, v) });

        yield return Key(
            "quantities", new TelemetryQuantitiesKind(), t => t.Quantities, (t, v) => t with { Quantities = v },
            "all; loss: without the spectra of the layers; or a list of quantities, output.sigmaMin for those of one part");
        yield return Key("every", Count, t => t.Every, (t, v) => t with { Every = (int)v }, "steps between two rows");
        yield return Key(
            "spectraAt", new SpectraScheduleKind(), t => t.SpectraAt, (t, v) => t with { SpectraAt = v },
            "steps at which full spectra are written");
        yield return Key(
            "checkpointEvery", Count, t => t.CheckpointEvery, (t, v) => t with { CheckpointEvery = (int)v },
            "steps between two checkpoints");
        yield return Key(
            "testEvery", new OptionalKind<long>(Count, "never"), t => t.TestEvery, (t, v) => t with { TestEvery = (int?)v },
            "steps between two tests along the run; the end is tested in any case");
    }

    private static SpecificationKey Seed() => SpecificationKey.Of(
        new("seed", "seed of the initial point, and of the data unless data.seed is given"), new IntegerKind(NumberRange.Finite),
        s => s.Seed, (s, v) => s with { Seed = v });
}
