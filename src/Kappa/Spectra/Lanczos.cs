namespace Kappa.Spectra;

/// <summary>Both ends of a spectrum as Lanczos left them.</summary>
/// <param name="Largest">The largest algebraic eigenvalue.</param>
/// <param name="Smallest">The smallest algebraic eigenvalue.</param>
/// <param name="Products">Products with the operator that were made.</param>
/// <param name="Floor">ε √n ‖T‖: what rounding in the products alone can make of an eigenvalue 0.</param>
public readonly record struct ExtremeEigenvalues(EigenvalueEstimate Largest, EigenvalueEstimate Smallest, int Products, double Floor);

/// <summary>The extreme eigenvalues of a symmetric operator by the Lanczos method with full reorthogonalisation (P.7).</summary>
/// <remarks>
/// The start vector is Gaussian from the sequence <c>lanczos</c> of the seed: equal arguments give equal bits. Memory 8·n·products bytes.
/// Source: Golub and Van Loan, "Matrix Computations", chapter 10; Parlett, "The Symmetric Eigenvalue Problem", chapter 13.
/// </remarks>
public static class Lanczos
{
    // Ritz values cost O(k²): looked at after every product at first, then at every eighth.
    private const int LookEveryProductUpTo = 32;
    private const int LookEvery = 8;

    /// <summary>Estimates until the wanted ends have converged, the products are used up, or
    /// the subspace is exhausted; NaN and not converged when a product is not finite.</summary>
    /// <param name="symmetric">A [n, n], n ≥ 1.</param>
    /// <param name="options">When to stop; the defaults when <c>null</c>.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the operator is empty.</exception>
    public static ExtremeEigenvalues Extremes(ISymmetricOperator symmetric, LanczosOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(symmetric);
        options ??= new LanczosOptions();
        options.Validate();
        if (symmetric.Size < 1)
        {
            throw new ArgumentException(
                $"An operator must have at least one row to have an eigenvalue but has {symmetric.Size}.", nameof(symmetric));
        }

        var process = new LanczosProcess(symmetric, LanczosProcess.GaussianStart(symmetric.Size, options.Seed, "lanczos"));
        while (true)
        {
            process.Step();
            bool isLast = process.IsExhausted || !process.IsFinite || process.Products >= options.MaximumProducts;
            if (isLast || process.Products <= LookEveryProductUpTo || process.Products % LookEvery == 0)
            {
                ExtremeEigenvalues found = EndsOf(process, options.Tolerance);
                if (isLast || IsEnough(found, options.Ends))
                {
                    return found;
                }
            }
        }
    }

    private static ExtremeEigenvalues EndsOf(LanczosProcess process, double tolerance)
    {
        if (!process.IsFinite)
        {
            var nothing = new EigenvalueEstimate(double.NaN, double.NaN, false);
            return new ExtremeEigenvalues(nothing, nothing, process.Products, double.NaN);
        }

        (double[] values, _, double[] last) = process.RitzValues();
        return new ExtremeEigenvalues(Estimate(values[^1], last[^1]), Estimate(values[0], last[0]), process.Products, process.Rounding);

        // (P.7)  ‖A y − θ y‖ = β_k |s_k|
        EigenvalueEstimate Estimate(double value, double component)
        {
            double residual = process.Remainder * Math.Abs(component);
            return new EigenvalueEstimate(
                value, residual + process.Rounding, residual <= Math.Max(tolerance * Math.Abs(value), process.Rounding));
        }
    }

    private static bool IsEnough(in ExtremeEigenvalues found, SpectrumEnds ends) => ends switch
    {
        SpectrumEnds.Largest => found.Largest.Converged,
        SpectrumEnds.Smallest => found.Smallest.Converged,
        _ => found.Largest.Converged && found.Smallest.Converged,
    };
}
