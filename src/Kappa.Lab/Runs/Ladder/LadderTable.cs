using Kappa.Numerics;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>A ladder as rows of text, for terminal and report: what is known
/// before, during and after the run in columns of their own.</summary>
internal static class LadderTable
{
    /// <summary>Column headers.</summary>
    public static IReadOnlyList<string> Headers { get; } = [
        "rate per step", "a priori", "along the path", "fitted", "grade", "measured / it", "where"];

    /// <summary>One row for each rung that has a value.</summary>
    /// <param name="ladder">The ladder.</param>
    public static IEnumerable<IReadOnlyList<string>> Rows(RateLadder ladder)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        return ladder.Rungs.Where(rung => rung.Value is not null).Select(rung => (IReadOnlyList<string>)
        [
            rung.Title, In(rung, RungKind.APriori), In(rung, RungKind.AlongThePath), In(rung, RungKind.Fitted),
            rung.Grade.ToString().ToLowerInvariant() + (rung.Label.Length == 0 ? string.Empty : $" ({rung.Label})"), Ratio(ladder, rung),
            rung.Note,
        ]);
    }

    /// <summary>One sentence for each rung that has none; rungs missing for the same reason share it.</summary>
    /// <param name="ladder">The ladder.</param>
    public static IEnumerable<string> Missing(RateLadder ladder)
    {
        ArgumentNullException.ThrowIfNull(ladder);
        return ladder.Rungs.Where(rung => rung.WhyMissing is not null).GroupBy(rung => rung.WhyMissing)
            .Select(group => $"No rate for: {string.Join("; ", group.Select(rung => rung.Title))}. {group.Key}");
    }

    private static string In(Rung rung, RungKind kind) => rung.Kind != kind ? string.Empty
        : rung is { Low: { } low, High: { } high } ? FormattableString.Invariant(
            $"{NumberText.Of(rung.Value ?? double.NaN, 3)} [{NumberText.Of(low, 3)}, {NumberText.Of(high, 3)}]")
        : FormattableString.Invariant($"{NumberText.Of(rung.Value ?? double.NaN, 3)}");

    private static string Ratio(RateLadder ladder, Rung rung) =>
        ladder.Ratios.FirstOrDefault(ratio => ratio.Numerator == "measured" && ratio.Denominator == rung.Name) is { } ratio
            ? double.IsFinite(ratio.Value) ? FormattableString.Invariant($"{NumberText.Of(ratio.Value, 3)}") : "above 1E308"
            : string.Empty;
}
