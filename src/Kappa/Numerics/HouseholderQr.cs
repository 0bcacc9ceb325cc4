using System.Numerics.Tensors;

namespace Kappa.Numerics;

/// <summary>The thin factorisation A = Q R of a tall matrix by Householder reflections, with Q written out.</summary>
/// <remarks>
/// Source: Golub and Van Loan, "Matrix Computations", section 5.2. ‖QᵀQ − I‖ is a small multiple of ε whatever the condition of A, also
/// when A is rank-deficient. It allocates and is meant for initial weights and tests; the route to singular values is
/// <see cref="SingularValues"/>.
/// </remarks>
public static class HouseholderQr
{
    /// <summary>Replaces A by the Q [rows, columns] of A = Q R with R upper triangular and its diagonal not negative.</summary>
    /// <remarks>For a matrix of independent N(0, 1) numbers the sign rule makes Q uniform (Haar) on
    /// the matrices with orthonormal columns. NaN or infinity in A gives NaN everywhere.</remarks>
    /// <param name="a">A [rows, columns] with rows ≥ columns; overwritten by Q.</param>
    /// <exception cref="ArgumentException">A has more columns than rows.</exception>
    public static void OrthonormalColumns(in Matrix a)
    {
        if (a.Rows < a.Columns)
        {
            throw new ArgumentException(
                $"A must have at least as many rows as columns but is {a}; orthonormalise its transpose instead.", nameof(a));
        }

        MatrixScale scale = MatrixScale.Of(a);
        if (!scale.IsFinite)
        {
            a.Fill(double.NaN);
            return;
        }

        Reflector[] reflectors = new Reflector[a.Columns];
        double[] projection = new double[a.Columns];
        scale.Apply(a);
        Reduce(a, reflectors, projection);
        for (int k = a.Columns - 1; k >= 0; k--)
        {
            ExpandColumn(a, k, reflectors[k], projection);
        }
    }

    // Column by column: A ← H_k A; the raw tail x of column k stays below the diagonal, v = (1, x·InversePivot).
    private static void Reduce(in Matrix a, Span<Reflector> reflectors, Span<double> projection)
    {
        for (int k = 0; k < a.Columns; k++)
        {
            double tailSquares = 0;
            for (int i = k + 1; i < a.Rows; i++)
            {
                tailSquares += a[i, k] * a[i, k];
            }

            reflectors[k] = Reflector.Of(a[k, k], tailSquares);
            Reflect(a, k, reflectors[k], projection);
        }
    }

    // Q ← H_k Q in the columns from k on; column k itself becomes ±H_k e_k, with the sign that makes R_kk ≥ 0.
    private static void ExpandColumn(in Matrix a, int k, Reflector reflector, Span<double> projection)
    {
        Reflect(a, k, reflector, projection);
        double sign = reflector.Beta < 0 ? -1 : 1;
        a[k, k] = sign * (1 - reflector.Tau);
        for (int i = 0; i < a.Rows; i++)
        {
            if (i < k)
            {
                a[i, k] = 0;
            }
            else if (i > k)
            {
                a[i, k] *= -sign * reflector.Tau * reflector.InversePivot;
            }

            // Column j > k of Q carries its own sign already.
        }
    }

    // Columns after k: rows k.. ← (I − τ v vᵀ) rows k.., with v = (1, x·InversePivot) and x the raw tail in column k.
    private static void Reflect(in Matrix a, int k, Reflector reflector, Span<double> projection)
    {
        int start = k + 1;
        Span<double> w = projection[start..a.Columns];
        a.Row(k)[start..].CopyTo(w);
        for (int i = start; i < a.Rows; i++)
        {
            TensorPrimitives.MultiplyAdd(a.Row(i)[start..], a[i, k] * reflector.InversePivot, w, w);
        }

        TensorPrimitives.Multiply(w, -reflector.Tau, w);
        Span<double> pivotRow = a.Row(k)[start..];
        TensorPrimitives.Add(pivotRow, w, pivotRow);
        for (int i = start; i < a.Rows; i++)
        {
            Span<double> row = a.Row(i)[start..];
            TensorPrimitives.MultiplyAdd(w, a[i, k] * reflector.InversePivot, row, row);
        }
    }
}
