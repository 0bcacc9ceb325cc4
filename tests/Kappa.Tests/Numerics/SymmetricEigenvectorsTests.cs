using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class SymmetricEigenvectorsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(40)]
    public void A_matrix_is_put_together_again_from_its_eigenpairs(int n)
    {
        Matrix random = MatrixSamples.Gaussian(n, n, seed: n);
        Matrix a = Matrix.Allocate(n, n);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                a[i, j] = random[i, j] + random[j, i];
            }
        }

        (double[] values, Matrix vectors) = SymmetricEigenvectors.Of(a);
        Assert.Equal(values.OrderDescending(), values);

        // A few n ε ‖A‖, with ‖A‖ below 4 √n.
        double tolerance = 1e-14 * n * Math.Sqrt(n);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                Assert.Equal(a[i, j], Enumerable.Range(0, n).Sum(k => vectors[i, k] * values[k] * vectors[j, k]), tolerance);
                Assert.Equal(i == j ? 1 : 0, Enumerable.Range(0, n).Sum(k => vectors[k, i] * vectors[k, j]), tolerance);
            }
        }
    }

    [Fact]
    public void The_second_difference_has_the_eigenvalues_and_vectors_of_the_closed_form()
    {
        const int n = 12;
        Matrix a = Matrix.Allocate(n, n);
        for (int k = 0; k < n; k++)
        {
            a[k, k] = 2;
            if (k > 0)
            {
                a[k, k - 1] = a[k - 1, k] = -1;
            }
        }

        (double[] values, Matrix vectors) = SymmetricEigenvectors.Of(a);
        double angle = Math.PI / (n + 1);
        for (int j = 1; j <= n; j++)
        {
            Assert.Equal(2 - (2 * Math.Cos((n + 1 - j) * angle)), values[j - 1], 1e-14);
            Assert.Equal(Math.Sqrt(2.0 / (n + 1)) * Math.Abs(Math.Sin((n + 1 - j) * angle)), Math.Abs(vectors[0, j - 1]), 1e-13);
        }
    }

    [Fact]
    public void Zero_and_diagonal_matrices_need_no_rotation_and_other_shapes_are_refused()
    {
        Assert.Equal([0, 0], SymmetricEigenvectors.Of(Matrix.Allocate(2, 2)).Values);
        Assert.Equal([3, 1, -2], SymmetricEigenvectors.Of(Matrix.From(new double[,] { { 1, 0, 0 }, { 0, -2, 0 }, { 0, 0, 3 } })).Values);
        _ = Assert.Throws<ArgumentException>(() => SymmetricEigenvectors.Of(Matrix.Allocate(2, 3)));
    }
}
