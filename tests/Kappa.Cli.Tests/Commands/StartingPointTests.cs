using System.Globalization;
using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Runs that start from the parameters of another run or of a file: <c>initialisation.from</c>.</summary>
public sealed class StartingPointTests : IDisposable
{
    private static readonly string[] Words = [.. CommandLine.Tiny, "stepSize=0.01", "lossFloor=0"];

    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.At("runs");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("depth=1 width=8 ffnWidth=8 samples=2 tokens=4")]
    [InlineData("model.kind=kernelAttention width=8 heads=2 samples=2 tokens=4")]
    [InlineData("model.kind=shallowEncoder width=4 encoderWidth=8 samples=3 tokens=3")]
    [InlineData("model.kind=classifier source=reviews width=8 samples=8 testSamples=4 tokens=16 method=gradientDescent batchSize=all")]
    [InlineData("depth=1 width=8 heads=2 norm=pre bias=true samples=2 tokens=4")]
    public void Two_runs_one_after_the_other_take_the_steps_of_one(string model)
    {
        string[] words = [.. model.Split(' '), "stepSize=0.01", "lossFloor=0", "quantities=loss"];
        RunFiles whole = CommandLine.Run(Store, [.. words, "steps=30"]), first = CommandLine.Run(Store, [.. words, "steps=12"]);
        RunFiles last = CommandLine.Run(Store, [.. words, "steps=18", $"from={Name(first)}"]),
            middle = CommandLine.Run(Store, [.. words, "steps=18", $"from={Name(whole)}@12"]);
        Assert.Equal(File.ReadAllBytes(last.Telemetry), File.ReadAllBytes(middle.Telemetry));
        Assert.Equal(Losses(whole)[12..], Losses(last));
        Assert.Equal(Parameters(first), Parameters(last, "initial."));
        Assert.Equal(Parameters(whole), Parameters(last));
    }

    [Fact]
    public void Targets_near_the_output_at_the_start_are_near_that_of_the_given_start()
    {
        string first = Name(CommandLine.Run(Store, [.. Words, "quantities=loss"]));
        string[] words = [.. Words, "quantities=loss", "data.seed=7", $"from={first}"];
        RunFiles near = CommandLine.Run(Store, [.. words, "targetDistance=0.1"]),
            zero = CommandLine.Run(Store, [.. words, "targetScale=1e-150"]);

        // ½‖F_0 − Y‖² = ½ δ² ‖F_0‖², and with targets of zero it is ½‖F_0‖².
        Assert.Equal(0.01 * Losses(zero)[0], Losses(near)[0], 1e-14);
        string end = Done("evaluate", Path.Combine(near.Path, "checkpoint.safetensors"), "--json").Results;
        Assert.Equal(Losses(near)[^1], JsonNode.Parse(end)!["loss"]!.GetValue<double>());
    }

    [Fact]
    public void A_run_is_named_by_the_whole_name_of_what_it_starts_from()
    {
        RunFiles first = CommandLine.Run(Store, [.. Words, "quantities=loss"]);
        string name = Name(first);
        RunFiles second = CommandLine.Run(Store, [.. Words, $"from={name[..5]}"]);
        Assert.Contains($"  from: {name}\n", File.ReadAllText(second.Specification), StringComparison.Ordinal);
        Assert.DoesNotContain("gain", File.ReadAllText(second.Specification), StringComparison.Ordinal);
        Assert.Contains("This experiment has been run", Done(["run", .. Words, $"from={name}"]).Messages, StringComparison.Ordinal);
        Assert.Contains($"  from: {name}\n", Done(["run", .. Words, $"from={name[..4]}", "--show"]).Results, StringComparison.Ordinal);
        Assert.NotEqual(name, Name(second));
        RequireSameBits(second);
        string found = Done("query", "SELECT initialisation_from AS start FROM runs WHERE start IS NOT NULL").Results;
        Assert.Contains(name, found, StringComparison.Ordinal);
        Assert.Contains(name, Done("report", Name(second)).Results + File.ReadAllText(second.Report), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_asked_of_such_a_run_is_asked_at_the_start_that_it_had()
    {
        RunFiles first = CommandLine.Run(Store, [.. Words]);
        RunFiles second = CommandLine.Run(Store, [.. Words, $"from={Name(first)}"]);
        double loss = Losses(second)[0];
        foreach (bool isAlone in (bool[])[false, true])
        {
            JsonNode certified = JsonNode.Parse(Done("certify", Name(second), "--json").Results)!;
            Assert.Contains(
                loss.ToString("R", CultureInfo.InvariantCulture)[..8], certified.ToJsonString(), StringComparison.Ordinal);
            Assert.Equal(0, Invoke("certify", Name(second), "--step", "3", "--check", "2").ExitCode);
            Assert.Equal(0, Invoke("landscape", Name(second), "--grid", "3", "--quiet").ExitCode);
            RequireSameBits(second);
            string ladder = File.ReadAllText(second.Ladder);
            File.Delete(second.Ladder);
            Assert.Equal(0, Invoke("report", Name(second)).ExitCode);
            Assert.Equal(ladder, File.ReadAllText(second.Ladder));

            // It knows the start itself: what it came from may be gone.
            if (Directory.Exists(first.Path))
                Directory.Move(first.Path, _folder.At("gone"));
            Assert.False(isAlone && Directory.Exists(first.Path));
        }
    }

    [Fact]
    public void An_interrupted_run_goes_on_where_its_start_is_gone_and_not_where_it_is_another()
    {
        RunFiles first = CommandLine.Run(Store, [.. Words, "quantities=loss"]);
        RunFiles second = CommandLine.Run(Store, [.. Words, "quantities=loss", $"from={Name(first)}"]);
        byte[] telemetry = File.ReadAllBytes(second.Telemetry);
        Interrupt();
        byte[] checkpoint = File.ReadAllBytes(first.Checkpoint);
        RunFiles other = CommandLine.Run(_folder.At("other"), [.. Words, "quantities=loss", "seed=1"]);
        File.Copy(other.Checkpoint, first.Checkpoint, overwrite: true);
        string refusal = $"initialisation.from: {Name(first)} must have the parameters that run {Name(second)} began with, but "
            + "'blocks.0.query' differs: it was changed or made anew since. Restore it, or begin a new run.";
        Assert.Equal($"kappa: {refusal}", Assert.Single(Invoke("run", "--resume", Name(second), "--quiet").MessageLines));
        File.WriteAllBytes(first.Checkpoint, checkpoint);
        Assert.Equal(0, Invoke("run", "--resume", Name(second), "--quiet").ExitCode);
        Assert.Equal(telemetry, File.ReadAllBytes(second.Telemetry));
        File.Copy(other.Checkpoint, first.Checkpoint, overwrite: true);
        Assert.Equal($"kappa: {refusal}", Assert.Single(Invoke("rerun", Name(second), "--verify", "--quiet").MessageLines));
        Interrupt();
        Directory.Delete(first.Path, recursive: true);
        Assert.Equal(0, Invoke("run", "--resume", Name(second), "--quiet").ExitCode);
        Assert.Equal(telemetry, File.ReadAllBytes(second.Telemetry));

        void Interrupt() => File.WriteAllText(
            second.Status, File.ReadAllText(second.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_started_from_is_refused_in_one_line()
    {
        RunFiles first = CommandLine.Run(Store, [.. Words, "quantities=loss"]);
        string name = Name(first);
        Refuse($"feed must be a run that is done, but {Store}: has no run 'feed'. It holds 1 run.", "from=feed");
        Refuse($"{name}@51 must be a step of a run that is done, but {first.Path}: it ended at step 50.", $"from={name}@51");
        Refuse(
            $"{name}: blocks.0.query: must be [4, 4] but is [8, 8] (4 more). Choose one of a model of the same shape.", $"from={name}",
            "width=4");
        Refuse(
            $"{name}: must hold blocks.1.query, blocks.1.key, blocks.1.value, blocks.1.ffn_in, blocks.1.ffn_out but holds none of them. "
                + "Add them. Choose one of a model of the same shape.",
            $"from={name}", "depth=2");
        Refuse(
            $"{name}: blocks.0.ffn_in: is not a parameter of this model (1 more). Choose one of a model of the same shape.",
            $"from={name}", "ffnWidth=none");
        string status = File.ReadAllText(first.Status);
        File.WriteAllText(first.Status, status.Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        Refuse(
            $"{name} must be a run that is done, but {first.Path}: is interrupted. Finish it: kappa run --resume {name}", $"from={name}");
        File.WriteAllText(first.Status, status);
        File.WriteAllBytes(first.Checkpoint, File.ReadAllBytes(first.Checkpoint)[..^1]);
        CommandOutcome damaged = Invoke(["run", .. Words, "seed=3", $"from={name}"]);
        Assert.Equal(3, damaged.ExitCode);
        Assert.StartsWith(
            $"kappa: initialisation.from: {name} must be a run that is done, but {first.Checkpoint}: ", Assert.Single(damaged.MessageLines),
            StringComparison.Ordinal);

        void Refuse(string message, params string[] words) => BadInput.Refuse(
            _folder,
            [
                "run", .. Words.Where(word => !words.Any(own => own.Split('=')[0] == word.Split('=')[0])), "seed=3", .. words,
                "--out", Store,
            ],
            $"initialisation.from: {message}");
    }

    [Fact]
    public void A_start_that_diverged_is_refused_and_one_of_its_steps_is_not()
    {
        RunFiles first = CommandLine.Run(Store, [.. CommandLine.Tiny, "stepSize=1e100", "quantities=loss"]);
        Assert.Equal(
            $"kappa: initialisation.from: {Name(first)} must be a run that is done, but {first.Path}: it diverged after 1 steps. Start "
                + $"from one of its steps, such as {Name(first)}@0.",
            Assert.Single(Invoke(["run", .. Words, $"from={Name(first)}"]).MessageLines));
        Assert.Equal(0, Invoke(["run", .. Words, $"from={Name(first)}@0", "--quiet"]).ExitCode);
        string file = _folder.At("weights.npz");
        NpzFile.Write(file, [KeyValuePair.Create("blocks.0.query", new NdArray([8, 8], [.. Enumerable.Repeat(double.NaN, 64)]))]);
        Assert.Matches(
            @"^kappa: initialisation\.from: .*/weights\.npz#[0-9a-f]{16}: blocks\.0\.query\[0\]\[0\]: must be a finite number but is NaN, "
                + "the first of 64. Take a point from before training went wrong.$",
            Assert.Single(Invoke(["run", .. Words, $"from={file}"]).MessageLines));
    }

    [Theory]
    [InlineData("gain=2", "gain has no effect beside initialisation.from; remove it or remove that.")]
    [InlineData("scheme=he", "scheme has no effect beside initialisation.from; remove it or remove that.")]
    public void The_law_of_drawn_parameters_says_nothing_of_given_ones(string word, string problem) =>
        BadInput.Refuse(
            _folder, ["run", .. Words, "from=feed", word, "--out", Store], $"command line: '{word}': {problem}");

    [Theory]
    [InlineData("from=runs/feed")]
    [InlineData("from=feed@x")]
    [InlineData("from=feed@-1")]
    [InlineData("from=[feed,fade]")]
    [InlineData("from=weights.bin/..")]
    public void What_is_no_start_is_refused_before_anything_is_looked_for(string word)
    {
        CommandOutcome outcome = Invoke(["run", .. Words, word]);
        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith($"kappa: command line: '{word}': from must ", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_starts_from_runs_and_names_all_that_is_wrong_before_the_first_one()
    {
        string one = Name(CommandLine.Run(Store, [.. Words, "quantities=loss"])),
            two = Name(CommandLine.Run(Store, [.. Words, "quantities=loss", "seed=1"]));
        string[] sweep = [
            "sweep",
            .. Words.Where(word => word.Split('=')[0] is not ("width" or "steps")),
            "quantities=loss",
        ];
        BadInput.Refuse(
            _folder, [.. sweep, "width=8,4", $"from={one},feed", "--out", Store],
            $"sweep: 'model.width=8 initialisation.from=feed': initialisation.from: feed must be a run that is done, but {Store}: has "
                + "no run 'feed'. It holds 2 runs.");
        BadInput.Refuse(
            _folder, [.. sweep, "width=8,4", $"from={one}", "--out", Store],
            $"initialisation.from: {one}: blocks.0.query: must be [4, 4] but is [8, 8] (4 more). Choose one of a model of the same shape.");
        Assert.Equal(0, Invoke([.. sweep, "width=8", $"from={one[..6]},{two}", "steps=20,21"]).ExitCode);
        string found = Done("query", "SELECT initialisation_from AS start, count(*) AS runs FROM runs GROUP BY start").Results;
        Assert.Contains(one, found, StringComparison.Ordinal);
        Assert.Contains(two, found, StringComparison.Ordinal);
        foreach (string run in SweepFiles.Runs(Store))
            Assert.Equal(0, Invoke("rerun", Path.GetFileName(run), "--verify", "--quiet").ExitCode);
    }

    [Fact]
    public void The_report_of_a_sweep_reads_the_start_that_its_runs_had()
    {
        RunFiles first = CommandLine.Run(Store, [.. Words, "quantities=loss"]);
        string[] sweep = ["sweep", .. Words.Where(word => !word.StartsWith("stepSize=", StringComparison.Ordinal))];
        Assert.Equal(0, Invoke([.. sweep, $"from={Name(first)}", "attentionResidual=0,1", "stepSize=0.01,0.02"]).ExitCode);
        string name = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Store, "sweeps"))));
        Directory.Move(first.Path, _folder.At("gone"));
        _ = Done("report", name);
        Assert.True(File.Exists(Path.Combine(Store, "sweeps", name, "report", "initial-points.json")));
    }

    [Theory]
    [InlineData(".safetensors")]
    [InlineData(".npz")]
    [InlineData(".json")]
    public void A_file_of_parameters_is_started_from_and_the_name_says_what_it_held(string extension)
    {
        RunFiles first = CommandLine.Run(Store, [.. Words, "quantities=loss"]);
        string file = _folder.At($"weights{extension}");
        Write(first, file);
        RunFiles ofFile = CommandLine.Run(Store, [.. Words, "quantities=loss", $"from={file}"]);
        RunFiles ofRun = CommandLine.Run(Store, [.. Words, "quantities=loss", $"from={Name(first)}"]);
        Assert.Equal(File.ReadAllBytes(ofRun.Telemetry), File.ReadAllBytes(ofFile.Telemetry));
        Assert.Matches($"  from: \"{file}#[0-9a-f]{{16}}\"\n", File.ReadAllText(ofFile.Specification));
        RequireSameBits(ofFile);
        string frozen = _folder.Write("frozen.yaml", File.ReadAllText(ofFile.Specification));
        Write(CommandLine.Run(Store, [.. Words, "quantities=loss", "seed=1"]), file);
        CommandOutcome changed = Invoke("run", frozen);
        Assert.Equal(3, changed.ExitCode);
        Assert.Contains("it was changed. Restore it, or leave '#'", Assert.Single(changed.MessageLines), StringComparison.Ordinal);
        Assert.NotEqual(Name(ofFile), Name(CommandLine.Run(Store, [.. Words, "quantities=loss", $"from={file}"])));
        File.Delete(file);
        CommandOutcome gone = Invoke(["run", .. Words, $"from={file}"]);
        Assert.Equal(
            $"kappa: initialisation.from: {file} must be a file of parameters, but {file}: does not exist. Check the path.",
            Assert.Single(gone.MessageLines));
        RequireSameBits(ofFile);
    }

    private static void Write(RunFiles run, string file)
    {
        SafetensorsContent content = SafetensorsFile.Read(run.Checkpoint);
        NamedTensor[] weights = [.. content.Tensors.Where(tensor => tensor.Name.StartsWith("blocks.", StringComparison.Ordinal))];
        switch (Path.GetExtension(file))
        {
            case ".npz":
                NpzFile.Write(file, weights.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Value)));
                break;
            case ".json":
                var zeros = new JsonArray([.. Enumerable.Range(0, 2).Select(_ => Rows(new double[32], 4, 8))]);
                File.WriteAllText(file, new JsonObject
                {
                    ["config"] = new JsonObject { ["model"] = "residual_transformer" },
                    ["inputs"] = zeros,
                    ["targets"] = zeros.DeepClone(),
                    ["parameters"] = new JsonObject(weights.Select(tensor => KeyValuePair.Create(
                        tensor.Name, (JsonNode?)Rows(tensor.Value.Data, tensor.Value.Shape[0], tensor.Value.Shape[1])))),
                }.ToJsonString());
                break;
            default:
                SafetensorsFile.Write(file, new SafetensorsContent(weights, new Dictionary<string, string>()));
                break;
        }
    }

    private static JsonArray Rows(double[] values, int rows, int columns) =>
        new([.. values.Chunk(columns).Take(rows).Select(row => new JsonArray([.. row.Select(value => (JsonNode)value)]))]);

    private static string Name(RunFiles files) => Path.GetFileName(files.Path);

    private static double[] Losses(RunFiles files) => TelemetryReader.Read(files.Telemetry)["loss"].ToArray();

    // The current ones, or those that begin with a prefix.
    private static double[] Parameters(RunFiles files, string prefix = "") =>
    [
        .. SafetensorsFile.Read(files.Checkpoint).Tensors
            .Where(tensor => !tensor.Name.StartsWith("state.", StringComparison.Ordinal)
                && tensor.Name.StartsWith("initial.", StringComparison.Ordinal) == (prefix.Length > 0))
            .SelectMany(tensor => tensor.Value.Data),
    ];

    private void RequireSameBits(RunFiles run) => Assert.StartsWith(
        $"{Name(run)}: same bits", Done("rerun", Name(run), "--verify", "--quiet").Results, StringComparison.Ordinal);

    private CommandOutcome Invoke(params string[] words) => CommandLine.Invoke([.. words, "--out", Store]);

    private CommandOutcome Done(params string[] words)
    {
        CommandOutcome outcome = Invoke(words);
        Assert.True(outcome.ExitCode == 0, outcome.Messages);
        return outcome;
    }
}
