using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>An eigenvalue with its eigenvector as Lanczos sees them (P.7): estimated, never proven.</summary>
/// <param name="Value">The Ritz value θ.</param>
/// <param name="Vector">The unit Ritz vector y [n].</param>
/// <param name="Residual">‖A y − θ y‖, measured by a product of its own.</param>
/// <param name="Converged">Whether the residual is below the tolerance times |θ|, or at the rounding of the products.</param>
public sealed record Eigenpair(double Value, IReadOnlyList<double> Vector, double Residual, bool Converged);

/// <summary>The eigenpairs of largest modulus of a symmetric operator, by Lanczos (P.7).</summary>
/// <remarks>One start vector sees one eigenvector of a multiple eigenvalue: of a double
/// largest one the second pair is not found, and the next takes its place.</remarks>
public static class DominantEigenpairs
{
    private const int LookEvery = 5;

    /// <summary>Up to <paramref name="count"/> pairs, the largest modulus first; fewer when the start
    /// vector lies in a smaller invariant subspace, none when a product is not finite.</summary>
    /// <param name="symmetric">A.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="options">When to stop; the defaults when null. Which end is waited for is ignored.</param>
    /// <exception cref="ArgumentException">An option is out of range or the operator is empty.</exception>
    public static IReadOnlyList<Eigenpair> Of(ISymmetricOperator symmetric, int count, LanczosOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(symmetric);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(symmetric.Size, 1, nameof(symmetric));
        options ??= new LanczosOptions();
        options.Validate();
        var process = new LanczosProcess(symmetric, LanczosProcess.GaussianStart(symmetric.Size, options.Seed, "dominant"));
        do
        {
            process.Step();
        }
        while (process.IsFinite && !process.IsExhausted && process.Products < options.MaximumProducts
            && !(process.Products % LookEvery == 0 && IsEnough(process, count, options.Tolerance)));

        return process.IsFinite ? Pairs(process, symmetric, count, options.Tolerance) : [];
    }

    private static bool IsEnough(LanczosProcess process, int count, double tolerance)
    {
        (double[] values, _, double[] last) = process.RitzValues();
        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(k => Math.Abs(values[k])).Take(count)];
        return order.Length == count
            && order.All(k => process.Remainder * Math.Abs(last[k]) <= Math.Max(tolerance * Math.Abs(values[k]), process.Rounding));
    }

    private static IReadOnlyList<Eigenpair> Pairs(LanczosProcess process, ISymmetricOperator symmetric, int count, double tolerance)
    {
        (double[] values, Matrix vectors) = SymmetricEigenvectors.Of(process.Tridiagonal());
        double[] product = new double[symmetric.Size];
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(k => Math.Abs(values[k])).Take(count).Select(k =>
        {
            double[] vector = process.Combine([.. Enumerable.Range(0, values.Length).Select(row => vectors[row, k])]);
            symmetric.Apply(vector, product);
            Vectors.AddScaled(product, -values[k], vector);
            double residual = Vectors.Norm(product);
            return new Eigenpair(
                values[k], vector, residual, residual <= Math.Max(2 * tolerance * Math.Abs(values[k]), 4 * process.Rounding));
        })];
    }
}
