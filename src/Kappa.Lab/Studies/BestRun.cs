namespace Kappa.Lab.Studies;

/// <summary>Which of several step sizes is an arm's own: one rule for every reproduction that tries some.</summary>
internal static class BestRun
{
    /// <summary>The run with the first passage, then the lowest end. One that ends above its start, or
    /// not finite, is not stable and counts only where none is, whatever it passed on the way.</summary>
    /// <param name="runs">At least one.</param>
    /// <param name="passage">T(1e-2), or null where the budget ended first.</param>
    /// <param name="endFraction">ℒ_T/ℒ_0; +∞ or NaN after divergence.</param>
    public static T Of<T>(IEnumerable<T> runs, Func<T, double?> passage, Func<T, double> endFraction) =>
        runs.MinBy(run => Order(passage(run), endFraction(run)))!;

    private static (double Passage, double End) Order(double? passage, double end) =>
        end <= 1 ? (passage ?? double.MaxValue, end) : (double.PositiveInfinity, double.IsNaN(end) ? double.PositiveInfinity : end);
}
