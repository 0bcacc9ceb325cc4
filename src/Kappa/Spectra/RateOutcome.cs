namespace Kappa.Spectra;

/// <summary>What the shape of a loss curve is found to be, by the rules of <see cref="RateFit"/>.</summary>
public enum RateOutcome
{
    /// <summary>Linear convergence in the window: one slope of log ℒ over all of it.</summary>
    Linear,

    /// <summary>The late slope is flatter than the early one by more than the band,
    /// or drifts there: sublinear, or several rates one after another.</summary>
    Slowing,

    /// <summary>The late slope is steeper than the early one by more than the band, or drifts there.</summary>
    Accelerating,

    /// <summary>Early and late slopes agree but log ℒ strays too far from the line between them: oscillation, steps or noise.</summary>
    Irregular,

    /// <summary>The loss falls, but by less than the decades a rate needs. Run longer.</summary>
    TooFewDecades,

    /// <summary>The loss levels off before the decades a rate needs: <see cref="RateFit.FloorLoss"/> is where.</summary>
    Plateau,

    /// <summary>The loss does not fall over the window.</summary>
    NotDecreasing,

    /// <summary>The loss became NaN or infinite; there is no rate.</summary>
    Diverged,

    /// <summary>Fewer points in the window than <see cref="RateFit.LeastPoints"/>. Record every step, or use a smaller step size.</summary>
    TooShort,
}
