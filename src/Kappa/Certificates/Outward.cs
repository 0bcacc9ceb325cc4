namespace Kappa.Certificates;

/// <summary>Outward rounding: what turns a computed bound into one that rounding cannot have made too good.</summary>
/// <remarks>
/// A bound is a sum and product of a few hundred non-negative terms, each right to a few ε = 2⁻⁵², and of norms right to a few ε times their dimension;
/// the relative factor 1e-9 exceeds both for every size that fits into memory.
/// </remarks>
internal static class Outward
{
    /// <summary>1 + 1e-9.</summary>
    public const double Factor = 1 + 1e-9;

    // Far above the smallest normal number: a square above it is right to a relative 2⁻⁵³.
    private const double LeastSquare = 1e-290;

    /// <summary>An upper bound made safe.</summary>
    public static double Up(double bound) => bound * Factor;

    /// <summary>x² rounded down, for a floor x ≥ 0; 0 where the square is not a normal number and has lost its relative precision.</summary>
    public static double SquareDown(double floor)
    {
        double square = floor * floor / Factor;
        return square > LeastSquare && double.IsFinite(square) ? square : 0;
    }

    /// <summary>x² rounded up, for an upper bound x ≥ 0; infinite where x is no number, never below the smallest normal number unless x is 0.</summary>
    public static double SquareUp(double bound) => bound == 0 ? 0 : OrInfinity(Math.Max(Up(bound * bound), LeastSquare));

    /// <summary>An upper bound that is no number is infinite: it bounds nothing.</summary>
    public static double OrInfinity(double bound) => double.IsNaN(bound) ? double.PositiveInfinity : bound;
}
