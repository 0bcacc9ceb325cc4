namespace Kappa.Numerics;

/// <summary>Matrix products C ← α·op(A)·op(B) + β·C, and the same for every sample of stacked matrices.</summary>
/// <remarks>No allocation. C must not overlap A or B. With β = 0 the old content of C is never read, so NaN there does not spread.</remarks>
public static class Products
{
    /// <summary>C ← α A B + β C.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [k, c].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Multiply(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(a.Rows == c.Rows && a.Columns == b.Rows && b.Columns == c.Columns, "A B", a, b, c);
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < c.Columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < a.Columns; k++)
                {
                    sum += a[i, k] * b[k, j];
                }

                c[i, j] = (alpha * sum) + (beta == 0 ? 0 : beta * c[i, j]);
            }
        }
    }

    /// <summary>C ← α A Bᵀ + β C.</summary>
    /// <param name="a">A [r, k].</param>
    /// <param name="b">B [c, k].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void MultiplyByTransposed(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(a.Rows == c.Rows && a.Columns == b.Columns && b.Rows == c.Columns, "A Bᵀ", a, b, c);
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < c.Columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < a.Columns; k++)
                {
                    sum += a[i, k] * b[j, k];
                }

                c[i, j] = (alpha * sum) + (beta == 0 ? 0 : beta * c[i, j]);
            }
        }
    }

    /// <summary>C ← α Aᵀ B + β C.</summary>
    /// <param name="a">A [k, r].</param>
    /// <param name="b">B [k, c].</param>
    /// <param name="c">C [r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void TransposedMultiply(in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        Require(a.Columns == c.Rows && a.Rows == b.Rows && b.Columns == c.Columns, "Aᵀ B", a, b, c);
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < c.Columns; j++)
            {
                double sum = 0;
                for (int k = 0; k < a.Rows; k++)
                {
                    sum += a[k, i] * b[k, j];
                }

                c[i, j] = (alpha * sum) + (beta == 0 ? 0 : beta * c[i, j]);
            }
        }
    }

    /// <summary>C_i ← α A_i B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        for (int i = 0; i < samples; i++)
        {
            Multiply(Block(samples, i, a), Block(samples, i, b), Block(samples, i, c), alpha, beta);
        }
    }

    /// <summary>C_i ← α A_i B_iᵀ + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·r, k].</param>
    /// <param name="b">B [N·c, k].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void MultiplyByTransposedEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        for (int i = 0; i < samples; i++)
        {
            MultiplyByTransposed(Block(samples, i, a), Block(samples, i, b), Block(samples, i, c), alpha, beta);
        }
    }

    /// <summary>C_i ← α A_iᵀ B_i + β C_i for each of <paramref name="samples"/> equal row blocks.</summary>
    /// <param name="samples">Number of row blocks N that each matrix is a stack of.</param>
    /// <param name="a">A [N·k, r].</param>
    /// <param name="b">B [N·k, c].</param>
    /// <param name="c">C [N·r, c].</param>
    /// <param name="alpha">α.</param>
    /// <param name="beta">β.</param>
    public static void TransposedMultiplyEach(int samples, in Matrix a, in Matrix b, in Matrix c, double alpha = 1, double beta = 0)
    {
        for (int i = 0; i < samples; i++)
        {
            TransposedMultiply(Block(samples, i, a), Block(samples, i, b), Block(samples, i, c), alpha, beta);
        }
    }

    private static Matrix Block(int samples, int index, in Matrix stacked) => stacked.RowRange(index * (stacked.Rows / samples), stacked.Rows / samples);

    private static void Require(bool fits, string form, in Matrix a, in Matrix b, in Matrix c)
    {
        if (!fits)
        {
            throw new ArgumentException($"The shapes of C = {form} must fit but A is {a}, B is {b}, C is {c}.");
        }
    }
}
