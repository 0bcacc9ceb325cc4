using System.Text.Json.Nodes;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Sweeps as a user runs, stops, kills and continues them.</summary>
public sealed class SweepCommandTests
{
    private static readonly string[] Words = ["sweep", .. CommandLine.Tiny, "seed=range(0,6)"];

    [Fact]
    public void A_sweep_runs_once_and_then_finds_everything_done()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome first = CommandLine.Invoke([.. Words, "--out", folder.Path, "--json"]);
        Assert.Equal((0, 6), (first.ExitCode, Status(first)["done"]!.GetValue<int>()));
        string before = Bytes(folder.Path, "status.json");
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path, "--json"]).ExitCode);
        Assert.Equal(before, Bytes(folder.Path, "status.json"));
    }

    [Fact]
    public void A_diverged_run_is_an_outcome_and_the_sweep_goes_on()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(["sweep", .. CommandLine.Tiny, "stepSize=1e300,0.01", "--out", folder.Path, "--json"]);
        Assert.Equal((0, 2, 1), (outcome.ExitCode, Status(outcome)["done"]!.GetValue<int>(), Status(outcome)["diverged"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("model.kind=kernelAttention", "width=16", "heads=2", "trained=[value]")]
    [InlineData("model.kind=shallowEncoder", "width=8", "encoderWidth=128", "samples=6")]
    [InlineData(
        "model.kind=classifier", "source=digits", "patch=14", "width=16", "heads=2", "ffnWidth=32", "method=adam", "stepSize=0.01",
        "batchSize=20")]
    public void Other_models_are_swept_as_well(params string[] words)
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(["sweep", .. words, "steps=5", "seed=range(0,3)", "--out", folder.Path, "--json"]);
        Assert.True(outcome.ExitCode == 0, outcome.Messages);
        Assert.Equal((3, 0), (Status(outcome)["done"]!.GetValue<int>(), Status(outcome)["failed"]!.GetValue<int>()));
    }

    [Fact]
    public void Every_problem_of_a_file_and_its_words_is_said_at_once()
    {
        using var folder = new TemporaryFolder();
        string file = folder.At("s.yaml");
        File.WriteAllText(file, """
            base: {depth: 1, width: 8, samples: 2, steps: 5, spectraAt: [0, 9]}
            grid: {dpth: [1], gain: [], scheme: [leCun, hee], centred: [true]}
            zip: {keyGain: [1, 2], queryGain: [-1]}
            derived: {ffnWidth: 4*wdth + hight}
            where: [seed >, width == he]
            """);
        CommandOutcome outcome = CommandLine.Invoke(
            "sweep", file, "tokens=0,4", "sed=1", "seed=range(0,20000)", "--out", folder.At("store"));
        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal(
            [
                "FILE:2:8: unknown key 'dpth'. Did you mean 'depth'?",
                "FILE:2:25: gain has no values: an empty grid has no runs. Remove it or list values.",
                "FILE:3:6: zipped keys must have equally many values but have keyGain: 2, queryGain: 1.",
                "command line: 'sed=1': unknown key 'sed'. Did you mean 'seed'?",
                "command line: 'seed=range(0,20000)': 'range(0,20000)' must have at most 10000 combinations but has 20000. Raise the "
                    + "limit with --limit, or thin the range.",
                "FILE:2:45: scheme must be one of gaussian, leCun, he, xavier, ntk, orthogonal or 'default' but is 'hee'. Did you mean "
                    + "'he'?",
                "command line: 'tokens=0,4': tokens must be from 1 to 1048576 or 'default' but is 0.",
                "FILE:3:36: queryGain must be at least 0 but is -1.",
                "FILE:4:21: '4*wdth + hight' has an unknown key 'wdth'. Did you mean 'width'?",
                "FILE:4:21: '4*wdth + hight' has an unknown key 'hight'.",
                "FILE:5:17: 'width == he' compares '8' with 'he', which are of different kinds.",
                "FILE:1:61: spectraAt lists step 9, which is after the last of 5 steps; use 'last'.",
            ],
            outcome.MessageLines.Select(line => line.Replace(file, "FILE", StringComparison.Ordinal)["kappa: ".Length..]));
        Assert.Equal(["s.yaml"], folder.Entries.Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("status", "status.json")]
    [InlineData("retry", "status.json")]
    [InlineData("resume", "cancelled")]
    public void A_wrong_number_of_threads_changes_nothing(string command, string kept)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        string name = SweepFiles.Name(folder.Path), status = Path.Combine(SweepFiles.Runs(folder.Path)[0], "status.json");
        File.WriteAllText(status, File.ReadAllText(status).Replace("\"done\"", "\"failed\"", StringComparison.Ordinal));
        Assert.Equal(0, CommandLine.Invoke("sweep", "cancel", name, "--out", folder.Path).ExitCode);
        string file = kept == "status.json" ? status : Path.Combine(folder.Path, "sweeps", name, kept), before = File.ReadAllText(file);
        CommandOutcome outcome = CommandLine.Invoke("sweep", command, name, "--threads", "0", "--out", folder.Path);
        Assert.Equal(
            (2, $"kappa: --threads must be from 1 to 1024 but is 0.\nTry: kappa sweep {command} --help\n"),
            (outcome.ExitCode, outcome.Messages));
        Assert.Equal(before, File.ReadAllText(file));
    }

    [Fact]
    public void A_word_of_nothing_is_no_file()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(folder, ["sweep", "", "--out", folder.At("new")], "command line: '': must have the form key=value.");
    }

    [Fact]
    public void A_cancelled_sweep_claims_nothing_until_it_is_resumed()
    {
        using var folder = new TemporaryFolder();
        string name = Status(CommandLine.Invoke([.. Words, "--show", "--json"]))["sweep"]!.GetValue<string>();
        Assert.Equal(3, CommandLine.Invoke("sweep", "cancel", name, "--out", folder.Path).ExitCode);
        Assert.Equal(0, CommandLine.Invoke([.. Words, "--out", folder.Path]).ExitCode);
        Assert.Equal(0, CommandLine.Invoke("sweep", "cancel", name, "--out", folder.Path).ExitCode);
        Assert.True(Status(CommandLine.Invoke("sweep", "status", name, "--out", folder.Path, "--json"))["cancelled"]!.GetValue<bool>());
        Assert.Equal(0, CommandLine.Invoke("sweep", "resume", name, "--out", folder.Path).ExitCode);
    }

    private static JsonNode Status(CommandOutcome outcome) => JsonNode.Parse(outcome.Results)!;

    private static string Bytes(string store, string file) =>
        string.Join(
            '\n',
            Directory.GetDirectories(store).Where(path => !path.EndsWith("sweeps", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => Path.GetFileName(path) + Convert.ToHexString(File.ReadAllBytes(Path.Combine(path, file)))));
}
