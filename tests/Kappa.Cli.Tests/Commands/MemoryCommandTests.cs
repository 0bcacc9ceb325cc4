using System.IO.Compression;
using System.Text;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>--memory</c> is one option: whatever reads arrays or prepares
/// an evaluator takes it, and says what to do when it is too little.</summary>
public sealed class MemoryCommandTests : IDisposable
{
    private const int Samples = 2000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 2000 samples of 20 tokens of width 4 are 160,000 bytes, 1.3 MB as doubles, and twice that with the targets.
    [Fact]
    public void A_run_on_arrays_is_refused_again_by_every_command_that_would_exceed_the_memory_and_taken_with_more()
    {
        string array = WriteArray();
        string[] settings = [
            "source=arrays", $"inputs={array}", $"targets={array}", "depth=1", "width=4", "ffnWidth=4", "steps=2", "quantities=loss",
            "stepSize=1e-9"];
        string store = _folder.At("runs");
        Refused("run", [.. settings, "--out", store, "--memory", "1", "--quiet"]);
        CommandOutcome made = CommandLine.Invoke(["run", .. settings, "--out", store, "--memory", "900M", "--quiet"]);
        Assert.Equal((0, ""), (made.ExitCode, made.Messages));
        string run = Assert.Single(Directory.GetDirectories(store).Select(Path.GetFileName), name => name![0] is not '.' and not 's')!;
        Refused("rerun", [run, "--verify", "--out", store, "--memory", "1"]);
        Refused("landscape", [run, "--out", store, "--memory", "1", "--grid", "3", "--directions", "random"]);
        Refused("certify", [run, "--out", store, "--memory", "1"]);
        File.Delete(Path.Combine(store, run, "ladder.json"));
        CommandOutcome report = CommandLine.Invoke("report", run, "--out", store, "--memory", "1");
        Assert.Equal(0, report.ExitCode);
        Assert.Contains("allow more with --memory", report.Messages, StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke("rerun", run, "--verify", "--out", store, "--memory", "1G", "--quiet").ExitCode);
        Assert.Equal(0, CommandLine.Invoke("report", run, "--out", store, "--memory", "900").ExitCode);

        // A sweep reads them when it is planned.
        Refused("sweep", [.. settings, "seed=0,1", "--out", _folder.At("swept"), "--memory", "1", "--quiet"]);
        Assert.Equal(
            0, CommandLine.Invoke(["sweep", .. settings, "seed=0,1", "--out", _folder.At("swept"), "--memory", "900", "--quiet"]).ExitCode);
    }

    [Fact]
    public void Every_command_that_reads_arrays_or_prepares_a_run_has_the_option()
    {
        string[] commands = [
            "run", "sweep", "sweep resume", "sweep retry", "sweep work", "rerun", "report", "landscape", "evaluate", "certify", "export",
            "reproduce shallow"];
        Assert.All(
            commands,
            command =>
                Assert.Contains("--memory", CommandLine.Invoke([.. command.Split(' '), "--help"]).Results, StringComparison.Ordinal));
    }

    [Fact]
    public void An_evaluator_that_exceeds_the_memory_is_refused_in_one_line_before_it_is_allocated()
    {
        string[] wide = ["run", "width=512", "ffnWidth=512", "samples=2", "tokens=4", "steps=1", "--out", _folder.Path, "--quiet"];
        long before = GC.GetAllocatedBytesForCurrentThread();
        CommandOutcome refused = CommandLine.Invoke([.. wide, "--memory", "20"]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Equal(3, refused.ExitCode);
        Assert.Matches(
            @"^kappa: model: The evaluator and the descent must fit into 20 MiB but would take about \d+ MiB\. "
                + @"Allow more with --memory, or make it smaller \(samples, tokens, width, depth\)\.$",
            Assert.Single(refused.MessageLines));
        Assert.Empty(_folder.Entries);

        // Data are drawn before there is an evaluator.
        CommandOutcome huge = CommandLine.Invoke(
            "run", "samples=100000", "tokens=100", "width=2", "steps=1", "--out", _folder.Path, "--quiet", "--memory", "20");
        Assert.Equal(3, huge.ExitCode);
        Assert.StartsWith(
            "kappa: data: Inputs and targets must fit into 20 MiB but would take about 306 MiB. ", Assert.Single(huge.MessageLines),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_of_many_zeros_says_what_to_do_and_is_read_with_the_memory_that_it_names()
    {
        string path = _folder.At("zeros.npz");
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (string name in (string[])["inputs.npy", "targets.npy"])
            {
                using Stream member = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                member.Write(Array(new byte[Samples * 80 * 8], "<f8"));
            }
        }

        string[] run = [
            "run", "source=arrays", $"path={path}", "depth=1", "width=4", "ffnWidth=4", "steps=1", "quantities=loss", "--out",
            _folder.At("runs"), "--quiet"];
        CommandOutcome refused = CommandLine.Invoke([.. run, "stepSize=1"]);
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("must expand at most 200-fold but", refused.Messages, StringComparison.Ordinal);
        Assert.Contains("If that is right, allow as much: --memory 3 or more", refused.Messages, StringComparison.Ordinal);
        Assert.Equal(0, CommandLine.Invoke([.. run, "stepSize=1", "--memory", "500"]).ExitCode);
    }

    [Theory]
    [InlineData("2G", 0)]
    [InlineData("2048", 0)]
    [InlineData("1T", 0)]
    [InlineData("4096K", 3)]
    [InlineData("2GB", 2)]
    [InlineData("G", 2)]
    [InlineData("-1M", 2)]
    [InlineData("0", 2)]
    [InlineData("1e3", 2)]
    [InlineData("2000T", 2)]
    public void A_size_is_MiB_or_a_number_with_a_letter(string word, int code)
    {
        CommandOutcome outcome = CommandLine.Invoke(
            "run", "width=128", "ffnWidth=64", "samples=2", "tokens=4", "steps=1", "--out", _folder.Path, "--quiet", "--memory", word);
        Assert.Equal(code, outcome.ExitCode);
    }

    private static void Refused(string command, string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke([command, .. words]);
        Assert.Equal(
            (3, true), (outcome.ExitCode, outcome.Messages.Contains("allow more with --memory", StringComparison.OrdinalIgnoreCase)));
        _ = Assert.Single(outcome.MessageLines, line => line.StartsWith("kappa: ", StringComparison.Ordinal));
    }

    private string WriteArray()
    {
        byte[] content = new byte[Samples * 80];
        for (int k = 0; k < content.Length; k++)
        {
            content[k] = (byte)(k * 2654435761 >> 13);
        }

        File.WriteAllBytes(_folder.At("a.npy"), Array(content, "|u1"));
        return _folder.At("a.npy");
    }

    private static byte[] Array(byte[] content, string type)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({Samples}, 20, 4), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), .. content];
    }
}
