using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What a process finds around it: streams that are closed or full, limits,
/// folders that are gone. One line and an exit code, never a trace.</summary>
public sealed class SurroundingsTests
{
    [Theory]
    [InlineData(
        "exec \"$0\" \"$@\" >&-", 3,
        "kappa: standard output: cannot be written (it is closed). What the command writes to files is there.\n")]
    [InlineData(
        "exec \"$0\" \"$@\" >/dev/full", 3,
        "kappa: standard output: cannot be written (No space left on device). What the command writes to files is there.\n")]
    [InlineData("exec \"$0\" \"$@\" >&- 2>&-", 3, "")]
    [InlineData("exec \"$0\" \"$@\" <&-", 0, "")]
    [InlineData("\"$0\" \"$@\" | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", 0, "")]
    [InlineData(
        "ulimit -n 64; exec \"$0\" \"$@\"", 3,
        "kappa: at least 192 files must be allowed to be open at a time but the limit is 64. Raise it: ulimit -n 1024\n")]
    [InlineData("ulimit -n 192; exec \"$0\" \"$@\"", 0, "")]
    public void What_is_closed_full_or_limited_is_one_line(string script, int code, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for bash and /dev/full.");
        using var folder = new TemporaryFolder();
        using ChildProcess child = ChildProcess.StartInShell(script, ["run", .. CommandLine.Tiny, "--out", folder.Path, "--quiet"]);
        CommandOutcome outcome = child.End();
        Assert.Equal((code, message), (outcome.ExitCode, outcome.Messages));
        if (!script.StartsWith("ulimit -n 64", StringComparison.Ordinal))
        {
            // The run itself is whole.
            RunRecord run = RunRecord.Read(Assert.Single(Directory.GetDirectories(folder.Path)));
            Assert.Equal((RunState.Done, true, true), (run.Status.State, File.Exists(run.Files.Ladder), File.Exists(run.Files.Report)));
        }
    }

    /// <summary>A limit of the heap that only an allocation meets, and one of the addresses, under
    /// which the runtime can end the process while it reports: that one is seen beforehand.</summary>
    [Theory]
    [InlineData(
        "DOTNET_GCHeapHardLimit=0x2000000", "model.kind=shallowEncoder width=64 encoderWidth=20000 samples=20",
        "kappa: model: The model and its descent must fit into the memory that there is, 32 MiB but would take about ")]
    [InlineData(
        "DOTNET_GCHeapHardLimit=0x4000000", "width=2048 ffnWidth=2048",
        "kappa: model: The evaluator and the descent must fit into the memory that there is, 64 MiB but would take about ")]
    [InlineData(
        "ulimit -v 1500000;", "width=1400 ffnWidth=1400 samples=8",
        "kappa: model: The evaluator and the descent must fit into the memory that there is, 733 MiB but would take about ")]
    public void Too_little_memory_is_one_line(string limit, string words, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for bash.");
        using var folder = new TemporaryFolder();
        using ChildProcess child = ChildProcess.StartInShell(
            $"{limit} exec \"$0\" \"$@\"", ["run", "steps=1", .. words.Split(' '), "--out", folder.At("runs"), "--quiet"]);
        CommandOutcome outcome = child.End();
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith(message, Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Closed_messages_stop_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for bash.");
        using ChildProcess child = ChildProcess.StartInShell("exec \"$0\" \"$@\" 2>&-", "list", "nonsense");
        Assert.Equal((2, ""), (child.End().ExitCode, child.End().Messages));
    }

    [Fact]
    public void A_limit_on_the_size_of_files_is_one_line_and_the_run_can_be_continued()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is a shell's.");
        using var folder = new TemporaryFolder();
        using ChildProcess child = ChildProcess.StartLimited(4, ["run", .. CommandLine.Tiny, "--out", folder.Path, "--quiet"]);
        CommandOutcome outcome = child.End();
        string run = Assert.Single(Directory.GetDirectories(folder.Path));
        Assert.Equal((3, RunState.Interrupted), (outcome.ExitCode, RunRecord.Read(run).Status.State));
        Assert.Contains("would exceed the largest size allowed", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke("run", "--resume", Path.GetFileName(run), "--out", folder.Path, "--quiet").ExitCode);
    }

    [Fact]
    public void A_current_folder_that_is_gone_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps it.");
        using var folder = new TemporaryFolder();
        string gone = folder.At("gone");
        using ChildProcess child = ChildProcess.StartInShell(
            $"mkdir '{gone}'; cd '{gone}'; rmdir '{gone}'; exec \"$0\" \"$@\"", ["run", .. CommandLine.Tiny]);
        CommandOutcome outcome = child.End();
        Assert.Equal(
            (3, $"kappa: {gone}: the current folder must exist but was removed or moved. Change to one that does.\n"),
            (outcome.ExitCode, outcome.Messages));
    }

    [Fact]
    public void A_folder_for_temporary_files_that_is_missing_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows calls it otherwise.");
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, CommandLine.Tiny);
        using ChildProcess child = ChildProcess.StartIn(new() { ["TMPDIR"] = "/nowhere" }, "rerun", files.Path, "--verify");
        CommandOutcome outcome = child.End();
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith(
            "kappa: /nowhere/: the folder for temporary files must exist and be writable but is not. Set TMPDIR",
            Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
    }
}
