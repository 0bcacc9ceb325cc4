namespace Kappa.Models;

/// <summary>Which parameter matrices are trained; the others keep their initial values and have a zero gradient.</summary>
/// <remarks>Immutable and thread-safe. It names matrices without knowing a model;
/// a name that the model does not have is reported where the two meet.</remarks>
public sealed class TrainedSet
{
    private readonly HashSet<ParameterKind>? _kinds;
    private readonly HashSet<string>? _names;

    private TrainedSet(HashSet<ParameterKind>? kinds, HashSet<string>? names)
    {
        _kinds = kinds;
        _names = names;
    }

    /// <summary>Every matrix.</summary>
    public static TrainedSet All { get; } = new(null, null);

    /// <summary>The matrices of the given kinds, in every block.</summary>
    /// <param name="kinds">At least one kind.</param>
    /// <exception cref="ArgumentException">No kind is given.</exception>
    public static TrainedSet Of(params ParameterKind[] kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        return kinds.Length > 0
            ? new TrainedSet([.. kinds], null)
            : throw new ArgumentException("At least one kind of parameter must be trained but none is given.", nameof(kinds));
    }

    /// <summary>The matrices of the given names.</summary>
    /// <param name="names">At least one name, for example <c>blocks.0.value</c>.</param>
    /// <exception cref="ArgumentException">No name is given.</exception>
    public static TrainedSet OfNames(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Length > 0
            ? new TrainedSet(null, new HashSet<string>(names, StringComparer.Ordinal))
            : throw new ArgumentException("At least one parameter must be trained but no name is given.", nameof(names));
    }

    /// <summary>Whether <paramref name="block"/> is trained.</summary>
    /// <param name="block">A block of any layout.</param>
    public bool Includes(ParameterBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        return _names?.Contains(block.Name) ?? _kinds?.Contains(block.Kind) ?? true;
    }

    /// <summary>For each block of <paramref name="layout"/>, whether it is trained.</summary>
    /// <param name="layout">The layout of the model.</param>
    /// <exception cref="ArgumentException">A name or kind of this set is not in the layout.</exception>
    public bool[] Resolve(ParameterLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        foreach (string name in _names ?? [])
        {
            _ = layout.Find(name);
        }

        bool[] trained = [.. layout.Blocks.Select(Includes)];
        return Array.Exists(trained, isTrained => isTrained)
            ? trained
            : throw new ArgumentException(
                $"At least one parameter must be trained but the model has no {string.Join(" or ", _kinds ?? [])}.");
    }
}
