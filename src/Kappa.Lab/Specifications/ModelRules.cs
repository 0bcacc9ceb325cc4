using System.Globalization;
using Kappa.Models;

namespace Kappa.Lab.Specifications;

/// <summary>What must hold between the keys of a model, of its data and of its descent: the core's
/// rules for shapes under the names of the keys, and those that data and methods bring.</summary>
internal static class ModelRules
{
    private static readonly string[] s_gains =
    [
        "initialisation.gain", "initialisation.queryGain", "initialisation.keyGain", "initialisation.valueGain", "initialisation.ffnInGain",
        "initialisation.ffnOutGain", "initialisation.readoutGain",
        "initialisation.outputGain",
    ];

    // The key that sets a property of a shape; what is not here has the property's name with its first letter in lower case.
    private static readonly Dictionary<string, string> s_keys = new(StringComparer.Ordinal)
    {
        [nameof(TransformerShape.Input)] = "data.source",
        [nameof(TransformerShape.Tokens)] = "data.tokens",
        [nameof(TransformerShape.HasEmbedding)] = "model.embedding",
        [nameof(TransformerShape.HasOutput)] = "model.outputMatrix",
        [nameof(TransformerShape.OutputWidth)] = "model.outputMatrixWidth",
        [nameof(TransformerShape.HasAttentionBiases)] = "model.bias",
        [nameof(TransformerShape.HasFfnBiases)] = "model.bias",
        [nameof(TransformerShape.HasNormParameters)] = "model.normParameters",
        [nameof(TransformerShape.HasLastNorm)] = "model.finalNorm",
        [nameof(TransformerShape.HasReadoutBias)] = "model.readoutBias",
        [nameof(TransformerShape.Reduction)] = "model.lossReduction",
        [nameof(TransformerShape.Parameters)] = "model.kind",
    };

    /// <summary>All but those of shapes.</summary>
    public static IReadOnlyList<Rule> All { get; } =
    [
        new("model.loss", ["model.loss", "data.source"], LossFits),
        new("model.readout", ["model.readout", "data.source"], ReadoutFits),
        new("model.readoutWidth", ["model.readoutWidth", "model.readout", "data.source"], ReadoutWidthFits),
        new("model.temperature", ["model.temperature", "model.kernel"], s => GaussianIsPositive(s.Model)),
        new("model.activationSmoothing", ["model.activationSmoothing", "model.activation", "descent.precision"], SmoothingFitsPrecision),
        new(
            "descent.stepSize",
            [
                "descent.stepSize", "descent.method", "descent.batchSize", "model.loss", "descent.weightDecay", "descent.gradientClip",
                "descent.warmUp"],
            StepSizeIsKnown),
        new("descent.warmUp", ["descent.warmUp", "descent.steps", "descent.decay"], s => s.Descent.WarmUp >= s.Descent.Steps
            ? [$"warmUp must have fewer steps than the run, {s.Descent.Steps}, but has {s.Descent.WarmUp}."]
            : []),
        new("initialisation.gain", s_gains, s => GainsAreFinite(s.Initialisation)),
        new("data.samples", ["data.samples", "data.testSamples", "data.source"], s => CountsBalance(s.Data)),
        new(
            "model.width",
            [
                "model.depth", "model.width", "model.ffnWidth", "model.keyWidth", "model.valueWidth", "model.heads", "model.readoutWidth",
                "model.encoderWidth"],
            ParametersFit),
    ];

    /// <summary>What a rule of a shape says with the names and values of the keys.</summary>
    /// <param name="rule">A rule that does not hold.</param>
    /// <param name="shape">Of which shape.</param>
    /// <param name="specification">That the shape came from.</param>
    public static string Explain(TransformerRule rule, TransformerShape shape, ExperimentSpecification specification)
    {
        ExperimentSpecification resolved = specification.Resolve();
        return rule.Explain(shape, Name, Value);

        // Without W_O the branch is as wide as the heads make it.
        string Name(string property) => property == nameof(TransformerShape.OutputWidth) && !shape.HasOutput
            ? "heads × valueWidth"
            : PathOf(property)[(PathOf(property).IndexOf('.', StringComparison.Ordinal) + 1)..];

        // What a shape was given from elsewhere stands in the shape alone.
        string? Value(string property) =>
            property is nameof(TransformerShape.InputWidth) or nameof(TransformerShape.OutputWidth) or nameof(TransformerShape.Tokens)
            ? null
            : SpecificationKeys.Find(PathOf(property))?.Format(resolved);
    }

    /// <summary>What a shape violates, with the keys that it is about: of several faults in one property the first.</summary>
    /// <param name="specification">Any specification.</param>
    /// <param name="isSound">Whether the value of a key is in its range.</param>
    public static IEnumerable<(string[] Keys, string Problem)> OfShape(ExperimentSpecification specification, Func<string, bool> isSound)
    {
        if (!SpecificationKeys.OfModel.All(key => isSound(key.Path)))
            yield break;
        TransformerShape shape = specification.Model.ToTransformerShape(DataForm.Expected(specification));

        // Who asks for other data than the model reads is told so, and not what that would take. A temperature has a sentence of its own.
        var said = new HashSet<string>(StringComparer.Ordinal) { nameof(TransformerShape.Kernel) };
        if (ReadoutFits(specification).Any())
            said.UnionWith([nameof(TransformerShape.Input), nameof(TransformerShape.InputWidth)]);
        foreach (TransformerRule rule in TransformerRules.All)
        {
            if (rule.Holds(shape) || rule.Properties.Any(said.Contains))
                continue;
            string[] keys = [.. rule.Properties.Select(PathOf).Distinct()];
            said.UnionWith(rule.Properties);
            if (keys.All(isSound))
                yield return (keys, Explain(rule, shape, specification));
        }
    }

    private static string PathOf(string property) =>
        s_keys.GetValueOrDefault(property) ?? $"model.{char.ToLowerInvariant(property[0])}{property[1..]}";

    private static IEnumerable<string> LossFits(ExperimentSpecification specification)
    {
        if (specification is { Model.Loss: LossKind.CrossEntropy, Data.IsLabelled: false })
            yield return $"loss 'crossEntropy' needs classes, which source '{Word(specification.Data.Source)}' does not have; set "
                + $"source=digits, pathfinder or reviews, or loss=squaredError.";
    }

    private static IEnumerable<string> ReadoutFits(ExperimentSpecification specification)
    {
        (DataSpecification data, ModelSpecification model) = (specification.Data, specification.Model);
        bool isPooled = model.Readout == ReadoutKind.Pooled;
        if (data.IsLabelled && !isPooled)
            yield return $"source '{Word(data.Source)}' has one class for a sample, so readout must be 'pooled' but is "
                + $"'{Word(model.Readout)}'; set readout=pooled, or start from model.kind=classifier.";
        else if (data.Source == DataSource.Correlated && !isPooled)
            yield return $"source 'correlated' has one number for a sample, so readout must be 'pooled' but is '{Word(model.Readout)}'; "
                + $"set readout=pooled, or start from model.kind=shallowEncoder.";
        else if (data.Source == DataSource.Text && isPooled)
            yield return "source 'text' has a target for each token, so readout must be 'none' or 'tokens' but is 'pooled'; set "
                + "readout=tokens with a readoutWidth, or another source.";
    }

    private static IEnumerable<string> ReadoutWidthFits(ExperimentSpecification specification)
    {
        (DataSpecification data, ModelSpecification model) = (specification.Data, specification.Model);
        if (model.Readout != ReadoutKind.Pooled || model.ReadoutWidth is not int width)
            yield break;
        if (data.IsLabelled && width != data.Classes)
            yield return $"readoutWidth must be the number of classes of source '{Word(data.Source)}', {data.Classes}, but is {width}; "
                + $"leave it out.";
        else if (!data.IsLabelled && data.Source != DataSource.Teacher && width != 1)
            yield return $"readoutWidth must be 1 where source '{Word(data.Source)}' has one number for a pooled sample but is {width}; "
                + $"leave it out, or set source=teacher.";
    }

    private static IEnumerable<string> GaussianIsPositive(ModelSpecification model)
    {
        if (model.Kernel == AttentionKernelKind.Gaussian && model.Temperature <= 0)
            yield return FormattableString.Invariant(
                $"temperature is the inverse squared bandwidth of the gaussian kernel and must be positive but is {model.Temperature:R}.");
    }

    private static IEnumerable<string> SmoothingFitsPrecision(ExperimentSpecification specification)
    {
        double smoothing = specification.Model.ActivationSmoothing;
        bool isOutside = KeyRules.Activations(specification.Model).Contains(ActivationKind.SmoothLeakyRelu)
            && smoothing is not (>= 1e-18 and <= 1e18);
        if (specification.Descent.Precision == Kappa.Numerics.Precision.Single && isOutside)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"activationSmoothing must be from 1E-18 to 1E+18 in single precision, where its square must be a number, but is "
                    + $"{smoothing:R}; set precision=double.");
    }

    // An automatic step is 1/λ_max of a squared loss over all samples, and an adaptive one compares the losses of plain steps over them.
    private static IEnumerable<string> StepSizeIsKnown(ExperimentSpecification specification)
    {
        DescentSpecification descent = specification.Descent;
        string? place = specification is { Model.Loss: LossKind.CrossEntropy, Data.IsLabelled: true } ? "loss 'crossEntropy'"
            : descent.Method == DescentMethod.Adam ? "method 'adam'"
            : descent.BatchSize is not null ? "a batchSize"
            : null;
        bool isAdaptive = descent.StepSize.Kind is StepSizeKind.Adaptive or StepSizeKind.Best;
        if (place is not null && (isAdaptive || descent.StepSize.Kind == StepSizeKind.Auto))
            yield return $"stepSize must be a number for {place}, where 1/λ_max(J Jᵀ) says nothing about it; give one, for example "
                + $"stepSize=0.001.";
        else if (isAdaptive
            && (
                descent is not
                { Method: DescentMethod.GradientDescent, WarmUp: 0, Decay: StepDecay.None, WeightDecay: 0, GradientClip: null }))
            yield return $"stepSize {(descent.StepSize.Kind == StepSizeKind.Best ? "best(…)" : "adaptive(c)")} is for plain gradient "
                + $"descent; give auto(c) or a number, or leave out method, warmUp, decay, weightDecay and gradientClip.";
    }

    private static IEnumerable<string> GainsAreFinite(InitialisationSpecification start) =>
        from own in new (string Name, double Value)[]
        {
            ("queryGain", start.QueryGain), ("keyGain", start.KeyGain), ("valueGain", start.ValueGain), ("ffnInGain", start.FfnInGain),
            ("ffnOutGain", start.FfnOutGain), ("readoutGain", start.ReadoutGain),
            ("outputGain", start.OutputGain), ("outputGain × readoutGain", start.OutputGain * start.ReadoutGain),
        }
        where !double.IsFinite(start.Gain * own.Value)
        select FormattableString.Invariant(
            $"gain × {own.Name} must be a finite number but they are {start.Gain:R} and {own.Value:R}; reduce one.");

    private static IEnumerable<string> CountsBalance(DataSpecification data)
    {
        if (!data.IsLabelled)
            yield break;
        foreach ((string name, int? count) in new[] { ("samples", data.Samples), ("testSamples", data.TestSamples) })
        {
            if (count is int given && given % data.Classes != 0)
                yield return $"{name} must be a multiple of {data.Classes}, as many of each class, but is {given}.";
        }
    }

    private static IEnumerable<string> ParametersFit(ExperimentSpecification specification)
    {
        double parameters = ModelMemory.Parameters(specification.Model.ToTransformerShape(DataForm.Expected(specification)));
        if (parameters > Array.MaxLength)
            yield return FormattableString.Invariant(
                $"the model must have at most {Array.MaxLength} parameters but has {parameters:F0}; reduce a width or depth.");
    }

    private static string Word<T>(T value)
        where T : struct, Enum => new ChoiceKind<T>().Format(value);
}
