namespace Kappa.Spectra;

/// <summary>A symmetric matrix A [n, n] that is known by its products alone.</summary>
/// <remarks>⟨u, A v⟩ = ⟨A u, v⟩ is the implementer's promise; Lanczos relies on it and does not check it.</remarks>
public interface ISymmetricOperator
{
    /// <summary>n.</summary>
    int Size { get; }

    /// <summary>y ← A x.</summary>
    /// <param name="x">x [n]; not changed, and not the memory of <paramref name="y"/>.</param>
    /// <param name="y">Overwritten with A x [n].</param>
    void Apply(ReadOnlySpan<double> x, Span<double> y);
}
