using System.Text.Json.Nodes;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What a user sees when a cluster is missing, refuses, answers nonsense or
/// takes only a part. That a real one works is tested by tests/slurm/run.</summary>
public sealed class SlurmCommandTests : IDisposable
{
    private static readonly string[] Words = ["sweep", .. CommandLine.Tiny, "seed=range(0,10)", "--slurm"];

    private readonly TemporaryFolder _folder = new();
    private readonly FakeSlurm _slurm = new();

    private string[] Submission => [.. Words, "--out", _folder.Path];

    private string SweepFolder => Assert.Single(Directory.GetDirectories(_folder.At("sweeps")));

    private JsonNode[] Record => [.. File.ReadLines(Path.Combine(SweepFolder, "submissions.jsonl")).Select(line => JsonNode.Parse(line)!)];

    public void Dispose()
    {
        _slurm.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Without_Slurm_one_line_says_so_and_nothing_is_written()
    {
        _slurm.Remove("sbatch");
        CommandOutcome outcome = _slurm.Invoke(Submission, alone: true);
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith(
            "kappa: Slurm: is not installed here: sbatch must be on the PATH.", Assert.Single(outcome.MessageLines),
            StringComparison.Ordinal);
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public void The_index_stays_below_MaxArraySize_and_an_offset_does_the_rest()
    {
        CommandOutcome outcome = _slurm.Invoke([.. Submission, "--concurrent", "2"]);
        Assert.Equal(0, outcome.ExitCode);
        string[] calls = _slurm.CallsOf("sbatch");
        Assert.Equal(3, calls.Length);
        Assert.All(
            calls.Zip(["--array=0-3%2", "--array=0-3%2", "--array=0-1%2"]),
            pair => Assert.Contains($" {pair.Second} ", pair.First, StringComparison.Ordinal));
        Assert.All(
            calls.Zip([" 0", " 4", " 8"]), pair => Assert.EndsWith($"submit.sbatch{pair.Second}", pair.First, StringComparison.Ordinal));
        Assert.Contains("--dependency=afterany:101:102", calls[2], StringComparison.Ordinal);
        Assert.Contains("watch:  squeue --jobs=101,102,103", outcome.Results, StringComparison.Ordinal);
        Assert.Equal(["101", "102", "103"], Record.Select(line => line["job"]!.GetValue<string>()));
        string[] runs = [
            .. File.ReadLines(Path.Combine(SweepFolder, "tasks.jsonl")).SelectMany(line =>
                JsonNode.Parse(line)!["runs"]!.AsArray().Select(run => run!.GetValue<string>()))];
        Assert.Equal(10, runs.Distinct().Count());
    }

    [Theory]
    [InlineData("sbatch: error: Batch job submission failed: Invalid partition name specified")]
    [InlineData("sbatch: error: Memory specification can not be satisfied")]
    [InlineData(
        "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy")]
    public void A_refusal_is_passed_on_in_one_line(string complaint)
    {
        _slurm.Answer("sbatch", $"cat >&2 <<'END'\n{complaint}\nEND\nexit 1");
        CommandOutcome outcome = _slurm.Invoke(Submission);
        Assert.Equal(3, outcome.ExitCode);
        string line = Assert.Single(outcome.MessageLines);
        Assert.All(complaint.Split('\n'), part => Assert.Contains(part["sbatch: ".Length..], line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sbatch", "echo 'Submitted batch job 12'", "must print a job number but printed 'Submitted batch job 12'")]
    [InlineData("sbatch", "true", "must print a job number but printed ''")]
    [InlineData("scontrol", "echo hello", "must print MaxArraySize but printed 'hello")]
    [InlineData("scontrol", "echo 'MaxArraySize = 0'", "this cluster allows no arrays")]
    [InlineData(
        "squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1", "Unable to contact slurm controller")]
    public void An_answer_that_is_none_is_shown(string command, string shell, string expected)
    {
        // The queue is asked only for submissions that were recorded.
        _ = _slurm.Invoke(Submission);
        _slurm.Answer(command, shell);
        CommandOutcome outcome = _slurm.Invoke(Submission);
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(expected, Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_submission_that_stops_half_way_is_continued_and_not_repeated()
    {
        _slurm.Answer(
            "sbatch",
            "[ \"$(grep -c '^sbatch ' \"$(dirname \"$0\")/calls\")\" -lt 2 ] && echo 101 && exit 0; echo 'sbatch: error: "
                + "QOSMaxSubmitJobPerUserLimit' >&2; exit 1");
        CommandOutcome first = _slurm.Invoke(Submission);
        Assert.Equal(3, first.ExitCode);
        Assert.Contains("submitted job 101: 4 tasks", first.MessageLines[0], StringComparison.Ordinal);
        Assert.Equal([true, false], Record.Select(line => line["job"] is not null));

        string name = Record[0]["name"]!.GetValue<string>();
        _slurm.Queue([.. Enumerable.Range(0, 4).Select(index => $"{name} 101 {index}")]);
        _slurm.Answer("sbatch", "echo 102");
        CommandOutcome second = _slurm.Invoke([.. Submission, "--json"]);
        JsonNode result = JsonNode.Parse(second.Results)!;
        Assert.Equal((4, 2), (result["queued"]!.GetValue<int>(), result["submitted"]!.AsArray().Count));
        Assert.Equal([4, 8], result["submitted"]!.AsArray().Select(job => job!["offset"]!.GetValue<int>()));
    }

    [Fact]
    public void An_array_whose_number_was_never_recorded_is_found_by_its_name()
    {
        _slurm.Answer("sbatch", "kill -9 $PPID; sleep 1; echo 101");
        Assert.NotEqual(0, _slurm.Invoke(Submission).ExitCode);
        Assert.Null(Assert.Single(Record)["job"]);
        string name = Record[0]["name"]!.GetValue<string>();
        _slurm.Queue([.. Enumerable.Range(0, 4).Select(index => $"{name} 77 {index}")]);
        _slurm.Answer("sbatch", "echo 102");
        Assert.Equal(0, _slurm.Invoke(Submission).ExitCode);
        Assert.Equal("77", Record[0]["job"]!.GetValue<string>());
        Assert.Equal([0, 4, 8], Record.Select(line => line["offset"]!.GetValue<int>()));
    }

    [Fact]
    public void Cancelling_names_every_array_and_says_when_Slurm_refuses()
    {
        Assert.Equal(0, _slurm.Invoke(Submission).ExitCode);
        string sweep = Path.GetFileName(SweepFolder);
        CommandOutcome outcome = _slurm.Invoke(["sweep", "cancel", sweep, "--out", _folder.Path]);
        Assert.Contains("Slurm jobs submitted: 101, 102, 103", outcome.Results, StringComparison.Ordinal);
        Assert.Equal(Record.Select(line => $"scancel --name={line["name"]!.GetValue<string>()}"), _slurm.CallsOf("scancel"));
        _slurm.Answer("scancel", "echo 'scancel: error: Access denied' >&2; exit 1");
        outcome = _slurm.Invoke(["sweep", "cancel", sweep, "--out", _folder.Path]);
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("error: Access denied", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
        Assert.Equal(3, _slurm.Invoke(Submission).ExitCode);
        Assert.Equal(0, _slurm.Invoke(["sweep", "resume", sweep, "--slurm", "--out", _folder.Path]).ExitCode);
    }

    [Fact]
    public void A_sweep_that_has_ended_is_not_submitted()
    {
        Assert.Equal(0, CommandLine.Invoke([.. Words[..^1], "--out", _folder.Path]).ExitCode);
        Assert.Equal(0, _slurm.Invoke(Submission).ExitCode);
        Assert.Empty(_slurm.CallsOf("sbatch"));
    }

    /// <summary>The script as a node runs it, without Slurm: the only run of its task is held by another process.</summary>
    [Fact]
    public void A_task_whose_runs_another_process_has_ends_without_a_failure_and_says_so()
    {
        string[] words = [
            "sweep", .. CommandLine.Tiny.Where(word => !word.StartsWith("steps=", StringComparison.Ordinal)), "steps=100000000",
            "lossFloor=0", "checkpointEvery=1000", "quantities=loss", "telemetry.every=100000", "--out", _folder.Path];
        CommandOutcome written = _slurm.Invoke([.. words, "--slurm", "--dry-run", "--memory", "500M"]);
        Assert.Equal(0, written.ExitCode);
        Assert.Contains("#SBATCH --mem=500M\n", written.Results, StringComparison.Ordinal);
        Assert.Contains(" --memory 500M ", written.Results, StringComparison.Ordinal);
        string sweep = SweepFiles.Name(_folder.Path);
        using ChildProcess owner = ChildProcess.Start("sweep", "work", sweep, "--out", _folder.Path, "--quiet");
        owner.WaitUntil(() => SweepFiles.Runs(_folder.Path).Length > 0, "the first second of the run");
        using ChildProcess task = ChildProcess.StartInShell(
            $"SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_JOB_ID=7 exec bash '{_folder.Path}/sweeps/{sweep}/submit.sbatch' 0");
        CommandOutcome outcome = task.End();
        owner.Kill();
        Assert.True(outcome.ExitCode == 0, outcome.Messages + outcome.Results);
        Assert.Contains("what is left of this task is being run by another process", outcome.Results, StringComparison.Ordinal);
        Assert.Contains("kappa: 1 of 1 runs is not done: another process has it.", outcome.Messages, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--time", "2")]
    [InlineData("--time", "soon")]
    [InlineData("--memory", "2G\n#SBATCH --exclusive")]
    [InlineData("--partition", "a b")]
    [InlineData("--per-task", "0")]
    [InlineData("--sbatch", "--array=0-3")]
    [InlineData("--sbatch", "rm -rf")]
    public void A_wrong_option_is_a_usage_error_and_nothing_is_written(string option, string value)
    {
        CommandOutcome outcome = CommandLine.Invoke([.. Submission, "--dry-run", $"{option}={value}"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(
            option, Assert.Single(outcome.MessageLines, line => line.StartsWith("kappa: ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Empty(_folder.Entries);
    }

    [Theory]
    [InlineData("two\nlines", "U+000A")]
    [InlineData("a\"quote", "U+0022")]
    [InlineData("back\\slash", "U+005C")]
    public void A_folder_that_a_directive_cannot_name_is_refused_and_nothing_is_written(string name, string letter)
    {
        foreach (string[] more in (string[][])[["--dry-run"], []])
        {
            CommandOutcome outcome = _slurm.Invoke([.. Words, "--out", _folder.At(name), .. more]);
            Assert.Equal(3, outcome.ExitCode);
            Assert.StartsWith(
                "kappa: --out: must name a folder without double quotes", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
            Assert.Contains(letter, outcome.Messages, StringComparison.Ordinal);
        }

        Assert.Empty(_folder.Entries);
        Assert.Empty(_slurm.CallsOf("sbatch"));
    }

    [Fact]
    public void An_apostrophe_a_space_and_a_percent_sign_in_the_folder_are_written_as_shell_and_Slurm_read_them()
    {
        string store = _folder.At("50% of Kappa's runs");
        CommandOutcome outcome = CommandLine.Invoke([.. Words, "--out", store, "--dry-run"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"#SBATCH --output=\"{_folder.Path}/50%% of Kappa's runs/sweeps/", outcome.Results, StringComparison.Ordinal);
        Assert.Contains($" --out '{_folder.Path}/50% of Kappa'\\''s runs' --task", outcome.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_of_Slurm_needs_Slurm()
    {
        CommandOutcome outcome = CommandLine.Invoke([.. Words[..^1], "--partition", "x", "--out", _folder.Path]);
        Assert.Equal(
            (2, "kappa: --partition must come with --slurm. Add --slurm, or leave it out.\n"), (outcome.ExitCode, outcome.Messages));
    }

    [Fact]
    public void Wrong_options_are_told_together_before_anything_is_written()
    {
        string[] words = [.. Words, "--out", _folder.At("new")];
        CommandOutcome values = CommandLine.Invoke([.. words, "--threads", "-5", "--limit", "99999999999"]);
        Assert.Equal(
            (
                2,
                "kappa: --threads must be from 1 to 1024 but is -5.\nkappa: --limit must be from 1 to 2147483647 but is "
                    + "99999999999.\nTry: kappa sweep --help\n"),
            (values.ExitCode, values.Messages));
        CommandOutcome cluster = CommandLine.Invoke(
            [.. words, "--threads", "2", "--time", "1:00", "--per-task", "0", "--partition", "a b"]);
        Assert.Equal(
            [
                "kappa: --partition must be a name of letters, digits and . , _ + - but is 'a b'.",
                "kappa: --time must be more than 120 s, because a task is told to save so long ahead, but is 60 s.",
                "kappa: --per-task must be at least 1 but is 0.",
                "kappa: --threads must not come with --slurm: a task has a run on each of its cores. Write --cores, or leave it out.",
            ],
            cluster.MessageLines);
        Assert.Equal(2, cluster.ExitCode);
        Assert.False(Directory.Exists(_folder.At("new")));
    }

    [Fact]
    public void A_worker_refuses_a_file_system_without_locks()
    {
        string sweep = JsonNode.Parse(CommandLine.Invoke([.. Submission, "--dry-run", "--json"]).Results)!["sweep"]!.GetValue<string>();
        using var worker = ChildProcess.StartIn(
            new() { ["DOTNET_SYSTEM_IO_DISABLEFILELOCKING"] = "1" }, "sweep", "work", sweep, "--out", _folder.Path);
        CommandOutcome outcome = worker.End();
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("without file locks", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
    }
}
