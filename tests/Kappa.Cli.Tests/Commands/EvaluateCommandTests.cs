using System.Text.Json;
using System.Text.Json.Nodes;
using Kappa.Cli.Tests.Project;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>kappa evaluate</c> against exact values from elsewhere, on runs, and on what cannot be evaluated.</summary>
public sealed class EvaluateCommandTests
{
    private const string Folder = "tests/Data/reference/";

    // Those of tests/Data/reference/README.md.
    private const double Tolerance = 1e-10;
    private const double KernelTolerance = 1e-7;
    private const double CertificateTolerance = 1e-5;

    public static TheoryData<string> References => [.. Repository.Under(Folder, ".json").Select(path => path[Folder.Length..])];

    private static bool IsCertificate(string name) => name.Contains("certificate", StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(References))]
    public void Every_number_of_a_reference_file_is_reproduced(string file)
    {
        using JsonDocument reference = JsonDocument.Parse(Repository.Read(Folder + file));
        JsonElement expected = reference.RootElement.GetProperty("expected");
        CommandOutcome outcome = CommandLine.Invoke("evaluate", PathOf(file), "--json");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        using var found = JsonDocument.Parse(outcome.Results);
        Assert.Equal(
            expected.EnumerateObject().Select(pair => pair.Name).Where(name => name != "certificate"),
            found.RootElement.EnumerateObject().Select(pair => pair.Name).Where(name => !IsCertificate(name)));
        foreach (JsonProperty quantity in found.RootElement.EnumerateObject().Where(quantity => !IsCertificate(quantity.Name)))
        {
            JsonElement value = expected.GetProperty(quantity.Name);
            Assert.Equal(Form(value), Form(quantity.Value));
            AssertClose(quantity.Name, [.. Numbers(value)], [.. Numbers(quantity.Value)]);
        }
    }

    [Theory]
    [MemberData(nameof(References))]
    public void The_certificate_of_a_reference_file_is_reproduced(string file)
    {
        using JsonDocument reference = JsonDocument.Parse(Repository.Read(Folder + file));
        using var found = JsonDocument.Parse(CommandLine.Invoke("evaluate", PathOf(file), "--json").Results);
        JsonElement certificate = found.RootElement.GetProperty("certificate");
        if (!reference.RootElement.GetProperty("expected").TryGetProperty("certificate", out JsonElement expected))
        {
            // ReLU and leaky ReLU: no number, a reason.
            Assert.Equal(["certified", "not_applicable"], certificate.EnumerateObject().Select(pair => pair.Name));
            Assert.False(certificate.GetProperty("certified").GetBoolean());
            return;
        }

        Assert.Equal(expected.EnumerateObject().Select(pair => pair.Name), certificate.EnumerateObject().Select(pair => pair.Name));
        Assert.Equal(expected.GetProperty("certified").GetBoolean(), certificate.GetProperty("certified").GetBoolean());
        foreach (JsonProperty constant in expected.EnumerateObject().Where(pair => pair.Value.ValueKind == JsonValueKind.Number))
        {
            AssertConstant(constant.Name, constant.Value.GetDouble(), certificate.GetProperty(constant.Name).GetDouble());
        }

        if (expected.TryGetProperty("radii", out JsonElement radii))
        {
            Assert.All(
                radii.EnumerateObject(),
                radius =>
                    AssertConstant(
                        radius.Name, radius.Value.GetDouble(), certificate.GetProperty("radii").GetProperty(radius.Name).GetDouble()));
            Assert.True(
                found.RootElement.GetProperty("path_certificate").GetProperty("certified").GetBoolean(),
                "The path certificate must never certify less.");
        }

        static void AssertConstant(string name, double expected, double actual) =>
            Assert.True(
                Math.Abs(actual - expected) <= CertificateTolerance * Math.Abs(expected), $"{name}: {actual:R} and not {expected:R}");
    }

    [Fact]
    public void There_are_eight_reference_files() => Assert.Equal(8, References.Count);

    [Fact]
    public void The_tables_name_every_block_and_tell_too_narrow_from_badly_conditioned()
    {
        string text = CommandLine.Invoke("evaluate", PathOf("leaky-depth3.json")).Results;
        string words = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(
            "Point leaky-depth3: depth 3, d = 6, d_k = 6, m = 12, N = 2 samples of n = 3 tokens, τ = 0.4082, ρ_a = 1, ρ_f = 1, leaky "
                + "ReLU (γ = 0.2), "
            + "756 of 756 parameters trained. ",
            words, StringComparison.Ordinal);
        Assert.Contains(
            "Loss: 8.115 gradient norm: 21.71 PL ratio: 29.04, between λ_min = 0.2268 and λ_max = 74 of the kernel", words,
            StringComparison.Ordinal);
        Assert.All(new[] { "0 A Z W_V", "1 H", "2 Φ" }, name => Assert.Contains($"│ {name} ", text, StringComparison.Ordinal));
        Assert.All(
            new[] { "query", "key", "value", "ffn_in", "ffn_out" },
            name => Assert.Contains($"│ blocks.2.{name} ", text, StringComparison.Ordinal));
        Assert.Contains("│ < floor   │ ≥ 5.634e29 │ 12/36 │", text, StringComparison.Ordinal);
        Assert.Contains(
            "\n< floor or ≥: ill-conditioned, not told from a smaller rank; κ is at least the one shown.\n", text,
            StringComparison.Ordinal);
        Assert.Contains("Floor: ε √rows = 5.439e-16 of σ_max.\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n').Where(line => line.StartsWith('│')), line => Assert.InRange(line.Length, 1, 80));
        Assert.DoesNotContain("rank-limited", text, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        RunFiles narrow = CommandLine.Run(folder.Path, [.. CommandLine.Tiny.Where(word => word != "tokens=4"), "tokens=8"]);
        string wide = CommandLine.Invoke("evaluate", narrow.Path).Results;
        Assert.Contains(
            "\nrank-limited: width 8 < 16 rows: σ_M is 0 for any weights, κ is that of the 8 values there are.\n", wide,
            StringComparison.Ordinal);
        Assert.Contains("\nrank-limited: 64 parameters < 128 outputs: λ_min is 0 for any weights.\n", wide, StringComparison.Ordinal);
        Assert.Equal(2 + 3 + 5, wide.Split("rank-limited").Length - 1);
    }

    [Fact]
    public void A_run_is_evaluated_at_its_last_state_however_it_is_named()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "trained=[value,ffnOut]"]);
        string name = Path.GetFileName(files.Path);
        string[] lastRow = File.ReadLines(files.Telemetry).Last().Split(',');
        string[] header = File.ReadLines(files.Telemetry).First().Split(',');
        CommandOutcome byFolder = CommandLine.Invoke("evaluate", files.Path, "--json");
        using var found = JsonDocument.Parse(byFolder.Results);
        Assert.Equal(Column("loss"), found.RootElement.GetProperty("loss").GetDouble());
        Assert.Equal(1, found.RootElement.GetProperty("gradient_norm").GetDouble() / Column("gradientNorm"), 1e-14);
        Assert.Equal(1, found.RootElement.GetProperty("hidden_singular_values")[0][7].GetDouble() / Column("l0.hidden.sigmaMin"), 1e-10);
        Assert.Equal(
            ["blocks.0.value", "blocks.0.ffn_out"], found.RootElement.GetProperty("gradient").EnumerateObject().Select(pair => pair.Name));

        Assert.Equal(byFolder, CommandLine.Invoke("evaluate", name, "--json", "--out", folder.Path));
        Assert.Equal(byFolder, CommandLine.Invoke("evaluate", name[..4], "--json", "--out", folder.Path));
        Assert.Equal(byFolder, CommandLine.Invoke("evaluate", files.Checkpoint, "--json"));
        Assert.Equal(byFolder, CommandLine.Invoke("evaluate", files.Checkpoint, files.Specification, "--json"));
        Assert.NotEqual(byFolder.Results, CommandLine.Invoke("evaluate", files.Path, "data.seed=5", "--json").Results);
        Assert.StartsWith($"Point {name} at step 50: ", CommandLine.Invoke("evaluate", files.Path).Results, StringComparison.Ordinal);

        double Column(string column) =>
            double.Parse(lastRow[Array.IndexOf(header, column)], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_checkpoint_on_data_that_have_changed_since_is_refused_unless_they_are_named()
    {
        using var folder = new TemporaryFolder();
        string text = folder.Write("text.txt", string.Concat(Enumerable.Range(0, 200).Select(k => $"line {k}\n")));
        RunFiles files = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "source=text", $"path={text}"]);
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 200).Select(k => $"other {k}\n")));
        BadInput.Refuse(
            folder,
            ["evaluate", files.Path],
            $"{files.Checkpoint}: the checkpoint was made on other data: the files or the built-in text have changed since. Name the "
                + $"data to evaluate it on, for example source=arrays path=data.npz.");
        Assert.Equal(0, CommandLine.Invoke("evaluate", files.Path, $"path={text}").ExitCode);
    }

    [Fact]
    public void What_cannot_be_evaluated_is_refused_with_its_place()
    {
        using var folder = new TemporaryFolder();
        JsonObject point = JsonNode.Parse(Repository.Read(Folder + "residual-depth1.json"))!.AsObject();
        point["config"]!["model"] = "graph_network";
        string other = folder.Write("other.json", point.ToJsonString());
        BadInput.Refuse(
            folder, ["evaluate", other],
            $"{other}: config.model: must be 'residual_transformer' or one of kernel_attention, shallow_encoder, residual, "
                + $"kernelAttention, shallowEncoder, classifier but is the text 'graph_network'.");
        string token = point["inputs"]![0]![2]![0]!.ToJsonString();
        string diverged = folder.Write(
            "diverged.json", Repository.Read(Folder + "residual-depth1.json").Replace(token, "NaN", StringComparison.Ordinal));
        BadInput.Refuse(
            folder, ["evaluate", diverged],
            $"{diverged}: inputs[0][2][0]: must be a finite number but is NaN. Take a point from before training went wrong.");
        BadInput.Refuse(folder, ["evaluate", folder.At("none.json")], $"{folder.At("none.json")}: does not exist. Check the path.");
        BadInput.Refuse(
            folder, ["evaluate", folder.Path],
            $"{folder.Path}: must be the folder of a run that has saved its state but has no checkpoint.safetensors. Name another one, "
                + $"or a file.");
        BadInput.Refuse(folder, ["evaluate", "feed", "--out", folder.Path], $"{folder.Path}: has no run 'feed'. It holds 0 runs.");
        BadInput.Refuse(
            folder,
            ["evaluate", PathOf("certifiable.json"), "--kernel", "--memory", "1"],
            $"{PathOf("certifiable.json")}: the Jacobian of 72 outputs in 1584 parameters needs 2 MiB but 1 MiB are allowed. Allow more "
                + $"with --memory, estimate its ends with --matrix-free, train fewer blocks, or take fewer samples.");
    }

    [Theory]
    [InlineData(
        "a point file holds its own model and data and takes no settings but got 'width=3'. Only weights in .safetensors take them.",
        "point.json", "width=3")]
    [InlineData("--memory must be from 1 to 1073741824 but is 0.", "point.json", "--memory", "0", "--kernel")]
    [InlineData("--memory must be from 1 to 1073741824 but is 0.", "point.json", "--memory", "0", "--matrix-free")]
    [InlineData(
        "--kernel asks for every eigenvalue of the kernel and --matrix-free for its ends alone; give one of them.", "point.json",
        "--kernel", "--matrix-free")]
    [InlineData("--memory must be a number of MiB, or a number with K, M, G or T as 2G, but is 'x'.", "point.json", "--memory", "x")]
    [InlineData("Unrecognized option '--jsn'. Did you mean '--json'?", "point.json", "--jsn")]
    public void A_wrong_command_line_is_told_apart_from_a_wrong_file(string message, params string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke(["evaluate", .. words]);
        Assert.Equal((2, "", $"kappa: {message}"), (outcome.ExitCode, outcome.Results, outcome.MessageLines[0]));
    }

    [Fact]
    public void Weights_without_a_specification_are_a_usage_error()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, CommandLine.Tiny);
        string alone = folder.At("alone.safetensors");
        File.Copy(files.Checkpoint, alone);
        CommandOutcome outcome = CommandLine.Invoke("evaluate", alone);
        Assert.Equal(
            (
                2,
                $"kappa: weights alone do not say what model and data they belong to: give a specification, kappa evaluate {alone} "
                    + $"spec.yaml, or settings such as width=16.\n"),
            (outcome.ExitCode, outcome.Messages));
        Assert.StartsWith(
            "Point alone at step 50: ", CommandLine.Invoke(["evaluate", alone, .. CommandLine.Tiny]).Results, StringComparison.Ordinal);
        BadInput.Refuse(
            folder, ["evaluate", alone, "stepsise=1"], "command line: 'stepsise=1': unknown key 'stepsise'. Did you mean 'stepSize'?");
    }

    [Fact]
    public void A_kernel_that_does_not_fit_is_estimated_and_said_so()
    {
        CommandOutcome outcome = CommandLine.Invoke("evaluate", PathOf("certifiable.json"), "--memory", "1");
        Assert.Equal((0, 1), (outcome.ExitCode, outcome.MessageLines.Count));
        Assert.StartsWith(
            "Kernel: The full spectrum needs 2 MiB where 1 MiB are allowed; the matrix-free ends fit: about ", outcome.Messages,
            StringComparison.Ordinal);
        Assert.EndsWith(" and 1 MiB. Allow more with --memory.\n", outcome.Messages, StringComparison.Ordinal);
        Assert.DoesNotContain("λ_max(K)", outcome.Results, StringComparison.Ordinal);
        Assert.Contains(
            "\nKernel, estimated with 6 products (P.7): λ_max = 5.954e8 (converged, residual ", outcome.Results, StringComparison.Ordinal);
        CommandOutcome unasked = CommandLine.Invoke("evaluate", PathOf("certifiable.json"), "--memory", "0");
        Assert.Equal((0, ""), (unasked.ExitCode, unasked.Messages));
    }

    [Fact]
    public void Estimates_stand_with_their_residuals_and_the_density_is_drawn()
    {
        using var folder = new TemporaryFolder();
        string figures = folder.At("spectrum");
        CommandOutcome outcome = CommandLine.Invoke(
            "evaluate", PathOf("residual-depth1.json"), "--matrix-free", "--hessian", "--figures", figures);
        Assert.Equal(0, outcome.ExitCode);
        string text = outcome.Results.Replace("\n  ", " ", StringComparison.Ordinal);
        Assert.Matches(
            @"\nKernel, estimated with \d+ products \(P\.7\): λ_max = [\d.]+ \((not )?converged, residual [\d.e-]+\); λ_min ", text);
        Assert.Matches(
            @"\nHessian, estimated with \d+ products \(R\.7\): sharpness \(largest eigenvalue\) = [\d.]+ "
                + @"\((not )?converged, residual [\d.e-]+\); 2/sharpness = ",
            text);
        Assert.Contains("\nKernel density, estimated with 10 probes, ", text, StringComparison.Ordinal);
        Assert.Contains($"Wrote {Path.Combine(figures, "kernel-density.svg")}\n", outcome.Messages, StringComparison.Ordinal);
        Assert.Contains("share of eigenvalues", File.ReadAllText(Path.Combine(figures, "kernel-density.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_overflows_is_a_numerical_failure_and_its_numbers_are_null()
    {
        using var folder = new TemporaryFolder();
        JsonObject point = JsonNode.Parse(Repository.Read(Folder + "residual-depth1.json"))!.AsObject();
        point["parameters"]!["blocks.0.ffn_in"] = new JsonArray(
            [.. Enumerable.Range(0, 8).Select(_ => new JsonArray([.. Enumerable.Repeat(0, 16).Select(_ => JsonValue.Create(1e308))]))]);
        CommandOutcome outcome = CommandLine.Invoke("evaluate", folder.Write("huge.json", point.ToJsonString()), "--json");
        Assert.Equal(4, outcome.ExitCode);
        Assert.StartsWith("kappa: residual-depth1: the loss must be finite but is ", outcome.Messages, StringComparison.Ordinal);
        using var found = JsonDocument.Parse(outcome.Results);
        Assert.Equal(JsonValueKind.Null, found.RootElement.GetProperty("loss").ValueKind);
    }

    private static string PathOf(string file) => Path.Combine(Repository.Root, Folder + file);

    // Arrays to their Euclidean norm, spectra to their largest; where the reference is zero so must the value be.
    private static void AssertClose(string name, double[] expected, double[] found)
    {
        bool isSpectrum = name.EndsWith("values", StringComparison.Ordinal);
        double scale = isSpectrum ? expected.Max() : Math.Sqrt(expected.Sum(value => value * value));
        double[] errors = [.. expected.Zip(found, (e, f) => Math.Abs(f - e))];
        double error = isSpectrum ? errors.Max() : Math.Sqrt(errors.Sum(value => value * value));
        Assert.True(
            error <= (name == "ntk_eigenvalues" ? KernelTolerance : Tolerance) * scale, $"{name}: error {error:R} at scale {scale:R}.");
    }

    private static IEnumerable<double> Numbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(pair => Numbers(pair.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Numbers),
        _ => [value.GetDouble()],
    };

    /// <summary>Nesting, keys and lengths, without the numbers.</summary>
    private static string Form(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(pair => $"{pair.Name}:{Form(pair.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Concat(value.EnumerateArray().Select(Form))}]",
        _ => "x",
    };
}
