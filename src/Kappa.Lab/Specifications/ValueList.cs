using System.Collections;

namespace Kappa.Lab.Specifications;

/// <summary>A short list that is compared by its elements, so that records that hold one are compared by value. Immutable.</summary>
/// <typeparam name="T">Element; compared with its default equality.</typeparam>
/// <param name="elements">Copied.</param>
public sealed class ValueList<T>(params IEnumerable<T> elements) : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly T[] _elements = [.. elements];

    /// <summary>Number of elements.</summary>
    public int Count => _elements.Length;

    /// <summary>Element <paramref name="index"/>.</summary>
    /// <param name="index">0 … Count − 1.</param>
    public T this[int index] => _elements[index];

    /// <inheritdoc/>
    public bool Equals(ValueList<T>? other) => other is not null && _elements.AsSpan().SequenceEqual(other._elements);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (T element in _elements)
            hash.Add(element);
        return hash.ToHashCode();
    }

    /// <summary>The elements as <c>[a, b]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _elements)}]";

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_elements).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
