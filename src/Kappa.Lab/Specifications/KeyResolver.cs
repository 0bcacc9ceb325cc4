using Kappa.Lab.Formats;

namespace Kappa.Lab.Specifications;

/// <summary>Finds the key that a written name means: the full name, or else the last part of
/// it when exactly one key ends so. <c>seed</c> is therefore the top-level one.</summary>
/// <param name="keys">All keys.</param>
internal sealed class KeyResolver(IReadOnlyList<SpecificationKey> keys)
{
    private readonly Dictionary<string, SpecificationKey> _byPath = keys.ToDictionary(key => key.Path, StringComparer.Ordinal);
    private readonly ILookup<string, SpecificationKey> _byName = keys.ToLookup(key => key.Name, StringComparer.Ordinal);

    public IReadOnlyList<string> Groups { get; } = [.. keys.Select(key => key.Group).Where(group => group.Length > 0).Distinct()];

    /// <summary>Whether a key is written so; to say what is wrong with a name takes much longer.</summary>
    public bool Knows(string name) => _byPath.ContainsKey(name) || _byName[name].Count() == 1;

    /// <summary>The key, or what is wrong with the name.</summary>
    public SpecificationKey? Find(string name, out string problem)
    {
        problem = "";
        if (_byPath.TryGetValue(name, out SpecificationKey? key))
            return key;
        SpecificationKey[] candidates = [.. _byName[name]];
        if (candidates.Length == 1)
            return candidates[0];
        problem = candidates.Length > 1
            ? $"'{name}' is ambiguous: write one of {string.Join(", ", candidates.Select(candidate => candidate.Path))}."
            : $"unknown key '{Shown.Of(name)}'.{Suggest(name)}";
        return null;
    }

    /// <summary>The key <paramref name="name"/> of <paramref name="group"/>, or what is wrong with the name.</summary>
    public SpecificationKey? FindIn(string group, string name, out string problem)
    {
        problem = "";
        if (_byPath.TryGetValue($"{group}.{name}", out SpecificationKey? key))
            return key;
        string near = FieldWords.Find(name).Count > 0
            ? ""
            : Suggestion.For(name, keys.Where(candidate => candidate.Group == group).Select(candidate => candidate.Name));
        problem = $"unknown key '{Shown.Of(name)}' in '{group}'.{(near.Length > 0 ? near : Suggest(name, group))}";
        return null;
    }

    /// <summary>What is wrong with the name of a group that does not exist.</summary>
    public string UnknownGroup(string name)
    {
        string near = Suggestion.For(name, Groups);
        string hint = near.Length == 0 && FieldWords.Find(name) is [{ Group.Length: > 0 } key, ..] ? $" Did you mean '{key.Group}'?" : near;
        return $"unknown group '{Shown.Of(name)}'.{hint}";
    }

    // A name that is right but stands in the wrong group comes first, then the words
    // of the field, then full names for a dotted name, then the last part alone.
    private string Suggest(string name, string? group = null)
    {
        bool isInGroup = group is not null;
        string last = name[(name.LastIndexOf('.') + 1)..];
        bool isDotted = last.Length < name.Length;
        if (_byName[last].FirstOrDefault() is { } elsewhere)
            return $" Did you mean '{elsewhere.Path}'?";
        if (FieldWords.Hint(last, Written) is { Length: > 0 } hint)
            return hint;
        if (isDotted && Suggestion.For(name, keys.Select(key => key.Path)) is { Length: > 0 } full)
            return full;
        return Suggestion.Nearest(last, keys.Select(key => key.Name)) is { } near ? Nearest(keys.First(key => key.Name == near)) : "";

        string Nearest(SpecificationKey key) => $" Did you mean '{(isDotted || isInGroup ? key.Path : key.Name)}'?";

        // Beside its own group a key has its full name.
        string Written(SpecificationKey key) => key.Group == group || (!isDotted && !isInGroup && Knows(key.Name)) ? key.Name : key.Path;
    }
}
