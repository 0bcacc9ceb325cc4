using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using YamlDotNet.RepresentationModel;

namespace Kappa.Lab.Sweeps;

/// <summary>One run of a sweep.</summary>
/// <param name="Name">Its folder, see <see cref="RunName"/>.</param>
/// <param name="Values">The swept keys and their values, as text.</param>
/// <param name="Specification">Resolved.</param>
public sealed record SweepRun(string Name, IReadOnlyDictionary<string, string> Values, ExperimentSpecification Specification);

/// <summary>A sweep, expanded.</summary>
/// <param name="Name">12 hexadecimal digits: the hash of the names of its runs.</param>
/// <param name="Runs">In the order of the axes, the last one fastest.</param>
public sealed record SweepPlan(string Name, IReadOnlyList<SweepRun> Runs)
{
    /// <summary>A plan made in code. It has no swept values.</summary>
    /// <param name="runs">Names, see <see cref="RunName"/>, all different, and specifications without problems.</param>
    internal static SweepPlan Of(IEnumerable<(string Name, ExperimentSpecification Specification)> runs)
    {
        SweepRun[] all = [.. runs.Select(run => new SweepRun(run.Name, new Dictionary<string, string>(), run.Specification.Resolve()))];
        return new SweepPlan(SweepReader.NameOf(all), all);
    }
}

/// <summary>A plan, or everything that is wrong with it.</summary>
/// <param name="Plan">Null when there are problems.</param>
/// <param name="Problems">All of them; of more than 100 the first 100.</param>
public sealed record SweepReading(SweepPlan? Plan, IReadOnlyList<Problem> Problems);

/// <summary>Reads a sweep from YAML and command-line words, expands it and checks every run of it before the first one starts.</summary>
public static class SweepReader
{
    /// <summary>More runs than this are refused unless the caller allows them.</summary>
    public const int DefaultLimit = 10_000;

    private const int MostProblems = 100;
    private const int ExpandedOfTooMany = 1000;
    private static readonly KeyResolver Resolver = new(SpecificationKeys.All);

    /// <summary>Reads a file, if one is given, and then the words.</summary>
    /// <param name="path">A YAML file, or null for defaults only.</param>
    /// <param name="words"><c>key=value</c>, <c>key=a,b,c</c> or <c>key=range(0,20)</c>.</param>
    /// <param name="limit">Most combinations.</param>
    /// <param name="others">The folder of the runs that <c>initialisation.from</c> names; null for none.</param>
    public static SweepReading Read(string? path, IReadOnlyList<string> words, int limit = DefaultLimit, RunStore? others = null)
    {
        if (path is null)
            return Read("command line", "", words, limit, [], others);
        string text = SpecificationReader.ReadFile(path, out string? problem);
        return Read(Shown.Of(path), text, words, limit, problem is null ? [] : [new(Shown.Of(path), problem)], others);
    }

    /// <summary>Reads a text and then the words.</summary>
    /// <param name="name">What the text is called in locations.</param>
    /// <param name="text">YAML; may be empty.</param>
    /// <param name="words"><c>key=value</c>, <c>key=a,b,c</c> or <c>key=range(0,20)</c>.</param>
    /// <param name="limit">Most combinations.</param>
    public static SweepReading ReadText(string name, string text, IReadOnlyList<string> words, int limit = DefaultLimit)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        return Read(name, text, words, limit, []);
    }

    private static SweepReading Read(
        string name, string text, IReadOnlyList<string> words, int limit, List<Problem> problems, RunStore? others = null)
    {
        var description = new SweepDescription(name, Resolver, problems, limit);
        if (SweepText.Load(name, text, problems) is YamlMappingNode root)
            description.Read(root);
        else if (problems.Count > 0)
            description.Gaps.AddSection();
        foreach (string word in words)
            description.Override(word);
        RefuseRepeatedKeys(description, problems);
        Dictionary<Problem, Problem> explained = CheckValues(description, problems);
        UInt128 count = description.Axes.Aggregate(
            UInt128.One, (product, axis) => product > ulong.MaxValue ? product : product * (UInt128)axis.Points.Count);
        bool isWithinLimit = count <= (UInt128)limit;
        if (!isWithinLimit)
            problems.Add(
                new(
                    "sweep",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"must have at most {limit} combinations but has {count}. Raise the limit with --limit, or thin the grid.")));

        // Of too many combinations some are looked at all the same: what is wrong with them is known now.
        List<SweepRun> runs = new SweepExpansion(description, Resolver, problems, OtherRuns.In(others)).Runs(
            isWithinLimit ? (long)count : Math.Min(limit, ExpandedOfTooMany), isNamed: isWithinLimit && description.Gaps.IsEmpty);
        if (runs.Count == 0 && problems.Count == 0)
            problems.Add(new("sweep", $"has no runs: where and exclude leave none of {count} combinations."));
        return problems.Count > 0
            ? new(null, [.. problems.Select(problem => explained.GetValueOrDefault(problem, problem)).Distinct().Take(MostProblems)])
            : new(new(NameOf(runs), runs), []);
    }

    /// <summary>The name of a sweep of these runs.</summary>
    internal static string NameOf(IEnumerable<SweepRun> runs) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', runs.Select(run => run.Name)))))[..12];

    private static void RefuseRepeatedKeys(SweepDescription description, List<Problem> problems)
    {
        var first = new Dictionary<SpecificationKey, string>();
        IEnumerable<(SpecificationKey Key, string Location)> given = description.Base.Select(setting => (setting.Key, setting.Location))
            .Concat(description.Axes.SelectMany(axis => axis.Points[0].Select(setting => (setting.Key, setting.Location))))
            .Concat(description.Derived.Select(rule => (rule.Key!, rule.Location)));
        foreach ((SpecificationKey key, string location) in given)
        {
            if (first.TryAdd(key, location))
                continue;
            problems.Add(new(location, $"{key.Name} is given twice; the first is at {first[key]}."));
            description.Gaps.Add(key.Path);
        }
    }

    // Every value, also one that is in no combination that can be formed. Returns
    // the problems of which more can be said in a sweep than the key itself says.
    private static Dictionary<Problem, Problem> CheckValues(SweepDescription description, List<Problem> problems)
    {
        var explained = new Dictionary<Problem, Problem>();
        foreach (
            Setting setting in description.Base.Concat(
                description.Axes.SelectMany(axis => axis.Points.SelectMany(point => point))).Concat(description.Unplaced))
        {
            if (setting.Key.Assign(new(), setting.Value).Problem is not { } problem || problems.Count >= MostProblems)
                continue;
            var found = new Problem(setting.Location, problem);
            problems.Add(found);
            if (SweepValues.Explain(setting.Key, setting.Value) is { } reason)
                explained[found] = new(setting.Location, reason);
        }

        return explained;
    }
}
