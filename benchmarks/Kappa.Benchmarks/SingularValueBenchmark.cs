using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>All singular values of a tall matrix whose columns are graded to a condition number of about 1e6.</summary>
internal static class SingularValueBenchmark
{
    /// <summary>Times the three sizes of a stacked attention output.</summary>
    public static IEnumerable<Measurement> Run(Stopclock clock)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(256, 32), (1024, 64), (4096, 128)])
        {
            Matrix matrix = Matrix.Allocate(rows, columns);
            new RandomSequence(1, "benchmark").FillGaussian(matrix.Span);
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    matrix[i, j] *= Math.Pow(10, -6.0 * j / (columns - 1));
                }
            }

            SingularValues values = new(rows, columns);
            double[] destination = new double[columns];

            // Householder QR of the tall matrix and bidiagonalisation of its square factor.
            double operations = (2.0 * rows * columns * columns) + (4.0 / 3 * columns * columns * columns);
            yield return clock.Time($"singular values {rows}x{columns}", operations, () => values.Compute(matrix, destination));
        }
    }
}
