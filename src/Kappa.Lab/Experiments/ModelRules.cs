namespace Kappa.Lab.Experiments;

/// <summary>The rules between keys that the models beside R bring.</summary>
internal static class ModelRules
{
    private static readonly string[] Gains =
    [
        "initialisation.gain", "initialisation.queryGain", "initialisation.keyGain", "initialisation.valueGain", "initialisation.ffnInGain", "initialisation.ffnOutGain", "initialisation.readoutGain",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Rule> All { get; } =
    [
        new("model.heads", ["model.heads", "model.width", "model.kind"], s => WidthDivides(s.Model)),
        new("model.temperature", ["model.temperature", "model.kernel", "model.kind"], s => GaussianIsPositive(s.Model)),
        new("model.normalisesRows", ["model.normalisesRows", "model.kernel", "model.kind"], s => s.Model is { NormalisesRows: true, Kernel: Kappa.Models.AttentionKernelKind.Softmax }
            ? ["normalisesRows is about the gaussian kernel; the rows of a softmax always sum to one. Remove it or set kernel=gaussian."]
            : []),
        new("descent.stepSize", ["descent.stepSize", "descent.method", "descent.batchSize", "model.kind"], StepSizeIsKnown),
        new("descent.warmUp", ["descent.warmUp", "descent.steps", "descent.decay"], s => s.Descent.WarmUp >= s.Descent.Steps
            ? [$"warmUp must have fewer steps than the run, {s.Descent.Steps}, but has {s.Descent.WarmUp}."]
            : []),
        new("initialisation.gain", Gains, s => GainsAreFinite(s.Initialisation)),
        new("data.samples", ["data.samples", "data.testSamples", "data.source"], s => CountsBalance(s.Data)),
        new("model.width", ["model.width", "model.encoderWidth", "model.heads", "model.kind"], ParametersFit),
    ];

    private static IEnumerable<string> WidthDivides(ModelSpecification model)
    {
        bool needs = model.Kind == ModelKind.Classifier || (model.Kind == ModelKind.KernelAttention && (model.KeyWidth is null || model.ValueWidth is null));
        if (needs && model.Width % model.Heads != 0)
            yield return $"heads must divide width, {model.Width}, but is {model.Heads}{(model.Kind == ModelKind.KernelAttention ? "; or give keyWidth and valueWidth" : "")}.";
    }

    private static IEnumerable<string> GaussianIsPositive(ModelSpecification model)
    {
        if (model.Kernel == Kappa.Models.AttentionKernelKind.Gaussian && model.Temperature <= 0)
            yield return FormattableString.Invariant($"temperature is the inverse squared bandwidth of the gaussian kernel and must be positive but is {model.Temperature:R}.");
    }

    // An automatic step is 1/λ_max of a squared loss over all samples, and an adaptive one needs the loss of every step.
    private static IEnumerable<string> StepSizeIsKnown(ExperimentSpecification specification)
    {
        (ModelKind kind, DescentSpecification descent) = (specification.Model.Kind, specification.Descent);
        if (kind == ModelKind.Residual)
            yield break;
        if (descent.StepSize.Kind == StepSizeKind.Adaptive)
            yield return "stepSize adaptive(c) is for model.kind 'residual'; give a number, or auto(c) for all samples at once.";
        else if (descent.StepSize.Kind == StepSizeKind.Auto && (kind == ModelKind.Classifier || descent.Method == DescentMethod.Adam || descent.BatchSize is not null))
            yield return $"stepSize must be a number for {(kind == ModelKind.Classifier ? "model.kind 'classifier'" : descent.Method == DescentMethod.Adam ? "method 'adam'" : "a batchSize")}, where 1/λ_max(J Jᵀ) says nothing about it; give one, for example stepSize=0.001.";
    }

    private static IEnumerable<string> GainsAreFinite(InitialisationSpecification start) =>
        from own in new (string Name, double Value)[]
        {
            ("queryGain", start.QueryGain), ("keyGain", start.KeyGain), ("valueGain", start.ValueGain), ("ffnInGain", start.FfnInGain), ("ffnOutGain", start.FfnOutGain), ("readoutGain", start.ReadoutGain),
        }
        where !double.IsFinite(start.Gain * own.Value)
        select FormattableString.Invariant($"gain × {own.Name} must be a finite number but they are {start.Gain:R} and {own.Value:R}; reduce one.");

    private static IEnumerable<string> CountsBalance(DataSpecification data)
    {
        int classes = data.Source == DataSource.Digits ? 10 : 2;
        if (!data.IsLabelled)
            yield break;
        foreach ((string name, int? count) in new[] { ("samples", data.Samples), ("testSamples", data.TestSamples) })
        {
            if (count is int given && given % classes != 0)
                yield return $"{name} must be a multiple of {classes}, as many of each class, but is {given}.";
        }
    }

    private static IEnumerable<string> ParametersFit(ExperimentSpecification specification)
    {
        ModelSpecification model = specification.Model;
        double width = model.Width, parameters = model.Kind switch
        {
            ModelKind.KernelAttention => width * model.Heads * ((2.0 * (model.KeyWidth ?? model.HeadWidth)) + (2.0 * (model.ValueWidth ?? model.HeadWidth))),
            ModelKind.ShallowEncoder => model.EncoderWidth * ((3 * width) + 1),
            ModelKind.Classifier => model.Depth * width * ((4 * width) + (2.0 * model.FfnWidth) + 4),
            _ => 0,
        };
        if (parameters > Array.MaxLength)
            yield return FormattableString.Invariant($"the model must have at most {Array.MaxLength} parameters but has {parameters:F0}; reduce a width.");
    }
}
