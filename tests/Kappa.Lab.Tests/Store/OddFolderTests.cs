using System.Globalization;
using Kappa.Lab.Index;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Exports;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Kappa.Lab.Tests.Index;
using Xunit;

namespace Kappa.Lab.Tests.Store;

/// <summary>One folder that is not what it should be is named and put aside, and the others are answered for.</summary>
public sealed class OddFolderTests : IDisposable
{
    private readonly IndexFixture _runs = new();
    private readonly RunFiles _odd;

    public OddFolderTests()
    {
        _ = _runs.Add("good", 0.5);
        _odd = _runs.Add("odd", 0.5);
        File.WriteAllText(_odd.Claims, "{\"claims\":[]}");
    }

    public static TheoryData<string> Documents => ["status.json", "spec.yaml", "telemetry.csv", "claims.json"];

    public void Dispose() => _runs.Dispose();

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_document_of_any_content_leaves_the_other_runs_alone(string document)
    {
        foreach ((string what, byte[] content) in OddDocuments.Whole)
        {
            File.WriteAllBytes(Path.Combine(_odd.Path, document), content);
            RequireOthers(what);
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_folder_in_place_of_a_document_leaves_the_other_runs_alone(string document)
    {
        File.Delete(Path.Combine(_odd.Path, document));
        _ = Directory.CreateDirectory(Path.Combine(_odd.Path, document));
        RequireOthers("a folder");
        Assert.Contains(
            "must be a file but is a folder", Assert.Single(_runs.Refresh(anew: true).Damaged).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_named_pipe_in_place_of_a_document_is_never_opened(string document)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Named pipes are made by mkfifo.");
        File.Delete(Path.Combine(_odd.Path, document));
        OddFiles.MakePipe(Path.Combine(_odd.Path, document));
        RequireOthers("a pipe");
        Assert.Contains(
            "must be a regular file but is a named pipe", Assert.Single(_runs.Refresh(anew: true).Damaged).Reason,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_device_in_place_of_a_document_is_never_read(string document)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The device is /dev/zero.");
        File.Delete(Path.Combine(_odd.Path, document));
        _ = File.CreateSymbolicLink(Path.Combine(_odd.Path, document), "/dev/zero");
        RequireOthers("a device");
        Assert.Contains(
            "must be a regular file but is a device", Assert.Single(_runs.Refresh(anew: true).Damaged).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_link_to_a_regular_file_is_read_as_that_file(string document)
    {
        string elsewhere = Path.Combine(_runs.Root, "elsewhere-" + document);
        File.Move(Path.Combine(_odd.Path, document), elsewhere);
        _ = File.CreateSymbolicLink(Path.Combine(_odd.Path, document), elsewhere);
        Assert.Empty(_runs.Refresh().Damaged);
        Assert.Equal(["good", "odd"], new RunStore(_runs.Root).List().Runs.Select(run => run.Name));
    }

    [Fact]
    public void A_run_whose_process_ended_before_its_first_status_is_said_to_have_never_begun()
    {
        File.Delete(_odd.Status);
        File.Delete(_odd.Telemetry);
        Assert.Contains(
            "is a run that never began", Assert.Single(new RunStore(_runs.Root).List().Damaged).Reason, StringComparison.Ordinal);
        Assert.Contains("is a run that never began", Assert.Single(_runs.Refresh().Damaged).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_telemetry_without_a_loss_is_named_as_damaged()
    {
        File.WriteAllText(_odd.Telemetry, "step,gradientNorm\n0,1\n1,0.5\n");
        BadInputException refused = Assert.Throws<BadInputException>(() => RunAnalysis.Of(RunRecord.Read(_odd.Path)));
        Assert.StartsWith(
            $"{_odd.Telemetry}:1: must have a column 'loss' but has none among its 2.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("must have a column 'loss'", Assert.Single(_runs.Refresh().Damaged).Reason, StringComparison.Ordinal);
    }

    /// <summary>A diverged run and one that falls too little have slopes, but no rate.</summary>
    [Fact]
    public void A_run_whose_loss_is_no_line_has_no_rate_in_the_index()
    {
        IEnumerable<string> lines = Enumerable.Range(0, 60)
            .Select(step => string.Create(CultureInfo.InvariantCulture, $"{step},{(step < 50 ? Math.Pow(0.5, step) : double.NaN):R}\n"));
        File.WriteAllText(_odd.Telemetry, "step,loss\n" + string.Concat(lines));
        _ = _runs.Add("short", 0.999);
        IReadOnlyList<IReadOnlyList<object?>> rows = _runs.Ask(
            "SELECT name, rateOutcome, rate, rateLow, rateHigh, lateRate FROM runs WHERE name <> 'good' ORDER BY name").Rows;
        Assert.Equal([["odd", "diverged", null, null, null, null], ["short", "tooFewDecades", null, null, null, null]], rows);
        Assert.Equal(0.5, Assert.IsType<double>(_runs.Ask("SELECT rate FROM runs WHERE name = 'good'").Rows[0][0]), 1e-9);
    }

    [Fact]
    public void A_sweep_of_any_content_is_named_and_leaves_the_runs_alone()
    {
        SweepFolder sweep = SweepFolder.Freeze(
            _runs.Root,
            SweepReader.ReadText("test", "", ["depth=1", "width=4", "samples=2", "tokens=3", "steps=5", "seed=range(0,2)"]).Plan!);
        foreach (string document in new[] { "sweep.json", "runs.jsonl" })
        {
            byte[] whole = File.ReadAllBytes(Path.Combine(sweep.Path, document));
            foreach ((string what, byte[] content) in OddDocuments.Whole)
            {
                File.WriteAllBytes(Path.Combine(sweep.Path, document), content);
                Assert.True(_runs.Refresh(anew: true).Damaged.Single().Name == sweep.Plan.Name, $"{document}: {what}");
                _ = Assert.Throws<BadInputException>(() => SweepFolder.Open(_runs.Root, sweep.Plan.Name));
            }

            File.WriteAllBytes(Path.Combine(sweep.Path, document), whole);
        }
    }

    private void RequireOthers(string what)
    {
        RunListing listing = new RunStore(_runs.Root).List();
        Assert.True(listing.Runs.Any(run => run.Name == "good"), $"list: {what}");
        IndexReport report = _runs.Refresh(anew: true);
        Assert.True(report.Runs + report.Damaged.Count == 2, $"index: {what}: {report.Runs} runs, {report.Damaged.Count} damaged");
        Assert.True(new RunQuery(_runs.Index).Answer("SELECT name FROM runs WHERE name = 'good'").Rows.Count == 1, $"query: {what}");
        _ = OddFiles.RequireValueOrRefusal(() => RunAnalysis.Of(RunRecord.Read(_odd.Path)));
        _ = OddFiles.RequireValueOrRefusal(() => RunComparison.Of(Path.Combine(_runs.Root, "good"), _odd.Path));
        _ = OddFiles.RequireValueOrRefusal(() => RunExport.Write(_odd.Path, ExportFormat.Csv, Path.Combine(_runs.Root, "exports")));
    }
}
