using System.Text;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>The outcome of reading: a specification, or everything that is wrong with it.</summary>
/// <param name="Specification">The specification as written (not resolved); <see langword="null"/> when there are problems.</param>
/// <param name="Problems">All problems: names and syntax first, then values, then contradictions
/// between keys; of more than 100 the first 100 and how many were left out.</param>
public sealed record SpecificationReading(ExperimentSpecification? Specification, IReadOnlyList<Problem> Problems);

/// <summary>Reads a specification from a YAML file and command-line words, and reports all its problems together.</summary>
/// <remarks>
/// A key is its full name (<c>model.depth</c>) or its last part when that is unique (<c>depth</c>); <c>seed</c> is the top-level one. The
/// command line overrides the file; giving a key twice in one of them is a problem. Problems are values: nothing is thrown for bad input.
/// </remarks>
public static class SpecificationReader
{
    /// <summary>A specification is a page of text; more than this (64 KiB) is another kind of file.</summary>
    public const int LargestFile = 1 << 16;

    private const int MostOverrides = 1000;
    private const int MostProblems = 100;

    private static readonly KeyResolver Resolver = new(SpecificationKeys.All);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file, if one is given, and then the words.</summary>
    /// <param name="path">A YAML file, or <see langword="null"/> for defaults only.</param>
    /// <param name="overrides"><c>key=value</c> words.</param>
    public static SpecificationReading Read(string? path, IReadOnlyList<string> overrides)
    {
        if (path is null)
            return ReadText("defaults", "", overrides);
        string name = Shown.Of(path);
        string text = ReadFile(path, out string? problem);
        if (problem is null)
            return ReadText(name, text, overrides);
        SpecificationReading rest = ReadText(name, "", overrides);
        return new(null, [new(name, problem), .. rest.Problems]);
    }

    /// <summary>Reads a text and then the words.</summary>
    /// <param name="name">What the text is called in locations.</param>
    /// <param name="text">YAML; may be empty.</param>
    /// <param name="overrides"><c>key=value</c> words.</param>
    public static SpecificationReading ReadText(string name, string text, IReadOnlyList<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(overrides);
        (IReadOnlyList<Setting> inFile, IReadOnlyList<Problem> fileProblems) = YamlSettings.Read(name, text, Resolver);
        var problems = new List<Problem>(fileProblems);
        List<Setting> onLine = ReadOverrides(overrides, problems);
        var applied = new AppliedSettings(problems);
        applied.Apply(inFile);
        applied.Apply(onLine);
        applied.Complete();
        problems.AddRange(SpecificationRules.Contradictions(applied.Specification, applied.IsSound, applied.Locate));
        return new(problems.Count == 0 ? applied.Specification : null, Shorten(problems));
    }

    private static List<Problem> Shorten(List<Problem> problems) => problems.Count <= MostProblems
        ? problems
        : [
            .. problems.Take(MostProblems),
            new("specification", $"has {problems.Count - MostProblems} more problems, which are not listed.")];

    private static List<Setting> ReadOverrides(IReadOnlyList<string> overrides, List<Problem> problems)
    {
        var settings = new List<Setting>();
        if (overrides.Count > MostOverrides)
            problems.Add(new("command line", $"must have at most {MostOverrides} key=value words but has {overrides.Count}; use a file."));
        foreach (string word in overrides.Take(MostOverrides))
        {
            if (OverrideSettings.Read(word, Resolver, out Problem? problem) is { } setting)
                settings.Add(setting);
            if (problem is not null)
                problems.Add(problem);
        }

        return settings;
    }

    /// <summary>The text of a specification or sweep; empty when there is a problem, which is one line without the path.</summary>
    internal static string ReadFile(string path, out string? problem)
    {
        problem = null;
        try
        {
            using FileStream stream = InputFile.OpenRegular(path);
            byte[] bytes = new byte[LargestFile + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > LargestFile)
                problem = $"a specification must have at most {LargestFile} bytes but this file has more.";
            else if (StandIn.Problem(bytes.AsSpan(0, length), isText: true) is { } standIn)
                problem = standIn;
            else
                return StrictUtf8.GetString(bytes.AsSpan(0, length)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            problem = $"must be UTF-8 text, but byte {error.Index} is not. Save the file as UTF-8.";
        }
        catch (BadInputException refused)
        {
            problem = Directory.Exists(path) ? "is a folder; give a YAML file."
                : refused.InnerException is FileNotFoundException or DirectoryNotFoundException ? "no such file."
                : refused.Reason;
        }
        catch (IOException error)
        {
            problem = $"cannot be read: {Shown.Of(error.Message.TrimEnd('.'))}.";
        }

        return "";
    }
}

/// <summary>Applies settings to the defaults and remembers where each key was set and which failed.</summary>
internal sealed class AppliedSettings(List<Problem> problems)
{
    private readonly Dictionary<SpecificationKey, string> _locations = [];
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

    public ExperimentSpecification Specification { get; private set; } = new();

    /// <summary>Whether no value of this key was wrong.</summary>
    public bool IsSound(string path) => !_failed.Contains(path);

    /// <summary>Where the key was set last.</summary>
    public string? Locate(string path) => _locations.FirstOrDefault(pair => pair.Key.Path == path).Value;

    /// <summary>Fills in what a classifier is not told and cannot take from the other
    /// kinds: labelled data, and a method with a step size that learns.</summary>
    public void Complete() => Specification = Completed();

    /// <summary>What <see cref="Complete"/> would make of the settings so far.</summary>
    public ExperimentSpecification Completed()
    {
        ExperimentSpecification completed = Specification;
        if (completed.Model.Kind != ModelKind.Classifier)
            return completed;
        if (Locate("data.source") is null)
        {
            completed = completed with
            {
                Data = completed.Data with
                {
                    Source = DataSource.Digits,
                    Samples = Locate("data.samples") is null ? ClassifierDefaults.Samples : completed.Data.Samples,
                    Patch = Locate("data.patch") is null ? ClassifierDefaults.Patch : completed.Data.Patch,
                },
            };
        }

        DescentSpecification descent = completed.Descent;
        if (Locate("descent.stepSize") is not null)
            return completed;
        if (Locate("descent.method") is null && Locate("descent.batchSize") is null)
            descent = descent with { Method = DescentMethod.Adam, BatchSize = ClassifierDefaults.BatchSize };
        if (Locate("descent.steps") is null)
            descent = descent with { Steps = ClassifierDefaults.Steps };
        return completed with
        { Descent = descent with { StepSize = StepSizeSpecification.Fixed(ClassifierDefaults.StepSizeOf(descent.Method)) } };
    }

    /// <summary>Applies the settings of one origin, in which a key may occur once.</summary>
    public void Apply(IReadOnlyList<Setting> settings)
    {
        var here = new Dictionary<SpecificationKey, string>();
        foreach (Setting setting in settings)
        {
            if (!here.TryAdd(setting.Key, setting.Location))
            {
                problems.Add(new(setting.Location, $"{setting.Key.Name} is given twice; the first is at {here[setting.Key]}."));
                continue;
            }

            _locations[setting.Key] = setting.Location;
            (Specification, string? problem) = setting.Key.Assign(Specification, setting.Value);
            if (problem is null)
                continue;
            problems.Add(new(setting.Location, problem));
            _ = _failed.Add(setting.Key.Path);
        }
    }
}
