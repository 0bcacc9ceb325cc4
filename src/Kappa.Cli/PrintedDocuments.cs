using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Formats;
using Kappa.Lab.Index;

namespace Kappa.Cli;

/// <summary>Rows of a question.</summary>
internal sealed record RowsDocument(
    int SchemaVersion, bool Cut, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows);

/// <summary>Groups of runs over their seeds.</summary>
internal sealed record GroupsDocument(int SchemaVersion, IEnumerable<GroupDocument> Groups)
{
    public static GroupsDocument Of(IReadOnlyList<SeedGroup> groups) => new(PrintedJson.Version, groups.Select(group => new GroupDocument(
        group.Values.ToDictionary(pair => pair.Column, pair => pair.Value), group.Runs, group.Outcomes,
        group.Statistics.ToDictionary(pair => pair.Quantity, pair => StatisticsDocument.Of(pair.Statistics)))));
}

/// <summary>A group.</summary>
internal sealed record GroupDocument(
    Dictionary<string, object?> Values, int Runs, IReadOnlyDictionary<string, int> Outcomes,
    Dictionary<string, StatisticsDocument> Quantities);

/// <summary>A quantity over the seeds of a group.</summary>
internal sealed record StatisticsDocument(
    int Count, int Missing, int NotReached, double Median, double IntervalLow, double IntervalHigh, double IntervalLevel,
    double LowerQuartile, double UpperQuartile)
{
    public static StatisticsDocument Of(SeedStatistics s) => new(
        s.Count, s.Missing, s.NotReached, s.Median, s.IntervalLow, s.IntervalHigh, s.IntervalLevel, s.Lower, s.Upper);
}

/// <summary>Two runs beside each other.</summary>
internal sealed record ComparisonDocument(
    int SchemaVersion, string First, string Second, Dictionary<string, object?[]> Specification, Dictionary<string, object?[]> Results,
    LevelDocument SameRelativeLoss, int CommonSteps, long? FirstLossDifference)
{
    public static ComparisonDocument Of(RunComparison comparison) => new(
        PrintedJson.Version, comparison.First, comparison.Second, Pairs(comparison.Specification), Pairs(comparison.Results),
        new LevelDocument(comparison.Level?.Relative, comparison.Level?.First, comparison.Level?.Second), comparison.CommonSteps,
        comparison.Losses?.Step);

    private static Dictionary<string, object?[]> Pairs(IReadOnlyList<Pairing> pairs) =>
        pairs.ToDictionary(pair => pair.Name, pair => new[] { pair.First, pair.Second });
}

/// <summary>The smallest relative loss that both reach, and when.</summary>
internal sealed record LevelDocument(double? RelativeLoss, long? FirstStep, long? SecondStep);

/// <summary>An index and what its last look found.</summary>
internal sealed record IndexDocument(
    int SchemaVersion, string? Index, int Runs, int Read, int Removed, string? Rebuilt, IReadOnlyList<DamagedEntry> Damaged);

/// <summary>Runs of a folder.</summary>
internal sealed record ListDocument(
    int SchemaVersion, IEnumerable<ListedDocument> Runs, int Total, IReadOnlyList<DamagedEntry> Damaged);

/// <summary>A run of a list.</summary>
internal sealed record ListedDocument(
    string Name, string? Started, string State, string Model, long Step, double? Loss, double? Rate, double? LateRate, string? NoRate,
    string? StopReason, string Settings)
{
    public static ListedDocument Of(ListedRun run) => new(
        run.Name, run.Started, run.State, run.Model, run.Step, run.Loss, run.Rate, run.LateRate, run.NoRate,
        run.Outcome is { Length: > 0 } outcome ? char.ToUpperInvariant(outcome[0]) + outcome[1..] : null, run.Settings);
}

/// <summary>A run computed again.</summary>
internal sealed record RerunDocument(
    int SchemaVersion, string Run, string Verdict, string? File, string? Place, string? Recorded, string? Computed);

/// <summary>Files that were written.</summary>
internal sealed record WrittenDocument(int SchemaVersion, IReadOnlyList<string> Written);

/// <summary>The keys of a specification.</summary>
internal sealed record KeysDocument(int SchemaVersion, IEnumerable<KeyDocument> Keys);

/// <summary>A key.</summary>
internal sealed record KeyDocument(string Key, string Type, string Default, string Meaning);

/// <summary>How far a sweep is.</summary>
internal sealed record SweepStatusDocument(
    int FormatVersion, string Sweep, bool Cancelled, int Total, int Done, int Diverged, int Running, int Lost, int Failed, int Damaged,
    int Waiting, IReadOnlyList<string> Jobs);

/// <summary>What a sweep consists of and what it will take.</summary>
internal sealed record SweepPlanDocument(int FormatVersion, string Sweep, ForecastDocument Forecast, IEnumerable<PlannedDocument> Runs);

/// <summary>A forecast.</summary>
internal sealed record ForecastDocument(double Seconds, int Threads, long MemoryBytes, long DiskBytes, int Shapes, int Rehearsed);

/// <summary>A run of a sweep.</summary>
internal sealed record PlannedDocument(string Name, IReadOnlyDictionary<string, string> Values);

/// <summary>What was handed to Slurm.</summary>
internal sealed record SlurmDocument(
    int FormatVersion, string Sweep, string Script, int Tasks, int Ended, int Queued, int? MaxArraySize,
    IEnumerable<ArrayDocument> Submitted);

/// <summary>One job array.</summary>
internal sealed record ArrayDocument(string? Job, string Array, int Offset, int Tasks, string Command);

/// <summary>A cell of a row: a number, a text, or <c>null</c>, also for a number that is not finite.</summary>
internal sealed class CellConverter : JsonConverter<object>
{
    /// <inheritdoc/>
    public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Rows are only written.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case long number: writer.WriteNumberValue(number); break;
            case int number: writer.WriteNumberValue(number); break;
            case double number: JsonNumber.WriteValue(writer, number); break;
            case string text: writer.WriteStringValue(text); break;
            default: writer.WriteNullValue(); break;
        }
    }
}

/// <summary>What commands print with <c>--json</c>, for a reader.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [typeof(JsonNumberConverter), typeof(CellConverter)])]
[JsonSerializable(typeof(RowsDocument))]
[JsonSerializable(typeof(GroupsDocument))]
[JsonSerializable(typeof(ComparisonDocument))]
[JsonSerializable(typeof(IndexDocument))]
[JsonSerializable(typeof(ListDocument))]
[JsonSerializable(typeof(RerunDocument))]
[JsonSerializable(typeof(WrittenDocument))]
internal sealed partial class PrintedJson : JsonSerializerContext
{
    /// <summary>Of the schema of each document.</summary>
    public const int Version = 1;

    /// <summary>With letters of other alphabets as they are.</summary>
    public static PrintedJson Readable => field ??= new(ReadableJson.Of(Default));
}

/// <summary>The same on one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(JsonNumberConverter)])]
[JsonSerializable(typeof(KeysDocument))]
[JsonSerializable(typeof(SweepStatusDocument))]
[JsonSerializable(typeof(SweepPlanDocument))]
[JsonSerializable(typeof(SlurmDocument))]
internal sealed partial class PrintedLine : JsonSerializerContext;
