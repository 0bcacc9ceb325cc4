using System.Globalization;
using Kappa.Numerics;

namespace Kappa.Spectra;

/// <summary>The convergence rate of a loss curve: the slope s of log ℒ per step on a
/// stated window, 1 − eˢ per step, and whether the curve is a line at all.</summary>
/// <remarks>
/// <para><b>Window.</b> It starts at the first point with ℒ ≤ 0.1 ℒ₀, or in the middle of the record when that is never reached. It ends at
/// the last point before the floor, where the floor is the first of: a loss at or below the rounding floor given by the caller (or ≤ 0);
/// ten times a plateau. A plateau is a tail of the record (its last half, quarter, eighth or sixteenth, at least 8 points) whose robust
/// slope is below 1/100 of the mean slope from the first point to the tail; its level is the median loss of the tail. Above ten times the
/// level the floor bends the slope by under 10 %. A plateau within a factor 100 of the rounding floor is rounding: it ends the window alike
/// but is no <see cref="RateOutcome.Plateau"/>. Everything from the first NaN, infinite or negative loss on is left out and the outcome is
/// <see cref="RateOutcome.Diverged"/>.</para>
/// <para><b>Slope.</b> Theil–Sen: the median slope over all pairs of at most 128 evenly spread points.</para>
/// <para><b>Interval.</b> A gradient-descent curve has no independent errors; what makes its slope uncertain is that it is not one number.
/// So the window is cut into nine blocks, each gets its own least-squares slope, and the interval runs from the second smallest to the
/// second largest, widened to contain the slope and the slopes of the first and the last third, so that a bend shows. For independent
/// blocks it holds the median block slope with probability 1 − 2·(1 + 9)/2⁹ = 96.1 % whatever the distribution (sign test). It is a point
/// for an exact exponential and wide for a curve that bends.</para>
/// <para><b>Linearity.</b> <see cref="RateOutcome.Linear"/> needs: at least one decade in the window; least-squares slopes of the first and
/// the last third within a factor 1.5 of each other; no drift (<see cref="RateDrift"/>): the slopes of the two halves differ by at most a
/// tenth, or no trend of the slope is seen; no point farther from the fitted line than a tenth of the decades covered. The constants are
/// those of <see cref="RateFitOptions"/>.</para>
/// <para>A rate is of its window: a slower direction with a small component may take over later, and no window shows it. A curve that has
/// no rate (<see cref="HasRate"/>) has NaN for every slope, and its <see cref="Outcome"/> and <see cref="Explanation"/> say why.</para>
/// </remarks>
public sealed record RateFit
{
    /// <summary>Points a window needs: two for each of nine blocks.</summary>
    public const int LeastPoints = 2 * RateWindow.Blocks;

    /// <summary>What the curve is.</summary>
    public required RateOutcome Outcome { get; init; }

    /// <summary>Whether the curve has a rate: it falls by the decades that one
    /// needs, on a window that is long enough, and stays finite.</summary>
    public bool HasRate => Outcome is RateOutcome.Linear or RateOutcome.Slowing or RateOutcome.Accelerating or RateOutcome.Irregular;

    /// <summary>s, natural logarithm per step; NaN without a rate.</summary>
    public double Slope { get; init; } = double.NaN;

    /// <summary>Lower end of the interval of s.</summary>
    public double SlopeLow { get; init; } = double.NaN;

    /// <summary>Upper end of the interval of s.</summary>
    public double SlopeHigh { get; init; } = double.NaN;

    /// <summary>The height of the fitted line, log ℒ at step 0: the median of log ℒ − s k over
    /// the window, so that half of its points lie above the line and half below.</summary>
    public double Intercept { get; init; } = double.NaN;

    /// <summary>1 − eˢ, the share of the loss that one step removes; negative when it grows.</summary>
    public double Rate => -Expm1(Slope);

    /// <summary>Lower end of the interval of the rate.</summary>
    public double RateLow => -Expm1(SlopeHigh);

    /// <summary>Upper end of the interval of the rate.</summary>
    public double RateHigh => -Expm1(SlopeLow);

    /// <summary>First step of the window.</summary>
    public long FirstStep { get; init; }

    /// <summary>Last step of the window.</summary>
    public long LastStep { get; init; }

    /// <summary>Points in the window.</summary>
    public int Points { get; init; }

    /// <summary>log₁₀ of the first loss in the window over the last.</summary>
    public double Decades { get; init; } = double.NaN;

    /// <summary>Least-squares slope of the first third of the window, natural logarithm per step.</summary>
    public double EarlySlope { get; init; } = double.NaN;

    /// <summary>Least-squares slope of the last third of the window: the late rate is 1 − exp of it.</summary>
    public double LateSlope { get; init; } = double.NaN;

    /// <summary>Lower end of the 95 % interval of <see cref="LateSlope"/>: t over the
    /// four increments between the means of five blocks of the last third.</summary>
    public double LateSlopeLow { get; init; } = double.NaN;

    /// <summary>Upper end of that interval.</summary>
    public double LateSlopeHigh { get; init; } = double.NaN;

    /// <summary>Largest |log₁₀ ℒ − line| over the window, in decades.</summary>
    public double Deviation { get; init; } = double.NaN;

    /// <summary>The level at which the curve ends, <c>null</c> when it has not levelled off.</summary>
    public double? FloorLoss { get; init; }

    /// <summary>The first step at the floor, <c>null</c> when there is none.</summary>
    public long? FloorStep { get; init; }

    /// <summary>Whether that level is rounding and no property of the model: at or below
    /// <see cref="RateFitOptions.RoundingFloor"/>, or a plateau within a factor 100 of it.</summary>
    public bool IsFloorRounding { get; init; }

    /// <summary>The late rate 1 − exp(<see cref="LateSlope"/>).</summary>
    public double LateRate => -Expm1(LateSlope);

    /// <summary>Lower end of the interval of the late rate.</summary>
    public double LateRateLow => -Expm1(LateSlopeHigh);

    /// <summary>Upper end of the interval of the late rate.</summary>
    public double LateRateHigh => -Expm1(LateSlopeLow);

    /// <summary>One sentence: the outcome with the numbers that decided it.</summary>
    public required string Explanation { get; init; }

    /// <summary>Reads a loss curve. Cost O(points + 128²).</summary>
    /// <param name="losses">ℒ [k], taken before the update of each step.</param>
    /// <param name="steps">The step of each loss [k], increasing; empty means 0, 1, 2, ….</param>
    /// <param name="options">The constants of the rules; <c>null</c> means the defaults.</param>
    /// <exception cref="ArgumentException">The lengths differ or the steps do not increase.</exception>
    public static RateFit Of(ReadOnlySpan<double> losses, ReadOnlySpan<long> steps = default, RateFitOptions? options = null)
    {
        options ??= new RateFitOptions();
        double[] x = Abscissae(losses.Length, steps);
        var window = RateWindow.Of(losses, x, options);
        RateFit fit = !window.IsFinite
            ? Diverged((long)x[window.FiniteCount])
            : window.Count < LeastPoints ? Unfitted(window, options)
            : Fit(window, options);
        return fit with
        {
            FirstStep = window.Count == 0 ? 0 : (long)window.Steps[0],
            LastStep = window.Count == 0 ? 0 : (long)window.Steps[^1],
            Points = window.Count,
            FloorLoss = window.FloorLoss,
            FloorStep = window.FloorIndex is int index ? (long)x[index] : null,
            IsFloorRounding = window.IsRounding,
        };
    }

    /// <summary>The outcome of a run that left the finite numbers: it has no rate, however its losses fell before.</summary>
    /// <param name="step">The first step that is not finite.</param>
    public static RateFit Diverged(long step) => new()
    {
        Outcome = RateOutcome.Diverged,
        Explanation = string.Create(
            CultureInfo.InvariantCulture, $"Loss or gradient are not finite at step {step}: a run that diverges has no rate."),
    };

    /// <summary>The outcome of a run that has recorded no loss.</summary>
    public static RateFit WithoutLosses { get; } = new()
    { Outcome = RateOutcome.TooShort, Explanation = "No loss is recorded, so there is no rate." };

    /// <summary>ℒ on the fitted line; NaN without a rate.</summary>
    /// <param name="step">k, within the window.</param>
    public double FittedLoss(double step) => Math.Exp(Intercept + (Slope * step));

    private static RateFit Fit(RateWindow window, RateFitOptions options)
    {
        (double slope, _) = TheilSen.Fit(window.Steps, window.Logarithms, TheilSen.DefaultPoints);
        double intercept = window.MedianIntercept(slope);
        int third = window.Count / 3;
        double early = window.LeastSquaresSlope(0, third);
        SlopeInterval late = window.SlopeWithInterval(window.Count - third, third);
        double deviation = window.LargestDeviation(slope, intercept) / Math.Log(10);
        (RateOutcome outcome, string explanation) = Judge(slope, late.Slope / early, deviation, window, options);
        var fit = new RateFit { Outcome = outcome, Explanation = explanation, Decades = window.Decades };
        if (!fit.HasRate)
        {
            return fit;
        }

        (double low, double high) = window.BlockInterval();
        return fit with
        {
            Slope = slope,
            Intercept = intercept,
            SlopeLow = Math.Min(Math.Min(low, slope), Math.Min(early, late.Slope)),
            SlopeHigh = Math.Max(Math.Max(high, slope), Math.Max(early, late.Slope)),
            EarlySlope = early,
            LateSlope = late.Slope,
            LateSlopeLow = late.Low,
            LateSlopeHigh = late.High,
            Deviation = deviation,
        };
    }

    private static (RateOutcome Outcome, string Explanation) Judge(
        double slope, double ratio, double deviation, RateWindow window, RateFitOptions options)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        double decades = window.Decades;
        if (window.IsPlateau && decades < options.LeastDecades)
        {
            return (RateOutcome.Plateau, DescribePlateau(window, options));
        }

        if (!(slope < 0) || !(decades > 0))
        {
            return (RateOutcome.NotDecreasing, string.Create(culture, $"The slope of log loss is {NumberText.Of(slope, 3)} a step."));
        }

        if (decades < options.LeastDecades)
        {
            return (
                RateOutcome.TooFewDecades,
                string.Create(culture, $"The window covers {decades:F2} decades; a rate needs {options.LeastDecades:F1}."));
        }

        if (!(ratio >= 1 / options.SlopeBand))
        {
            return (
                RateOutcome.Slowing,
                string.Create(
                    culture, $"The late slope is {ratio:F2} of the early one; one rate needs at least {1 / options.SlopeBand:F2}."));
        }

        if (ratio > options.SlopeBand)
        {
            return (
                RateOutcome.Accelerating,
                string.Create(culture, $"The late slope is {ratio:F2} of the early one; one rate needs at most {options.SlopeBand:F2}."));
        }

        var drift = RateDrift.Of(window);
        if (drift.IsLargerThan(options.LargestDrift, slope))
        {
            return (
                drift.Change > 0 ? RateOutcome.Slowing : RateOutcome.Accelerating,
                string.Create(culture, $"{drift.Words} One rate needs halves within {100 * options.LargestDrift:G2} % of each other."));
        }

        return deviation > options.LargestDeviation * decades
            ? (
                RateOutcome.Irregular,
                string.Create(
                    culture,
                    $"The curve strays {deviation:F2} decades from its line over {decades:F2} decades; a line allows "
                        + $"{options.LargestDeviation * decades:F2}."))
            : (
                RateOutcome.Linear,
                string.Create(
                    culture,
                    $"One slope in this window of {decades:F2} decades, of which alone it tells: late half over early {drift.Ratio:F2}, "
                        + $"at most {deviation:F2} decades from the line."));
    }

    private static RateFit Unfitted(RateWindow window, RateFitOptions options) => window.IsPlateau && window.Decades < options.LeastDecades
        ? new RateFit { Outcome = RateOutcome.Plateau, Explanation = DescribePlateau(window, options) }
        : new RateFit { Outcome = RateOutcome.TooShort, Explanation = $"{window.Count} points in the window; a rate needs {LeastPoints}." };

    private static string DescribePlateau(RateWindow window, RateFitOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"The loss levels off at {NumberText.Of(window.FloorLoss ?? double.NaN)}, {window.DecadesToFloor:F2} decades below the first "
            + $"one; the window above it covers {window.Decades:F2} of the {options.LeastDecades:F1} decades that a rate needs.");

    // eˣ − 1 without cancellation at small x: 2 sinh(x/2) e^{x/2}.
    private static double Expm1(double x) => 2 * Math.Sinh(x / 2) * Math.Exp(x / 2);

    private static double[] Abscissae(int count, ReadOnlySpan<long> steps)
    {
        if (!steps.IsEmpty && steps.Length != count)
        {
            throw new ArgumentException(
                $"There must be a step for each of the {count} losses but there are {steps.Length}.", nameof(steps));
        }

        double[] x = new double[count];
        for (int i = 0; i < count; i++)
        {
            x[i] = steps.IsEmpty ? i : steps[i];
            if (i > 0 && x[i] <= x[i - 1])
            {
                throw new ArgumentException($"Steps must increase but entry {i} is {x[i]} after {x[i - 1]}.", nameof(steps));
            }
        }

        return x;
    }
}
