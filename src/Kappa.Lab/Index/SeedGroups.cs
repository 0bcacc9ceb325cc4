using Kappa.Lab.Experiments;

namespace Kappa.Lab.Index;

/// <summary>Runs whose specifications are equal apart from the seeds, or in the keys asked for, with their quantities summarised.</summary>
/// <param name="Values">Column and value of every key that tells the groups apart.</param>
/// <param name="Runs">Runs in the group.</param>
/// <param name="Outcomes">How many runs ended in which way: the rateOutcome of those done, the state of the others.</param>
/// <param name="Statistics">Quantity and summary, in the order asked for.</param>
public sealed record SeedGroup(IReadOnlyList<(string Column, object? Value)> Values, int Runs, IReadOnlyDictionary<string, int> Outcomes, IReadOnlyList<(string Quantity, SeedStatistics Statistics)> Statistics);

/// <summary>Aggregates over seeds, from the index.</summary>
public static class SeedGroups
{
    /// <summary>What is summarised when nothing else is asked for.</summary>
    public static IReadOnlyList<string> DefaultQuantities { get; } = ["rate", "stepsToHundredth", "finalLoss"];

    private static readonly string[] Seeds = ["seed", "data_seed"];
    private static readonly string[] Rates = ["rate", "rateLow", "rateHigh", "lateRate"];
    private static readonly string[] Numbers = ["stepReached", "initialLoss", "finalLoss", "stepsToHundredth", "rate", "rateLow", "rateHigh", "lateRate", "decades", "floorLoss", "roundingFloor", "recordedRows"];

    /// <summary>Groups and summarises.</summary>
    /// <param name="query">The index.</param>
    /// <param name="words">Which runs: <c>key=value</c>, <c>key=a,b</c>; all when empty.</param>
    /// <param name="quantities">Number columns of the view <c>runs</c>; the default ones when empty.</param>
    /// <param name="by">Keys that tell groups apart; every key but the seeds when empty.</param>
    /// <param name="sweep">Only the runs of this sweep (a name or its beginning), or null.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="BadInputException">A word, quantity or key is unknown, or no run matches.</exception>
    public static IReadOnlyList<SeedGroup> Of(RunQuery query, IReadOnlyList<string> words, IReadOnlyList<string> quantities, IReadOnlyList<string> by, string? sweep = null, long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(query);
        string[] wanted = [.. (quantities.Count > 0 ? quantities : DefaultQuantities).Select(Quantity)];
        string[] keys = by.Count > 0 ? [.. by.Select(word => RunFilter.Column(word))] : [.. IndexColumns.Keys.Select(column => column.Name).Except(Seeds)];
        string where = RunFilter.Where(words, sweep);
        QueryResult found = query.Answer($"SELECT state, rateOutcome, {Quoted(wanted.Concat(keys))} FROM runs WHERE {where} ORDER BY name", int.MaxValue);
        if (found.Rows.Count == 0)
            throw new BadInputException("runs", $"there must be a run{(sweep is null ? "" : $" of a sweep '{Shown.Of(sweep)}'")}{(words.Count > 0 ? $" with {string.Join(" ", words)}" : "")} but there is none. See kappa list.");
        IGrouping<string, IReadOnlyList<object?>>[] groups = [.. found.Rows.GroupBy(row => string.Join('\u001f', row.Skip(2 + wanted.Length).Select(SqlText.Of)))];
        int[] telling = by.Count > 0 ? [.. Enumerable.Range(0, keys.Length)] : [.. Enumerable.Range(0, keys.Length).Where(key => groups.Select(group => SqlText.Of(group.First()[2 + wanted.Length + key])).Distinct().Count() > 1)];
        return [.. groups.Select(group => Group([.. group], wanted, [.. telling.Select(key => (keys[key], group.First()[2 + wanted.Length + key]))], seed)).OrderBy(group => group, ByValues)];
    }

    /// <summary>One group of all runs that the words in a text choose, called by that text.</summary>
    /// <param name="query">The index.</param>
    /// <param name="text"><c>key=value</c> words with blanks between.</param>
    /// <exception cref="BadInputException">A word is wrong, or no run matches.</exception>
    public static SeedGroup Together(RunQuery query, string text)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(text);
        string where = RunFilter.Where(text.Split(' ', StringSplitOptions.RemoveEmptyEntries), sweep: null);
        QueryResult found = query.Answer($"SELECT state, rateOutcome, {Quoted(DefaultQuantities)} FROM runs WHERE {where} ORDER BY name", int.MaxValue);
        return found.Rows.Count == 0
            ? throw new BadInputException("runs", $"there must be a run with '{Shown.Of(text)}' but there is none. See kappa list.")
            : Group([.. found.Rows], [.. DefaultQuantities], [("group", text)], seed: 0);
    }

    private static readonly IComparer<SeedGroup> ByValues = Comparer<SeedGroup>.Create((one, other) =>
        one.Values.Zip(other.Values, (a, b) => Compare(a.Value, b.Value)).FirstOrDefault(order => order != 0));

    private static SeedGroup Group(IReadOnlyList<object?>[] rows, string[] wanted, IReadOnlyList<(string, object?)> values, long seed) => new(
        values,
        rows.Length,
        rows.GroupBy(row => row[0] is "done" ? (string?)row[1] ?? "nothing to fit" : (string)row[0]!).OrderByDescending(outcome => outcome.Count()).ToDictionary(outcome => outcome.Key, outcome => outcome.Count()),
        [.. wanted.Select((quantity, index) => (quantity, SeedStatistics.Of(rows.Select(row => Number(quantity, row[0], row[1], row[2 + index])), seed)))]);

    // A rate is one only where the loss falls linearly: a slope that the fit refuses is counted as an outcome and not averaged. A finished run without
    // T(1e-2) did not reach it, and one without a finite loss diverged: leaving them out would speak of the survivors. A run that is not finished may still do either.
    private static double Number(string quantity, object? state, object? outcome, object? value) => value switch
    {
        _ when Rates.Contains(quantity) && outcome is not "linear" => double.NaN,
        long integer => integer,
        double number => number,
        _ => quantity is "stepsToHundredth" or "finalLoss" && state is "done" ? double.PositiveInfinity : double.NaN,
    };

    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (long or double, long or double) => Convert.ToDouble(one, System.Globalization.CultureInfo.InvariantCulture).CompareTo(Convert.ToDouble(other, System.Globalization.CultureInfo.InvariantCulture)),
        _ => string.CompareOrdinal(SqlText.Of(one), SqlText.Of(other)),
    };

    private static string Quantity(string word) => Numbers.FirstOrDefault(number => string.Equals(number, word, StringComparison.OrdinalIgnoreCase))
        ?? throw new BadInputException("--of", $"must name number columns of runs, of {string.Join(", ", Numbers)}, but one is '{Shown.Of(word)}'.{Suggestion.For(word, Numbers)}");

    private static string Quoted(IEnumerable<string> columns) => string.Join(", ", columns.Select(IndexSchema.Quoted));
}
