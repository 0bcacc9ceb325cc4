using Kappa.Lab.Store;
using Microsoft.Data.Sqlite;

namespace Kappa.Lab.Index;

/// <summary>Brings the state of the runs that the index holds for running up to their locks: a process that dies changes no file.</summary>
internal static class RunLiveness
{
    /// <summary>Asks the lock of each.</summary>
    /// <param name="connection">The index.</param>
    /// <param name="store">The folder of runs.</param>
    public static void Update(SqliteConnection connection, string store)
    {
        foreach ((long entry, string name, string state) in Living(connection))
        {
            string now = RunLock.IsFree(new RunFiles(Path.Combine(store, name))) ? RunRecord.Lost : RunRecord.Word(RunState.Running);
            if (now == state)
                continue;
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE result SET state = $state WHERE entry = $entry";
            _ = command.Parameters.AddWithValue("$state", now);
            _ = command.Parameters.AddWithValue("$entry", entry);
            _ = command.ExecuteNonQuery();
        }
    }

    private static List<(long Entry, string Name, string State)> Living(SqliteConnection connection)
    {
        var living = new List<(long, string, string)>();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT entry, name, state FROM result WHERE state IN ('running', 'lost')";
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            living.Add((reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        return living;
    }
}
