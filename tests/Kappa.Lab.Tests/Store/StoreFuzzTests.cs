using Kappa.Lab.Cluster;
using Kappa.Lab.Index;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Exports;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Store;
using Kappa.Lab.Studies.Landscapes;
using Kappa.Lab.Studies.Phases;
using Kappa.Lab.Sweeps;
using Kappa.Lab.Tests.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Store;

/// <summary>
/// Every file that the program reads back, mutated: the reader gives a value or a refusal, and the index always a report. some seconds of
/// it, or as many for each file as KAPPA_FUZZ_CASES says.
/// </summary>
public sealed class StoreFuzzTests : IDisposable
{
    private const int Some = 40;
    private const string Fingerprint = "fuzzed-landscape";

    private readonly TemporaryFolder _folder = new();
    private readonly SweepFolder _sweep;
    private readonly RunFiles _run;

    public StoreFuzzTests()
    {
        _sweep = SweepFolder.Freeze(
            _folder.At("runs"),
            SweepReader.ReadText(
                "test", "", ["depth=1", "width=4", "samples=2", "tokens=3", "steps=4", "spectraAt=0", "seed=range(0,2)"]).Plan!);
        new SweepWorker(
            _sweep, RunEnvironment.Current(["run", "depth=1"], 1, TimeProvider.System)).Work(1, (0, 1), null, CancellationToken.None);
        _run = _sweep.Files(0);
        LadderFile.Write(_run, RunLadder.Compute(RunAnalysis.Of(RunRecord.Read(_run.Path)), 1));
        File.WriteAllText(
            _run.Claims,
            "{\"schemaVersion\": 1, \"claims\": [{\"id\": \"a\", \"verdict\": \"certified\", \"measurements\": [{\"name\": \"x\", "
                + "\"value\": 1.5}]}]}");
    }

    private static int Mutations => ReaderFuzz.Cases(Some);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("status.json")]
    [InlineData("spec.yaml")]
    [InlineData("telemetry.csv")]
    [InlineData("claims.json")]
    [InlineData("ladder.json")]
    [InlineData("checkpoint.safetensors")]
    public void A_mutated_file_of_a_run_gives_values_or_a_refusal(string file) => Fuzz(Path.Combine(_run.Path, file), () =>
    {
        bool isRefused = OddFiles.RequireValueOrRefusal(() => Shown(RunAnalysis.Of(RunRecord.Read(_run.Path))));
        isRefused |= OddFiles.RequireValueOrRefusal(() => RunComparison.Of(_run.Path, _sweep.Files(1).Path));
        isRefused |= OddFiles.RequireValueOrRefusal(() => RunDifference.Find(_run, _sweep.Files(1)));
        isRefused |= OddFiles.RequireValueOrRefusal(() =>
            RunExport.Write(_run.Path, file[0] == 'c' ? ExportFormat.Safetensors : ExportFormat.Tensorboard, _folder.At("exports")));
        isRefused |= FolderContent.Read(new FolderEntry(EntryKind.Run, "odd", _run.Path, "")).Damage is not null;
        _ = RunOutcome.Read(_sweep, 0);
        _ = SweepStatus.Of(_sweep);
        return isRefused;
    });

    [Theory]
    [InlineData("sweep.json")]
    [InlineData("runs.jsonl")]
    public void A_mutated_file_of_a_sweep_gives_a_sweep_or_a_refusal(string file) => Fuzz(Path.Combine(_sweep.Path, file), () =>
    {
        _ = FolderContent.Read(new FolderEntry(EntryKind.Sweep, _sweep.Plan.Name, _sweep.Path, ""));
        return OddFiles.RequireValueOrRefusal(() => SweepFolder.Open(_folder.At("runs"), _sweep.Plan.Name));
    });

    [Fact]
    public void A_mutated_log_of_submissions_gives_submissions_or_a_refusal()
    {
        string path = Path.Combine(_sweep.Path, "submissions.jsonl");
        var log = SubmissionLog.Read(_sweep.Path);
        log.Add(new("kappa-a", 0, 2, "0-1", DateTimeOffset.UnixEpoch, "17"));
        log.Add(new("kappa-b", 2, 2, "0-1%2", DateTimeOffset.UnixEpoch, null));
        Fuzz(path, () => OddFiles.RequireValueOrRefusal(() => SubmissionLog.Read(_sweep.Path)));
    }

    [Fact]
    public void A_mutated_spectrum_is_exported_or_refused() => Fuzz(
        _run.Spectra,
        () => OddFiles.RequireValueOrRefusal(() => RunExport.Write(_run.Path, ExportFormat.Npz, _folder.At("exports"))));

    [Fact]
    public void Mutated_rows_of_a_landscape_are_computed_again()
    {
        var grid = LandscapeGrid.Around(3, 1);
        using (var rows = LandscapeRows.Open(_folder.Path, Fingerprint, grid))
            rows.Keep(new double[,] { { 1, 2, 3 }, { 0.5, double.NaN, 4 }, { 0, 0, 0 } }, 2, isLast: true);
        Fuzz(LandscapeRows.FileOf(_folder.Path, Fingerprint), () =>
        {
            using var rows = LandscapeRows.Open(_folder.Path, Fingerprint, grid);
            return rows.Finished.Length == 0;
        });
    }

    [Fact]
    public void A_mutated_index_is_made_anew_or_answers()
    {
        using var index = new RunIndex(_folder.At("runs"));
        _ = index.Refresh(cancellation: TestContext.Current.CancellationToken);
        using (Microsoft.Data.Sqlite.SqliteConnection whole = index.Open(Microsoft.Data.Sqlite.SqliteOpenMode.ReadWrite))
        {
            using Microsoft.Data.Sqlite.SqliteCommand command = whole.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = DELETE";
            _ = command.ExecuteScalar();
        }

        Fuzz(index.Path, () =>
        {
            File.Delete(index.Path + "-wal");
            File.Delete(index.Path + "-shm");
            return index.Refresh(cancellation: TestContext.Current.CancellationToken).Rebuilt is not null
                | OddFiles.RequireValueOrRefusal(() => new RunQuery(index).Answer("SELECT * FROM runs"))
                | OddFiles.RequireValueOrRefusal(() => ListedRuns.Of(index));
        });
    }

    // What the commands do with a run that could be read.
    private static int Shown(RunAnalysis analysis) =>
        RunAnalysisTable.Rows(analysis).Sum(row => row.Count)
            + (analysis.Ladder is { } ladder ? LadderTable.Rows(ladder).Sum(row => row.Count) + LadderTable.Missing(ladder).Count() : 0);

    private static void Fuzz(string path, Func<bool> isRefused)
    {
        byte[] valid = File.ReadAllBytes(path);
        RandomSequence random = new(1, $"fuzz.{Path.GetFileName(path)}");
        int refused = 0;
        IEnumerable<byte[]> odd = OddDocuments.Whole.Values.Concat(
            Enumerable.Range(0, Mutations).Select(number => OddDocuments.Mutate(valid, random, number)));
        foreach (byte[] content in odd)
        {
            File.WriteAllBytes(path, content);
            try
            {
                refused += isRefused() ? 1 : 0;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                throw new InvalidOperationException(
                    $"{Path.GetFileName(path)} of {content.Length} bytes: "
                        + $"{Convert.ToBase64String(content.AsSpan(0, Math.Min(content.Length, 3000)))}",
                    failure);
            }
        }

        File.WriteAllBytes(path, valid);
        Assert.InRange(refused, 1, int.MaxValue);
        Assert.False(isRefused());
    }
}
