using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
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
            case RowFormat.Json: PrintJson(terminal, result); break;
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

    /// <summary>A JSON document with the names of its parts as given.</summary>
    public static void Json(Terminal terminal, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 1);
            write(json);
            json.WriteEndObject();
        }

        terminal.Results.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>A value of JSON; what is not finite has none there and is null.</summary>
    public static void Value(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case long number: json.WriteNumberValue(number); break;
            case int number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case string text: json.WriteStringValue(text); break;
            default: json.WriteNullValue(); break;
        }
    }

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

    private static void PrintJson(Terminal terminal, QueryResult result) => Json(terminal, json =>
    {
        json.WriteBoolean("cut", result.IsCut);
        json.WriteStartArray("columns");
        foreach (string column in result.Columns)
        {
            json.WriteStringValue(column);
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (IReadOnlyList<object?> row in result.Rows)
        {
            json.WriteStartArray();
            foreach (object? value in row)
            {
                Value(json, value);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    });
}
