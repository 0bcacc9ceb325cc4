using System.Globalization;
using Kappa.Lab.Experiments;

namespace Kappa.Lab.Sweeps;

/// <summary>Takes every combination of the axes, derives, filters, checks and names it.</summary>
internal sealed class SweepExpansion(SweepDescription description, KeyResolver resolver, List<Problem> problems)
{
    private const int EnoughProblems = 100;

    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _fingerprints = new(StringComparer.Ordinal);

    public List<SweepRun> Runs()
    {
        var runs = new List<SweepRun>();
        long count = description.Axes.Aggregate(1L, (product, axis) => product * axis.Points.Count);
        for (long index = 0; index < count && problems.Count < EnoughProblems; index++)
        {
            if (Expand(Combination(index)) is { } run)
                runs.Add(run);
        }

        return runs;
    }

    // The last axis runs fastest.
    private List<Setting> Combination(long index)
    {
        var settings = new List<Setting>();
        foreach (SweepAxis axis in description.Axes.AsEnumerable().Reverse())
        {
            settings.InsertRange(0, axis.Points[(int)(index % axis.Points.Count)]);
            index /= axis.Points.Count;
        }

        return settings;
    }

    private SweepRun? Expand(List<Setting> swept)
    {
        int before = problems.Count;
        var applied = new AppliedSettings(problems);
        applied.Apply([.. description.Base, .. swept]);
        foreach (SweepRule rule in description.Derived)
        {
            if (Guarded(rule, () => SweepExpression.Evaluate(rule.Expression, key => ValueOf(applied.Specification, key))) is { } value)
                applied.Apply([new(rule.Key!, new(Written(value), false), rule.Location)]);
        }

        if (problems.Count > before || !IsKept(applied.Specification))
            return null;
        problems.AddRange(SpecificationRules.Contradictions(applied.Specification, applied.IsSound, applied.Locate));
        return problems.Count > before ? null : Named(applied.Specification.Resolve(), swept);
    }

    private bool IsKept(ExperimentSpecification specification) =>
        description.Where.All(rule => Holds(rule, specification) == true) && description.Exclude.All(rule => Holds(rule, specification) == false);

    private bool? Holds(SweepRule rule, ExperimentSpecification specification) =>
        (bool?)Guarded(rule, () => SweepExpression.Holds(rule.Expression, key => ValueOf(specification, key)));

    private object? Guarded(SweepRule rule, Func<object> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (ExpressionException error)
        {
            problems.Add(new(rule.Location, $"'{Shown.Of(rule.Expression)}' {error.Message}."));
            return null;
        }
    }

    private SweepRun? Named(ExperimentSpecification specification, List<Setting> swept)
    {
        var values = swept.ToDictionary(setting => setting.Key.Path, setting => setting.Key.Format(specification), StringComparer.Ordinal);
        string point = string.Join(" ", values.Select(pair => $"{pair.Key}={pair.Value}"));
        try
        {
            string name = RunName.Of(specification, Fingerprint(specification));
            if (_byName.TryAdd(name, point))
                return new(name, values, specification);
            problems.Add(new("sweep", $"'{point}' and '{_byName[name]}' are the same run {name}. Remove one, or exclude it."));
        }
        catch (BadInputException error)
        {
            problems.Add(new("sweep", $"'{point}': {error.Message}"));
        }

        return null;
    }

    // Data from outside are read once for each description of them, not once for each run.
    private string? Fingerprint(ExperimentSpecification specification)
    {
        if (!ExperimentData.IsExternal(specification))
            return null;
        string data = $"{specification.Data} {specification.Model.Kind} {specification.Model.Width} {specification.Model.OutputWidth}";
        if (_fingerprints.TryGetValue(data, out string? fingerprint))
            return fingerprint;
        using var run = PreparedRun.Of(specification, 1, _ => 0);
        return _fingerprints[data] = run.ExternalData;
    }

    // A name that is no key is a word, such as the 'he' of "scheme == he", if some key takes it.
    private object ValueOf(ExperimentSpecification specification, string name)
    {
        if (resolver.Find(name, out string problem) is not { } key)
        {
            bool isWord = SpecificationKeys.All.Any(candidate => candidate.Values.Split(" | ").Contains(name));
            return isWord ? name : throw new ExpressionException($"has an {problem.TrimEnd('.')}");
        }

        string text = key.Format(specification.Resolve());
        return text is "true" or "false" ? text == "true"
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
            : text;
    }

    private static string Written(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        double number when double.IsInteger(number) && Math.Abs(number) < 1L << 53 => ((long)number).ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => (string)value,
    };
}
