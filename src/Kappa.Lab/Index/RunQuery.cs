using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kappa.Lab.Index;

/// <summary>The answer to a question: rows of null, <see cref="long"/>, <see cref="double"/> or <see cref="string"/>.</summary>
/// <param name="Columns">Their names.</param>
/// <param name="Rows">The rows.</param>
/// <param name="IsCut">Whether there are more rows than the limit.</param>
internal sealed record QueryResult(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows, bool IsCut);

/// <summary>Asks the index in SQL. Reads only, in three ways at once: the file is opened for
/// reading, an authoriser lets nothing pass but SELECT, and time and rows are limited.</summary>
internal sealed class RunQuery
{
    /// <summary>Rows returned when no other limit is given.</summary>
    public const int DefaultRows = 10_000;

    /// <summary>Seconds a question may take when no other limit is given.</summary>
    public const int DefaultSeconds = 30;

    // Between two looks at the clock SQLite takes this many of its own steps, about a millisecond.
    private const int StepsBetweenLooks = 20_000;
    private const int LongestValue = 1 << 24;

    // Characters of all texts of an answer together.
    private const long MostText = 1 << 26;

    private readonly RunIndex _index;
    private string? _refused;

    /// <summary>A question to an index.</summary>
    /// <param name="index">The index; refresh it first.</param>
    public RunQuery(RunIndex index) => _index = index;

    /// <summary>The folder of runs that the index is of.</summary>
    internal string Store => _index.Store;

    /// <summary>Answers one SELECT.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="rows">Most rows.</param>
    /// <param name="seconds">Most seconds.</param>
    /// <exception cref="BadInputException">The statement is not one SELECT, is wrong, or took too long.</exception>
    public QueryResult Answer(string sql, int rows = DefaultRows, int seconds = DefaultSeconds)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        long start = Stopwatch.GetTimestamp();
        bool isLate = false;
        try
        {
            using SqliteConnection connection = _index.Open(SqliteOpenMode.ReadOnly);
            sqlite3 handle = connection.Handle!;
            _ = raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_LENGTH, LongestValue);
            _ = raw.sqlite3_set_authorizer(handle, (strdelegate_authorizer)Authorise, null);
            raw.sqlite3_progress_handler(
                handle, StepsBetweenLooks, _ => (isLate = Stopwatch.GetElapsedTime(start).TotalSeconds > seconds) ? 1 : 0, null);
            return Read(connection, sql, rows);
        }
        catch (SqliteException failure) when (isLate || failure.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            throw new BadInputException(
                "query",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"must be answered within {seconds} s but was not. Ask for less, or allow more with --timeout."),
                failure);
        }
        catch (InvalidOperationException failure)
        {
            throw new BadInputException("query", "must have no parameters ($name, @name, ?): write the values out.", failure);
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB)
        {
            throw new BadInputException(_index.Path, "the index is damaged. Make it anew: kappa index --rebuild", failure);
        }
        catch (SqliteException failure)
        {
            throw new BadInputException(
                "query",
                _refused is { } what
                    ? $"reads only: it must be one SELECT, but it would {what}."
                    : $"{Reason(failure, sql)} See kappa query --schema.",
                failure);
        }
    }

    private static QueryResult Read(SqliteConnection connection, string sql, int limit)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        if (reader.FieldCount == 0)
            throw new BadInputException("query", "must be one SELECT but gives no columns. See kappa query --schema.");
        string[] columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        var rows = new List<IReadOnlyList<object?>>();
        long text = 0;
        while (rows.Count < limit && reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, columns.Length).Select(column => Value(reader, column))]);
            text += rows[^1].Sum(value => value is string words ? (long)words.Length : 0);
            if (text > MostText)
                throw new BadInputException(
                    "query",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"must give at most {MostText} characters but row {rows.Count} goes beyond. Ask for less, or fewer rows with "
                            + $"--limit."));
        }

        bool isCut = rows.Count == limit && reader.Read();
        return isCut || !reader.NextResult()
            ? new(columns, rows, isCut)
            : throw new BadInputException("query", "must be one SELECT but there are several statements. Ask them one by one.");
    }

    private static object? Value(SqliteDataReader reader, int column) => reader.GetValue(column) switch
    {
        DBNull => null,
        byte[] bytes => Convert.ToHexString(bytes),
        var value => value,
    };

    // Called while a statement is compiled, for everything that it would do.
    private int Authorise(object user, int action, string first, string second, string database, string trigger)
    {
        if (action is raw.SQLITE_SELECT or raw.SQLITE_READ or raw.SQLITE_RECURSIVE)
            return raw.SQLITE_OK;
        if (action is raw.SQLITE_FUNCTION && !string.Equals(second, "load_extension", StringComparison.OrdinalIgnoreCase))
            return raw.SQLITE_OK;
        _refused ??= action switch
        {
            raw.SQLITE_PRAGMA => "set or ask a PRAGMA",
            raw.SQLITE_ATTACH or raw.SQLITE_DETACH => "attach or detach a file",
            raw.SQLITE_INSERT or raw.SQLITE_UPDATE or raw.SQLITE_DELETE => "write",
            raw.SQLITE_TRANSACTION or raw.SQLITE_SAVEPOINT => "begin or end a transaction",
            raw.SQLITE_FUNCTION => "load an extension",
            _ => "change the schema",
        };
        return raw.SQLITE_DENY;
    }

    // "SQLite Error 1: 'no such column: deph'." without the wrapping.
    private static string Reason(SqliteException failure, string sql)
    {
        string message = failure.Message.ReplaceLineEndings(" ");
        int open = message.IndexOf('\'', StringComparison.Ordinal), close = message.LastIndexOf('\'');
        string reason = open >= 0 && close > open ? message[(open + 1)..close] : message.TrimEnd('.');
        return $"cannot be answered: {reason}.{UnknownName.Hint(reason, sql)}";
    }
}
