using System.Text.Json.Nodes;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Runs that are not there, of another version, damaged, and places where none can be made.</summary>
public sealed class BadFolderTests
{
    [Fact]
    public void A_run_that_does_not_exist_is_refused_by_every_command()
    {
        using var folder = new TemporaryFolder();
        string message = $"{folder.Path}: has no run 'feed'. It holds 0 runs.";
        BadInput.Refuse(folder, ["show", "feed", "--out", folder.Path], message);
        BadInput.Refuse(folder, ["run", "--resume", "feed", "--out", folder.Path], message);
        BadInput.Refuse(folder, ["run", .. CommandLine.Tiny, "stepSize=same(feed)", "--out", folder.Path], message);
        BadInput.Refuse(
            folder,
            ["sweep", .. CommandLine.Tiny, "stepSize=same(feed),0.1,same(f00d)", "--out", folder.Path],
            $"descent.stepSize: same(feed) must name a run that has begun, but {message}",
            $"descent.stepSize: same(f00d) must name a run that has begun, but "
                + $"{message.Replace("feed", "f00d", StringComparison.Ordinal)}");
        BadInput.Refuse(
            folder,
            ["show", "../up", "--out", folder.Path],
            "run: a name must have 1 to 77 letters, digits, dots, underscores or hyphens and begin with a letter or digit but is '../up'.");
    }

    /// <summary>Who worked on it is not known; everything else is.</summary>
    [Theory]
    [InlineData("show")]
    [InlineData("report")]
    [InlineData("export", "--as", "mlflow", "--to", "{0}")]
    [InlineData("rerun", "--verify")]
    public void A_status_without_sessions_is_that_of_a_run(string command, params string[] options)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke(["run", .. CommandLine.Tiny, "--out", folder.Path, "--quiet"]).ExitCode);
        string run = Path.GetFileName(Assert.Single(SweepFiles.Runs(folder.Path)));
        string status = Path.Combine(folder.Path, run, "status.json");
        JsonObject document = JsonNode.Parse(File.ReadAllText(status))!.AsObject();
        Assert.True(document.Remove("sessions"));
        File.WriteAllText(status, document.ToJsonString());
        string[] words = [.. options.Select(option => option.Replace("{0}", folder.At("exported"), StringComparison.Ordinal))];
        CommandOutcome outcome = CommandLine.Invoke([command, run, .. words, "--out", folder.Path]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.ExitCode == 0 ? "" : outcome.Messages));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run --resume feed")]
    [InlineData("show feed")]
    [InlineData("list")]
    [InlineData("reproduce residual --quick")]
    [InlineData("reproduce shallow --quick")]
    public void A_file_in_place_of_the_folder_of_runs_is_refused(string command)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("runs", "a file");
        BadInput.Refuse(
            folder, [.. command.Split(' '), "--out", file], $"{file}: must be a folder but is a file. Choose another one with --out.");
        Assert.Equal("a file", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("sweep seed=0,1")]
    [InlineData("list")]
    public void A_folder_of_runs_cannot_lie_in_a_file(string command)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("runs", "a file"), inside = Path.Combine(file, "a", "b");
        BadInput.Refuse(
            folder, [.. command.Split(' '), "--out", inside],
            $"{inside}: must be a folder but {file} is a file. Choose another one with --out.");
    }

    [Fact]
    public void Folders_of_data_without_the_files_are_refused_before_anything_runs()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome texts = CommandLine.Invoke(
            "reproduce", "kernels", "--quick", "--imdb", folder.At("reviews"), "--out", folder.At("out"));
        Assert.Equal((3, ""), (texts.ExitCode, texts.Results));
        Assert.Contains(folder.At("reviews"), texts.MessageLines[^1], StringComparison.Ordinal);
        CommandOutcome pictures = CommandLine.Invoke(
            "reproduce", "kernels", "--quick", "--pathfinder", folder.At("pictures"), "--out", folder.At("out"));
        Assert.Equal((3, ""), (pictures.ExitCode, pictures.Results));
        Assert.Contains(folder.At("pictures"), pictures.MessageLines[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void A_run_of_another_format_version_is_refused_and_listed_as_such()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss"]);
        string name = Path.GetFileName(files.Path);
        File.WriteAllText(
            files.Status, File.ReadAllText(files.Status).Replace("\"formatVersion\": 2", "\"formatVersion\": 1", StringComparison.Ordinal));
        string message =
            $"{files.Status}: must have format version 2 but has 1. Read it with the Kappa that wrote it, or run the experiment again.";
        BadInput.Refuse(folder, ["show", name, "--out", folder.Path], message);
        BadInput.Refuse(folder, ["run", "--resume", name, "--out", folder.Path], message);
        BadInput.Refuse(folder, ["run", .. CommandLine.Tiny, "quantities=loss", "--out", folder.Path], message);
        CommandOutcome listed = CommandLine.Invoke("list", "--out", folder.Path);
        Assert.Equal((0, $"kappa: {name} was left out: {message}\n"), (listed.ExitCode, listed.Messages));
        Assert.EndsWith($"0 runs in {folder.Path}.\n", listed.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_status_is_refused()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss"]);
        File.WriteAllText(files.Status, "{\"formatVersion\": 2,\n \"state\": ");
        BadInput.Refuse(
            folder, ["show", Path.GetFileName(files.Path), "--out", folder.Path],
            $"{files.Status}: must be a JSON document of format 2, but line 2 is not. The run folder is damaged.");
    }

    [Fact]
    public void A_damaged_checkpoint_ends_a_resumed_run_and_keeps_its_rows()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "quantities=loss"]);
        byte[] telemetry = File.ReadAllBytes(files.Telemetry);
        File.WriteAllText(files.Status, File.ReadAllText(files.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        File.WriteAllBytes(files.Checkpoint, File.ReadAllBytes(files.Checkpoint)[..^1]);
        CommandOutcome outcome = CommandLine.Invoke("run", "--resume", Path.GetFileName(files.Path), "--out", folder.Path);
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith($"kappa: {files.Checkpoint}: ", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
        Assert.Equal(telemetry, File.ReadAllBytes(files.Telemetry));
    }

    [Theory]
    [InlineData("")]
    [InlineData("first-")]
    public void A_run_is_not_resumed_as_another_than_its_name_says(string label)
    {
        using var folder = new TemporaryFolder();
        string[] words = [.. CommandLine.Tiny, "quantities=loss"];
        RunFiles files = CommandLine.Run(folder.Path, label.Length > 0 ? [.. words, "--name", label.TrimEnd('-')] : words);
        string name = Path.GetFileName(files.Path);
        File.WriteAllText(files.Status, File.ReadAllText(files.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        File.WriteAllText(
            files.Specification, File.ReadAllText(files.Specification).Replace("steps: 50", "steps: 60", StringComparison.Ordinal));
        BadInput.Refuse(
            folder,
            ["run", "--resume", name, "--out", folder.Path],
            $"{files.Specification}: must be the specification and the data that run {name} is named by, under this version of the "
                + $"numerics, but is not. Restore it, or run it under its own name: kappa run {files.Specification} --out {folder.Path}");

        // A folder that the user has named otherwise says nothing.
        Directory.Move(files.Path, folder.At("other"));
        Assert.Equal(0, CommandLine.Invoke("run", "--resume", "other", "--out", folder.Path).ExitCode);
    }

    [Fact]
    public void A_place_where_no_folder_can_be_made_is_refused()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "Only Linux has a file system that refuses everybody.");
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(["run", .. CommandLine.Tiny, "--out", "/proc/self/runs"]);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        Assert.Matches(
            "^kappa: /proc/self/runs/[0-9a-f]{12}: the run folder cannot be made: .*\\. Choose another folder\\.$",
            Assert.Single(outcome.MessageLines));
    }

    [Fact]
    public void The_place_in_the_program_is_shown_on_request_only()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke("show", "feed", "--out", folder.Path, "--trace");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("   at Kappa.Lab.Store.RunStore.Find", outcome.Messages, StringComparison.Ordinal);
    }
}
