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

    private const double UnitRoundoff = 2.220446049250313e-16;

    /// <summary>An upper bound made safe.</summary>
    public static double Up(double bound) => bound * Factor;

    /// <summary>A lower bound of a singular value: less four times the floor ε σ_max √rows, not below 0.</summary>
    public static double Down(double singularValue, double largest, int rows) =>
        Math.Max(singularValue - (4 * UnitRoundoff * largest * Math.Sqrt(rows)), 0) / Factor;
}
