using Kappa.Numerics;

namespace Kappa.Tests.Numerics;

/// <summary>Seeded matrices whose spectrum is known, for tests of the factorisations.</summary>
internal static class MatrixSamples
{
    /// <summary>Independent N(0, 1) elements.</summary>
    public static Matrix Gaussian(int rows, int columns, long seed)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(seed, "tests.gaussian").FillGaussian(matrix.Span);
        return matrix;
    }

    /// <summary>U diag(values) Vᵀ [rows, columns] with uniform orthonormal U and V.</summary>
    public static Matrix WithSpectrum(int rows, int columns, ReadOnlySpan<double> values, long seed)
    {
        int order = Math.Min(rows, columns);
        Matrix left = Gaussian(rows, order, seed);
        Matrix right = Gaussian(columns, order, seed + 1000);
        HouseholderQr.OrthonormalColumns(left);
        HouseholderQr.OrthonormalColumns(right);
        Matrix product = Matrix.Allocate(rows, columns);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                // The smallest terms first, so that the sum is as exact as it can be.
                for (int k = order - 1; k >= 0; k--)
                {
                    product[i, j] += left[i, k] * values[k] * right[j, k];
                }
            }
        }

        return product;
    }

    /// <summary>σ_k = κ^(−k/(count − 1)): from 1 to 1/κ.</summary>
    public static double[] Geometric(int count, double conditionNumber) =>
        [.. Enumerable.Range(0, count).Select(k => count == 1 ? 1 : Math.Pow(conditionNumber, -k / (count - 1.0)))];

    public static Matrix Transpose(Matrix a)
    {
        Matrix transposed = Matrix.Allocate(a.Columns, a.Rows);
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < a.Columns; j++)
            {
                transposed[j, i] = a[i, j];
            }
        }

        return transposed;
    }

    public static double[] Values(Matrix a)
    {
        double[] values = new double[Math.Min(a.Rows, a.Columns)];
        new SingularValues(Math.Max(1, a.Rows), Math.Max(1, a.Columns)).Compute(a, values);
        return values;
    }
}
