namespace Kappa.Numerics;

/// <summary>min_x ½‖A x − y‖², exactly: what no x can remove of y, by a Householder factorisation with column pivoting.</summary>
/// <remarks>
/// Source: Businger and Golub 1965. The columns of A are the rows of the matrix given. Columns are taken largest remaining norm first until
/// that norm falls below ε·max(rows, columns)·‖A‖_F: what is left is dependent on them to rounding. The rest of y is then orthogonal to the
/// range of A. With as many independent columns as rows the floor is exactly 0. Cost about 4·rows·columns·rank flops. Allocates copies.
/// </remarks>
internal static class LeastSquaresFloor
{
    private const double Epsilon = 2 * UpperBound.UnitRoundoff;

    /// <summary>The floor and the rank that was found.</summary>
    /// <param name="columns">Aᵀ [columns, rows].</param>
    /// <param name="y">y [rows].</param>
    public static (double Floor, int Rank) Of(in Matrix columns, ReadOnlySpan<double> y)
    {
        int rows = columns.Columns;
        Matrix work = Matrix.Allocate(columns.Rows, rows);
        columns.CopyTo(work);
        double[] rest = y.ToArray();
        double tolerance = Epsilon * Math.Max(rows, work.Rows) * Vectors.Norm(work.Span);
        int[] order = [.. Enumerable.Range(0, work.Rows)];
        int rank = 0;
        double[] reflector = new double[rows];
        while (rank < Math.Min(rows, work.Rows))
        {
            int pivot = Largest(work, order, rank, out double norm);
            if (!(norm > tolerance))
            {
                break;
            }

            (order[rank], order[pivot]) = (order[pivot], order[rank]);
            Span<double> v = reflector.AsSpan(rank);
            work.Row(order[rank])[rank..].CopyTo(v);
            v[0] += v[0] < 0 ? -norm : norm;
            double factor = -2 / Vectors.SquaredNorm(v);
            for (int k = rank + 1; k < order.Length; k++)
            {
                Reflect(work.Row(order[k])[rank..], v, factor);
            }

            Reflect(rest.AsSpan(rank), v, factor);
            rank++;
        }

        return (0.5 * Vectors.SquaredNorm(rest.AsSpan(rank)), rank);
    }

    private static void Reflect(Span<double> x, ReadOnlySpan<double> v, double factor) =>
        Vectors.AddScaled(x, factor * Vectors.Dot(v, x), v);

    private static int Largest(in Matrix work, int[] order, int rank, out double norm)
    {
        int best = rank;
        double largest = -1;
        for (int k = rank; k < order.Length; k++)
        {
            double square = Vectors.SquaredNorm(work.Row(order[k])[rank..]);
            if (square > largest)
            {
                (best, largest) = (k, square);
            }
        }

        norm = Math.Sqrt(largest);
        return best;
    }
}
