namespace Kappa.Numerics;

/// <summary>A proven upper bound of the spectral norm ‖A‖₂, above it by about 1e-9 as a rule.</summary>
/// <remarks>
/// By the Gram matrix of the smaller side and <see cref="LargestEigenvalue"/>: squaring costs accuracy at the small end of the spectrum
/// only. A is scaled by a power of two first, and so are weights of its rows. The bound includes a relative 1e-9 for rounding, and 4 n(k +
/// n) u where a Gram matrix of order n has sums of k terms: those products and the factorisation that proves the bound are off by at most
/// γ_k and γ_n of the trace, which is at most n times the largest eigenvalue. Elements that the scaling makes subnormal lose less than
/// 2⁻¹⁰⁷⁴ each beside
/// one in [1, 2); those of weighted rows are counted (C.34). Owns its workspace; one instance per thread.
/// </remarks>
internal sealed class SpectralNorm
{
    private readonly LargestEigenvalue _eigenvalue = new();
    private double[] _gram = [];
    private double[] _copy = [];

    /// <summary>t with ‖A‖₂ ≤ t; infinite when an element is not a finite number, 0 when A is empty.</summary>
    /// <param name="a">A [r, c]; not changed.</param>
    public UpperBound Of(in Matrix a) => a.Rows == 0 || a.Columns == 0 ? default : OfCopy(Copy(a));

    /// <summary>t with ‖diag(w) A‖₂ ≤ t for every w of at most the given sizes.</summary>
    /// <param name="a">A [r, c]; not changed.</param>
    /// <param name="rowWeights">w [r].</param>
    public UpperBound Of(in Matrix a, ReadOnlySpan<UpperBound> rowWeights) => Of(a, UpperBound.Values(rowWeights));

    /// <summary>t with ‖diag(w) A‖₂ ≤ t.</summary>
    /// <param name="a">A [r, c]; not changed.</param>
    /// <param name="rowWeights">w [r].</param>
    public UpperBound Of(in Matrix a, ReadOnlySpan<double> rowWeights)
    {
        MatrixScale scale = MatrixScale.Of(a), weightScale = MatrixScale.Of(rowWeights);
        if (a.Rows == 0 || a.Columns == 0 || scale.IsZero || weightScale.IsZero)
        {
            return default;
        }

        if (!scale.IsFinite || !weightScale.IsFinite)
        {
            return UpperBound.Infinity;
        }

        Matrix copy = Copy(a);
        scale.Apply(copy);
        for (int row = 0; row < a.Rows; row++)
        {
            Vectors.Scale(copy.Row(row), Math.ScaleB(rowWeights[row], weightScale.Exponent));
        }

        // Each element lost less than 4 · 2⁻¹⁰⁷⁴: its own scaling, times at most 2, that of its weight, times at most 2, and the product.
        UpperBound lost = UpperBound.Lost(5.0 * a.Rows * a.Columns);
        return (OfCopy(copy) + lost).Scaled(-scale.Exponent).Scaled(-weightScale.Exponent);
    }

    // Overwrites the copy.
    private UpperBound OfCopy(in Matrix copy)
    {
        MatrixScale scale = MatrixScale.Of(copy);
        if (scale.IsZero || !scale.IsFinite)
        {
            return (UpperBound)scale.Largest;
        }

        scale.Apply(copy);
        int order = Math.Min(copy.Rows, copy.Columns);
        UpperBound rounding = 4 * (UpperBound)UpperBound.UnitRoundoff * order * (Math.Max(copy.Rows, copy.Columns) + order);
        return (UpperBound.OfComputed(1) + rounding) * ((UpperBound)Math.Sqrt(_eigenvalue.UpperBound(Gram(copy)))).Scaled(-scale.Exponent);
    }

    private Matrix Copy(in Matrix a)
    {
        if (_copy.Length < a.Rows * a.Columns)
        {
            _copy = new double[a.Rows * a.Columns];
        }

        var copy = new Matrix(_copy, 0, a.Rows, a.Columns);
        a.CopyTo(copy);
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
