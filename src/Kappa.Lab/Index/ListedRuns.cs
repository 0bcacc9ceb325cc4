using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Spectra;

namespace Kappa.Lab.Index;

/// <summary>A run as a list shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Started">When its first process began, UTC; empty when nothing says so.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Outcome">Why it stopped; null while it has not.</param>
/// <param name="Model">Kind of its model.</param>
/// <param name="Step">The step it reached.</param>
/// <param name="Loss">Loss there; null when there is none.</param>
/// <param name="Rate">Share of the loss that a step removes; null unless the curve is one line.</param>
/// <param name="LateRate">That of the last third of the window; null when there is no rate.</param>
/// <param name="NoRate">Why there is neither, in a few words; null when there is one.</param>
/// <param name="Settings">What tells it from others: its swept values, or the words that it was begun with.</param>
internal sealed record ListedRun(
    string Name, string Started, string State, string? Outcome, string Model, long Step, double? Loss, double? Rate, double? LateRate,
    string? NoRate, string Settings);

/// <summary>The runs of a folder, newest first.</summary>
/// <param name="Runs">Those asked for.</param>
/// <param name="Total">How many match.</param>
internal sealed record ListedRuns(IReadOnlyList<ListedRun> Runs, int Total)
{
    /// <summary>Lists runs from the index.</summary>
    /// <param name="index">The index; refresh it first.</param>
    /// <param name="filter">Words <c>key=value</c> as for groups, or a condition in SQL on the view <c>runs</c>; null for all.</param>
    /// <param name="limit">Most runs.</param>
    /// <exception cref="BadInputException">The filter is neither.</exception>
    public static ListedRuns Of(RunIndex index, string? filter = null, int limit = int.MaxValue)
    {
        var query = new RunQuery(index);
        string where = filter is null ? "1" : Condition(filter);
        long total = (long)query.Answer($"SELECT count(*) FROM runs WHERE {where}").Rows[0][0]!;
        QueryResult found = query.Answer(
            $"""
            SELECT name, coalesce(started, heartbeat, ''), state, outcome, kind, stepReached, finalLoss,
              coalesce((SELECT "values" FROM sweep_runs WHERE run = runs.name LIMIT 1), words, ''), rate, lateRate, rateOutcome
            FROM runs WHERE {where} ORDER BY coalesce(started, heartbeat) DESC, name
            """,
            limit);
        return new([.. found.Rows.Select(Listed)], (int)total);
    }

    private static ListedRun Listed(IReadOnlyList<object?> row) => new(
        SqlText.Of(row[0]), SqlText.Of(row[1]), SqlText.Of(row[2]), (string?)row[3], SqlText.Of(row[4]), row[5] as long? ?? 0,
        Number(row[6]), Number(row[8]), Number(row[9]), NoRate(row), Settings(SqlText.Of(row[7])));

    private static string? NoRate(IReadOnlyList<object?> row) =>
        row[8] is null && row[9] is null
            ? MissingRate.Why(Enum.TryParse(SqlText.Of(row[10]), ignoreCase: true, out RateOutcome outcome) ? outcome : null)
            : null;

    // SQL gives an integer where a number has no places.
    private static double? Number(object? value) => value as double? ?? value as long?;

    // {"initialisation.gain":2} of a sweep as gain=2, as it is written on a command line.
    private static string Settings(string text) => text.StartsWith('{')
        ? StoredDocument.JsonLine(
            "values", text,
            values =>
                string.Join(' ', values.AsObject().Select(pair => $"{pair.Key[(pair.Key.LastIndexOf('.') + 1)..]}={Word(pair.Value)}")))
        : text;

    private static string Word(JsonNode? value) => value is null ? "none" : value.ToString();

    // A word of settings is tried first: of depth=2 both are true and mean the same, and kind=residual is no SQL.
    private static string Condition(string filter)
    {
        string[] words = filter.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return words.Length > 0
                && words.All(word =>
                    word.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && at < word.Length - 1
                    && char.IsAsciiLetter(word[at - 1]))
                ? RunFilter.Where(words, sweep: null)
                : $"({filter}\n)";
        }
        catch (BadInputException)
        {
            return $"({filter}\n)";
        }
    }
}
