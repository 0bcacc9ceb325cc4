using Kappa.Numerics;

namespace Kappa.Certificates;

/// <summary>Look-ahead (C.19): what a certificate at step t + T says about
/// the residual from step t on, given the T steps in between.</summary>
/// <remarks>
/// ‖e_{t+k}‖ ≤ C (1 − ημ)^k ‖e_t‖ for every k ≥ 0: the first T steps are observation, the rest is theorem. It is no a-priori statement
/// about step t, and it needs the certified step size from step t + T on.
/// </remarks>
/// <param name="Steps">T.</param>
/// <param name="Constant">C ≥ 1.</param>
/// <param name="Factor">√(1 − rate) = 1 − ημ, the factor of ‖e‖ a step.</param>
public readonly record struct LookAhead(int Steps, double Constant, double Factor)
{
    /// <summary>C = max_{k ≤ T} ‖e_{t+k}‖ (1 − ημ)^{−k} / ‖e_t‖ (C.19).</summary>
    /// <param name="losses">ℒ_t, …, ℒ_{t+T}, every step: all positive and finite.</param>
    /// <param name="guarantee">Of the certificate at step t + T.</param>
    /// <exception cref="ArgumentException">A loss is missing, not positive or not finite.</exception>
    public static LookAhead Of(ReadOnlySpan<double> losses, Guarantee guarantee)
    {
        ArgumentNullException.ThrowIfNull(guarantee);
        if (losses.IsEmpty)
        {
            throw new ArgumentException("The losses of steps t to t + T must be given but there are none.", nameof(losses));
        }

        // In logarithms: (1 − ημ)^{−T} may exceed every double.
        double decay = 0.5 * Logarithm.OfOnePlus(-guarantee.Rate), largest = 0;
        for (int k = 0; k < losses.Length; k++)
        {
            if (!(losses[k] > 0 && double.IsFinite(losses[k])))
            {
                throw new ArgumentException($"Every loss must be positive and finite but that of step {k} is {losses[k]}.", nameof(losses));
            }

            largest = Math.Max(largest, (0.5 * Math.Log(losses[k] / losses[0])) - (k * decay));
        }

        return new LookAhead(losses.Length - 1, UpperBound.OfComputed(Math.Exp(largest)).Value, Math.Exp(decay));
    }
}
