using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Turns a matrix into one with orthonormal columns, or rows when it is wide, spanning the same space.</summary>
internal static class OrthonormalFrame
{
    /// <summary>Gram–Schmidt, each vector against its predecessors twice: twice is enough for orthogonality to rounding (Kahan; Parlett 1980).</summary>
    /// <param name="matrix">Of full rank; overwritten.</param>
    public static void From(in Matrix matrix)
    {
        Matrix rows = matrix.Rows >= matrix.Columns ? Transposed(matrix) : matrix;
        for (int k = 0; k < rows.Rows; k++)
        {
            Span<double> vector = rows.Row(k);
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < k; j++)
                {
                    AddMultiple(vector, -Dot(rows.Row(j), vector), rows.Row(j));
                }
            }

            Scale(vector, 1 / Math.Sqrt(Dot(vector, vector)));
        }

        if (matrix.Rows >= matrix.Columns)
        {
            Transposed(rows).CopyTo(matrix);
        }
    }

    private static Matrix Transposed(in Matrix matrix)
    {
        Matrix result = Matrix.Allocate(matrix.Columns, matrix.Rows);
        for (int row = 0; row < matrix.Rows; row++)
        {
            for (int column = 0; column < matrix.Columns; column++)
            {
                result[column, row] = matrix[row, column];
            }
        }

        return result;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++)
        {
            sum += a[k] * b[k];
        }

        return sum;
    }

    private static void AddMultiple(Span<double> sum, double factor, ReadOnlySpan<double> addend)
    {
        for (int k = 0; k < sum.Length; k++)
        {
            sum[k] += factor * addend[k];
        }
    }

    private static void Scale(Span<double> values, double factor)
    {
        for (int k = 0; k < values.Length; k++)
        {
            values[k] *= factor;
        }
    }
}
