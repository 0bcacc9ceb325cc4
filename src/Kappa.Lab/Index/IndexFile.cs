using Kappa.Lab.Formats;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kappa.Lab.Index;

/// <summary>Where an index is kept: <c>index.sqlite</c> beside the runs, or in memory where that cannot be written.</summary>
internal sealed class IndexFile : IDisposable
{
    private const int BusySeconds = 60;
    private static readonly Lazy<string> s_schema = new(NewSchema);
    private static int s_number;

    private readonly string _source;
    private SqliteConnection? _memory;

    /// <summary>An index of a store.</summary>
    /// <param name="store">The folder of runs.</param>
    public IndexFile(string store) => _source = Path = System.IO.Path.Combine(store, "index.sqlite");

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether it is in memory; it goes with this object then.</summary>
    public bool IsInMemory => _memory is not null;

    /// <summary>Whether an error says that the file is no database or a broken one:
    /// SQLITE_CORRUPT, SQLITE_NOTADB, and SQLITE_ERROR, which a missing table gives.</summary>
    public static bool IsDamage(SqliteException failure) =>
        failure.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_ERROR;

    /// <summary>Whether an error says that the file cannot be written where it lies: a folder or disk that may only be read.</summary>
    public static bool IsReadOnly(SqliteException failure) =>
        failure.SqliteErrorCode is raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH;

    /// <summary>Whether something stands there that is no file of this folder: it is neither opened nor replaced.</summary>
    public bool IsOdd => FileFacts.Of(Path, followsLinks: false).Kind is not (FileKind.Regular or FileKind.Unknown);

    /// <summary>Keeps the index in memory from now on.</summary>
    public void MoveToMemory() =>
        _memory ??= Connect(
            new()
            {
                DataSource = $"kappa-index-{Interlocked.Increment(ref s_number)}",
                Mode = SqliteOpenMode.Memory,
                Cache = SqliteCacheMode.Shared,
            });

    /// <summary>A connection.</summary>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection Open(SqliteOpenMode mode) => _memory is { } memory ? Connect(new(memory.ConnectionString))
        : Connect(new() { DataSource = _source, Mode = mode });

    /// <summary>Whether tables and views are those of a new index, word for word: in a
    /// file of somebody else they can be anything, also views that never end.</summary>
    public static bool HasOwnSchema(SqliteConnection connection) => Schema(connection) == s_schema.Value;

    /// <summary>Removes the file.</summary>
    public void Delete()
    {
        foreach (string suffix in new[] { "", "-wal", "-shm", "-journal" })
            File.Delete(Path + suffix);
    }

    public void Dispose() => _memory?.Dispose();

    private static SqliteConnection Connect(SqliteConnectionStringBuilder description)
    {
        // No pool: a pooled connection would keep the file open after its use.
        (description.Pooling, description.DefaultTimeout) = (false, BusySeconds);
        var connection = new SqliteConnection(description.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string NewSchema()
    {
        using SqliteConnection connection = Connect(new() { DataSource = ":memory:" });
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = IndexSchema.Create;
        _ = command.ExecuteNonQuery();
        return Schema(connection);
    }

    private static string Schema(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(group_concat(type || name || coalesce(sql, ''), char(10) ORDER BY type, name), '') FROM "
            + "sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'";
        return (string)command.ExecuteScalar()!;
    }
}
