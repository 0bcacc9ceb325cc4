namespace Kappa.Numerics;

/// <summary>All eigenvalues and eigenvectors of a small symmetric matrix, by cyclic Jacobi rotations.</summary>
/// <remarks>
/// Each rotation makes one pair of elements off the diagonal zero; the sum of their squares falls quadratically once it is small. About
/// 10·n³ flops a sweep, and a handful of sweeps: meant for n up to some hundred. Eigenvectors are orthonormal to a few n ε. Stateless and
/// thread-safe.
/// </remarks>
public static class SymmetricEigenvectors
{
    // Jacobi has never been seen to need more than about ten.
    private const int MostSweeps = 60;

    // 2⁻⁵⁴: n² such elements move an eigenvalue by less than n ε ‖A‖.
    private const double Negligible = 5.551115123125783e-17;

    /// <summary>A = V diag(λ) Vᵀ, eigenvalues in descending order.</summary>
    /// <param name="a">A [n, n], symmetric; only read.</param>
    /// <returns>λ [n] and V [n, n], the eigenvectors in its columns; NaN when A is not finite.</returns>
    /// <exception cref="ArgumentException">A is not square.</exception>
    public static (double[] Values, Matrix Vectors) Of(Matrix a)
    {
        if (a.Rows != a.Columns)
        {
            throw new ArgumentException($"A symmetric matrix must be square but is {a}.", nameof(a));
        }

        int n = a.Rows;
        Matrix work = Matrix.Allocate(n, n), vectors = Matrix.Allocate(n, n);
        a.CopyTo(work);
        for (int k = 0; k < n; k++)
        {
            vectors[k, k] = 1;
        }

        double negligible = Negligible * Vectors.Norm(work.Span);
        for (int sweep = 0; sweep < MostSweeps && Sweep(work, vectors, negligible); sweep++)
        {
        }

        return Sorted(work, vectors);
    }

    // One rotation for each pair; whether any was needed.
    private static bool Sweep(in Matrix work, in Matrix vectors, double negligible)
    {
        bool hasRotated = false;
        for (int p = 0; p < work.Rows; p++)
        {
            for (int q = p + 1; q < work.Rows; q++)
            {
                if (Math.Abs(work[p, q]) > negligible)
                {
                    Rotate(work, vectors, p, q);
                    hasRotated = true;
                }
            }
        }

        return hasRotated;
    }

    // t = tan φ is the smaller root of t² + 2 t (a_qq − a_pp)/(2 a_pq) − 1 = 0.
    private static void Rotate(in Matrix work, in Matrix vectors, int p, int q)
    {
        double theta = (work[q, q] - work[p, p]) / (2 * work[p, q]);
        double tangent = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + double.Hypot(theta, 1));
        double cosine = 1 / double.Hypot(tangent, 1), sine = tangent * cosine;
        for (int k = 0; k < work.Rows; k++)
        {
            (work[k, p], work[k, q]) = ((cosine * work[k, p]) - (sine * work[k, q]), (sine * work[k, p]) + (cosine * work[k, q]));
            (vectors[k, p], vectors[k, q]) = (
                (cosine * vectors[k, p]) - (sine * vectors[k, q]), (sine * vectors[k, p]) + (cosine * vectors[k, q]));
        }

        for (int k = 0; k < work.Rows; k++)
        {
            (work[p, k], work[q, k]) = ((cosine * work[p, k]) - (sine * work[q, k]), (sine * work[p, k]) + (cosine * work[q, k]));
        }

        (work[p, q], work[q, p]) = (0, 0);
    }

    private static (double[] Values, Matrix Vectors) Sorted(Matrix work, Matrix vectors)
    {
        int[] order = [.. Enumerable.Range(0, work.Rows).OrderByDescending(k => work[k, k])];
        Matrix sorted = Matrix.Allocate(work.Rows, work.Rows);
        for (int row = 0; row < work.Rows; row++)
        {
            for (int column = 0; column < work.Rows; column++)
            {
                sorted[row, column] = vectors[row, order[column]];
            }
        }

        return ([.. order.Select(k => work[k, k])], sorted);
    }
}
