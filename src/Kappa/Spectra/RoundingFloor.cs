using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The loss at which a descent arrives when only rounding is left: 8 u² k ‖Y‖², with u the
/// unit roundoff of its precision and k the terms summed on the longest way to an output.</summary>
/// <remarks>Theory: the measured rate, the window. An estimate, not a bound;
/// what a loss curve does at or below it says nothing about the model.</remarks>
public static class RoundingFloor
{
    // (4 u √k ‖Y‖)²/2. Rounding errors of either sign add up as a random walk: a chain of sums of k terms in all errs by about u √k of its
    // size, where the worst case is k u. Once F ≈ Y that size is ‖Y‖. Partial sums are larger than what they sum to, weights and inputs are
    // rounded as well, and both branches err: four covers that.
    private const double Margin = 4;

    /// <summary>The floor of a descent on ℒ = ½‖F − Y‖².</summary>
    /// <param name="shape">The model.</param>
    /// <param name="tokens">Tokens of a sample n.</param>
    /// <param name="targets">Y [M, d_out].</param>
    /// <param name="precision">That of loss and gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no token.</exception>
    public static double Of(ResidualTransformerShape shape, int tokens, Matrix targets, Precision precision)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokens);
        double squares = 0;
        for (int row = 0; row < targets.Rows; row++)
        {
            squares += Vectors.SquaredNorm(targets.Row(row));
        }

        double relative = Margin * UnitRoundoff(precision) * Math.Sqrt(Terms(shape, tokens));
        return 0.5 * relative * relative * squares;
    }

    /// <summary>u, the largest relative error of one rounding: 2⁻⁵³ or 2⁻²⁴.</summary>
    /// <param name="precision">The precision.</param>
    public static double UnitRoundoff(Precision precision) => Math.ScaleB(1, precision == Precision.Single ? -24 : -53);

    // Through W_Q, W_K, their logits, the mixing of tokens, W_V, W_1 and W_2 of every block, then the readout.
    private static double Terms(ResidualTransformerShape shape, int tokens) =>
        (shape.Depth * ((4.0 * shape.Width) + shape.KeyWidth + tokens + shape.FfnWidth)) + (shape.ReadoutWidth is null ? 0 : shape.Width);
}
