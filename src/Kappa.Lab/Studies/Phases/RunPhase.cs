using System.Globalization;
using Kappa.Numerics;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Phases;

/// <summary>What became of a run, from best to worst; defined in docs/guide/phases.md.</summary>
internal enum RunPhase
{
    /// <summary>It arrived, or is on its way at one rate.</summary>
    Converges,

    /// <summary>It falls, and has neither arrived nor one rate.</summary>
    Slow,

    /// <summary>It no longer falls.</summary>
    Stalls,

    /// <summary>It is not finite, or ends above where it began.</summary>
    Diverges,
}

/// <summary>A loss curve as it was recorded, with what the run says of its end.</summary>
/// <param name="Steps">Recorded steps, rising.</param>
/// <param name="Losses">ℒ at each.</param>
/// <param name="Rate">The fit of the curve; null with fewer than two rows.</param>
/// <param name="StopReason">A name of <see cref="Descent.StopReason"/>.</param>
/// <param name="LossFloor">The share of ℒ_0 at which the run was told to stop.</param>
/// <param name="RoundingFloor">The loss at which only rounding is left; 0 when unknown.</param>
internal sealed record RecordedCurve(
    double[] Steps, double[] Losses, RateFit? Rate, string? StopReason, double LossFloor, double RoundingFloor);

/// <summary>A class with the number that decided it.</summary>
internal sealed record PhaseVerdict(RunPhase Phase, string Reason);

/// <summary>Tells the four classes apart. The numbers are those of docs/guide/phases.md; the first rule that holds decides.</summary>
internal static class PhaseRule
{
    /// <summary>A loss of at most this share of ℒ_0 has arrived.</summary>
    public const double ArrivedShare = 1e-6;

    /// <summary>Decades that the loss must fall over the last decade of steps, or it stalls.</summary>
    public const double LeastDecades = 0.1;

    private const int TailDivisor = 10;

    /// <summary>The class of a finished run.</summary>
    /// <param name="curve">At least one row.</param>
    public static PhaseVerdict Of(RecordedCurve curve) => Diverges(curve) ?? Converges(curve) ?? Stalls(curve)
        ?? new(
            RunPhase.Slow,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Fall(curve):F2} decades over the last decade of steps, at {NumberText.Of(Share(curve), 2)} ℒ_0"));

    private static PhaseVerdict? Diverges(RecordedCurve curve)
    {
        int bad = Array.FindIndex(curve.Losses, loss => !double.IsFinite(loss));
        if (bad >= 0 || curve.StopReason == nameof(Descent.StopReason.NonFinite))
            return new(
                RunPhase.Diverges,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"loss or gradient not finite at step {(bad >= 0 ? curve.Steps[bad] : curve.Steps[^1]):F0}"));
        double[] tail = [.. curve.Losses[^Math.Max(1, curve.Losses.Length / TailDivisor)..].Order()];
        double median = Runs.Quantiles.OfSorted(tail, 0.5);
        return median > curve.Losses[0]
            ? new(
                RunPhase.Diverges,
                string.Create(
                    CultureInfo.InvariantCulture, $"ends at {NumberText.Of(median / curve.Losses[0], 3)} ℒ_0 (median of the last tenth)"))
            : null;
    }

    private static PhaseVerdict? Converges(RecordedCurve curve)
    {
        double last = curve.Losses[^1];
        if (last <= Math.Max(Math.Max(ArrivedShare, curve.LossFloor) * curve.Losses[0], curve.RoundingFloor))
            return new(RunPhase.Converges, string.Create(CultureInfo.InvariantCulture, $"arrived at {NumberText.Of(Share(curve), 2)} ℒ_0"));
        return curve.Rate is { Outcome: RateOutcome.Linear or RateOutcome.Accelerating } rate && !LevelsOff(rate)
            ? new(
                RunPhase.Converges,
                string.Create(CultureInfo.InvariantCulture, $"linear, rate {NumberText.Of(rate.Rate, 3)}, {rate.Decades:F1} decades"))
            : null;
    }

    private static PhaseVerdict? Stalls(RecordedCurve curve)
    {
        if (curve.Rate is { } rate && LevelsOff(rate))
            return new(
                RunPhase.Stalls,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"levels off at {NumberText.Of((rate.FloorLoss ?? double.NaN) / curve.Losses[0], 2)} ℒ_0"));
        if (curve.StopReason is nameof(Descent.StopReason.GradientTolerance) or nameof(Descent.StopReason.NoDecrease))
            return new(RunPhase.Stalls, string.Create(CultureInfo.InvariantCulture, $"stationary at {NumberText.Of(Share(curve), 2)} ℒ_0"));
        double fall = Fall(curve);
        return fall < LeastDecades
            ? new(
                RunPhase.Stalls,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{fall:F3} decades over the last decade of steps, at {NumberText.Of(Share(curve), 2)} ℒ_0"))
            : null;
    }

    private static bool LevelsOff(RateFit rate) => rate.FloorLoss is not null && !rate.IsFloorRounding;

    /// <summary>log₁₀ ℒ at T/10 less log₁₀ ℒ at T, T the last step.</summary>
    private static double Fall(RecordedCurve curve)
    {
        int from = Array.FindIndex(curve.Steps, step => step >= curve.Steps[^1] / 10);
        return Math.Log10(curve.Losses[from] / curve.Losses[^1]);
    }

    private static double Share(RecordedCurve curve) => curve.Losses[^1] / curve.Losses[0];
}
