using Kappa.Lab.Index;
using Kappa.Lab.Store;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Kappa.Lab.Tests.Index;

/// <summary>The index says what the files say, and whatever happens to it or to a folder, it says so again.</summary>
public sealed class RunIndexTests : IDisposable
{
    private readonly IndexFixture _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void The_view_of_runs_has_specification_outcome_losses_and_rate()
    {
        _ = _runs.Add("a", 0.5, specification: new() { Model = new() { Depth = 3, Width = 8 }, Seed = 7 });
        IReadOnlyList<object?> row = Assert.Single(_runs.Ask(
            "SELECT name, state, outcome, depth, seed, data_seed, initialLoss, finalLoss, rate, rateOutcome, stepsToHundredth, "
                + "json_extract(specification, '$.\"model.depth\"') FROM runs").Rows);
        Assert.Equal(["a", "done", "stepBudget", 3L, 7L, 7L, 1.0, Math.Pow(0.5, 59)], row.Take(8));

        // The loss halves each step: the rate is a half, and 2⁻⁷ is the first power below a hundredth.
        Assert.Equal(0.5, (double)row[8]!, 1e-12);
        Assert.Equal(["linear", 7L, 3L], row.Skip(9));
    }

    [Fact]
    public void The_summary_of_a_column_has_its_ends_its_extremes_and_what_is_not_finite()
    {
        _ = _runs.Add("a", 0.5, rows: 10);
        IReadOnlyList<object?> row = Assert.Single(
            _runs.Ask(
                "SELECT rows, first, last, min, minStep, max, maxStep, notFinite FROM telemetry_summary WHERE run = 'a' AND column = "
                    + "'gradientNorm'").Rows);
        Assert.Equal([10L, 0.0, -9.0, -9.0, 9L, 0.0, 0L, 1L], row);
    }

    [Fact]
    public void A_refresh_reads_only_what_changed_and_forgets_what_is_gone()
    {
        RunFiles first = _runs.Add("a", 0.5, state: RunState.Interrupted);
        _ = _runs.Add("b", 0.5);
        Assert.Equal((2, 2, 0), Counts(_runs.Refresh()));
        Assert.Equal((2, 0, 0), Counts(_runs.Refresh()));
        File.AppendAllText(first.Telemetry, "60,0.25,0\n");
        Assert.Equal((2, 1, 0), Counts(_runs.Refresh()));
        Assert.Equal(61L, _runs.Ask("SELECT recordedRows FROM runs WHERE name = 'a'").Rows[0][0]);
        Directory.Delete(first.Path, recursive: true);
        Assert.Equal((1, 0, 1), Counts(_runs.Refresh()));
        Assert.Empty(_runs.Ask("SELECT * FROM telemetry_summary WHERE run = 'a'").Rows);
    }

    [Fact]
    public void Several_refreshes_at_once_hold_every_run_once()
    {
        for (int run = 0; run < 40; run++)
            _ = _runs.Add($"run-{run}", 0.5, rows: 3);
        _ = Parallel.For(
            0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, worker =>
        {
            for (int turn = 0; turn < 3; turn++)
                _ = _runs.Refresh(anew: (worker + turn) % 2 == 0);
        });
        Assert.Equal((40, 0, 0), Counts(_runs.Refresh()));
        Assert.Equal(40L, _runs.Ask("SELECT count(*) FROM runs").Rows[0][0]);
        Assert.Equal(80L, _runs.Ask("SELECT count(*) FROM telemetry_summary").Rows[0][0]);
    }

    // Folders of very different sizes are read by several threads.
    [Fact]
    public void A_stopped_refresh_keeps_a_whole_batch_in_the_order_of_the_names_and_the_next_reads_the_rest()
    {
        string[] names = [.. Enumerable.Range(0, 260).Select(run => $"run-{run:D3}")];
        foreach ((int run, string name) in names.Index())
            _ = _runs.Add(name, 0.5, rows: run % 50 == 0 ? 3000 : 1);
        using var stop = new CancellationTokenSource();
        using RunIndex index = _runs.Index;
        _ = Assert.Throws<OperationCanceledException>(() => index.Refresh(progress: new StopAtOnce(stop), cancellation: stop.Token));
        using (SqliteConnection connection = index.Open(SqliteOpenMode.ReadOnly))
        {
            Assert.Equal(names[..250], Names(connection));
        }

        Assert.Equal((260, 10, 0), Counts(_runs.Refresh()));
        using SqliteConnection whole = index.Open(SqliteOpenMode.ReadOnly);
        Assert.Equal(names, Names(whole));
    }

    [Fact]
    public void A_refreshed_index_is_that_of_a_new_one()
    {
        RunFiles changed = _runs.Add("a", 0.5);
        _ = _runs.Add("b", 0.25);
        _ = _runs.Refresh();
        File.AppendAllText(changed.Telemetry, "60,0.25,0\n");
        const string All = "SELECT r.*, t.* FROM runs AS r JOIN telemetry_summary AS t ON t.run = r.name ORDER BY r.name, t.column";
        object?[] refreshed = [.. _runs.Ask(All).Rows.SelectMany(row => row)];
        _ = _runs.Refresh(anew: true);
        Assert.Equal([.. _runs.Ask(All).Rows.SelectMany(row => row)], refreshed);
    }

    [Theory]
    [InlineData("status.json", "{")]
    [InlineData("status.json", "{\"formatVersion\": 9}")]
    [InlineData("spec.yaml", "model: {depth: -1}")]
    [InlineData("telemetry.csv", "step,loss\n0,1\nx,2\n3,1\n")]
    [InlineData("claims.json", "{\"claims\": 3}")]
    public void A_damaged_run_is_named_and_hides_no_other(string file, string text)
    {
        RunFiles damaged = _runs.Add("a", 0.5);
        _ = _runs.Add("b", 0.5);
        File.WriteAllText(Path.Combine(damaged.Path, file), text);
        IndexReport report = _runs.Refresh();
        DamagedEntry entry = Assert.Single(report.Damaged);
        Assert.Equal(("a", 1), (entry.Name, report.Runs));
        Assert.Contains(file, entry.Reason, StringComparison.Ordinal);
        Assert.Equal("a", _runs.Ask("SELECT name FROM damaged").Rows[0][0]);
    }

    [Fact]
    public void An_index_that_is_no_database_or_torn_or_of_another_version_is_made_anew()
    {
        _ = _runs.Add("a", 0.5);
        Assert.Equal("it was new", _runs.Refresh().Rebuilt);
        byte[] whole = File.ReadAllBytes(_runs.Index.Path);
        foreach (
            byte[] broken in new[]
            {
                "not a database, but long enough to be looked at as one"u8.ToArray(), whole[..(whole.Length / 2)], [],
                [.. whole[..100], .. new byte[whole.Length - 100]],
            })
        {
            File.WriteAllBytes(_runs.Index.Path, broken);
            IndexReport report = _runs.Refresh();
            Assert.NotNull(report.Rebuilt);
            Assert.Equal(1, report.Runs);
        }

        using (SqliteConnection connection = _runs.Index.Open(SqliteOpenMode.ReadWrite))
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "DROP VIEW sweeps; PRAGMA user_version = 5";
            _ = command.ExecuteNonQuery();
        }

        Assert.Equal("it was of another version", _runs.Refresh().Rebuilt);
        Assert.Empty(_runs.Ask("SELECT * FROM sweeps").Rows);
    }

    /// <summary>A reader of bytes from outside: whatever byte is wrong, the index is made anew or refused in one line.</summary>
    [Fact]
    public void An_index_with_random_damage_never_ends_the_program()
    {
        _ = _runs.Add("a", 0.5);
        _ = _runs.Refresh();
        byte[] whole = File.ReadAllBytes(_runs.Index.Path);
        var random = new Random(11);
        for (int trial = 0; trial < 60; trial++)
        {
            byte[] damaged = [.. whole];
            for (int place = 0; place < 1 + (trial % 40); place++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(_runs.Index.Path, damaged);
            try
            {
                _ = _runs.Ask("SELECT * FROM runs JOIN telemetry_summary ON run = name");
            }
            catch (BadInputException)
            {
            }
        }

        Assert.Equal(1, _runs.Refresh(anew: true).Runs);
    }

    [Fact]
    public void Sweeps_and_claims_are_indexed_with_their_runs()
    {
        _ = _runs.Add("a", 0.5);
        string sweep = Path.Combine(_runs.Root, "sweeps", "cafe"), study = Path.Combine(_runs.Root, "study");
        _ = Directory.CreateDirectory(sweep);
        _ = Directory.CreateDirectory(study);
        File.WriteAllText(Path.Combine(sweep, "sweep.json"), "{\"formatVersion\": 1, \"numericsVersion\": 1, \"runs\": 2}");
        File.WriteAllText(
            Path.Combine(sweep, "runs.jsonl"),
            "{\"name\": \"a\", \"values\": {\"seed\": \"0\"}}\n{\"name\": \"b\", \"values\": {\"seed\": \"1\"}}\n");
        File.WriteAllText(
            Path.Combine(study, "claims.json"),
            "{\"claims\": [{\"id\": \"faster\", \"verdict\": \"refuted\", \"measurements\": [{\"median\": 2}]}]}");
        Assert.Equal(["cafe", 2L, 1L, 1L], _runs.Ask("SELECT name, runs, done, waiting FROM sweeps").Rows[0]);
        Assert.Equal(1L, _runs.Ask("SELECT json_extract(\"values\", '$.seed') FROM sweep_runs WHERE run = 'b'").Rows[0][0]);
        Assert.Equal(["study", "faster", "refuted"], _runs.Ask("SELECT folder, id, verdict FROM claims").Rows[0]);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_refused_and_an_empty_one_has_no_runs()
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            new RunIndex(Path.Combine(_runs.Root, "no")).Refresh(cancellation: TestContext.Current.CancellationToken));
        Assert.EndsWith("must be a folder of runs but does not exist. Name it with --out.", refusal.Message, StringComparison.Ordinal);
        _ = Directory.CreateDirectory(_runs.Root);
        Assert.Equal(0, _runs.Refresh().Runs);
        Assert.Empty(_runs.Ask("SELECT * FROM runs").Rows);
    }

    [Fact]
    public void Every_key_has_a_column_of_its_own() =>
        Assert.Equal(IndexColumns.All.Count, IndexColumns.All.Distinct(StringComparer.OrdinalIgnoreCase).Count());

    private static (int, int, int) Counts(IndexReport report) => (report.Runs, report.Read, report.Removed);

    private static string[] Names(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM entry ORDER BY id";
        using SqliteDataReader reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
            names.Add(reader.GetString(0));
        return [.. names];
    }

    private sealed class StopAtOnce(CancellationTokenSource stop) : IProgress<IndexProgress>
    {
        public void Report(IndexProgress value) => stop.Cancel();
    }
}
