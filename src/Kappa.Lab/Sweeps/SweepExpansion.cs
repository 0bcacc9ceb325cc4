using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Sweeps;

/// <summary>Takes every combination of the axes, derives, filters, checks and names it.</summary>
internal sealed class SweepExpansion(SweepDescription description, KeyResolver resolver, List<Problem> problems, OtherRuns others)
{
    private const int EnoughProblems = 100;

    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);
    private readonly RunNames _names = new();
    private readonly HashSet<string> _refusals = new(StringComparer.Ordinal);
    private readonly HashSet<Problem> _reported = [.. problems];
    private readonly Dictionary<SweepRule, (SpecificationKey[] Keys, string[] Tokens)> _rules = [];
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private ExperimentSpecification? _valued;
    private readonly HashSet<string> _varying = [
        .. description.Axes.SelectMany(axis => axis.Keys).Concat(description.Derived.Select(rule => rule.Key!)).Select(key => key.Path)];

    /// <summary>The runs of the first combinations.</summary>
    /// <param name="count">How many combinations.</param>
    /// <param name="isNamed">Whether the sweep is complete: only then runs have names, can be the same, and their data are read.</param>
    public List<SweepRun> Runs(long count, bool isNamed)
    {
        foreach (SweepRule rule in description.Derived.Concat(description.Where).Concat(description.Exclude))
            FindKeys(rule);
        var runs = new List<SweepRun>();
        for (long index = 0; index < count && problems.Count < EnoughProblems; index++)
        {
            List<Setting> swept = Combination(index);
            if (Expand(swept) is { } specification && isNamed && Named(specification.Resolve(), swept) is { } run)
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

    // Null when it is not kept, or has problems.
    private ExperimentSpecification? Expand(List<Setting> swept)
    {
        var found = new List<Problem>();
        var applied = new AppliedSettings(found);
        applied.Apply([.. description.Base.Concat(swept).DistinctBy(setting => setting.Key)]);
        var underived = new HashSet<string>(StringComparer.Ordinal);
        foreach (SweepRule rule in description.Derived)
        {
            ExperimentSpecification completed = applied.Completed();
            if (Guarded(rule, IsKnown, found, tokens => SweepExpression.Evaluate(tokens, key => ValueOf(completed, key))) is { } value)
                applied.Apply([new(rule.Key!, new(Written(value), false), rule.Location)]);
            else
                _ = underived.Add(rule.Key!.Path);
        }

        applied.Complete();
        bool? isKept = IsKept(applied.Specification, IsKnown, found);

        // Of a combination that may be left out, only what is the same in all of them counts.
        if (isKept != false)
            found.AddRange(
                SpecificationRules.Contradictions(
                    applied.Specification, path => IsKnown(path) && (isKept == true || !_varying.Contains(path)), applied.Locate));
        problems.AddRange(found.Where(_reported.Add));
        return found.Count == 0 && isKept == true ? applied.Specification : null;

        bool IsKnown(string path) =>
            applied.IsSound(path) && !underived.Contains(path) && !description.Gaps.Covers(path, applied.Locate(path) is not null);
    }

    // Null when it cannot be told.
    private bool? IsKept(ExperimentSpecification specification, Func<string, bool> isKnown, List<Problem> found)
    {
        // One rule that leaves the combination out is enough: that another has no value there is no problem.
        var wrong = new List<Problem>();
        bool? verdict = description.Gaps.HasRules ? null : true;
        foreach (bool? isMet in description.Where.Select(Holds).Concat(description.Exclude.Select(rule => !Holds(rule))))
        {
            if (isMet == false)
                return false;
            verdict = isMet is null ? null : verdict;
        }

        found.AddRange(wrong);
        return verdict;

        bool? Holds(SweepRule rule) =>
            (bool?)Guarded(rule, isKnown, wrong, tokens => SweepExpression.Holds(tokens, key => ValueOf(specification, key)));
    }

    // Null when the value is not known, or there is none, which is a problem.
    private object? Guarded(SweepRule rule, Func<string, bool> isKnown, List<Problem> found, Func<string[], object> evaluate)
    {
        if (!_rules.TryGetValue(rule, out (SpecificationKey[] Keys, string[] Tokens) known) || !known.Keys.All(key => isKnown(key.Path)))
            return null;
        try
        {
            return evaluate(known.Tokens);
        }
        catch (ExpressionException error)
        {
            found.Add(Wrong(rule, error));
            return null;
        }
    }

    // Once for every expression: the keys that it reads, or what is wrong with each of its names.
    private void FindKeys(SweepRule rule)
    {
        int before = problems.Count;
        var keys = new List<SpecificationKey>();
        string[] tokens = [];
        try
        {
            tokens = SweepExpression.Split(rule.Expression);
            foreach (string name in SweepExpression.Names(tokens))
            {
                if (resolver.Find(name, out string problem) is { } key)
                    keys.Add(key);
                else if (!IsWord(name))
                    Report(Wrong(rule, new($"has an {problem.TrimEnd('.')}")));
            }
        }
        catch (ExpressionException error)
        {
            Report(Wrong(rule, error));
        }

        if (problems.Count == before)
            _rules[rule] = ([.. keys], tokens);

        void Report(Problem problem)
        {
            if (_reported.Add(problem))
                problems.Add(problem);
        }
    }

    private static Problem Wrong(SweepRule rule, ExpressionException error) =>
        new(rule.Location, $"'{Shown.Of(rule.Expression)}' {error.Message}{(error.Message.EndsWith('?') ? "" : ".")}");

    private SweepRun? Named(ExperimentSpecification specification, List<Setting> swept)
    {
        var values = swept.ToDictionary(setting => setting.Key.Path, setting => setting.Key.Format(specification), StringComparer.Ordinal);
        string point = string.Join(" ", values.Select(pair => $"{pair.Key}={pair.Value}"));
        try
        {
            ExperimentSpecification pinned = others.Pin(specification);
            string name = _names.Of(pinned);
            if (_byName.TryAdd(name, point))
                return new(name, values, pinned);
            problems.Add(new("sweep", $"'{point}' and '{_byName[name]}' are the same run {name}. Remove one, or exclude it."));
        }
        catch (BadInputException error)
        {
            // Usually of a file that all runs read: said once.
            if (_refusals.Add(error.Message))
                problems.Add(new("sweep", point.Length > 0 ? $"'{point}': {error.Message}" : error.Message));
        }

        return null;
    }

    // A name that is no key is a word, such as the 'he' of "scheme == he", if some key takes it.
    private object ValueOf(ExperimentSpecification specification, string name)
    {
        // Of one combination an expression can ask for the same key hundreds of times.
        if (!ReferenceEquals(specification, _valued))
        {
            _values.Clear();
            _valued = specification;
        }

        return _values.TryGetValue(name, out object? known) ? known : _values[name] = FreshValue(specification, name);
    }

    private object FreshValue(ExperimentSpecification specification, string name)
    {
        if (resolver.Find(name, out string problem) is not { } key)
            return IsWord(name) ? name : throw new ExpressionException($"has an {problem.TrimEnd('.')}");

        string text = key.Format(specification.Resolve());
        return text is "true" or "false" ? text == "true"
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
            : text;
    }

    private static bool IsWord(string name) => SpecificationKeys.All.Any(candidate => candidate.Values.Split(" | ").Contains(name));

    private static string Written(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        double number when double.IsInteger(number) && Math.Abs(number) < 1L << 53 => ((long)number).ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => (string)value,
    };
}
