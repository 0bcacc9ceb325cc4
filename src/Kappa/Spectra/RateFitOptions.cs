namespace Kappa.Spectra;

/// <summary>The constants of the rules by which <see cref="RateFit"/> reads a loss curve.</summary>
public sealed record RateFitOptions
{
    /// <summary>The loss at or below which rounding decides, known to the caller from the size of the outputs; 0 when unknown.</summary>
    public double RoundingFloor { get; init; }

    /// <summary>The window starts when the loss has fallen to this share of the first one: the first decade is initial transient.</summary>
    public double StartShare { get; init; } = 0.1;

    /// <summary>Decades that the window must cover for a curve to be called linear.</summary>
    public double LeastDecades { get; init; } = 1;

    /// <summary>Largest ratio of late to early slope, or early to late, that still counts as one slope.</summary>
    public double SlopeBand { get; init; } = 1.5;

    /// <summary>Largest difference between the slopes of the two halves of the window, as a share
    /// of the fitted slope, that still counts as one slope when the slope shows a trend.</summary>
    public double LargestDrift { get; init; } = 0.1;

    /// <summary>Largest distance of log ℒ from the fitted line that still counts as a line, as a share of the decades covered.</summary>
    public double LargestDeviation { get; init; } = 0.1;
}
