namespace Kappa.Lab.Experiments;

/// <summary>Which keys belong to which kind of model. A key that does not is not written, and is refused away from its default.</summary>
internal static class KeyApplicability
{
    private static readonly ModelKind[] R = [ModelKind.Residual];
    private static readonly ModelKind[] G = [ModelKind.KernelAttention];
    private static readonly ModelKind[] S = [ModelKind.ShallowEncoder];
    private static readonly ModelKind[] C = [ModelKind.Classifier];

    private static readonly Dictionary<string, ModelKind[]> Kinds = new(StringComparer.Ordinal)
    {
        ["model.depth"] = [.. R, .. C],
        ["model.ffnWidth"] = [.. R, .. C],
        ["model.keyWidth"] = [.. R, .. G],
        ["model.valueWidth"] = G,
        ["model.heads"] = [.. G, .. C],
        ["model.kernel"] = [.. G, .. C],
        ["model.normalisesRows"] = [.. G, .. C],
        ["model.masksPadding"] = C,
        ["model.encoderWidth"] = S,
        ["model.outputScale"] = S,
        ["model.pooling"] = S,
        ["model.lossReduction"] = S,
        ["model.attentionResidual"] = [.. R, .. C],
        ["model.ffnResidual"] = [.. R, .. C],
        ["model.activation"] = [.. R, .. C],
        ["model.activationSlope"] = [.. R, .. C],
        ["model.activationSmoothing"] = [.. R, .. C],
        ["model.readoutWidth"] = [.. R, .. G],
        ["initialisation.scheme"] = R,
        ["initialisation.encoderStart"] = S,
        ["initialisation.queryGain"] = [.. R, .. G, .. S],
        ["initialisation.keyGain"] = [.. R, .. G, .. S],
        ["initialisation.valueGain"] = [.. R, .. G, .. S],
        ["initialisation.readoutGain"] = [.. R, .. G, .. S],
        ["initialisation.ffnInGain"] = R,
        ["initialisation.ffnOutGain"] = R,
        ["initialisation.zeroFfnOut"] = R,
        ["initialisation.branchScale"] = R,
        ["data.teacherResidual"] = R,
        ["data.sampleCorrelation"] = S,
        ["data.centred"] = S,
        ["data.labels"] = S,
        ["data.patch"] = C,
        ["data.contourLength"] = C,
        ["data.testSamples"] = C,
        ["data.targetScale"] = [.. R, .. G, .. S],
        ["data.tokenScale"] = [.. R, .. G, .. S],
        ["data.correlation"] = [.. R, .. G, .. S],
        ["data.inputs"] = [.. R, .. G, .. S],
        ["data.targets"] = [.. R, .. G, .. S],
        ["descent.method"] = [.. G, .. S, .. C],
        ["descent.batchSize"] = [.. G, .. S, .. C],
        ["descent.warmUp"] = [.. G, .. S, .. C],
        ["descent.decay"] = [.. G, .. S, .. C],
        ["telemetry.quantities"] = R,
        ["telemetry.spectraAt"] = R,
        ["telemetry.testEvery"] = C,
    };

    private static readonly Dictionary<ModelKind, DataSource[]> Sources = new()
    {
        [ModelKind.Residual] = [DataSource.Gaussian, DataSource.Teacher, DataSource.Text, DataSource.Arrays],
        [ModelKind.KernelAttention] = [DataSource.Gaussian, DataSource.Text, DataSource.Arrays],
        [ModelKind.ShallowEncoder] = [DataSource.Gaussian, DataSource.Correlated, DataSource.Arrays],
        [ModelKind.Classifier] = [DataSource.Digits, DataSource.Pathfinder, DataSource.Reviews],
    };

    /// <summary>Whether the kind of model uses the key.</summary>
    public static bool Applies(SpecificationKey key, ModelKind kind) => !Kinds.TryGetValue(key.Path, out ModelKind[]? kinds) || kinds.Contains(kind);

    /// <summary>Which kinds of model take the key, in brackets with a leading blank; nothing when all do.</summary>
    public static string Remark(SpecificationKey key) => Kinds.TryGetValue(key.Path, out ModelKind[]? kinds) ? $" (model.kind {string.Join(", ", kinds.Select(Word))})" : "";

    /// <summary>The complaint when the key is given and belongs to other kinds.</summary>
    public static IEnumerable<string> Foreign(SpecificationKey key, ExperimentSpecification specification)
    {
        ModelKind kind = specification.Model.Kind;
        return Applies(key, kind) || key.Format(specification) == key.Format(new ExperimentSpecification())
            ? []
            : [$"{key.Name} does not apply to model.kind '{Word(kind)}'; remove it or choose another kind ({string.Join(", ", Kinds[key.Path].Select(Word))})."];
    }

    /// <summary>A source that the kind of model cannot take.</summary>
    public static IEnumerable<string> ForeignSource(ExperimentSpecification specification)
    {
        ModelKind kind = specification.Model.Kind;
        DataSource[] sources = Sources[kind];
        return sources.Contains(specification.Data.Source)
            ? []
            : [$"source '{Word(specification.Data.Source)}' does not apply to model.kind '{Word(kind)}'; use {string.Join(" or ", sources.Select(Word))}."];
    }

    private static string Word<T>(T value)
        where T : struct, Enum => new ChoiceKind<T>().Format(value);
}
