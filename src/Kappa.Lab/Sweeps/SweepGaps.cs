namespace Kappa.Lab.Sweeps;

/// <summary>What of a sweep is not known because it could not be read. A problem that may only follow from it is not reported.</summary>
internal sealed class SweepGaps
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>Whether something names keys that could not be told: any key may have another value than its default.</summary>
    public bool HasKeys { get; private set; }

    /// <summary>Whether a condition may be missing: which combinations are kept is not known.</summary>
    public bool HasRules { get; private set; }

    public bool IsEmpty => !HasKeys && !HasRules && _keys.Count == 0;

    /// <summary>Nothing can be said of the values of this key.</summary>
    public void Add(string path) => _ = _keys.Add(path);

    /// <summary>A key was written that is none.</summary>
    public void AddKey() => HasKeys = true;

    /// <summary>A condition was written that is none.</summary>
    public void AddRule() => HasRules = true;

    /// <summary>A part was written that may hold anything.</summary>
    public void AddSection() => HasKeys = HasRules = true;

    /// <summary>Whether the value of a key may be another one than it seems.</summary>
    /// <param name="path">The key.</param>
    /// <param name="isGiven">Whether the sweep sets it.</param>
    public bool Covers(string path, bool isGiven) => _keys.Contains(path) || (HasKeys && !isGiven);
}
