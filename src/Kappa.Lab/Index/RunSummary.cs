using System.Text.Json;
using System.Text.Json.Nodes;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Spectra;

namespace Kappa.Lab.Index;

/// <summary>One column of a run's telemetry in a few numbers. NaN and infinities
/// count in <see cref="NotFinite"/> and nowhere else but in first and last.</summary>
internal sealed record ColumnSummary(
    string Column, int Rows, double First, double Last, double Least, long LeastStep, double Most, long MostStep, int NotFinite)
{
    public static ColumnSummary Of(TelemetryTable telemetry, string column)
    {
        ReadOnlySpan<double> values = telemetry[column], steps = telemetry[Quantities.Step];
        (double least, double most, long leastStep, long mostStep, int notFinite) = (double.NaN, double.NaN, -1, -1, 0);
        for (int row = 0; row < values.Length; row++)
        {
            double value = values[row];
            if (!double.IsFinite(value))
            {
                notFinite++;
                continue;
            }

            if (!(value >= least))
                (least, leastStep) = (value, (long)steps[row]);
            if (!(value <= most))
                (most, mostStep) = (value, (long)steps[row]);
        }

        return new(column, values.Length, values[0], values[^1], least, leastStep, most, mostStep, notFinite);
    }
}

/// <summary>What the index keeps of a run: documents, rate, and a summary of every column. Read from its files alone.</summary>
internal sealed record RunSummary(RunRecord Run, TelemetryTable? Telemetry, RateFit Rate)
{
    /// <summary>Why the run stopped, in the words of the index; null while it has not.</summary>
    public string? Outcome => Run.Status.StopReason is { } reason ? Word(reason) : null;

    /// <summary>Loss of the first recorded row.</summary>
    public double? InitialLoss => HasLoss ? Telemetry![Quantities.Loss][0] : null;

    /// <summary>The first recorded step whose loss is at most a hundredth of the initial one; null when it was not reached.</summary>
    public long? StepsToHundredth =>
        HasLoss && FirstPassage.Of(Telemetry![Quantities.Loss], FirstPassage.Hundredth) is int row
            ? (long)Telemetry[Quantities.Step][row]
            : null;

    // The slope of what is no line is not a rate: a column of that name must not hold one.
    private RateFit? LinearRate => Rate is { Outcome: RateOutcome.Linear } ? Rate : null;

    private bool HasLoss => Telemetry is { Rows: > 0 };

    /// <summary>Reads a run folder.</summary>
    /// <exception cref="BadInputException">It is damaged.</exception>
    public static RunSummary Read(string path)
    {
        RunRecord run = RunRecord.Read(path);

        // A queued run has none, and neither has one that diverged before its first row was written.
        TelemetryTable? telemetry = run.Status.State is not RunState.Queued && Path.Exists(run.Files.Telemetry)
            ? TelemetryReader.Read(run.Files.Telemetry)
            : null;
        _ = telemetry is null ? [] : telemetry[Quantities.Loss];
        if (telemetry is not null)
            RecordedSteps.Require(run, telemetry);
        return new(run, telemetry, RunAnalysis.Fit(telemetry, run.Status));
    }

    /// <summary>The values of <see cref="IndexColumns.All"/>.</summary>
    public IReadOnlyList<object?> Values()
    {
        RunStatus status = Run.Status;
        ExperimentSpecification specification = Run.Specification;
        var json = new JsonObject(
            SpecificationKeys.All.Select(key => KeyValuePair.Create(key.Path, Node(TypedText.Of(key.Format(specification))))));
        return
        [
            Run.Name, Run.State, Outcome, status.Step, InitialLoss, status.Loss, StepsToHundredth,
            LinearRate?.Rate, LinearRate?.RateLow, LinearRate?.RateHigh, Known(Rate.LateRate), Known(Rate.LateRateLow),
            Known(Rate.LateRateHigh), Word(Rate.Outcome.ToString()), Rate.Explanation,
            Known(Rate.Decades), Rate.FloorLoss, status.RoundingFloor,
            (long)(Telemetry?.Rows ?? 0), status.Message, Time(status.Heartbeat),
            Run.Sessions.Count > 0 ? Time(Run.Sessions[0].Started) : null,
            Words(), Run.Sessions.Count > 0 ? Run.Sessions[^1].Host : null, Run.Sessions.Count > 0 ? Run.Sessions[^1].KappaVersion : null,
            json.ToJsonString(),
            .. IndexColumns.Keys.Select(column => TypedText.Of(column.Key.Format(specification))),
        ];
    }

    /// <summary>The columns of the telemetry.</summary>
    public IEnumerable<ColumnSummary> Columns() =>
        Telemetry is { Rows: > 0 } telemetry ? telemetry.Columns.Skip(1).Select(column => ColumnSummary.Of(telemetry, column)) : [];

    // A sweep's words are those of all its runs; what one of them has is in the sweep.
    private string? Words() =>
        Run.Sessions is [{ CommandLine: ["run", ..] words }, ..]
            ? string.Join(' ', words.Where(word => word.Contains('=', StringComparison.Ordinal) && word[0] != '-'))
            : null;

    // A number that does not exist is NULL and not NaN.
    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static string Word(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    private static JsonNode? Node(object? value) =>
        value switch
        {
            null => null,
            long integer => integer,
            double number => double.IsFinite(number) ? number : null,
            _ => JsonValue.Create((string)value),
        };
}
