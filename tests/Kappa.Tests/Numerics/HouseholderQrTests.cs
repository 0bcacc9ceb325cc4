using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class HouseholderQrTests
{
    private const double Epsilon = 2.220446049250313e-16;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(7, 7)]
    [InlineData(64, 17)]
    [InlineData(200, 33)]
    public void Columns_are_orthonormal_and_span_the_columns_of_A_with_a_positive_diagonal(int rows, int columns)
    {
        Matrix a = MatrixSamples.Gaussian(rows, columns, 1);
        Matrix q = Matrix.Allocate(rows, columns);
        a.CopyTo(q);
        HouseholderQr.OrthonormalColumns(q);
        AssertOrthonormal(q);

        // R = QᵀA must be upper triangular with a non-negative diagonal, to the rounding of `rows` terms of size ‖a_j‖.
        double bound = 4 * columns * Epsilon * Math.Sqrt(rows) * 4;
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double r = Enumerable.Range(0, rows).Sum(k => q[k, i] * a[k, j]);
                Assert.True(i == j ? r > 0 : Math.Abs(r) < bound, $"R[{i}, {j}] = {r}");
            }
        }
    }

    [Fact]
    public void Columns_are_orthonormal_also_for_dependent_zero_huge_and_tiny_columns()
    {
        Matrix a = MatrixSamples.Gaussian(12, 5, 2);
        for (int i = 0; i < 12; i++)
        {
            a[i, 1] = 3 * a[i, 0];
            a[i, 2] = 0;
            a[i, 3] *= 1e300;
            a[i, 4] *= 1e-300;
        }

        HouseholderQr.OrthonormalColumns(a);
        AssertOrthonormal(a);
    }

    [Fact]
    public void Non_finite_input_gives_NaN_and_a_wide_matrix_is_refused()
    {
        Matrix a = MatrixSamples.Gaussian(4, 3, 3);
        a[2, 1] = double.PositiveInfinity;
        HouseholderQr.OrthonormalColumns(a);
        Assert.All(a.Span.ToArray(), x => Assert.True(double.IsNaN(x)));

        string message = Assert.Throws<ArgumentException>(() => HouseholderQr.OrthonormalColumns(Matrix.Allocate(3, 4))).Message;
        Assert.Contains("[3, 4]", message, StringComparison.Ordinal);
    }

    // Higham, "Accuracy and Stability", theorem 19.4: the deviation of Q is a small constant times columns·ε.
    private static void AssertOrthonormal(Matrix q)
    {
        for (int i = 0; i < q.Columns; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double product = Enumerable.Range(0, q.Rows).Sum(k => q[k, i] * q[k, j]);
                Assert.InRange(product - (i == j ? 1 : 0), -8 * q.Columns * Epsilon, 8 * q.Columns * Epsilon);
            }
        }
    }
}
