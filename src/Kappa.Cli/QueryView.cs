using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kappa.Lab.Index;
using Kappa.Numerics;

namespace Kappa.Cli;

/// <summary>How rows are printed.</summary>
internal enum RowFormat
{
    /// <summary>A table for a reader, numbers with six digits.</summary>
    Table,

    /// <summary>RFC 4180, numbers that read back to the same bits.</summary>
    Csv,

    /// <summary>One object with columns and rows.</summary>
    Json,
}

/// <summary>Rows on the terminal as a table, as CSV or as JSON.</summary>
internal static class QueryView
{
    public static void Print(Terminal terminal, QueryResult result, RowFormat format)
    {
        switch (format)
        {
            case RowFormat.Csv: PrintCsv(terminal, result); break;
            case RowFormat.Json:
                Json(terminal, new(PrintedJson.Version, result.IsCut, result.Columns, result.Rows), PrintedJson.Readable.RowsDocument);
                break;
            default: PrintTable(terminal, result); break;
        }
    }

    /// <summary>The format asked for by <c>--format</c> and <c>--json</c>.</summary>
    public static RowFormat Format(RowFormat? format, bool json) => (format, json) switch
    {
        (null, false) => RowFormat.Table,
        (null or RowFormat.Json, true) => RowFormat.Json,
        ({ } given, false) => given,
        _ =>
            throw new UsageException(
                $"--json and --format {format.ToString()!.ToLowerInvariant()} contradict each other; give one of them."),
    };

    /// <summary>Prints a document.</summary>
    public static void Json<T>(Terminal terminal, T document, JsonTypeInfo<T> type) =>
        terminal.Results.WriteLine(JsonSerializer.Serialize(document, type));

    /// <summary>A value for a reader.</summary>
    public static string Shown(object? value) => value switch
    {
        null => string.Empty,
        double.NaN => "–",
        double number => NumberText.Of(number, 6),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    /// <summary>A table of ready cells; what was asked for is never left out,
    /// so one that is too wide is printed as a block for each row.</summary>
    public static void PrintCells(Terminal terminal, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        new ResultTable([.. headers.Select(header => new ResultColumn(header))]).Rows(rows).Print(terminal);
    }

    private static void PrintTable(Terminal terminal, QueryResult result)
    {
        PrintCells(terminal, result.Columns, result.Rows.Select(row => row.Select(Shown).ToArray()));
        terminal.Results.WriteLine(result.Rows.Count == 1 ? "1 row." : $"{result.Rows.Count} rows.");
    }

    private static void PrintCsv(Terminal terminal, QueryResult result)
    {
        terminal.Results.WriteLine(string.Join(',', result.Columns.Select(CsvField.Of)));
        foreach (IReadOnlyList<object?> row in result.Rows)
        {
            terminal.Results.WriteLine(
                string.Join(
                    ',',
                    row.Select(value =>
                        value is string text
                            ? CsvField.Of(text)
                            : value is double number ? number.ToString("R", CultureInfo.InvariantCulture)
                            : Shown(value))));
        }
    }
}
