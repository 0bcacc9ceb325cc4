using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>One run of the rate grid: the measured late rate beside everything that might set it.</summary>
/// <param name="Trains">Which parameters: all blocks, or W_2 only.</param>
/// <param name="AttentionResidual">ρ_a.</param>
/// <param name="QueryKeyScale">Gain of W_Q and W_K.</param>
/// <param name="ValueScale">Gain of W_V.</param>
/// <param name="TemperatureFactor">Multiple of τ = 1/√d_k.</param>
/// <param name="Seed">Seed.</param>
/// <param name="StepSize">η.</param>
/// <param name="StartConditionNumber">κ(H) at the start.</param>
/// <param name="EndConditionNumber">κ(H) at the end.</param>
/// <param name="HiddenConditionNumber">κ(Φ) at the start.</param>
/// <param name="StartKernelRate">1 − max((1 − ηλ_min)², (1 − ηλ_max)²) of the kernel at the start: linearised.</param>
/// <param name="EndKernelRate">The same of the kernel at the end.</param>
/// <param name="Rate">The fit of the loss curve.</param>
internal sealed record RatePoint(
    TrainedPart Trains,
    double AttentionResidual,
    double QueryKeyScale,
    double ValueScale,
    double TemperatureFactor,
    long Seed,
    double StepSize,
    double StartConditionNumber,
    double EndConditionNumber,
    double HiddenConditionNumber,
    double StartKernelRate,
    double EndKernelRate,
    RateFit Rate)
{
    /// <summary>Whether a late rate was measured: the loss fell by a decade or
    /// more on a window that is neither diverging nor at its floor.</summary>
    public bool HasLateRate =>
        Rate.Outcome is RateOutcome.Linear or RateOutcome.Slowing or RateOutcome.Accelerating or RateOutcome.Irregular && Rate.LateRate > 0;
}

/// <summary>Which parameters a run of the rate grid trains.</summary>
internal enum TrainedPart
{
    /// <summary>All blocks.</summary>
    All,

    /// <summary>W_2 only: the model is linear in it and its kernel is Φ Φᵀ.</summary>
    FfnOut,
}
