using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Kappa.Lab.Index;

/// <summary>Tables and views of the index. Their text is their version: an index made from another text is made anew.</summary>
internal static class IndexSchema
{
    /// <summary>The tables and views.</summary>
    public static string Create { get; } = $"""
        CREATE TABLE entry (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, signature TEXT NOT NULL, damage TEXT,
          UNIQUE (kind, name));
        CREATE TABLE result (entry INTEGER PRIMARY KEY, {string.Join(", ", IndexColumns.All.Select(Quoted))});
        CREATE TABLE telemetry_column (entry INTEGER NOT NULL, "column" TEXT NOT NULL, "rows" INTEGER,
          "first", "last", "min", "minStep", "max", "maxStep", "notFinite" INTEGER,
          PRIMARY KEY (entry, "column")) WITHOUT ROWID;
        CREATE TABLE claim (entry INTEGER NOT NULL, folder TEXT, id TEXT, source TEXT, statement TEXT,
          refutedIf TEXT, verdict TEXT, reason TEXT, measurements TEXT);
        CREATE INDEX claim_entry ON claim (entry);
        CREATE TABLE sweep (entry INTEGER PRIMARY KEY, name TEXT, numericsVersion INTEGER);
        CREATE TABLE sweep_run (entry INTEGER NOT NULL, position INTEGER NOT NULL, run TEXT NOT NULL, "values" TEXT,
          PRIMARY KEY (entry, position)) WITHOUT ROWID;
        CREATE VIEW runs AS SELECT {string.Join(", ", IndexColumns.All.Select(Quoted))} FROM result;
        CREATE VIEW damaged AS SELECT kind, name, damage AS reason FROM entry WHERE damage IS NOT NULL;
        CREATE VIEW telemetry_summary AS SELECT result.name AS run, "column", "rows", "first", "last", "min", "minStep",
          "max", "maxStep", "notFinite" FROM telemetry_column JOIN result USING (entry);
        CREATE VIEW claims AS SELECT folder, id, source, statement, refutedIf, verdict, reason, measurements FROM claim;
        CREATE VIEW sweep_runs AS SELECT sweep.name AS sweep, position, run, "values" FROM sweep_run JOIN sweep USING (entry);
        CREATE VIEW sweeps AS SELECT sweep.name AS name, numericsVersion, count(*) AS runs, count(*) FILTER (WHERE state = 'done') AS done,
          count(*) FILTER (WHERE outcome = 'nonFinite') AS diverged, count(*) FILTER (WHERE state = 'failed') AS failed,
          count(*) FILTER (WHERE state IS NULL OR state IN ('queued', 'interrupted')) AS waiting,
          count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'lost') AS lost
          FROM sweep JOIN sweep_run USING (entry) LEFT JOIN result ON result.name = run GROUP BY sweep.entry;
        CREATE UNIQUE INDEX result_name ON result (name);
        """;

    /// <summary>The version: the first 31 bits of the hash of the text, and never 0, which is that of an empty file.</summary>
    public static int Version { get; } = Math.Max(
        1, BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Create))) & int.MaxValue);

    /// <summary>A name as SQL quotes it.</summary>
    public static string Quoted(string name) => $"\"{name}\"";
}
