using System.Globalization;
using System.Text.Json;
using Kappa.Cli.Tests.Project;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>kappa certify</c>: verdicts and exit codes, every target, every
/// wrong word; <c>kappa cite</c> and <c>kappa list theorems</c>.</summary>
public sealed class CertifyCommandTests
{
    private static readonly string[] Small = ["width=8", "ffnWidth=32", "samples=1", "tokens=3", "steps=400", "stepSize=auto(1)"];

    [Fact]
    public void What_is_not_certified_says_by_how_much_and_what_to_ask()
    {
        CommandOutcome outcome = CommandLine.InvokeAt(100, ["certify", .. Small]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith(
            "Not certified at step 0: convergence is neither proven nor excluded; the nearest is ", outcome.Results,
            StringComparison.Ordinal);
        Assert.Contains("times smaller", outcome.Results, StringComparison.Ordinal);
        Assert.EndsWith("add --find-scale.\n", outcome.Results, StringComparison.Ordinal);
        AssertReadable(outcome.Results);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--step-size run")]
    [InlineData("--look-ahead")]
    public void From_the_step_found_on_convergence_is_certified(string options)
    {
        CommandOutcome outcome = CommandLine.InvokeAt(100, ["certify", "--from-step", .. Small, "--theorem", "path", .. Words(options)]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.Matches(
            "^Certified from step \\d+ on \\(path, C.14\\): with η = [\\d.e-]+ every\\s+step\\s+removes\\s+at\\s+least", outcome.Results);
        Assert.Contains("then bisection", outcome.Results, StringComparison.Ordinal);
        Assert.Equal(options == "--look-ahead", outcome.Results.Contains("looking ahead (C.19): from step 0 on", StringComparison.Ordinal));
        AssertReadable(outcome.Results);
    }

    [Fact]
    public void Without_a_check_a_guarantee_is_called_not_observed()
    {
        string results = CommandLine.Invoke(["certify", .. Small, "--from-step", "--theorem", "ball", "--check", "0"]).Results;
        Assert.StartsWith("Guaranteed, not observed, from step ", results, StringComparison.Ordinal);
        Assert.Contains("not descended to see the bound hold: not asked for", results, StringComparison.Ordinal);
    }

    [Fact]
    public void The_figure_has_the_steps_tried_the_descent_and_the_bound_above_it()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(["certify", "--from-step", .. Small, "--theorem", "path", "--figures", folder.Path]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("certificate.svg", outcome.Messages, StringComparison.Ordinal);
        string[] rows = File.ReadAllLines(Path.Combine(folder.Path, "certificate.csv"));
        double[] descent = Values("descent"), guaranteed = Values("guaranteed");
        Assert.NotEmpty(Values("tried, not certified"));
        Assert.Equal(descent.Length, guaranteed.Length);
        Assert.All(descent.Zip(guaranteed), pair => Assert.True(pair.First <= pair.Second * (1 + 1e-9)));

        CommandOutcome none = CommandLine.Invoke(["certify", .. Small, "--figures", folder.Path]);
        Assert.Equal("kappa: no figure was written, for nothing is guaranteed that was observed.\n", none.Messages);

        double[] Values(string series) =>
            [
                .. rows.Where(row => row.Contains(series, StringComparison.Ordinal)).Select(row =>
                    double.Parse(row.Split(',')[^4], CultureInfo.InvariantCulture))];
    }

    [Fact]
    public void A_lower_floor_at_half_the_step_certifies_earlier()
    {
        Assert.True(Step("--step-divisor", "2", "--floor-fraction", "0.1") < Step());

        static long Step(params string[] options)
        {
            using var json = JsonDocument.Parse(
                CommandLine.Invoke(["certify", .. Small, "--from-step", "--theorem", "path", "--json", .. options]).Results);
            return json.RootElement.GetProperty("findings")[0].GetProperty("step").GetInt64();
        }
    }

    [Fact]
    public void The_price_of_a_certificate_stands_first_when_it_is_asked_for()
    {
        CommandOutcome outcome = CommandLine.InvokeAt(100, ["certify", .. Small, "--find-scale", "--theorem", "ball"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith("Certified from W_2 = 0 and c·W_1 with c = ", outcome.Results, StringComparison.Ordinal);
        AssertReadable(outcome.Results);
    }

    [Theory]
    [InlineData("activation=relu", "Not applicable: ψ must have a bounded second derivative but Relu has none")]
    [InlineData("trained=[query]", "Not applicable: blocks.0.ffn_out (W_2 of the last block) must be trained")]
    [InlineData("ffnWidth=2", "Not applicable: Φ must have at least as many columns as rows")]
    public void What_a_theorem_is_not_about_is_not_applicable_and_gets_no_number(string setting, string beginning)
    {
        CommandOutcome outcome = CommandLine.Invoke(
            [
                "certify", "--theorem", "path", .. Small.Where(word => !word.StartsWith(setting.Split('=')[0], StringComparison.Ordinal)),
                setting]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith(beginning, string.Join(' ', outcome.Results.Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("rate", outcome.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_does_not_fit_is_left_out_with_what_to_do()
    {
        string[] large = ["certify", "samples=4", "tokens=8", "width=16", "ffnWidth=200", "--check", "0"];
        CommandOutcome refused = CommandLine.Invoke([.. large, "--theorem", "kernel-floor", "--memory", "2"]);
        Assert.Equal((0, ""), (refused.ExitCode, refused.Messages));
        Assert.StartsWith(
            "Not applicable: The Gram matrices of the Jacobian must fit into 2 MiB but for 512 output numbers and 1 block they need 28 "
                + "MiB; "
                + "allow more memory, ask for path,",
            string.Join(' ', refused.Results.Split('\n')),
            StringComparison.Ordinal);
        CommandOutcome others = CommandLine.Invoke([.. large, "--memory", "2"]);
        Assert.StartsWith("Not certified at step 0", others.Results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("certified-near-solution.json", "Certified from step 0 on")]
    [InlineData("not-certified-no-residual.json", "Not certified at step 0")]
    [InlineData("half-residual-relu.json", "Not applicable: none of the theorems")]
    public void A_point_from_a_file_gets_its_verdict(string file, string beginning)
    {
        CommandOutcome outcome = CommandLine.Invoke("certify", Path.Combine(Repository.Root, "tests/Data/reference", file));
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith(beginning, outcome.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_and_its_specification_get_the_same_certificate()
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(folder.Path, Small);
        string[] rest = ["--step", "200", "--theorem", "path"];
        CommandOutcome byFolder = CommandLine.Invoke(["certify", run.Path, .. rest]);
        CommandOutcome byName = CommandLine.Invoke(["certify", Path.GetFileName(run.Path)[..5], .. rest, "--out", folder.Path]);
        CommandOutcome byFile = CommandLine.Invoke(["certify", run.Specification, .. rest]);
        Assert.Equal(byFolder, byName);
        Assert.Contains(
            "Step 200 was computed from the start; its loss has the bits of the record.\n", byFolder.Results, StringComparison.Ordinal);
        Assert.Contains("Step 200 was computed from the start.\n", byFile.Results, StringComparison.Ordinal);
        Assert.Equal(byFolder.Results.Split('\n')[5..], byFile.Results.Split('\n')[5..]);

        // The last state of the run as a point: nothing but the step it is called by differs.
        using var asRun = JsonDocument.Parse(
            CommandLine.Invoke(
                "certify", run.Path, "--step", $"{RunRecord.Read(run.Path).Status.Step}", "--theorem", "path", "--json", "--check",
                "0").Results);
        using var asPoint = JsonDocument.Parse(
            CommandLine.Invoke("certify", run.Checkpoint, "--theorem", "path", "--json", "--check", "0").Results);
        Assert.Equal(Guarantee(asRun), Guarantee(asPoint));

        static string Guarantee(JsonDocument document) =>
            document.RootElement.GetProperty("findings")[0].GetProperty("guarantee").GetRawText();
    }

    [Fact]
    public void Output_for_programs_has_verdict_conditions_guarantee_and_search()
    {
        CommandOutcome outcome = CommandLine.Invoke(["certify", .. Small, "--from-step", "--look-ahead", "--json"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        using var document = JsonDocument.Parse(outcome.Results);
        JsonElement root = document.RootElement;
        Assert.Equal(
            (1, "certified", false),
            (
                root.GetProperty("schemaVersion").GetInt32(), root.GetProperty("verdict").GetString(),
                root.GetProperty("isNegative").GetBoolean()));
        Assert.Equal(
            ["path", "kernel-floor", "ball"],
            root.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("theorem").GetString()));
        JsonElement path = root.GetProperty("findings")[0];
        Assert.Equal(path.GetProperty("step").GetInt64(), path.GetProperty("search").GetProperty("found").GetInt64());
        Assert.InRange(path.GetProperty("guarantee").GetProperty("rate").GetDouble(), 0, 1);
        Assert.True(path.GetProperty("check").GetProperty("holds").GetBoolean());
        Assert.True(path.GetProperty("lookAhead").GetProperty("constant").GetDouble() >= 1);
        Assert.All(
            path.GetProperty("conditions").EnumerateArray(),
            condition =>
                Assert.Equal(
                    ["name", "symbol", "label", "value", "relation", "bound", "holds", "grade", "margin", "shortfall"],
                    condition.EnumerateObject().Select(pair => pair.Name)));
        Assert.Equal(5, path.GetProperty("guarantee").GetProperty("radii").EnumerateObject().Count());
    }

    [Theory]
    [InlineData(
        "certify --theorem other",
        "kappa: --theorem must be all or one of path, kernel-floor, ball, values-only, rank-window, wide-encoder, encoder, "
            + "encoder-sharper, limiting-kernel but is 'other'. See kappa list theorems.")]
    [InlineData(
        "certify --step 3 --from-step", "kappa: --step asks about one step and --from-step looks for the first one; give one of them.")]
    [InlineData(
        "certify --look-ahead", "kappa: --look-ahead carries what --from-step finds back to its first step; give --from-step as well.")]
    [InlineData(
        "certify --from-step --find-scale", "kappa: --find-scale is about one point and --from-step about a path; give one of them.")]
    [InlineData("certify --from-step -1", "kappa: --from-step must be from 0 to 2147483647 but is -1.")]
    [InlineData("certify --step -1", "kappa: --step must be from 0 to 2147483647 but is -1.")]
    [InlineData("certify --step 1.5", "kappa: --step must be an integer but is '1.5'.", "Try: kappa certify --help")]
    [InlineData("certify --step-size 0", "kappa: --step-size must be a positive number or run but is '0'.")]
    [InlineData("certify --step-size NaN", "kappa: --step-size must be a positive number or run but is 'NaN'.")]
    [InlineData("certify --step-size own", "kappa: --step-size must be a positive number or run but is 'own'.")]
    [InlineData("certify --fast", "kappa: Unrecognized option '--fast'.", "Try: kappa certify --help")]
    [InlineData("certify --step-divisor 0.5", "kappa: --step-divisor must be a number above 0.5 but is '0.5'.")]
    [InlineData("certify --floor-fraction 1", "kappa: --floor-fraction must be a number between 0 and 1 but is '1'.")]
    [InlineData("certify --memory 0", "kappa: --memory must be from 1 to 1073741824 but is 0.", "Try: kappa certify --help")]
    [InlineData("certify --check -1", "kappa: --check must be from 0 to 2147483647 but is -1.")]
    [InlineData("certify 3f9a depth=2", "kappa: a run is certified as it was made and takes no settings but got 'depth=2'.")]
    [InlineData(
        "cite other",
        "kappa: a theorem must be one of path, kernel-floor, ball, values-only, rank-window, wide-encoder, encoder, encoder-sharper, "
            + "limiting-kernel but is 'other'. See kappa list theorems.")]
    [InlineData("cite --bibtex --json", "kappa: --bibtex and --json are two forms of the same; give one of them.")]
    public void A_wrong_command_line_is_one_line_and_exit_code_2(string line, params string[] messages)
    {
        CommandOutcome outcome = CommandLine.Invoke(Words(line));
        Assert.Equal(messages, outcome.MessageLines);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Results));
    }

    [Fact]
    public void Bad_input_is_a_line_for_each_problem_and_exit_code_3()
    {
        using var folder = new TemporaryFolder();
        BadInput.Refuse(folder, ["certify", "feed", "--out", folder.Path], $"{folder.Path}: has no run 'feed'. It holds 0 runs.");
        BadInput.Refuse(
            folder, ["certify", "feed.json"],
            "feed.json: no such file or folder. Name a specification (.yaml), a run, or a point (.json).");
        BadInput.Refuse(
            folder, ["certify", "runs/feed"],
            "runs/feed: no such file or folder. Name a specification (.yaml), a run, or a point (.json).");
        BadInput.Refuse(folder, ["certify", "feed.yaml"], "feed.yaml: no such file.");
        BadInput.Refuse(
            folder, ["certify", "widht=4", "depth=0"],
            "command line: 'widht=4': unknown key 'widht'. Did you mean 'width'?",
            "command line: 'depth=0': depth must be from 1 to 4096 but is 0.");
        BadInput.Refuse(
            folder, ["certify", .. Small, "--step", "401"],
            "--step: must be from 0 to 400, the last step of the specification, but is 401.");
        string point = Path.Combine(Repository.Root, "tests/Data/reference/residual-depth1.json");
        BadInput.Refuse(
            folder, ["certify", point, "--from-step"],
            "point residual-depth1: is a point without a run, so it has no later step to look for. Name a specification or a run, or "
                + "leave --from-step out.");
        string damaged = folder.Write(
            "nan.json", File.ReadAllText(point).Replace("\"parameters\"", "\"parameter\"", StringComparison.Ordinal));
        CommandOutcome outcome = CommandLine.Invoke("certify", damaged);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        Assert.All(outcome.MessageLines, line => Assert.StartsWith($"kappa: {damaged}", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_theorem_is_listed_with_statement_proof_and_sources()
    {
        string text = CommandLine.Invoke("list", "theorems").Results;
        Assert.All(
            new[]
            {
                "path (C.14): ", "kernel-floor (C.14'): ", "ball (C.9): ", "values-only (G.4): ", "rank-window (G.5): ",
                "wide-encoder (S.9): ", "encoder (S.5): ", "encoder-sharper (S.5'): ", "limiting-kernel (S.7): ",
            },
            beginning => Assert.Contains($"\n{beginning}", "\n" + text, StringComparison.Ordinal));
        Assert.Equal(9, text.Split("Proof: docs/theory/").Length - 1);
        Assert.Contains("(as recalled)", text, StringComparison.Ordinal);
        AssertReadable(text);
        using var json = JsonDocument.Parse(CommandLine.Invoke("list", "theorems", "--json").Results);
        Assert.All(
            json.RootElement.GetProperty("theorems").EnumerateArray(),
            theorem => Assert.True(File.Exists(Path.Combine(Repository.Root, theorem.GetProperty("page").GetString()!))));
    }

    [Fact]
    public void The_references_are_printed_as_text_BibTeX_and_JSON()
    {
        string text = CommandLine.Invoke("cite").Results;
        Assert.Contains("for path (C.14, as recalled), ball (C.9, as recalled)", text, StringComparison.Ordinal);
        AssertReadable(text);
        Assert.StartsWith(
            "@misc{kappa,\n  author = {The Kappa authors},\n", CommandLine.Invoke("cite", "C.14'", "--bibtex").Results,
            StringComparison.Ordinal);
        using var json = JsonDocument.Parse(CommandLine.Invoke("cite", "path", "--json").Results);
        Assert.Equal(2, json.RootElement.GetProperty("references").GetArrayLength());
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // A hundred columns, a combining mark taking none, and nothing but text.
    private static void AssertReadable(string text)
    {
        Assert.DoesNotContain('\e', text);
        Assert.All(
            text.Split('\n'),
            line =>
                Assert.InRange(line.Count(letter => CharUnicodeInfo.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark), 0, 100));
    }
}
