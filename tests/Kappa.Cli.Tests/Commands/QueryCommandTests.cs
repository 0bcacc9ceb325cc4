using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>Questions, comparisons, exports and reruns as a user asks for them.</summary>
public sealed class QueryCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.At("runs");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_question_is_answered_as_table_csv_and_json()
    {
        RunFiles run = Run("seed=3");
        const string Sql = "SELECT name, depth, seed, state, 'a,\"b\"' AS quoted FROM runs";
        string name = Path.GetFileName(run.Path);
        Assert.Equal($"name,depth,seed,state,quoted\n{name},1,3,done,\"a,\"\"b\"\"\"\n", Done("query", Sql, "--format", "csv").Results);
        JsonNode json = JsonNode.Parse(Done("query", Sql, "--json").Results)!;
        Assert.Equal($"[[\"{name}\",1,3,\"done\",\"a,\\u0022b\\u0022\"]]", json["rows"]!.ToJsonString());
        Assert.False(json["cut"]!.GetValue<bool>());
        string table = Done("query", Sql).Results;
        Assert.Contains($"│ {name} │ 1     │ 3    │ done  │", table, StringComparison.Ordinal);
        Assert.EndsWith("1 row.\n", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DROP TABLE result", "query: reads only: it must be one SELECT, but it would write.")]
    [InlineData(
        "SELECT deph FROM runs", "query: cannot be answered: no such column: deph. Did you mean 'depth'? See kappa query --schema.")]
    [InlineData(
        "SELECT r.finalLos FROM runs AS r",
        "query: cannot be answered: no such column: r.finalLos. Did you mean 'finalLoss'? See kappa query --schema.")]
    [InlineData(
        "SELECT name FROM runs WHERE lr = 1",
        "query: cannot be answered: no such column: lr. Did you mean 'stepSize'? See kappa query --schema.")]
    [InlineData(
        "SELECT zzz FROM damaged",
        "query: cannot be answered: no such column: zzz. The columns are kind, name, reason. See kappa query --schema.")]
    [InlineData(
        "SELECT name FROM rns",
        "query: cannot be answered: no such table: rns. Did you mean 'runs'? The views are runs, telemetry_summary, claims, sweeps, "
            + "sweep_runs, damaged. See kappa query --schema.")]
    public void A_wrong_question_is_one_line(string sql, string message)
    {
        _ = Run();
        CommandOutcome outcome = Invoke("query", sql);
        Assert.Equal((3, "", $"kappa: {message}\n"), (outcome.ExitCode, outcome.Results, outcome.Messages));
    }

    [Theory]
    [InlineData("dpth=1", "Did you mean 'depth'?")]
    [InlineData("n_layers > 1", "Did you mean 'depth'?")]
    public void A_filter_with_an_unknown_column_names_the_nearest(string filter, string hint)
    {
        _ = Run();
        CommandOutcome outcome = Invoke("list", "--filter", filter);
        Assert.Equal((3, true), (outcome.ExitCode, Assert.Single(outcome.MessageLines).Contains(hint, StringComparison.Ordinal)));
    }

    [Fact]
    public void Diverged_runs_are_found_by_the_outcome_of_their_rate()
    {
        string diverged = Path.GetFileName(Run("stepSize=1e6").Path), other = Path.GetFileName(Run("stepSize=1e-3").Path);
        Assert.Equal(
            $"name,outcome,rate\n{diverged},nonFinite,\n",
            Done("query", "SELECT name, outcome, rate FROM runs WHERE rateOutcome = 'diverged'", "--format", "csv").Results);
        Assert.Contains(
            other, Done("query", "SELECT name FROM runs WHERE rateOutcome <> 'diverged'", "--format", "csv").Results,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_without_words_or_with_contradictions_are_usage_errors()
    {
        foreach (
            string[] words in new string[][]
            {
                ["query"], ["query", "SELECT 1", "--json", "--format", "csv"], ["query", "SELECT 1", "--limit", "0"],
                ["compare", "a", "depth=1"], ["rerun", "a"], ["export", "a", "--as", "csv", "--to", " "],
            })
        {
            CommandOutcome outcome = Invoke(words);
            Assert.Equal((2, ""), (outcome.ExitCode, outcome.Results));
            _ = Assert.Single(outcome.MessageLines);
        }
    }

    [Fact]
    public void A_cut_answer_says_so()
    {
        _ = Run();
        CommandOutcome outcome = Invoke("query", "SELECT * FROM telemetry_summary", "--limit", "1", "--format", "csv");
        Assert.Equal("kappa: only the first 1 rows are shown; raise --limit for more.\n", outcome.Messages);
    }

    [Fact]
    public void A_damaged_run_is_named_and_the_rest_answers()
    {
        RunFiles damaged = Run();
        _ = Run("seed=1");
        File.WriteAllText(damaged.Telemetry, "loss\n");
        CommandOutcome outcome = Invoke("query", "SELECT count(*) FROM runs", "--format", "csv");
        Assert.Equal("count(*)\n1\n", outcome.Results);
        Assert.StartsWith(
            $"kappa: {Path.GetFileName(damaged.Path)} was left out: {damaged.Telemetry}", Assert.Single(outcome.MessageLines),
            StringComparison.Ordinal);
        Assert.Contains("1 runs in ", Invoke("index").Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_is_asked_summarised_and_exported()
    {
        Assert.Equal(0, Invoke(["sweep", .. CommandLine.Tiny, "seed=range(0,3)", "scheme=leCun,he", "--quiet"]).ExitCode);
        string sweep = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Store, "sweeps"))));
        Assert.Equal("runs,done\n6,6\n", Done("query", "SELECT runs, done FROM sweeps", "--format", "csv").Results);
        JsonArray groups = JsonNode.Parse(Done("aggregate", "--sweep", sweep[..4], "--json").Results)!["groups"]!.AsArray();
        Assert.Equal([3, 3], groups.Select(group => group!["runs"]!.GetValue<int>()));
        Assert.Equal(["he", "leCun"], groups.Select(group => group!["values"]!["scheme"]!.GetValue<string>()));
        // With each run its own file, and one that says which is which.
        Assert.Equal(
            7,
            Done("export", sweep, "--as", "csv", "--to", _folder.At("out")).Results.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Length);
        Assert.Equal(7, Directory.GetFiles(Path.Combine(_folder.At("out"), sweep), "*.csv").Length);
    }

    [Fact]
    public void A_changed_run_fails_its_verification_with_exit_code_1()
    {
        RunFiles run = Run();
        string name = Path.GetFileName(run.Path);
        Assert.Equal(
            (0, true),
            (
                Invoke("rerun", name, "--verify").ExitCode,
                Invoke("rerun", name, "--verify", "--threads", "1").Results.StartsWith($"{name}: same bits", StringComparison.Ordinal)));
        string text = File.ReadAllText(run.Telemetry);
        int last = text.TrimEnd().Length - 1;
        File.WriteAllText(run.Telemetry, text[..last] + (text[last] == '1' ? '2' : '1') + "\n");
        CommandOutcome outcome = Invoke("rerun", name, "--verify");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches(
            $@"^{name}: telemetry\.csv, row \d+ \(step \d+\), column [\w.]+: recorded \S+, computed \S+\.$",
            string.Join(' ', outcome.Results.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("different", JsonNode.Parse(Invoke("rerun", name, "--verify", "--json").Results)!["verdict"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("model.kind=kernelAttention", "width=8", "samples=2", "tokens=4", "steps=20", "stepSize=0.01")]
    [InlineData("model.kind=shallowEncoder", "width=8", "samples=2", "tokens=4", "steps=20", "stepSize=0.01")]
    [InlineData(
        "model.kind=classifier", "source=reviews", "width=8", "samples=8", "data.testSamples=4", "tokens=16", "steps=5",
        "stepSize=0.01")]
    public void A_run_of_every_other_kind_of_model_is_verified_and_exported(params string[] words)
    {
        RunFiles run = CommandLine.Run(Store, words);
        string name = Path.GetFileName(run.Path), to = _folder.At("out");
        Assert.StartsWith($"{name}: same bits", Done("rerun", name, "--verify", "--quiet").Results, StringComparison.Ordinal);
        foreach (string format in new[] { "csv", "npz", "safetensors", "tensorboard", "mlflow" })
        {
            string written = Done("export", name, "--as", format, "--to", to).Results.TrimEnd();
            Assert.True(File.Exists(written) ? new FileInfo(written).Length > 0 : Directory.Exists(written), $"{format}: {written}");
        }

        Assert.Equal(File.ReadAllText(run.Telemetry), File.ReadAllText(Path.Combine(to, $"{name}.csv")));
        NdArray loss = NpzFile.Read(Path.Combine(to, $"{name}.npz"))["loss"];
        Assert.Equal(TelemetryReader.Read(run.Telemetry)["loss"].ToArray(), loss.Data);
        NamedTensor[] saved = [.. SafetensorsFile.Read(run.Checkpoint).Tensors],
            exported = [.. SafetensorsFile.Read(Path.Combine(to, $"{name}.safetensors")).Tensors];
        Assert.NotEmpty(exported);
        Assert.All(exported, tensor => Assert.Equal(saved.Single(one => one.Name == tensor.Name).Value.Data, tensor.Value.Data));
    }

    [Fact]
    public void A_run_is_cited_with_its_model_and_its_quantities()
    {
        string name = Path.GetFileName(Run().Path);
        string text = Done("cite", name).Results;
        Assert.Contains("[A] Zhen Qin", text, StringComparison.Ordinal);
        Assert.Contains("[RV] Olivier Roy", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[RV]", Done("cite", Path.GetFileName(Run("quantities=loss").Path)).Results, StringComparison.Ordinal);
        Assert.Contains("@misc{qin2025residual,", Done("cite", name, "--bibtex").Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_has_no_control_characters_and_both_infinities()
    {
        _ = Run("quantities=loss");
        string text = Done("query", "SELECT char(27) || '[31m' AS a, 1e999 AS b, -1e999 AS c").Results;
        Assert.Contains("\uFFFD[31m │ ∞ │ -∞ │", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public void Runs_and_folders_that_do_not_exist_are_refused()
    {
        _ = Run();
        string none = $"kappa: {Store}: has no run 'feed'. It holds 1 run.";
        foreach (
            string[] words in new string[][]
            {
                ["compare", "feed", "fade"],
                ["export", "feed", "--as", "npz", "--to", _folder.At("out")],
                ["rerun", "feed", "--verify"],
            })
        {
            CommandOutcome outcome = Invoke(words);
            Assert.Equal(
                (3, "", none + (words[0] == "export" ? " It has no sweep of this name either.\n" : "\n")),
                (outcome.ExitCode, outcome.Results, outcome.Messages));
        }

        CommandOutcome empty = CommandLine.Invoke("query", "SELECT 1", "--out", _folder.At("nowhere"));
        Assert.Equal(
            (3, $"kappa: {_folder.At("nowhere")}: must be a folder of runs but does not exist. Name it with --out.\n"),
            (empty.ExitCode, empty.Messages));
        CommandOutcome nobody = Invoke("aggregate", "depth=7");
        CommandOutcome elsewhere = Invoke("aggregate", "depth=1", "--sweep", "zzz");
        Assert.Equal(
            (3, "kappa: runs: there must be a run of a sweep 'zzz' with depth=1 but there is none. See kappa list.\n"),
            (elsewhere.ExitCode, elsewhere.Messages));
        CommandOutcome unknown = Invoke("aggregate", "--by", "dpth");
        Assert.Equal((3, "kappa: --by: unknown key 'dpth'. Did you mean 'depth'?\n"), (unknown.ExitCode, unknown.Messages));
        Assert.Equal(
            (3, "kappa: runs: there must be a run with depth=7 but there is none. See kappa list.\n"), (nobody.ExitCode, nobody.Messages));
    }

    /// <summary>The commands of the guide, with the names of two runs put in.</summary>
    [Theory]
    [InlineData("docs/guide/queries.md", 21)]
    [InlineData("docs/guide/exports.md", 8)]
    public void The_commands_of_the_guide_run(string page, int count)
    {
        string first = Path.GetFileName(Run().Path), second = Path.GetFileName(Run("depth=2").Path);
        string[] commands = [
            .. Project.Repository.Read(page).Split("```").Where((_, index) => index % 2 == 1).SelectMany(block => block.Split('\n'))
                .Where(line => line.StartsWith("kappa ", StringComparison.Ordinal))];
        Assert.Equal(count, commands.Length);
        foreach (string command in commands)
        {
            string[] words = [
                .. System.Text.RegularExpressions.Regex.Matches(command, "\"([^\"]*)\"|(\\S+)").Skip(1)
                    .Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)];
            CommandOutcome outcome = Invoke(
                [
                    .. words.Select(word =>
                        word switch { "RUN" => first, "OTHER" => second, "exports" => _folder.At("exports"), _ => word })]);
            Assert.True(outcome.ExitCode == 0, $"{command}: {outcome.Messages}");
            Assert.NotEqual("", outcome.Results);
        }
    }

    private RunFiles Run(params string[] words) =>
        CommandLine.Run(
            Store, [.. CommandLine.Tiny.Where(word => !words.Any(other => other.Split('=')[0] == word.Split('=')[0])), .. words]);

    private CommandOutcome Invoke(params string[] words) => CommandLine.Invoke([.. words, "--out", Store]);

    private CommandOutcome Done(params string[] words)
    {
        CommandOutcome outcome = Invoke(words);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        return outcome;
    }
}
