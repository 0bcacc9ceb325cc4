using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>What must hold of a specification: the range of every key, and the rules between keys.</summary>
internal static class SpecificationRules
{
    private static readonly Rule[] Rules =
    [
        .. SpecificationKeys.All.Select(key =>
            new Rule(key.Path, [key.Path, "model.kind", "data.source"], s => KeyRules.Effectless(key, s))),
        .. ModelRules.All,
        new("data.source", ["data.source", "data.path", "data.inputs", "data.targets"], s => ArraysAreGiven(s.Data)),
        new(
            "data.targetScale", ["data.targetScale", "data.targetDistance", "data.source"],
            s => s.Data is { TargetScale: not null, TargetDistance: not null }
            ? ["targetScale has no effect beside targetDistance, which measures in the output at the start; give one of them."]
            : []),
        new(
            "model.trained", ["model.trained", "model.depth", "model.readoutWidth", "model.ffnWidth", "model.kind"],
            s => s.Model.Trained.Problems(s.Model)),
        new("telemetry.spectraAt", ["telemetry.spectraAt", "descent.steps"], SpectraWithinSteps),
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
    internal static IEnumerable<Problem> Contradictions(
        ExperimentSpecification specification, Func<string, bool> isSound, Func<string, string?> locate) =>
        from broken in (
            from rule in Rules
            where rule.Keys.All(isSound)
            from problem in rule.Violations(specification)
            select (Keys: rule.Keys.Prepend(rule.Place), Problem: problem))
            .Concat(ModelRules.OfShape(specification, isSound).Select(broken => (Keys: broken.Keys.AsEnumerable(), broken.Problem)))
        select new Problem(broken.Keys.Select(locate).FirstOrDefault(place => place is not null) ?? "specification", broken.Problem);

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

    private static IEnumerable<string> RowsFit(ExperimentSpecification specification)
    {
        DataSpecification data = specification.Resolve().Data;
        long samples = Math.Max(data.Samples ?? 1, data.TestSamples ?? 1);
        long tokens = data.Tokens ?? 1;
        long widest = Math.Max(
            Math.Max(Math.Max(specification.Model.Width, specification.Model.OutputWidth), specification.Model.FfnWidth ?? 0), tokens);
        if ((double)samples * tokens * widest > Array.MaxLength)
            yield return $"samples × tokens × widest matrix must be at most {Array.MaxLength} but is {samples} × {tokens} × {widest}; "
                + $"reduce one.";
    }

}

/// <summary>A rule between keys; <paramref name="Place"/> is the key whose location is named first.</summary>
internal sealed record Rule(string Place, string[] Keys, Func<ExperimentSpecification, IEnumerable<string>> Violations);
