using Microsoft.Data.Sqlite;

namespace Kappa.Lab.Index;

/// <summary>Writes folders into the tables of the index, inside one transaction. Its statements are compiled once.</summary>
/// <remarks>A folder is found by kind and name inside the transaction: what
/// another process has written in between is replaced, not doubled.</remarks>
internal sealed class IndexWriter(SqliteConnection connection, SqliteTransaction transaction) : IDisposable
{
    private static readonly string[] Parts = ["result", "telemetry_column", "claim", "sweep", "sweep_run"];

    private readonly SqliteCommand _entry = Insert(connection, transaction, "entry", 5);
    private readonly SqliteCommand _result = Insert(connection, transaction, "result", 1 + IndexColumns.All.Count);
    private readonly SqliteCommand _column = Insert(connection, transaction, "telemetry_column", 10);
    private readonly SqliteCommand _claim = Insert(connection, transaction, "claim", 9);
    private readonly SqliteCommand _sweep = Insert(connection, transaction, "sweep", 3);
    private readonly SqliteCommand _sweepRun = Insert(connection, transaction, "sweep_run", 4);
    private readonly SqliteCommand _last = Made(connection, transaction, "SELECT last_insert_rowid()");
    private readonly SqliteCommand _find = Made(connection, transaction, "SELECT id FROM entry WHERE kind = $0 AND name = $1", 2);
    private readonly SqliteCommand[] _removals = [
        .. Parts.Select(table => Made(connection, transaction, $"DELETE FROM {table} WHERE entry = $0", 1)),
        Made(connection, transaction, "DELETE FROM entry WHERE id = $0", 1)];

    /// <summary>Writes what a folder holds instead of what was known of it.</summary>
    public void Replace(FolderContent content)
    {
        FolderEntry folder = content.Entry;
        Remove(folder.Kind.ToString(), folder.Name);
        Run(_entry, null, folder.Kind.ToString(), folder.Name, folder.Signature, content.Damage);
        long entry = (long)_last.ExecuteScalar()!;
        if (content.Run is { } run)
            Run(_result, [entry, .. run]);
        foreach (ColumnSummary column in content.Columns ?? [])
            Run(
                _column, entry, column.Column, (long)column.Rows, column.First, column.Last, column.Least,
                column.LeastStep < 0 ? null : column.LeastStep, column.Most, column.MostStep < 0 ? null : column.MostStep,
                (long)column.NotFinite);
        foreach (IndexedClaim claim in content.Claims ?? [])
            Run(
                _claim, entry, folder.Name, claim.Id, claim.Source, claim.Statement, claim.RefutedIf, claim.Verdict, claim.Reason,
                claim.Measurements);
        if (content.Sweep is { } sweep)
            Write(entry, folder.Name, sweep);
    }

    /// <summary>Removes all that is known of a folder.</summary>
    public void Remove(string kind, string name)
    {
        (_find.Parameters[0].Value, _find.Parameters[1].Value) = (kind, name);
        if (_find.ExecuteScalar() is not long entry)
            return;
        foreach (SqliteCommand removal in _removals)
            Run(removal, entry);
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in new[] { _entry, _result, _column, _claim, _sweep, _sweepRun, _last, _find }.Concat(_removals))
            command.Dispose();
    }

    private void Write(long entry, string name, IndexedSweep sweep)
    {
        Run(_sweep, entry, name, (long)sweep.NumericsVersion);
        for (int position = 0; position < sweep.Runs.Count; position++)
            Run(_sweepRun, entry, (long)position, sweep.Runs[position].Run, sweep.Runs[position].Values);
    }

    private static SqliteCommand Insert(SqliteConnection connection, SqliteTransaction transaction, string table, int values) =>
        Made(
            connection, transaction,
            $"INSERT INTO {table} VALUES ({string.Join(", ", Enumerable.Range(0, values).Select(index => $"${index}"))})", values);

    private static SqliteCommand Made(SqliteConnection connection, SqliteTransaction transaction, string sql, int values = 0)
    {
        SqliteCommand command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, sql);
        for (int index = 0; index < values; index++)
            _ = command.Parameters.AddWithValue($"${index}", DBNull.Value);
        return command;
    }

    // SQL has no NaN; NULL says that there is no number.
    private static void Run(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (int index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] is null or double.NaN ? DBNull.Value : values[index];
        _ = command.ExecuteNonQuery();
    }
}
