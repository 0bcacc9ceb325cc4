using Microsoft.Data.Sqlite;

namespace Kappa.Lab.Index;

/// <summary>A folder that the index could not read.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Reason">One line.</param>
internal sealed record DamagedEntry(string Name, string Reason);

/// <summary>What a refresh did.</summary>
/// <param name="Runs">Runs that the index now holds.</param>
/// <param name="Read">Folders that were new or had changed.</param>
/// <param name="Removed">Folders that are gone.</param>
/// <param name="Rebuilt">Why the index was made anew; <see langword="null"/> when it was not.</param>
/// <param name="Damaged">The folders that could not be read; none hides another.</param>
internal sealed record IndexReport(int Runs, int Read, int Removed, string? Rebuilt, IReadOnlyList<DamagedEntry> Damaged);

/// <summary>How far a refresh is.</summary>
/// <param name="Done">Folders read.</param>
/// <param name="Total">Folders to read.</param>
internal readonly record struct IndexProgress(int Done, int Total);

/// <summary>The SQLite index <c>index.sqlite</c> beside the runs of a store. The files are the truth:
/// the index can be deleted at any time, and whatever is wrong with it, it is made anew.</summary>
/// <remarks>
/// Write-ahead log: readers go on while it is refreshed. A folder is read again when the size or the time of one of its documents differs.
/// Every batch of folders is one transaction, so that a killed refresh leaves a smaller index and never a wrong one. Where the folder of
/// runs may only be read, or a link or something else stands in the place of the file, the index is kept in memory and goes with this
/// object. Thread-safe across processes.
/// </remarks>
/// <param name="store">The folder of runs.</param>
internal sealed class RunIndex(string store) : IDisposable
{
    private const int Batch = 250;

    // Enough to keep the cores busy while a batch is committed.
    private const int ReadAhead = 128;

    private readonly IndexFile _file = new(store);

    /// <summary>The folder of runs.</summary>
    internal string Store => store;

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>Whether it is kept in memory, because the file cannot be written.</summary>
    public bool IsInMemory => _file.IsInMemory;

    /// <summary>Brings the index up to the files.</summary>
    /// <param name="anew">Forget what it holds and read everything.</param>
    /// <param name="progress">Told of every batch, or null.</param>
    /// <param name="cancellation">What was read before is kept.</param>
    /// <exception cref="BadInputException">The store does not exist, or the index cannot be written.</exception>
    public IndexReport Refresh(bool anew = false, IProgress<IndexProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!Directory.Exists(store))
            throw new BadInputException(store, "must be a folder of runs but does not exist. Name it with --out.");
        if (_file.IsOdd)
            _file.MoveToMemory();
        string? reason = anew ? "as asked" : null;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return Refreshed(reason, progress, cancellation);
            }
            catch (Exception failure) when (
                attempt < 2 && failure is SqliteException or InvalidCastException or IOException or UnauthorizedAccessException)
            {
                reason = TakeRemedy(failure) ?? throw Refusal(failure);
            }
        }
    }

    /// <summary>Ends the index that is kept in memory.</summary>
    public void Dispose() => _file.Dispose();

    internal SqliteConnection Open(SqliteOpenMode mode) => _file.Open(mode);

    // A damaged file is removed, and one that cannot be written left alone; null when neither is the case.
    private string? TakeRemedy(Exception failure)
    {
        bool isDamage = failure is InvalidCastException || (failure is SqliteException damage && IndexFile.IsDamage(damage));
        try
        {
            if (isDamage && !IsInMemory)
            {
                _file.Delete();
                return "it was damaged";
            }
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            // It may not be written at all.
            _file.MoveToMemory();
            return "it was damaged and may not be written";
        }

        if (IsInMemory || failure is not SqliteException readOnly || !IndexFile.IsReadOnly(readOnly))
            return null;
        _file.MoveToMemory();
        return "its file may not be written";
    }

    private IndexReport Refreshed(string? reason, IProgress<IndexProgress>? progress, CancellationToken cancellation)
    {
        using SqliteConnection connection = Open(SqliteOpenMode.ReadWriteCreate);
        if (!IsInMemory)
            _ = Number(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; SELECT 0");
        long version = Number(connection, "PRAGMA user_version");
        bool isOwn = version == IndexSchema.Version && IndexFile.HasOwnSchema(connection);
        if (!isOwn || reason is not null)
        {
            bool isAsked = reason is not null;
            reason ??= version == 0 ? "it was new" : version == IndexSchema.Version ? "it was damaged" : "it was of another version";
            CreateTables(connection, isAsked || version == IndexSchema.Version);
        }

        Dictionary<(string Kind, string Name), string> known = Known(connection);
        FolderEntry[] present = [.. FolderScan.Of(store)];
        FolderEntry[] changed = [
            .. present.Where(entry => !known.TryGetValue(Key(entry), out string? signature) || signature != entry.Signature)];
        (string Kind, string Name)[] gone = Gone(known, present);
        Remove(connection, gone);
        Read(connection, changed, progress, cancellation);
        RunLiveness.Update(connection, store);
        return new((int)Number(connection, "SELECT count(*) FROM result"), changed.Length, gone.Length, reason, Damaged(connection));
    }

    // Another process may have made them since the version was read; what it has written then stays.
    private static void CreateTables(SqliteConnection connection, bool isAsked)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        if (isAsked || Number(connection, "PRAGMA user_version", transaction) != IndexSchema.Version)
        {
            DropAll(connection, transaction);
            Execute(connection, transaction, $"{IndexSchema.Create} PRAGMA user_version = {IndexSchema.Version}");
        }

        transaction.Commit();
    }

    // Whatever is there, of an earlier version or of somebody else; views first, for they name tables.
    private static void DropAll(SqliteConnection connection, SqliteTransaction transaction)
    {
        var drops = new List<string>();
        using (
            SqliteCommand command = Command(
                connection, transaction,
                "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite_%' ORDER BY "
                    + "type = 'table'"))
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
                drops.Add(
                    $"DROP {reader.GetString(0)} IF EXISTS \"{reader.GetString(1).Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }

        foreach (string drop in drops)
            Execute(connection, transaction, drop);
    }

    // Reading is most of the work and needs no connection: folders are read ahead on all cores, and written here in the order of the list.
    private static void Read(
        SqliteConnection connection, FolderEntry[] changed, IProgress<IndexProgress>? progress, CancellationToken cancellation)
    {
        // On a busy machine the pool would add threads to those that wait for a core.
        TaskScheduler readers = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Environment.ProcessorCount).ConcurrentScheduler;
        var ahead = new Queue<Task<FolderContent>>(ReadAhead);
        int begun = 0;
        for (int done = 0; done < changed.Length;)
        {
            // All of a batch is there before it begins to be written: meanwhile other processes may write.
            var contents = new FolderContent[Math.Min(Batch, changed.Length - done)];
            for (int k = 0; k < contents.Length; k++)
                contents[k] = Next();
            Write(connection, contents);
            done += contents.Length;
            progress?.Report(new(done, changed.Length));
        }

        FolderContent Next()
        {
            cancellation.ThrowIfCancellationRequested();
            for (; ahead.Count < ReadAhead && begun < changed.Length; begun++)
            {
                FolderEntry entry = changed[begun];
                ahead.Enqueue(
                    Task.Factory.StartNew(
                        () => FolderContent.Read(entry), CancellationToken.None, TaskCreationOptions.DenyChildAttach, readers));
            }

            return ahead.Dequeue().GetAwaiter().GetResult();
        }
    }

    private static void Write(SqliteConnection connection, FolderContent[] contents)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        using var writer = new IndexWriter(connection, transaction);
        foreach (FolderContent content in contents)
            writer.Replace(content);
        transaction.Commit();
    }

    private static void Remove(SqliteConnection connection, (string Kind, string Name)[] entries)
    {
        if (entries.Length == 0)
            return;
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        using var writer = new IndexWriter(connection, transaction);
        foreach ((string kind, string name) in entries)
            writer.Remove(kind, name);
        transaction.Commit();
    }

    private static (string Kind, string Name)[] Gone(Dictionary<(string Kind, string Name), string> known, FolderEntry[] present)
    {
        HashSet<(string Kind, string Name)> here = [.. present.Select(Key)];
        return [.. known.Keys.Where(key => !here.Contains(key))];
    }

    private static (string Kind, string Name) Key(FolderEntry entry) => (entry.Kind.ToString(), entry.Name);

    // The signature of every folder that the index holds.
    private static Dictionary<(string Kind, string Name), string> Known(SqliteConnection connection)
    {
        var known = new Dictionary<(string, string), string>();
        using SqliteCommand command = Command(connection, null, "SELECT kind, name, signature FROM entry");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            known[(reader.GetString(0), reader.GetString(1))] = reader.GetString(2);
        return known;
    }

    private static List<DamagedEntry> Damaged(SqliteConnection connection)
    {
        var damaged = new List<DamagedEntry>();
        using SqliteCommand command = Command(
            connection, null, "SELECT name, damage FROM entry WHERE damage IS NOT NULL ORDER BY kind, name");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            damaged.Add(new(reader.GetString(0), reader.GetString(1)));
        return damaged;
    }

    private static SqliteCommand Command(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, sql);
        return command;
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string sql)
    {
        using SqliteCommand command = Command(connection, transaction, sql);
        _ = command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = Command(connection, transaction, sql);
        return command.ExecuteScalar() is long number ? number : 0;
    }

    private BadInputException Refusal(Exception failure) =>
        new(
            Path,
            $"the index cannot be written: {failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}. Check the disk and the permissions of "
                + $"the folder of runs.",
            failure);
}
