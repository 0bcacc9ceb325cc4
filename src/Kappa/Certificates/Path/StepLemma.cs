namespace Kappa.Certificates.Path;

/// <summary>The constants of one gradient step (C.12, C.13): how far the
/// weights may move per unit of residual that the step removes.</summary>
/// <param name="Rest">p: ‖Δ_rest‖ ≤ (p/s)(‖e_t‖ − ‖e_{t+1}‖), rest = every trained block but W_2 of the last.</param>
/// <param name="Whole">g: ‖Δθ‖ ≤ (g/s)(‖e_t‖ − ‖e_{t+1}‖).</param>
internal readonly record struct StepLemma(double Rest, double Whole)
{
    // More than what the three differences of numbers up to 2 and the rounding of σ can lose.
    private const double Rounding = 2e-15;

    /// <summary>The constants, or <c>null</c> when the curvature can eat the whole decrease (A ≤ 0).</summary>
    /// <param name="slowest">σ = ηs², at most 1 and at most x̄.</param>
    /// <param name="fastest">x̄ = ηΛ² &lt; 2.</param>
    /// <param name="remainder">ξ = ½cηR.</param>
    public static StepLemma? Of(double slowest, double fastest, double remainder)
    {
        // (C.12)  A₀ = (2 − σ − x̄)/(2(1 − σ)),  A = A₀ − ξ,  B = 1 − A₀, with A₀ not above the exact one (C.39)
        double chord = (2 - slowest - fastest - Rounding) / ((2 * (1 - slowest)) + Rounding);
        double slope = chord - remainder, constant = 1 - chord;
        if (!(slope > 0) || !(slowest < 1))
        {
            return null;
        }

        // (C.13)  p = 1/(2√(A(A + B))),  g = 1/(A + B) if A ≥ B, else 1/(2√(AB))
        double rest = 1 / (2 * Math.Sqrt(slope * (slope + constant)));
        double whole = slope >= constant ? 1 / (slope + constant) : 1 / (2 * Math.Sqrt(slope * constant));
        return new StepLemma(rest, whole);
    }
}
