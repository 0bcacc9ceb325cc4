namespace Kappa.Lab.Experiments;

/// <summary>What must hold of a specification: the range of every key, and the rules between keys.</summary>
public static class SpecificationRules
{
    private static readonly Rule[] Rules =
    [
        .. SpecificationKeys.All.Select(key => new Rule(key.Path, [key.Path, "model.kind"], s => KeyApplicability.Foreign(key, s))),
        new("data.source", ["data.source", "model.kind"], KeyApplicability.ForeignSource),
        .. ModelRules.All,
        new("data.source", ["data.source", "data.path", "data.inputs", "data.targets"], s => ArraysAreGiven(s.Data)),
        NotApplicable("data.path", s => !s.Data.TakesPath, s => s.Data.Path is not null),
        NotApplicable("data.inputs", s => s.Data.Source is not DataSource.Arrays, s => s.Data.Inputs is not null),
        NotApplicable("data.targets", s => s.Data.Source is not DataSource.Arrays, s => s.Data.Targets is not null),
        NotApplicable("data.tokenScale", s => !s.Data.DrawsTokens, s => s.Data.TokenScale is not null),
        NotApplicable("data.targetScale", s => s.Data.Source is not DataSource.Gaussian, s => s.Data.TargetScale is not null),
        NotApplicable("data.correlation", s => !s.Data.DrawsTokens, s => s.Data.Correlation != 0),
        NotApplicable("data.teacherResidual", s => s.Data.Source is not DataSource.Teacher, s => s.Data.TeacherResidual is not null),
        NotApplicable("data.sampleCorrelation", s => s.Data.Source is not DataSource.Correlated, s => s.Data.SampleCorrelation != 0),
        NotApplicable("data.centred", s => s.Data.Source is not DataSource.Correlated, s => s.Data.Centred),
        NotApplicable("data.labels", s => s.Data.Source is not DataSource.Correlated, s => s.Data.Labels != SampleLabels.Gaussian),
        NotApplicable("data.patch", s => !s.Data.IsPictures, s => s.Data.Patch is not null),
        NotApplicable("data.contourLength", s => s.Data.Source is not DataSource.Pathfinder || s.Data.Path is not null, s => s.Data.ContourLength != new DataSpecification().ContourLength),
        NotApplicable("data.testSamples", s => !s.Data.IsLabelled, s => s.Data.TestSamples is not null),
        NotApplicable("data.samples", s => !s.Data.IsSeeded, s => s.Data.Samples is not null),
        NotApplicable("data.tokens", s => !s.Data.IsSeeded || s.Data.IsPictures, s => s.Data.Tokens is not null),
        NotApplicable("data.seed", s => !s.Data.IsSeeded, s => s.Data.Seed is not null),
        new("model.trained", ["model.trained", "model.depth", "model.readoutWidth"], s => s.Model.Trained.Problems(s.Model)),
        new("telemetry.spectraAt", ["telemetry.spectraAt", "descent.steps"], SpectraWithinSteps),
        new("model.width", ["model.depth", "model.width", "model.ffnWidth", "model.keyWidth", "model.readoutWidth"], s => ParametersFit(s.Model)),
        new("data.samples", ["data.samples", "data.tokens", "model.width", "model.ffnWidth", "model.readoutWidth"], RowsFit),
    ];

    /// <summary>Everything that is wrong with a specification that was built in code.</summary>
    /// <param name="specification">Resolved or not.</param>
    /// <returns>Empty when it can be run.</returns>
    public static IReadOnlyList<Problem> Check(ExperimentSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var outOfRange = SpecificationKeys.All
            .Select(key => (key.Path, Problem: key.Check(specification)))
            .Where(check => check.Problem is not null)
            .ToDictionary(check => check.Path, check => check.Problem!, StringComparer.Ordinal);
        return
        [
            .. outOfRange.Select(check => new Problem("specification", check.Value)),
            .. Contradictions(specification, path => !outOfRange.ContainsKey(path), _ => null),
        ];
    }

    /// <summary>The rules between keys that are violated. A rule is silent when one of its keys has no sound value.</summary>
    internal static IEnumerable<Problem> Contradictions(ExperimentSpecification specification, Func<string, bool> isSound, Func<string, string?> locate) =>
        from rule in Rules
        where rule.Keys.All(isSound)
        from problem in rule.Violations(specification)
        select new Problem(locate(rule.Place) ?? rule.Keys.Select(locate).FirstOrDefault(place => place is not null) ?? "specification", problem);

    private static Rule NotApplicable(string path, Predicate<ExperimentSpecification> isForeign, Predicate<ExperimentSpecification> isGiven) => new(path, [path, "data.source"], s =>
        isForeign(s) && isGiven(s)
            ? [$"{path[(path.IndexOf('.', StringComparison.Ordinal) + 1)..]} does not apply to data.source '{SpecificationKeys.Find("data.source")!.Format(s)}'; remove it or choose another source."]
            : []);

    private static IEnumerable<string> ArraysAreGiven(DataSpecification data)
    {
        bool hasPath = data.Path is not null;
        bool hasPair = data.Inputs is not null && data.Targets is not null;
        bool hasPart = data.Inputs is not null || data.Targets is not null;
        if (data.Source is not DataSource.Arrays || (hasPath ? !hasPart : hasPair))
            yield break;
        yield return hasPath
            ? "source 'arrays' takes either path (.npz) or inputs and targets (.npy), not both."
            : hasPart
                ? $"source 'arrays' needs inputs and targets, but {(data.Inputs is null ? "inputs" : "targets")} is missing."
                : "source 'arrays' needs path (.npz) or inputs and targets (.npy), but none is given.";
    }

    private static IEnumerable<string> SpectraWithinSteps(ExperimentSpecification specification) =>
        from step in specification.Telemetry.SpectraAt.Steps
        where step > specification.Descent.Steps
        select $"spectraAt lists step {step}, which is after the last of {specification.Descent.Steps} steps; use 'last'.";

    // Sizes are at most 2²⁰ and depth at most 2¹², so the sum stays below 2⁵⁶.
    private static IEnumerable<string> ParametersFit(ModelSpecification model)
    {
        if (model.Kind != ModelKind.Residual)
            yield break;
        long width = model.Width;
        long inLayer = width * ((2L * (model.KeyWidth ?? model.Width)) + width + (2L * model.FfnWidth));
        long parameters = (model.Depth * inLayer) + (width * (model.ReadoutWidth ?? 0));
        if (parameters > Array.MaxLength)
            yield return $"the model must have at most {Array.MaxLength} parameters but has {parameters}; reduce a width or depth.";
    }

    private static IEnumerable<string> RowsFit(ExperimentSpecification specification)
    {
        DataSpecification data = specification.Resolve().Data;
        long samples = Math.Max(data.Samples ?? 1, data.TestSamples ?? 1);
        long tokens = data.Tokens ?? 1;
        long widest = Math.Max(Math.Max(Math.Max(specification.Model.Width, specification.Model.OutputWidth), specification.Model.FfnWidth), tokens);
        if ((double)samples * tokens * widest > Array.MaxLength)
            yield return $"samples × tokens × widest matrix must be at most {Array.MaxLength} but is {samples} × {tokens} × {widest}; reduce one.";
    }

}

/// <summary>A rule between keys; <paramref name="Place"/> is the key whose location is named first.</summary>
internal sealed record Rule(string Place, string[] Keys, Func<ExperimentSpecification, IEnumerable<string>> Violations);
