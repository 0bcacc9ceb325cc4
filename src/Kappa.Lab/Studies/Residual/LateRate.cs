using Kappa.Lab.Data;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The fit of a run's late rate, with the rounding floor that its data imply.</summary>
internal static class LateRate
{
    // Rounding of one output entry is a few ε of its size; sixteen covers the sums over d and m of the sizes used here.
    private const double RoundingUnits = 16;
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Fits the recorded losses, one per step.</summary>
    /// <param name="losses">ℒ_k.</param>
    /// <param name="data">The data the losses were measured on.</param>
    public static RateFit Of(ReadOnlySpan<double> losses, TokenData data) =>
        RateFit.Of(losses, options: new RateFitOptions { RoundingFloor = RoundingFloor(data) });

    // ½ (16 ε ‖Y‖)²: once F ≈ Y, each entry of F − Y is no better known than rounding of F.
    private static double RoundingFloor(TokenData data)
    {
        double squares = 0;
        for (int row = 0; row < data.Targets.Rows; row++)
        {
            foreach (double y in data.Targets.Row(row))
            {
                squares += y * y;
            }
        }

        return 0.5 * RoundingUnits * RoundingUnits * Epsilon * Epsilon * squares;
    }
}
