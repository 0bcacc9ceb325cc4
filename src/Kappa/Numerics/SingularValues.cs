using System.Numerics.Tensors;

namespace Kappa.Numerics;

/// <summary>Singular values of a dense matrix by an orthogonal route (P.1):
/// Householder QR where the matrix is tall, bidiagonalisation, dqds.</summary>
/// <remarks>
/// <para>Never through AᵀA: the smallest value is right to a few ε σ_max also where κ(A) is far beyond 10⁸. A wide matrix is transposed.
/// From rows ≥ 5/3 columns on, A is reduced to its triangular factor first, chunk by chunk. Values below ε σ_max √rows are rounding, not
/// information: <c>SpectrumSummary</c> carries that floor.</para>
/// <para>A is multiplied by a power of two first, so neither 1e300 nor subnormal elements do harm. Cost about 2mn² + 4n³/3 flops for m ≥ n.
/// Owns its workspace, allocates nothing per call; one instance per thread. Equal input gives equal bits.</para>
/// </remarks>
public sealed class SingularValues
{
    // Chan 1982: with values only, QR first takes fewer operations from m ≥ 5n/3 on.
    private const double TallRatio = 5.0 / 3;

    private readonly TriangularFactor _factor;
    private readonly Bidiagonalisation _bidiagonalisation;
    private readonly BidiagonalSingularValues _bidiagonalValues;
    private readonly PaddedMemory _work;
    private readonly double[] _superdiagonal;

    /// <summary>Reserves the workspace for matrices of up to <paramref name="maximumRows"/> × <paramref name="maximumColumns"/>.</summary>
    /// <param name="maximumRows">At least 1.</param>
    /// <param name="maximumColumns">At least 1.</param>
    public SingularValues(int maximumRows, int maximumColumns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumColumns, 1);
        MaximumRows = maximumRows;
        MaximumColumns = maximumColumns;
        int order = Math.Min(maximumRows, maximumColumns);
        int longest = Math.Max(maximumRows, maximumColumns);
        int directRows = (int)Math.Min(longest, Math.Ceiling(TallRatio * order));
        _factor = new TriangularFactor(order, longest);
        _bidiagonalisation = new Bidiagonalisation(directRows, order);
        _bidiagonalValues = new BidiagonalSingularValues(order);
        _work = new PaddedMemory(directRows, order);
        _superdiagonal = new double[order];
    }

    /// <summary>Most rows a matrix may have.</summary>
    public int MaximumRows { get; }

    /// <summary>Most columns a matrix may have.</summary>
    public int MaximumColumns { get; }

    /// <summary>Writes the min(rows, columns) singular values of <paramref name="a"/>, largest first;
    /// <paramref name="a"/> is not changed. NaN or infinity in A gives NaN in every value.</summary>
    /// <param name="a">A [rows, columns].</param>
    /// <param name="values">Destination of length min(rows, columns).</param>
    /// <exception cref="ArgumentException">A is larger than the workspace, or the destination has another length.</exception>
    public void Compute(in Matrix a, Span<double> values)
    {
        int order = Math.Min(a.Rows, a.Columns);
        Require(a, values.Length, order);
        MatrixScale scale = MatrixScale.Of(a);
        if (order == 0 || !scale.IsFinite || scale.IsZero)
        {
            values.Fill(scale.IsFinite ? 0 : double.NaN);
            return;
        }

        Matrix reduced = Math.Max(a.Rows, a.Columns) >= TallRatio * order
            ? FactorOf(a, order, scale.Factor)
            : CopyOf(a, order, scale.Factor);
        Span<double> superdiagonal = _superdiagonal.AsSpan(0, order - 1);
        _bidiagonalisation.Compute(reduced, order, values, superdiagonal);
        _bidiagonalValues.Compute(values, superdiagonal);
        scale.Undo(values);
    }

    private Matrix FactorOf(in Matrix a, int order, double factor)
    {
        _factor.Begin(order);
        int longest = Math.Max(a.Rows, a.Columns);
        for (int start = 0; start < longest; start += _factor.Chunk.Rows)
        {
            int count = Math.Min(_factor.Chunk.Rows, longest - start);
            CopyTall(a, start, factor, _factor.Chunk.RowRange(0, count));
            _factor.Absorb(count);
        }

        return _factor.Factor;
    }

    private Matrix CopyOf(in Matrix a, int order, double factor)
    {
        Matrix work = _work.View(Math.Max(a.Rows, a.Columns), order);
        CopyTall(a, 0, factor, work);
        return work;
    }

    // destination ← factor·A, or Aᵀ where A is wide, from row `start` on; the padding is set to zero.
    private static void CopyTall(in Matrix a, int start, double factor, in Matrix destination)
    {
        bool wide = a.Columns > a.Rows;
        int order = Math.Min(a.Rows, a.Columns);
        for (int i = 0; i < destination.Rows; i++)
        {
            Span<double> row = destination.Row(i);
            row[order..].Clear();
            if (!wide)
            {
                TensorPrimitives.Multiply(a.Row(start + i), factor, row[..order]);
            }
        }

        for (int column = 0; wide && column < order; column++)
        {
            ReadOnlySpan<double> source = a.Row(column).Slice(start, destination.Rows);
            for (int i = 0; i < source.Length; i++)
            {
                destination[i, column] = factor * source[i];
            }
        }
    }

    private void Require(in Matrix a, int length, int order)
    {
        if (a.Rows > MaximumRows || a.Columns > MaximumColumns)
        {
            throw new ArgumentException(
                $"A must be at most [{MaximumRows}, {MaximumColumns}], as reserved, but is {a}; reserve a larger workspace.", nameof(a));
        }

        if (length != order)
        {
            throw new ArgumentException(
                $"The destination must have min(rows, columns) = {order} elements for A {a} but has {length}.", nameof(length));
        }
    }
}
