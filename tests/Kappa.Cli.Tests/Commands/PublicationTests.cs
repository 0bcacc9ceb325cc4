using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Ladder and report are made after a run is done: what a process that ended in between did not come to is made later.</summary>
public sealed class PublicationTests
{
    private static readonly string[] Encoder = ["model.kind=shallowEncoder", "width=8", "samples=4", "tokens=3", "steps=20"];

    [Theory]
    [InlineData("run", "ladder.json", "figures", "report.html")]
    [InlineData("run", "report.html")]
    [InlineData("run", "ladder.json")]
    [InlineData("resume", "ladder.json", "figures", "report.html")]
    [InlineData("resume", "figures", "report.html")]
    [InlineData("report", "ladder.json", "figures", "report.html")]
    [InlineData("report", "report.html")]
    public void What_is_missing_of_a_run_that_is_done_is_made_with_the_same_bytes(string command, params string[] missing)
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, CommandLine.Tiny);
        RequireMadeAgain(folder.Path, files, command, CommandLine.Tiny, missing);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("report")]
    public void So_is_what_is_missing_of_another_model(string command)
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, Encoder);
        RequireMadeAgain(folder.Path, files, command, Encoder, "ladder.json", "figures", "report.html");
    }

    [Fact]
    public void The_report_of_a_run_of_a_sweep_has_its_ladder()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke(["sweep", .. CommandLine.Tiny, "seed=0,1", "--out", folder.Path, "--quiet"]).ExitCode);
        var files = new RunFiles(SweepFiles.Runs(folder.Path)[0]);
        Assert.False(File.Exists(files.Ladder));
        Assert.Equal(0, CommandLine.Invoke("report", Path.GetFileName(files.Path), "--out", folder.Path).ExitCode);
        Assert.True(File.Exists(files.Ladder) && File.Exists(files.Report));
    }

    [Fact]
    public void A_run_that_goes_on_takes_back_the_report_of_its_earlier_state()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill.");
        using var folder = new TemporaryFolder();
        RunFiles files;
        using (ChildProcess child = ChildProcess.Start(["run", .. UninterruptedRun.Words, "--out", folder.Path]))
        {
            string[] runs = [];
            child.WaitUntil(
                () => (runs = SweepFiles.Runs(folder.Path)).Length == 1 && File.Exists(new RunFiles(runs[0]).Checkpoint),
                "the first checkpoint");
            files = new RunFiles(runs[0]);
            child.Kill();
        }

        Assert.Equal(0, CommandLine.Invoke("report", Path.GetFileName(files.Path), "--out", folder.Path).ExitCode);
        Assert.Equal((true, false), (File.Exists(files.Report), File.Exists(files.Ladder)));
        string early = File.ReadAllText(files.Report);
        Assert.Equal(
            0,
            CommandLine.Invoke(
                [
                    "sweep", .. UninterruptedRun.Words.Where(word => word != "--threads" && word != "1"), "--out", folder.Path,
                    "--quiet"]).ExitCode);
        Assert.Equal((RunState.Done, false), (RunRecord.Read(files.Path).Status.State, File.Exists(files.Report)));
        Assert.Equal(0, CommandLine.Invoke("run", "--resume", Path.GetFileName(files.Path), "--out", folder.Path, "--quiet").ExitCode);
        Assert.NotEqual(early, File.ReadAllText(files.Report));
    }

    private static void RequireMadeAgain(string store, RunFiles files, string command, string[] words, params string[] missing)
    {
        Dictionary<string, string> before = Contents(files.Path);
        foreach (string name in missing)
        {
            string path = Path.Combine(files.Path, name);
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }

        string run = Path.GetFileName(files.Path);
        CommandOutcome outcome = CommandLine.Invoke(command switch
        {
            "run" => ["run", .. words, "--out", store, "--quiet"],
            "resume" => ["run", "--resume", run, "--out", store, "--quiet"],
            _ => ["report", run, "--out", store],
        });
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(before, Contents(files.Path));
    }

    private static Dictionary<string, string> Contents(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(
            path => Path.GetRelativePath(folder, path),
            path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
}
