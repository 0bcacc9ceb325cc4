using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>Gaussian weights (G.2) and layer normalisation (E.2, E.6) on every vector
/// path of this machine against their formulas, at every kind of row end.</summary>
public sealed class RowKernelTests
{
    private static IEnumerable<(VectorPath Path, int Rows, int Columns)> Cases =>
        from path in Enum.GetValues<VectorPath>()
        where VectorPaths.IsSupported(path)
        from rows in new[] { 1, 3, 4, 6 }
        from columns in new[] { 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64 }
        select (path, rows, columns);

    [Fact]
    public void Gaussian_weights_and_their_gradient_are_the_formulas()
    {
        foreach ((VectorPath path, int rows, int columns) in Cases)
        {
            const double Scale = 0.7;
            Matrix q = ModelCase.Gaussian(rows, 3, 1, "q"), k = ModelCase.Gaussian(columns, 3, 1, "k"),
                dWeights = ModelCase.Gaussian(rows, columns, 1, "d"), weights = Matrix.Allocate(rows, columns);
            double[] a = new double[rows], b = new double[columns], sums = new double[rows];
            GaussianWeights.Exponents<double>(q, Scale, a, path);
            GaussianWeights.Exponents<double>(k, Scale, b, path);
            Products.MultiplyByTransposed(q, k, weights);
            double[] upstream = dWeights.Span.ToArray();
            GaussianWeights.Apply<double>(weights, Scale, a, b, path);
            GaussianWeights.Backward<double>(weights, dWeights, Scale, sums, path);
            for (int i = 0; i < rows; i++)
            {
                double sum = 0;
                for (int j = 0; j < columns; j++)
                {
                    double expected = Math.Exp(-Scale * Vectors.SquaredDistance(q.Row(i), k.Row(j)) / 2);
                    Assert.Equal(expected, weights[i, j], 1e-14);
                    Assert.Equal(Scale * expected * upstream[(i * columns) + j], dWeights[i, j], 1e-13);
                    sum += dWeights[i, j];
                }

                Assert.Equal(sum, sums[i], 1e-13);
            }
        }
    }

    [Fact]
    public void Equal_queries_and_keys_weigh_at_most_one_and_NaN_stays_NaN()
    {
        foreach (VectorPath path in Enum.GetValues<VectorPath>().Where(VectorPaths.IsSupported))
        {
            Matrix<float> q = Matrix<float>.Allocate(1, 3), weights = Matrix<float>.Allocate(1, 1);
            (q[0, 0], q[0, 1], q[0, 2]) = (31.7f, -3.3f, 0.1f);
            float[] a = new float[1];
            GaussianWeights.Exponents<float>(q, 1, a, path);
            Products.MultiplyByTransposed(q, q, weights);
            GaussianWeights.Apply<float>(weights, 1, a, a, path);
            Assert.InRange(weights[0, 0], 0.999f, 1f);
            weights[0, 0] = float.NaN;
            GaussianWeights.Apply<float>(weights, 1, a, a, path);
            Assert.Equal(float.NaN, weights[0, 0]);
        }
    }

    [Fact]
    public void Layer_normalisation_and_its_gradient_are_the_formulas()
    {
        foreach ((VectorPath path, int rows, int columns) in Cases)
        {
            Matrix x = ModelCase.Gaussian(rows, columns, 2, "x"), gain = ModelCase.Gaussian(1, columns, 2, "gain"),
                shift = ModelCase.Gaussian(1, columns, 2, "shift");
            Matrix y = Matrix.Allocate(rows, columns), statistics = Matrix.Allocate(rows, 2),
                dy = ModelCase.Gaussian(rows, columns, 2, "dy"), dx = ModelCase.Gaussian(rows, columns, 2, "dx");
            double[] before = dx.Span.ToArray();
            LayerNorm.Forward(x, gain, shift, 0.1, statistics, y, path: path);
            LayerNorm.InputGradient(x, gain, statistics, dy, 0.5, dx, path: path);
            for (int i = 0; i < rows; i++)
            {
                double[] row = x.Row(i).ToArray(), g = [.. Enumerable.Range(0, columns).Select(j => gain[0, j] * dy[i, j])];
                double mean = row.Average(), deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + 0.1);
                double[] hat = [.. row.Select(value => (value - mean) / deviation)];
                double projection = g.Zip(hat, (u, v) => u * v).Average();
                for (int j = 0; j < columns; j++)
                {
                    Assert.Equal((gain[0, j] * hat[j]) + shift[0, j], y[i, j], 1e-13);
                    Assert.Equal(
                        (0.5 * before[(i * columns) + j]) + ((g[j] - g.Average() - (hat[j] * projection)) / deviation), dx[i, j], 1e-12);
                }
            }
        }
    }
}
