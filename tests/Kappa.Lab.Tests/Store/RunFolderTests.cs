using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Store;

public sealed class RunFolderTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_new_run_is_queued_and_holds_its_resolved_specification_and_environment()
    {
        using RunFolder folder = _fixture.Create("a", new() { Seed = 5 });
        RunRecord record = RunRecord.Read(folder.Files.Path);
        Assert.Equal("a", record.Name);
        Assert.Equal(new ExperimentSpecification { Seed = 5 }.Resolve(), record.Specification);
        Assert.Equal(new RunStatus { State = RunState.Queued, Heartbeat = _fixture.Time.Now }, record.Status with { Sessions = [] });
        RunEnvironment session = Assert.Single(record.Sessions);
        Assert.Equal(["run", "depth=2"], session.CommandLine);
        Assert.Equal("0.2.0", session.KappaVersion);
        Assert.Contains(session.SimdBits, new[] { 64, 128, 256, 512 });
    }

    [Fact]
    public void The_documents_are_the_ones_a_reader_of_the_folder_expects()
    {
        using (RunFolder folder = _fixture.Create("a"))
            folder.WriteStatus(
                new() { State = RunState.Done, Step = 12, Loss = double.NaN, RoundingFloor = 1.5e-11, StopReason = "nonFinite" });
        Assert.Equal(
            """
            {
              "formatVersion": 2,
              "state": "done",
              "step": 12,
              "loss": "NaN",
              "roundingFloor": 1.5E-11,
              "heartbeat": "2030-01-02T03:04:05+00:00",
              "stopReason": "nonFinite",
              "message": null,
              "sessions": [
                {
                  "host": "
            """,
            File.ReadAllText(_fixture.At("a", "status.json")).Split(Environment.MachineName)[0]);
        Assert.Equal(SpecificationWriter.Write(new ExperimentSpecification().Resolve()), File.ReadAllText(_fixture.At("a", "spec.yaml")));
        Assert.Equal(["spec.yaml", "status.json"], Files("a").Where(name => name != ".lock"));
    }

    /// <summary>A reader accepts what has its place, so a folder takes it with its
    /// status: where the rename fails, the status is in the folder already.</summary>
    [Fact]
    public void A_claimed_run_takes_its_place_with_everything_written()
    {
        if (OperatingSystem.IsWindows())
            return;
        using RunFolder folder = RunFolder.TryClaim(
            _fixture.Root, "a", new ExperimentSpecification().Resolve(), _fixture.Machine, _fixture.Time)!;
        Assert.False(Directory.Exists(_fixture.At("a", "")));

        // Somebody else's folder is in the way: the rename is refused after all has been written.
        _ = Directory.CreateDirectory(_fixture.At("a", "in the way"));
        Assert.Contains(
            "cannot be published",
            Assert.Throws<BadInputException>(() => folder.WriteStatus(new() { State = RunState.Done, Step = 3 })).Message,
            StringComparison.Ordinal);
        Assert.Equal((RunState.Done, 3L), (RunDocuments.ReadStatus(folder.Files).State, RunDocuments.ReadStatus(folder.Files).Step));
        Directory.Delete(_fixture.At("a", ""), recursive: true);
        folder.WriteStatus(new() { State = RunState.Done, Step = 3 });
        Assert.Equal(RunState.Done, RunRecord.Read(_fixture.At("a", "")).Status.State);
    }

    [Fact]
    public void A_heartbeat_is_the_clock_at_the_time_of_writing()
    {
        using RunFolder folder = _fixture.Create("a");
        _fixture.Time.Now += TimeSpan.FromMinutes(3);
        folder.WriteStatus(folder.Status with { State = RunState.Running, Step = 7, Loss = 0.5 });
        Assert.Equal(folder.Status with { Sessions = [] }, RunRecord.Read(folder.Files.Path).Status with { Sessions = [] });
        Assert.Equal(_fixture.Time.Now, folder.Status.Heartbeat);
    }

    [Fact]
    public void A_second_writer_is_refused_until_the_first_has_closed()
    {
        using (RunFolder first = _fixture.Create("a"))
        {
            Assert.EndsWith(
                "another process is writing this run. Wait until it has ended, or stop it.",
                Assert.Throws<BadInputException>(() => _fixture.Open("a")).Message, StringComparison.Ordinal);
            _ = RunRecord.Read(first.Files.Path); // Reading needs no lock.
        }

        using RunFolder second = _fixture.Open("a");
        second.WriteStatus(second.Status);
        Assert.Equal(2, RunRecord.Read(second.Files.Path).Sessions.Count);
    }

    [Fact]
    public void A_run_is_not_made_twice()
    {
        _fixture.Create("a").Dispose();
        Assert.EndsWith(
            "must be a new run but holds one already. Resume it, or choose another label.",
            Assert.Throws<BadInputException>(() => _fixture.Create("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_was_never_completed_is_completed()
    {
        _ = Directory.CreateDirectory(_fixture.At("a", "."));
        File.WriteAllText(_fixture.At("a", "spec.yaml"), "depth: 9");
        using RunFolder folder = _fixture.Create("a");
        Assert.Equal(1, RunRecord.Read(folder.Files.Path).Specification.Model.Depth);
    }

    [Fact]
    public void Files_of_an_interrupted_write_are_ignored_by_readers_and_removed_by_the_next_writer()
    {
        _fixture.Create("a").Dispose();
        File.WriteAllText(_fixture.At("a", ".status.json.x7y3.tmp"), "{ \"formatV");
        _ = Directory.CreateDirectory(_fixture.At("a", "figures"));
        File.WriteAllText(_fixture.At("a", "figures/.loss.svg.q.tmp"), "x");
        File.WriteAllText(_fixture.At("a", "notes.tmp"), "the user's own");
        _ = RunRecord.Read(Path.Combine(_fixture.Root, "a"));
        _fixture.Open("a").Dispose();
        Assert.Equal([".lock", "notes.tmp", "spec.yaml", "status.json"], Files("a"));
        Assert.Empty(Directory.GetFiles(_fixture.At("a", "figures")));
    }

    [Theory]
    [InlineData(
        "status.json", "{\"formatVersion\": 1, \"phase\": 7}",
        "must have format version 2 but has 1. Read it with the Kappa that wrote it, or run the experiment again.")]
    [InlineData(
        "status.json", "{}",
        "must be a JSON object with a formatVersion of 2 but has none. The run folder is damaged or not one of Kappa's.")]
    [InlineData(
        "status.json", "{\"formatVersion\": 2}", "must be a JSON document of format 2, but line 1 is not. The run folder is damaged.")]
    [InlineData(
        "status.json", "{\"formatVersion\": 2,\n\"state\": \"flying\"}",
        "must be a JSON document of format 2, but line 2 is not. The run folder is damaged.")]
    [InlineData("status.json", "", "must be a JSON document of format 2, but line 1 is not. The run folder is damaged.")]
    [InlineData(
        "status.json", "{\"formatVersion\": 2, \"state\": \"done\", \"sessions\": null}",
        "must be a JSON document of format 2, but line 1 is not. The run folder is damaged.")]
    [InlineData(
        "status.json", "[1]",
        "must be a JSON object with a formatVersion of 2 but has none. The run folder is damaged or not one of Kappa's.")]
    public void A_document_that_is_damaged_or_of_another_version_is_refused(string file, string text, string expected)
    {
        _fixture.Create("a").Dispose();
        File.WriteAllText(_fixture.At("a", file), text);
        string path = Path.GetFullPath(_fixture.At("a", file));
        Assert.Equal(
            $"{path}: {expected}", Assert.Throws<BadInputException>(() => RunRecord.Read(Path.Combine(_fixture.Root, "a"))).Message);
        Assert.Equal($"{path}: {expected}", Assert.Throws<BadInputException>(() => _fixture.Open("a")).Message);

        // The refused opening let go of the lock.
        new FileStream(_fixture.At("a", ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    [Fact]
    public void A_document_that_is_missing_or_too_large_is_refused()
    {
        _fixture.Create("a").Dispose();
        File.WriteAllBytes(_fixture.At("a", "status.json"), new byte[(1 << 20) + 1]);
        Assert.Contains(
            "must have at most 1048576 bytes but has 1048577.", Assert.Throws<BadInputException>(() => _fixture.Open("a")).Message,
            StringComparison.Ordinal);
        File.Delete(_fixture.At("a", "status.json"));
        Assert.Contains(
            "must exist in its folder but does not.", Assert.Throws<BadInputException>(() => _fixture.Open("a")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_specification_names_its_line()
    {
        _fixture.Create("a").Dispose();
        File.WriteAllText(_fixture.At("a", "spec.yaml"), "model:\n  depth: 0\n");
        Assert.EndsWith(
            "spec.yaml:2:10: depth must be from 1 to 4096 but is 0.", Assert.Throws<BadInputException>(() => _fixture.Open("a")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_that_cannot_be_written_leaves_the_previous_one()
    {
        using RunFolder folder = _fixture.Create("a");
        RunStatus before = folder.Status;
        File.Delete(folder.Files.Status);
        _ = Directory.CreateDirectory(folder.Files.Status);
        Assert.Contains(
            "status.json: must be writable, but writing failed",
            Assert.Throws<BadInputException>(() => folder.WriteStatus(before with { Step = 3 })).Message, StringComparison.Ordinal);
        Assert.Equal(before, folder.Status);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    public void A_name_that_could_leave_the_store_is_refused(string name) => Assert.Throws<ArgumentException>(() => _fixture.Create(name));

    private string[] Files(string name) =>
        [.. Directory.GetFiles(Path.Combine(_fixture.Root, name)).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
}
