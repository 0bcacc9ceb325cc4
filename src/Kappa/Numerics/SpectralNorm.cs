namespace Kappa.Numerics;

/// <summary>A proven upper bound of the spectral norm ‖A‖₂, above it by about 1e-9 as a rule.</summary>
/// <remarks>
/// By the Gram matrix of the smaller side and <see cref="LargestEigenvalue"/>: squaring costs accuracy at the small end of the spectrum only. A is scaled by a power of two
/// first. The bound includes a relative 1e-9 for rounding, and 4 n(k + n) u where a Gram matrix of order n has sums of k terms: those products and the factorisation that proves the bound
/// are off by at most γ_k and γ_n of the trace, which is at most n times the largest eigenvalue. Owns its workspace; one instance per thread.
/// </remarks>
internal sealed class SpectralNorm
{
    private const double Outward = 1 + 1e-9;
    private const double UnitRoundoff = 1.1102230246251565e-16;

    private readonly LargestEigenvalue _eigenvalue = new();
    private double[] _gram = [];
    private double[] _copy = [];

    /// <summary>t with ‖A‖₂ ≤ t; infinite or NaN when A is, 0 when A is empty.</summary>
    /// <param name="a">A [r, c]; not changed.</param>
    public double UpperBound(in Matrix a) => UpperBound(a, []);

    /// <summary>t with ‖diag(w) A‖₂ ≤ t.</summary>
    /// <param name="a">A [r, c]; not changed.</param>
    /// <param name="rowWeights">w [r], or empty for all 1.</param>
    public double UpperBound(in Matrix a, ReadOnlySpan<double> rowWeights)
    {
        if (a.Rows == 0 || a.Columns == 0)
        {
            return 0;
        }

        Matrix copy = Weighted(a, rowWeights);
        MatrixScale scale = MatrixScale.Of(copy);
        if (scale.IsZero || !scale.IsFinite)
        {
            return scale.Largest;
        }

        scale.Apply(copy);
        double order = Math.Min(copy.Rows, copy.Columns), rounding = 4 * UnitRoundoff * order * (Math.Max(copy.Rows, copy.Columns) + order);
        return (Outward + rounding) * Math.Sqrt(_eigenvalue.UpperBound(Gram(copy))) / scale.Factor;
    }

    private Matrix Weighted(in Matrix a, ReadOnlySpan<double> rowWeights)
    {
        if (_copy.Length < a.Rows * a.Columns)
        {
            _copy = new double[a.Rows * a.Columns];
        }

        var copy = new Matrix(_copy, 0, a.Rows, a.Columns);
        for (int row = 0; row < a.Rows; row++)
        {
            Span<double> target = copy.Row(row);
            a.Row(row).CopyTo(target);
            if (rowWeights.Length > 0)
            {
                Vectors.Scale(target, rowWeights[row]);
            }
        }

        return copy;
    }

    private Matrix Gram(in Matrix a)
    {
        int order = Math.Min(a.Rows, a.Columns);
        if (_gram.Length < order * order)
        {
            _gram = new double[order * order];
        }

        var gram = new Matrix(_gram, 0, order, order);
        if (a.Rows <= a.Columns)
        {
            Products.MultiplyByTransposed(a, a, gram);
        }
        else
        {
            Products.TransposedMultiply(a, a, gram);
        }

        return gram;
    }
}
