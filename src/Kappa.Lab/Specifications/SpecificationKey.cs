using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>One key of a specification: its name, what it takes, its default, what
/// it means. Reading, checking, writing and help all come from here.</summary>
internal sealed class SpecificationKey
{
    private readonly Func<ExperimentSpecification, SettingValue, (ExperimentSpecification Specification, string? Problem)> _assign;
    private readonly Func<ExperimentSpecification, string?> _check;
    private readonly Func<ExperimentSpecification, string> _format;
    private readonly Func<ExperimentSpecification, ExperimentSpecification, ExperimentSpecification> _take;
    private readonly KeyText _text;

    private SpecificationKey(
        KeyText text,
        Func<ExperimentSpecification, SettingValue, (ExperimentSpecification Specification, string? Problem)> assign,
        Func<ExperimentSpecification, string?> check,
        Func<ExperimentSpecification, string> format,
        Func<ExperimentSpecification, ExperimentSpecification, ExperimentSpecification> take,
        (string Description, IReadOnlyList<string> Words, NamedByValue Names) values)
    {
        (Path, Documentation, _text, _take) = (text.Path, text.Documentation, text, take);
        int dot = Path.IndexOf('.', StringComparison.Ordinal);
        (Group, Name) = dot < 0 ? ("", Path) : (Path[..dot], Path[(dot + 1)..]);
        (_assign, _check, _format) = (assign, check, format);
        (Values, Words, Names) = values;
        string formatted = format(new ExperimentSpecification());
        Default = text.DefaultMeans is null ? formatted : $"{formatted} ({text.DefaultMeans})";
    }

    /// <summary>The full name, for example <c>descent.stepSize</c>.</summary>
    public string Path { get; }

    /// <summary>The part before the dot; empty for a top-level key.</summary>
    public string Group { get; }

    /// <summary>The part after the dot.</summary>
    public string Name { get; }

    /// <summary>What may be written.</summary>
    public string Values { get; }

    /// <summary>Words among it, for completion; one that ends with ( goes on.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>What it may name besides, for completion.</summary>
    public NamedByValue Names { get; }

    /// <summary>What holds when the key is not given.</summary>
    public string Default { get; }

    /// <summary>What it means, in one line, with symbol and label.</summary>
    public string Documentation { get; }

    /// <summary>The specification with this key set, or what is wrong with the value.</summary>
    internal (ExperimentSpecification Specification, string? Problem) Assign(ExperimentSpecification specification, SettingValue value) =>
        _assign(specification, value);

    /// <summary>What is wrong with this key's value, or <see langword="null"/>.</summary>
    internal string? Check(ExperimentSpecification specification) => _check(specification);

    /// <summary>Whether the value is what it is where the key is left out.</summary>
    internal bool IsDefault(ExperimentSpecification specification) =>
        _text.IsImplied?.Invoke(specification) ?? _format(specification) == _format(PresetOf(specification));

    /// <summary>A specification with the value that another one has.</summary>
    internal ExperimentSpecification Take(ExperimentSpecification specification, ExperimentSpecification other) =>
        _take(specification, other);

    /// <summary>The preset of a specification's model, and the defaults of everything else.</summary>
    internal static ExperimentSpecification PresetOf(ExperimentSpecification specification) =>
        new() { Model = new() { Kind = specification.Model.Kind } };

    /// <summary>The value as YAML.</summary>
    internal string Format(ExperimentSpecification specification) => _format(specification);

    internal static SpecificationKey Of<T>(
        KeyText text, ValueKind<T> kind, Func<ExperimentSpecification, T> get,
        Func<ExperimentSpecification, T, ExperimentSpecification> set)
    {
        string name = text.Path[(text.Path.LastIndexOf('.') + 1)..];
        return new(
            text, Assign, specification => Problem(get(specification)), specification => kind.Format(get(specification)),
            (to, from) => set(to, get(from)), (kind.Description, kind.Words, kind.Names));

        string? Problem(T value) => kind.Check(value) is { } must ? $"{name} {must} but is {kind.Format(value)}." : null;

        (ExperimentSpecification Specification, string? Problem) Assign(ExperimentSpecification specification, SettingValue setting)
        {
            if (!kind.TryParse(setting, out T value, out Requirement requirement))
                return (specification, $"{name} {requirement.Must} but is {Found(setting)}.{requirement.Hint}");
            return kind.Check(value) is { } must
                ? (specification, $"{name} {must} but is {(setting.Text.Length > 0 ? Shown.Of(setting.Text) : "''")}.")
                : (set(specification, value), null);
        }
    }

    private static string Found(SettingValue setting) => setting switch
    {
        { Items: not null } => $"the list {Shown.Of(setting.Text)}",
        { IsQuoted: true } => $"the quoted text '{Shown.Of(setting.Text)}'",
        _ => $"'{Shown.Of(setting.Text)}'",
    };
}

/// <summary>The words of a key.</summary>
/// <param name="Path">Full name.</param>
/// <param name="Documentation">Meaning in one line.</param>
/// <param name="DefaultMeans">What a default that follows from other keys amounts to.</param>
/// <param name="IsImplied">Whether the value is what it is where the key is left out, for a key that then follows from others.</param>
internal sealed record KeyText(
    string Path, string Documentation, string? DefaultMeans = null, Func<ExperimentSpecification, bool>? IsImplied = null);
