using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Index;

/// <summary>The telemetry quantities of many runs: ends and extremes from the index,
/// what needs rows from the files, several at a time and a row at a time.</summary>
internal sealed class TelemetryAnswers
{
    private readonly TelemetryQuantity[] _quantities;
    private readonly Dictionary<(string Run, string Column), double[]> _summaries;
    private readonly Dictionary<string, double[]> _values = new(StringComparer.Ordinal);
    private readonly List<string> _notices = [];

    private TelemetryAnswers(TelemetryQuantity[] quantities, Dictionary<(string, string), double[]> summaries) =>
        (_quantities, _summaries) = (quantities, summaries);

    /// <summary>What is missing, a line each.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>The values of a run, in the order of the quantities: +∞ for a step
    /// that a finished run did not reach, NaN for what it does not have.</summary>
    public double[] Of(string run) => _values[run];

    /// <summary>Answers.</summary>
    /// <param name="query">The index.</param>
    /// <param name="where">Condition on the view <c>runs</c>.</param>
    /// <param name="runs">Name and state of the runs that meet it.</param>
    /// <param name="asked">Quantities.</param>
    /// <exception cref="BadInputException">None of the runs has a column; the message names the nearest.</exception>
    public static TelemetryAnswers Of(
        RunQuery query, string where, IReadOnlyList<(string Name, bool IsDone)> runs, IReadOnlyList<TelemetryQuantity> asked)
    {
        string among = $"run IN (SELECT name FROM runs WHERE {where})";
        string[] known = asked.Count == 0
            ? []
            : [
                .. query.Answer(
                    $"SELECT DISTINCT \"column\" FROM telemetry_summary WHERE {among}", int.MaxValue).Rows.Select(row => (string)row[0]!)];
        TelemetryQuantity[] quantities = [.. asked.Select(quantity => quantity with { Column = Known(quantity, known, runs.Count) })];
        var answers = new TelemetryAnswers(quantities, Summaries(query, among, quantities));
        double[][] values = [.. runs.AsParallel().AsOrdered().Select(run => answers.Read(query.Store, run.Name, run.IsDone))];
        for (int index = 0; index < runs.Count; index++)
            answers._values[runs[index].Name] = values[index];
        answers.Notice(runs);
        return answers;
    }

    private static string Known(TelemetryQuantity quantity, string[] known, int runs) =>
        known.FirstOrDefault(column => string.Equals(column, quantity.Column, StringComparison.OrdinalIgnoreCase))
        ?? throw new BadInputException(
            quantity.Value == TelemetryValue.Step ? "--first" : "--of",
            $"'{Shown.Of(quantity.Text)}' needs the telemetry column '{Shown.Of(quantity.Column)}', which none of the {runs} "
                + $"run{(runs == 1 ? "" : "s")} has "
                + $"recorded.{Suggestion.For(quantity.Column, known.SelectMany(TelemetryQuantity.Names))} See kappa query \"SELECT "
                + $"DISTINCT column FROM telemetry_summary\".");

    private static Dictionary<(string, string), double[]> Summaries(RunQuery query, string among, TelemetryQuantity[] quantities)
    {
        if (quantities.Length == 0)
            return [];
        string columns = string.Join(", ", quantities.Select(quantity => SqlText.Literal(quantity.Column)).Distinct());
        QueryResult found = query.Answer(
            $"SELECT run, \"column\", \"first\", \"last\", \"min\", \"max\" FROM telemetry_summary WHERE \"column\" IN ({columns}) AND "
                + $"{among}",
            int.MaxValue);
        return found.Rows.ToDictionary(
            row => ((string)row[0]!, (string)row[1]!),
            row =>
                row.Skip(2)
                    .Select(value =>
                        value is null ? double.NaN : Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture))
                    .ToArray());
    }

    private double[] Read(string store, string run, bool isDone)
    {
        double[] values = [.. _quantities.Select(quantity => quantity.NeedsRows ? double.NaN : Summary(run, quantity, quantity.Value))];
        int[] scanned = [
            .. Enumerable.Range(0, values.Length).Where(index =>
                _quantities[index].NeedsRows && _summaries.ContainsKey((run, _quantities[index].Column)))];
        if (scanned.Length == 0)
            return values;
        double[] bounds = [.. scanned.Select(index => Bound(run, _quantities[index]))];
        bool[] isFound = new bool[scanned.Length];
        double[] before = [.. scanned.Select(_ => double.NaN)];
        TelemetryScan.Read(
            new RunFiles(Path.Combine(store, run)).Telemetry, [.. scanned.Select(index => _quantities[index].Column)], (step, row) =>
        {
            for (int place = 0; place < scanned.Length; place++)
            {
                TelemetryQuantity quantity = _quantities[scanned[place]];
                double value = quantity.Of(row[place]);
                if (isFound[place])
                    continue;
                if (quantity.Value == TelemetryValue.At ? step >= quantity.At : quantity.Condition!.IsMet(value, bounds[place]))
                    (values[scanned[place]], isFound[place]) = (
                        quantity.Value == TelemetryValue.Step ? step : step == quantity.At ? value : before[place], true);
                before[place] = value;
            }

            return !Array.TrueForAll(isFound, found => found);
        });
        for (int place = 0; place < scanned.Length; place++)
        {
            if (!isFound[place] && isDone && _quantities[scanned[place]].Value == TelemetryValue.Step)
                values[scanned[place]] = double.PositiveInfinity;
        }

        return values;
    }

    private double Bound(string run, TelemetryQuantity quantity) => quantity.Condition is not { } condition ? double.NaN
        : condition.Of is { } value ? condition.Factor * Summary(run, quantity, value) : condition.Factor;

    private double Summary(string run, TelemetryQuantity quantity, TelemetryValue value) =>
        _summaries.TryGetValue((run, quantity.Column), out double[]? summary) ? quantity.Of(summary[(int)value]) : double.NaN;

    // A run without the column, and one that does not come to the step, are left out; the reader must know of how many.
    private void Notice(IReadOnlyList<(string Name, bool IsDone)> runs)
    {
        foreach (string column in _quantities.Select(quantity => quantity.Column).Distinct())
        {
            string[] without = [.. runs.Select(run => run.Name).Where(run => !_summaries.ContainsKey((run, column)))];
            if (without.Length > 0)
                _notices.Add(
                    $"{column} is not in the telemetry of {without.Length} of {runs.Count} runs, which are left out of it: "
                        + $"{Listed(without)}.");
        }

        for (int index = 0; index < _quantities.Length; index++)
        {
            TelemetryQuantity quantity = _quantities[index];
            string[] ended = quantity.Value != TelemetryValue.At
                ? []
                : [
                    .. runs.Select(run => run.Name).Where(run =>
                        double.IsNaN(_values[run][index]) && _summaries.ContainsKey((run, quantity.Column)))];
            if (ended.Length > 0)
                _notices.Add(
                    $"{quantity.Text}: {ended.Length} of {runs.Count} runs have no value there or end before step {quantity.At}, and are "
                        + $"left out: {Listed(ended)}.");
        }
    }

    private static string Listed(string[] names) => string.Join(", ", names.Take(3)) + (names.Length > 3 ? ", …" : "");
}
