using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>When a key has an effect. One that has none is not written, and
/// is refused away from what it would be if it were left out.</summary>
internal static class KeyRules
{
    private static readonly Dictionary<string, Need> s_needs = new(StringComparer.Ordinal)
    {
        ["model.inputWidth"] = new(
            s => s.Model.Embedding && s.Data.MakesTokens, "where tokens enter as they are or are read", "set embedding=true"),
        ["model.encoderWidth"] = new(
            s => s.Model.Kind == ModelKind.ShallowEncoder, "but in model.kind 'shallowEncoder'", "give keyWidth and valueWidth"),
        ["model.normalisesRows"] = new(
            s => s.Model.Kernel == AttentionKernelKind.Gaussian, "but on the gaussian kernel", "set kernel=gaussian"),
        ["model.outputMatrixWidth"] = new(s => s.Model.OutputMatrix, "without W_O", "set outputMatrix=true"),
        ["model.masksPadding"] = new(s => s.Data.Source == DataSource.Reviews, "on samples without padding", "set source=reviews"),
        ["model.ffnResidual"] = new(HasFfn, "without a feed-forward layer", "give ffnWidth"),
        ["model.activation"] = new(HasFfn, "without a feed-forward layer", "give ffnWidth"),
        ["model.activationSlope"] = new(
            s => Activations(s.Model).Any(kind => kind is ActivationKind.LeakyRelu or ActivationKind.SmoothLeakyRelu),
            "without a leaky activation", "set activation=smoothLeakyRelu"),
        ["model.activationSmoothing"] = new(
            s => Activations(s.Model).Contains(ActivationKind.SmoothLeakyRelu), "but on smoothLeakyRelu", "set activation=smoothLeakyRelu"),
        ["model.normKind"] = new(HasNorm, "where nothing is normalised", "set norm=pre or finalNorm=true"),
        ["model.normParameters"] = new(HasNorm, "where nothing is normalised", "set norm=pre or finalNorm=true"),
        ["model.normEpsilon"] = new(HasNorm, "where nothing is normalised", "set norm=pre or finalNorm=true"),
        ["model.readoutWidth"] = new(
            s => s.Model.ReadoutWidth is null || HasReadout(s) || s.Model is { Kind: ModelKind.KernelAttention, OutputMatrix: true },
            "without a readout", "set readout=tokens"),
        ["model.readoutBias"] = new(HasReadout, "without a readout", "set readout=tokens"),
        ["model.pooling"] = new(s => s.Model.Readout == ReadoutKind.Pooled, "but on a pooled readout", "set readout=pooled"),
        ["model.outputScale"] = new(HasReadout, "without a readout", "set readout=tokens"),
        ["model.lossReduction"] = new(
            s => s.Model.Loss == LossKind.SquaredError, "on the cross-entropy, which is always averaged", "set loss=squaredError"),
        ["initialisation.from"] = new(s => s.Initialisation.From is not null, "", ""),
        ["initialisation.scheme"] = new(
            s => s.Form != ModelForm.ShallowEncoder, "on the shallow encoder, whose start is encoderStart", "set encoderStart"),
        ["initialisation.encoderStart"] = new(
            s => s.Form == ModelForm.ShallowEncoder, "but on the shallow encoder as it is (S.1)", "set scheme"),
        ["initialisation.branchScale"] = new(s => s.Form != ModelForm.ShallowEncoder, "on the shallow encoder", "set valueGain"),
        ["initialisation.ffnInGain"] = new(HasFfn, "without a feed-forward layer", "give ffnWidth"),
        ["initialisation.ffnOutGain"] = new(HasFfn, "without a feed-forward layer", "give ffnWidth"),
        ["initialisation.zeroFfnOut"] = new(HasFfn, "without a feed-forward layer", "give ffnWidth"),
        ["initialisation.outputGain"] = new(s => s.Model.OutputMatrix, "without W_O", "set outputMatrix=true"),
        ["initialisation.readoutGain"] = new(s => HasReadout(s) || s.Model.OutputMatrix, "without a readout", "set readout=tokens"),
        ["data.path"] = OfSource(d => d.TakesPath),
        ["data.inputs"] = OfSource(d => d.Source is DataSource.Arrays),
        ["data.targets"] = OfSource(d => d.Source is DataSource.Arrays),
        ["data.tokenScale"] = OfSource(d => d.DrawsTokens),
        ["data.targetScale"] = OfSource(d => d.Source is DataSource.Gaussian),
        ["data.targetDistance"] = OfSource(d => d is { Source: DataSource.Gaussian, TargetDistance: not null }),
        ["data.correlation"] = OfSource(d => d.DrawsTokens),
        ["data.teacherResidual"] = OfSource(d => d.Source is DataSource.Teacher),
        ["data.sampleCorrelation"] = OfSource(d => d.Source is DataSource.Correlated),
        ["data.centred"] = OfSource(d => d.Source is DataSource.Correlated),
        ["data.labels"] = OfSource(d => d.Source is DataSource.Correlated),
        ["data.patch"] = OfSource(d => d.IsPictures),
        ["data.contourLength"] = OfSource(d => d.Source is DataSource.Pathfinder && d.Path is null),
        ["data.testSamples"] = OfSource(d => d.IsLabelled),
        ["data.samples"] = OfSource(d => d.IsSeeded),
        ["data.tokens"] = OfSource(d => d.IsSeeded && !d.IsPictures),
        ["data.seed"] = OfSource(d => d.IsSeeded),
        ["telemetry.testEvery"] = new(s => s.Data.IsLabelled, "where there is nothing to test on", "set source=digits"),
    };

    // A teacher is drawn by the law of its student, also where the student is not.
    private static readonly Need s_isDrawn = new(
        s => s.Initialisation.From is null || s.Data.Source == DataSource.Teacher, "beside initialisation.from", "remove that");

    /// <summary>The keys that the table is about.</summary>
    public static IEnumerable<string> Paths => s_needs.Keys;

    /// <summary>Whether the key has an effect.</summary>
    public static bool Applies(SpecificationKey key, ExperimentSpecification specification) =>
        Broken(key, specification) is null;

    /// <summary>The complaint when a key is given that has none.</summary>
    public static IEnumerable<string> Effectless(SpecificationKey key, ExperimentSpecification specification) =>
        Broken(key, specification) is not { } need || key.IsDefault(specification) ? [] : [need.Complaint(key, specification)];

    /// <summary>The same specification with every key that has no effect as if it were left out.</summary>
    public static ExperimentSpecification WithoutEffectless(ExperimentSpecification specification)
    {
        ExperimentSpecification preset = SpecificationKey.PresetOf(specification);
        return SpecificationKeys.All.Where(key => !Applies(key, specification)).Aggregate(
            specification, (rest, key) => key.Take(rest, preset));
    }

    private static Need? Broken(SpecificationKey key, ExperimentSpecification specification) =>
        s_needs.TryGetValue(key.Path, out Need? need) && !need.Holds(specification) ? need
        : key.Group == "initialisation" && key.Name != "from" && !s_isDrawn.Holds(specification) ? s_isDrawn
        : null;

    private static Need OfSource(Predicate<DataSpecification> takes) => new(s => takes(s.Data), "", "") { IsOfSource = true };

    private static bool HasFfn(ExperimentSpecification specification) => specification.Model.FfnWidth is not null;

    private static bool HasNorm(ExperimentSpecification specification) =>
        specification.Model is { Norm: not NormPlace.None } or { FinalNorm: true };

    private static bool HasReadout(ExperimentSpecification specification) => specification.Model.Readout != ReadoutKind.None;

    /// <summary>The activations that the model has.</summary>
    public static IEnumerable<ActivationKind> Activations(ModelSpecification model) =>
        new[] { model.FfnWidth is null ? null : model.Activation, model.AttentionActivation }.OfType<ActivationKind>();

    // What must hold for a key to have an effect, where it has none, and what else could be meant.
    private sealed record Need(Func<ExperimentSpecification, bool> Holds, string Where, string Remedy)
    {
        public bool IsOfSource { get; init; }

        public string Complaint(SpecificationKey key, ExperimentSpecification specification) => IsOfSource
            ? $"{key.Name} does not apply to data.source '{SpecificationKeys.Find("data.source")!.Format(specification)}'; remove it or "
                + $"choose another source."
            : $"{key.Name} has no effect {Where}; remove it or {Remedy}.";
    }
}
