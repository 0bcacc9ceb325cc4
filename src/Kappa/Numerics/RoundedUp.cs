namespace Kappa.Numerics;

/// <summary>Norms and sums of non-negative numbers that are certain not to be below their exact values, whatever the order of summation.</summary>
/// <remarks>Theory: rounding, C.34. The relative 1e-9 exceeds the rounding of four million additions; squares that underflow are counted with the smallest normal's square root.</remarks>
internal static class RoundedUp
{
    private const double Factor = 1 + 1e-9;
    private const double UnitRoundoff = 1.1102230246251565e-16;

    // More than twice what one square can lose to underflow (2⁻¹⁰⁷⁵).
    private const double LostSquare = 9.8813129168249309e-324;

    /// <summary>A bound of positive terms, made safe.</summary>
    public static double Of(double bound) => bound * Factor;

    /// <summary>‖x‖ at most.</summary>
    public static double Norm(ReadOnlySpan<double> x) => x.Length == 0 ? 0 : Factor * Math.Sqrt(Vectors.SquaredNorm(x) + (x.Length * LostSquare));

    /// <summary>‖X‖ (Frobenius) at most.</summary>
    public static double FrobeniusNorm(in Matrix matrix)
    {
        double sum = 0;
        for (int row = 0; row < matrix.Rows; row++)
        {
            sum += Vectors.SquaredNorm(matrix.Row(row));
        }

        return Factor * Math.Sqrt(sum + ((double)matrix.Rows * matrix.Columns * LostSquare));
    }

    /// <summary>γ_k = ku/(1 − ku), u = 2⁻⁵³: the error of a sum of k products in double, in any order and with or without fused additions, relative to the sum of their sizes.</summary>
    public static double Gamma(int terms) => Of(terms * UnitRoundoff / (1 - (terms * UnitRoundoff)));
}
