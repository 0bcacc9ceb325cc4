namespace Kappa.Numerics;

/// <summary>The Householder reflection H = I − τ v vᵀ, v = (1, x/(α − β)), that maps (α, x) to (β, 0).</summary>
/// <remarks>
/// Source: Golub and Van Loan, "Matrix Computations", section 5.1. β takes the sign opposite to α, so α − β never cancels. The caller has
/// scaled its matrix so that the largest element is about 1. A tail with Σx² below <see cref="TailFloor"/> is left out (τ = 0): its squares
/// would be subnormal and H would not be orthogonal any more, while leaving it out moves no singular value by more than 2⁻⁴⁸⁰.
/// </remarks>
/// <param name="Beta">β = ∓√(α² + Σx²).</param>
/// <param name="Tau">τ = (β − α)/β, between 1 and 2, or 0 when H = I.</param>
/// <param name="InversePivot">1/(α − β), the factor from x to the tail of v; 0 when H = I.</param>
internal readonly record struct Reflector(double Beta, double Tau, double InversePivot)
{
    /// <summary>2⁻⁹⁶⁰: every square that matters in a larger sum, 2⁻⁵³ of it, is still above the smallest normal number 2⁻¹⁰²².</summary>
    internal const double TailFloor = 1.0261342003245941e-289;

    /// <summary>The reflection of (α, x).</summary>
    /// <param name="alpha">α.</param>
    /// <param name="tailSquares">Σx².</param>
    public static Reflector Of(double alpha, double tailSquares)
    {
        if (tailSquares < TailFloor)
        {
            return new Reflector(alpha, 0, 0);
        }

        double beta = -Math.CopySign(Math.Sqrt((alpha * alpha) + tailSquares), alpha);
        return new Reflector(beta, (beta - alpha) / beta, 1 / (alpha - beta));
    }
}
