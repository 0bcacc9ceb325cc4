using Kappa.Numerics;
using Kappa.Spectra;
using Kappa.Tests.Numerics;

namespace Kappa.Tests.Spectra;

/// <summary>A symmetric matrix written out.</summary>
internal sealed class DenseOperator(Matrix matrix) : ISymmetricOperator
{
    public int Size => matrix.Rows;

    /// <summary>Q diag(eigenvalues) Qᵀ with uniform orthonormal Q.</summary>
    public static DenseOperator WithSpectrum(double[] eigenvalues, long seed)
    {
        int n = eigenvalues.Length;
        Matrix q = MatrixSamples.Gaussian(n, n, seed);
        HouseholderQr.OrthonormalColumns(q);
        Matrix scaled = Matrix.Allocate(n, n);
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < n; k++)
            {
                scaled[i, k] = q[i, k] * eigenvalues[k];
            }
        }

        Matrix product = Matrix.Allocate(n, n);
        Products.MultiplyByTransposed(scaled, q, product);
        return new DenseOperator(product);
    }

    public void Apply(ReadOnlySpan<double> x, Span<double> y)
    {
        for (int i = 0; i < matrix.Rows; i++)
        {
            y[i] = Vectors.Dot(matrix.Row(i), x);
        }
    }
}
