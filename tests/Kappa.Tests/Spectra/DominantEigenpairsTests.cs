using Kappa.Numerics;
using Kappa.Spectra;
using Xunit;

namespace Kappa.Tests.Spectra;

public sealed class DominantEigenpairsTests
{
    [Fact]
    public void The_pairs_of_largest_modulus_are_found_whatever_their_sign()
    {
        double[] spectrum = [.. Enumerable.Range(0, 60).Select(k => (k / 30.0) - 1), -7, 5, 3];
        var matrix = DenseOperator.WithSpectrum(spectrum, seed: 4);
        IReadOnlyList<Eigenpair> pairs = DominantEigenpairs.Of(matrix, 3, new LanczosOptions { Tolerance = 1e-10 });
        Assert.Equal(3, pairs.Count);
        double[] product = new double[spectrum.Length];
        foreach ((double expected, Eigenpair pair) in new[] { -7.0, 5, 3 }.Zip(pairs))
        {
            Assert.True(pair.Converged);
            Assert.Equal(expected, pair.Value, 1e-12);
            double[] vector = [.. pair.Vector];
            Assert.Equal(1, Vectors.Norm(vector), 1e-14);
            matrix.Apply(vector, product);
            Vectors.AddScaled(product, -pair.Value, vector);
            Assert.Equal(pair.Residual, Vectors.Norm(product), 1e-15);
            Assert.InRange(pair.Residual, 0, 2e-10 * Math.Abs(expected));
        }
    }

    [Fact]
    public void Too_few_products_leave_pairs_that_say_they_have_not_converged()
    {
        var matrix = DenseOperator.WithSpectrum([.. Enumerable.Range(0, 80).Select(k => 1 + (k * 1e-3))], seed: 4);
        Assert.All(DominantEigenpairs.Of(matrix, 2, new LanczosOptions { MaximumProducts = 4 }), pair => Assert.False(pair.Converged));
    }

    [Fact]
    public void An_operator_with_one_eigenvalue_shows_one_pair_and_one_that_is_not_finite_none()
    {
        Assert.Equal(2, Assert.Single(DominantEigenpairs.Of(DenseOperator.WithSpectrum([2, 2, 2], seed: 1), 2)).Value, 1e-13);
        Assert.Empty(DominantEigenpairs.Of(new DenseOperator(Matrix.From(new double[,] { { double.NaN, 0 }, { 0, 1 } })), 2));
    }
}
