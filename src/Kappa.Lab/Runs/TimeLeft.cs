using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs;

/// <summary>How long work goes on, from the part of it that is done: the
/// one estimator behind every progress line. Not thread safe.</summary>
/// <remarks>
/// The part is of work and not of jobs: ten small jobs say nothing about the large one that follows. Work that was done before this process
/// began tells nothing about its speed and is not counted. Nothing is said before there is something to tell it by, so that no first number
/// is wrong by a large factor.
/// </remarks>
internal sealed class TimeLeft
{
    // Before, a program compiled in tiers is several times slower than later.
    private const double ShortestTime = 2;
    private const double SmallestPart = 0.02;

    // A job that ends late or early changes the number by a part of its error only.
    private const double Weight = 0.3;

    private double _first = double.NaN;
    private double _shown = double.NaN;
    private double _shownAt;

    /// <summary>The time left in words, as <c>48 s</c>; null while it cannot be told, and when all is done.</summary>
    /// <param name="done">Work that is done, from 0.</param>
    /// <param name="total">All work, in the same unit.</param>
    /// <param name="seconds">Since the work began here; not decreasing from call to call.</param>
    public string? Words(double done, double total, double seconds) =>
        Seconds(done, total, seconds) is double left ? DurationText.Of(Math.Max(1, left)) : null;

    /// <summary>The same in seconds.</summary>
    /// <param name="done">Work that is done.</param>
    /// <param name="total">All work.</param>
    /// <param name="seconds">Since the work began here.</param>
    public double? Seconds(double done, double total, double seconds)
    {
        _first = double.IsNaN(_first) ? done : _first;
        double here = done - _first;
        if (!(done < total) || !(here > SmallestPart * (total - _first)) || !(seconds >= ShortestTime))
        {
            return null;
        }

        double estimate = seconds / here * (total - done);
        double counted = _shown - (seconds - _shownAt);
        _shown = double.IsNaN(_shown) || counted <= 0 ? estimate : counted + (Weight * (estimate - counted));
        _shownAt = seconds;
        return _shown;
    }
}
