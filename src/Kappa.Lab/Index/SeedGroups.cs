using Kappa.Lab.Formats;

namespace Kappa.Lab.Index;

/// <summary>Runs whose specifications are equal apart from the seeds, or in the keys asked for, with their quantities summarised.</summary>
/// <param name="Values">Column and value of every key that tells the groups apart.</param>
/// <param name="Runs">Runs in the group.</param>
/// <param name="Outcomes">How many runs ended in which way: the rateOutcome of those done, the state of the others.</param>
/// <param name="Statistics">Quantity and summary, in the order asked for.</param>
internal sealed record SeedGroup(
    IReadOnlyList<(string Column, object? Value)> Values, int Runs, IReadOnlyDictionary<string, int> Outcomes,
    IReadOnlyList<(string Quantity, SeedStatistics Statistics)> Statistics);

/// <summary>What is to be summarised over seeds.</summary>
internal sealed record SeedQuestion
{
    /// <summary>Which runs: <c>key=value</c>, <c>key=a,b</c>; all when empty.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Number columns of the view <c>runs</c>, and values of telemetry columns such as
    /// <c>l0.output.conditionNumber:max</c>; the default ones when there is nothing to summarise.</summary>
    public IReadOnlyList<string> Quantities { get; init; } = [];

    /// <summary>Conditions such as <c>l0.output.sigmaMin &lt; 0.5*first</c>, of each the first step at which it holds.</summary>
    public IReadOnlyList<string> Firsts { get; init; } = [];

    /// <summary>Keys that tell groups apart; every key but the seeds when empty.</summary>
    public IReadOnlyList<string> By { get; init; } = [];

    /// <summary>Only the runs of this sweep (a name or its beginning), or null.</summary>
    public string? Sweep { get; init; }
}

/// <summary>Groups with their summaries.</summary>
/// <param name="Groups">Ordered by the values that tell them apart.</param>
/// <param name="Notices">What is missing from the summaries, a line each.</param>
internal sealed record SeedAnswer(IReadOnlyList<SeedGroup> Groups, IReadOnlyList<string> Notices);

/// <summary>Aggregates over seeds, from the index and, for steps, from the telemetry.</summary>
internal static class SeedGroups
{
    /// <summary>What is summarised when nothing else is asked for.</summary>
    public static IReadOnlyList<string> DefaultQuantities { get; } = ["rate", "lateRate", "stepsToHundredth", "finalLoss"];

    private static readonly string[] Seeds = ["seed", "data_seed"];
    private static readonly string[] Rates = ["rate", "rateLow", "rateHigh"];
    private static readonly string[] WithLateRate = ["linear", "slowing", "accelerating", "irregular"];
    private static readonly string[] Numbers = [
        "stepReached", "initialLoss", "finalLoss", "stepsToHundredth", "rate", "rateLow", "rateHigh", "lateRate", "lateRateLow",
        "lateRateHigh", "decades", "floorLoss", "roundingFloor", "recordedRows"];

    /// <summary>Groups and summarises.</summary>
    /// <param name="query">The index.</param>
    /// <param name="question">What is asked.</param>
    /// <exception cref="BadInputException">A word, quantity, condition or key is unknown, or no run matches.</exception>
    public static SeedAnswer Of(RunQuery query, SeedQuestion question)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(question);
        string[] asked = [.. question.Quantities.Count + question.Firsts.Count > 0 ? question.Quantities : DefaultQuantities];
        TelemetryQuantity[] recorded = [
            .. asked.Where(IsRecorded).Select(TelemetryQuantity.Read), .. question.Firsts.Select(TelemetryQuantity.ReadFirst)];
        string[] wanted = [.. asked.Where(word => !IsRecorded(word)).Select(Quantity)];
        string[] keys = question.By.Count > 0
            ? [.. question.By.Select(word => RunFilter.Column(word))]
            : [.. IndexColumns.Keys.Select(column => column.Name).Except(Seeds)];
        string where = RunFilter.Where(question.Words, question.Sweep);
        QueryResult found = query.Answer(
            $"SELECT {Quoted(["name", "state", "rateOutcome", .. wanted, .. keys])} FROM runs WHERE {where} ORDER BY name", int.MaxValue);
        if (found.Rows.Count == 0)
        {
            string of = question.Sweep is { } sweep ? $" of a sweep '{Shown.Of(sweep)}'" : "";
            string with = question.Words.Count > 0 ? $" with {string.Join(" ", question.Words)}" : "";
            throw new BadInputException("runs", $"there must be a run{of}{with} but there is none. See kappa list.");
        }
        var telemetry = TelemetryAnswers.Of(query, where, [.. found.Rows.Select(row => ((string)row[0]!, row[1] is "done"))], recorded);
        int first = Before + wanted.Length;
        IGrouping<string, IReadOnlyList<object?>>[] groups = [
            .. found.Rows.GroupBy(row => string.Join('\u001f', row.Skip(first).Select(SqlText.Of)))];
        int[] telling = question.By.Count > 0
            ? [.. Enumerable.Range(0, keys.Length)]
            : [
                .. Enumerable.Range(0, keys.Length).Where(key =>
                    groups.Select(group => SqlText.Of(group.First()[first + key])).Distinct().Count() > 1)];
        SeedGroup[] summarised =
        [
            .. groups.Select(group =>
                Group(
                    [.. group], [.. telling.Select(key => (keys[key], group.First()[first + key]))],
                    Statistics(group, asked, wanted, recorded, telemetry))).OrderBy(group => group, ByValues),
        ];
        return new(summarised, telemetry.Notices);
    }

    private const int Before = 3;

    private static bool IsRecorded(string word) => word.Contains(':', StringComparison.Ordinal);

    // In the order in which they were asked for, conditions last.
    private static List<(string, SeedStatistics)> Statistics(
        IEnumerable<IReadOnlyList<object?>> rows, string[] asked, string[] wanted, TelemetryQuantity[] recorded, TelemetryAnswers telemetry)
    {
        int column = 0, quantity = 0;
        var statistics = new List<(string, SeedStatistics)>();
        foreach (bool isRecorded in asked.Select(IsRecorded).Concat(recorded.Skip(asked.Count(IsRecorded)).Select(_ => true)))
        {
            int at = isRecorded ? quantity++ : column++;
            statistics.Add(isRecorded
                ? (recorded[at].Text, SeedStatistics.Of(rows.Select(row => telemetry.Of((string)row[0]!)[at])))
                : (wanted[at], SeedStatistics.Of(rows.Select(row => Number(wanted[at], row[1], row[2], row[Before + at])))));
        }

        return statistics;
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
        QueryResult found = query.Answer(
            $"SELECT {Quoted(["name", "state", "rateOutcome", .. DefaultQuantities])} FROM runs WHERE {where} ORDER BY name", int.MaxValue);
        return found.Rows.Count == 0
            ? throw new BadInputException("runs", $"there must be a run with '{Shown.Of(text)}' but there is none. See kappa list.")
            : Group(
                [.. found.Rows], [("group", text)],
                Statistics(found.Rows, [.. DefaultQuantities], [.. DefaultQuantities], [], TelemetryAnswers.Of(query, where, [], [])));
    }

    private static readonly IComparer<SeedGroup> ByValues = Comparer<SeedGroup>.Create((one, other) =>
        one.Values.Zip(other.Values, (a, b) => Compare(a.Value, b.Value)).FirstOrDefault(order => order != 0));

    private static SeedGroup Group(
        IReadOnlyList<object?>[] rows, IReadOnlyList<(string, object?)> values, IReadOnlyList<(string, SeedStatistics)> statistics) =>
        new(
        values,
        rows.Length,
        rows.GroupBy(row => row[1] is "done" ? (string?)row[2] ?? "nothing to fit" : (string)row[1]!)
            .OrderByDescending(outcome => outcome.Count()).ToDictionary(outcome => outcome.Key, outcome => outcome.Count()),
        statistics);

    // A rate is one only where the loss falls linearly: a slope that the fit refuses is counted as an outcome and not averaged. Where it
    // bends, its late rate is still a number. A finished run without T(1e-2) did not reach it, and one without a finite loss diverged:
    // leaving them out would speak of the survivors. A run that is not finished may still do either.
    private static double Number(string quantity, object? state, object? outcome, object? value) => value switch
    {
        _ when Rates.Contains(quantity) && outcome is not "linear" => double.NaN,
        _ when quantity is "lateRate" or "lateRateLow" or "lateRateHigh" && !WithLateRate.Contains(outcome) => double.NaN,
        long integer => integer,
        double number => number,
        _ => quantity is "stepsToHundredth" or "finalLoss" && state is "done" ? double.PositiveInfinity : double.NaN,
    };

    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (long or double, long or double) =>
            Convert.ToDouble(one, System.Globalization.CultureInfo.InvariantCulture).CompareTo(
                Convert.ToDouble(other, System.Globalization.CultureInfo.InvariantCulture)),
        _ => string.CompareOrdinal(SqlText.Of(one), SqlText.Of(other)),
    };

    private static string Quantity(string word) =>
        Numbers.FirstOrDefault(number => string.Equals(number, word, StringComparison.OrdinalIgnoreCase))
        ?? throw new BadInputException(
            "--of",
            $"must name number columns of runs, of {string.Join(", ", Numbers)}, or values of telemetry columns such as "
                + $"l0.output.conditionNumber:max, but one is '{Shown.Of(word)}'."
                + (word.Contains('.', StringComparison.Ordinal)
                    ? $" Say which value of the column: '{Shown.Of(word)}:last', or first, min, max, at(STEP)."
                    : Suggestion.For(word, Numbers)));

    private static string Quoted(IEnumerable<string> columns) => string.Join(", ", columns.Select(IndexSchema.Quoted));
}
