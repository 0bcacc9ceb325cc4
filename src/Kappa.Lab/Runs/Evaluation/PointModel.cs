using System.Globalization;
using System.Text.Json;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>The key <c>config</c> of a point file of any Transformer: <c>model</c> is a
/// preset of <c>model.kind</c>, the other keys are those of <c>kappa run</c>.</summary>
/// <param name="Specification">The model, its sizes as far as they were given.</param>
/// <param name="Given">The names of the keys that were given.</param>
internal sealed record PointModel(ExperimentSpecification Specification, IReadOnlySet<string> Given)
{
    private const string Place = "config";

    // What the file itself says: its parameters, its data, and what is trained.
    private static readonly string[] s_foreign = ["kind", "trained", "inputWidth", "encoderWidth", "masksPadding"];

    private static readonly SpecificationKey[] s_keys = [.. SpecificationKeys.OfModel.Where(key => !s_foreign.Contains(key.Name))];
    private static readonly ChoiceKind<ModelKind> s_kinds = new();

    // The words of earlier files of models G and S, and the keys that they have.
    private static readonly Dictionary<string, (ModelKind Kind, (string Word, string Key)[] Keys)> s_papers = new(StringComparer.Ordinal)
    {
        ["kernel_attention"] = (ModelKind.KernelAttention,
            [("heads", "heads"), ("kernel", "kernel"), ("temperature", "temperature"), ("normalises_rows", "normalisesRows")]),
        ["shallow_encoder"] = (ModelKind.ShallowEncoder,
            [("tau0", "temperature"), ("tau1", "outputScale"), ("pooling", "pooling"), ("loss", "lossReduction")]),
    };

    /// <summary>The words that <c>model</c> may have beside that of model R's own file.</summary>
    public static IReadOnlyList<string> Words { get; } = [.. s_papers.Keys, .. Enum.GetValues<ModelKind>().Select(s_kinds.Format)];

    /// <summary>Reads the value of <c>config</c>, whose <c>model</c> is one of <see cref="Words"/>.</summary>
    public static PointModel Read(JsonElement config, ProblemList problems)
    {
        string word = config.GetProperty("model").GetString()!;
        bool isPaper = s_papers.TryGetValue(word, out (ModelKind Kind, (string Word, string Key)[] Keys) paper);
        ModelKind kind = isPaper ? paper.Kind : Enum.GetValues<ModelKind>().First(kind => s_kinds.Format(kind) == word);
        Dictionary<string, string> keys = isPaper
            ? paper.Keys.ToDictionary(pair => pair.Word, pair => pair.Key, StringComparer.Ordinal)
            : s_keys.ToDictionary(key => key.Name, key => key.Name, StringComparer.Ordinal);
        var specification = new ExperimentSpecification { Model = new ModelSpecification { Kind = kind } };
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in config.EnumerateObject().Where(property => property.Name != "model"))
        {
            string place = $"{Place}.{Shown.Of(property.Name)}";
            if (!keys.TryGetValue(property.Name, out string? name))
                problems.Add(place, () => Unknown(property.Name, keys.Keys, isPaper));
            else if (!given.Add(name))
                problems.Add(place, "is given twice. Remove one.");
            else
                specification = Assign(specification, s_keys.First(key => key.Name == name), property.Value, place, problems);
        }

        if (word == "shallow_encoder" && !given.Contains("temperature"))
            problems.Add(Place, "must have the key 'tau0', the factor of the logits (S.1), but has not.");
        return new PointModel(specification, given);
    }

    /// <summary>The complaints about keys that have no effect beside the others.</summary>
    public IEnumerable<(string Place, string Problem)> Effectless() =>
        from key in s_keys
        where Given.Contains(key.Name)
        from problem in KeyRules.Effectless(key, Specification)
        select ($"{Place}.{key.Name}", problem);

    private static ExperimentSpecification Assign(
        ExperimentSpecification specification, SpecificationKey key, JsonElement value, string place, ProblemList problems)
    {
        if (Setting(key, value) is not { } setting)
        {
            problems.Add(place, $"{key.Name} must be {key.Values} but is {FoundKind.Of(value)}.");
            return specification;
        }

        (ExperimentSpecification assigned, string? problem) = key.Assign(specification, setting);
        if (problem is not null)
            problems.Add(place, problem);
        return assigned;
    }

    // A number in quotes is text; null is the word for a value that is not there.
    private static SettingValue? Setting(SpecificationKey key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when value.GetString() is { } text && !NonFiniteWords.IsOne(text) =>
            new(text, double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)),
        JsonValueKind.Number => new(value.GetRawText(), false),
        JsonValueKind.True => new("true", false),
        JsonValueKind.False => new("false", false),
        JsonValueKind.Null => new(key.Values.EndsWith("| none", StringComparison.Ordinal) ? "none" : "default", false),
        _ => null,
    };

    private static string Unknown(string word, IEnumerable<string> known, bool isPaper)
    {
        string hint = isPaper ? "" : FieldWords.Hint(word, key => key.Name);
        return $"unknown key.{(hint.Length > 0 ? hint : Suggestion.For(word, known))}";
    }
}
