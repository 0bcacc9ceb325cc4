using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Descent;

/// <summary>Why gradient descent ended.</summary>
public enum StopReason
{
    /// <summary>The loss came down to the loss floor.</summary>
    LossFloor,

    /// <summary>The gradient norm came down to the tolerance.</summary>
    GradientTolerance,

    /// <summary>All steps were made.</summary>
    StepBudget,

    /// <summary>The loss or the gradient is not finite; the state holds the last iterate whose loss is.</summary>
    NonFinite,

    /// <summary>The monotone rule found no step that does not raise the loss: the iterate is stationary to rounding.</summary>
    NoDecrease,

    /// <summary>The caller asked to stop; the state can be continued to the same bits.</summary>
    Cancelled,
}

/// <summary>How gradient descent ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Step">The step whose evaluation ended it; for <see cref="StopReason.NonFinite"/>
/// the step at which the loss or gradient is not finite.</param>
/// <param name="Loss">The loss at that step (not finite for a loss that overflowed).</param>
public sealed record DescentOutcome(StopReason Reason, long Step, double Loss)
{
    /// <summary>One sentence for a reader.</summary>
    public string Explanation => Reason switch
    {
        StopReason.LossFloor => Invariant($"The loss reached its floor at step {Step} with {NumberText.Of(Loss)}."),
        StopReason.GradientTolerance =>
            Invariant($"The gradient norm reached its tolerance at step {Step} with loss {NumberText.Of(Loss)}."),
        StopReason.StepBudget => Invariant($"All {Step} steps were made; the loss is {NumberText.Of(Loss)}."),
        StopReason.NonFinite when Step == 0 =>
            "The first loss or gradient is not finite, before any step is made: look at the scales of the data and of the initial weights.",
        StopReason.NonFinite =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"It diverged: loss or gradient are not finite after {Step} steps; the last finite iterate is kept. A smaller step size "
                    + $"may help."),
        StopReason.NoDecrease =>
            Invariant($"No step from the iterate of step {Step} lowers its loss {NumberText.Of(Loss)}: it is stationary to rounding."),
        _ => Invariant($"Stopped on request at step {Step} with loss {NumberText.Of(Loss)}; it can be continued."),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
