namespace Kappa.Numerics;

/// <summary>Singular values of a dense matrix by an orthogonal route (P.1): Householder QR when it pays, bidiagonalisation, implicit QR.</summary>
/// <remarks>Owns its workspace; one instance per thread. Placeholder contract: the factorisation replaces the body.</remarks>
public sealed class SingularValues
{
    /// <summary>Reserves workspace for matrices of up to <paramref name="maximumRows"/> × <paramref name="maximumColumns"/>.</summary>
    public SingularValues(int maximumRows, int maximumColumns)
    {
        MaximumRows = maximumRows;
        MaximumColumns = maximumColumns;
    }

    /// <summary>Most rows a matrix may have.</summary>
    public int MaximumRows { get; }

    /// <summary>Most columns a matrix may have.</summary>
    public int MaximumColumns { get; }

    /// <summary>Writes the min(rows, columns) singular values of <paramref name="a"/>, largest first; <paramref name="a"/> is not changed. NaN or infinity in A gives NaN in every value.</summary>
    /// <param name="a">A [rows, columns].</param>
    /// <param name="values">Destination of length min(rows, columns).</param>
    public void Compute(in Matrix a, Span<double> values) => throw new NotImplementedException();
}
