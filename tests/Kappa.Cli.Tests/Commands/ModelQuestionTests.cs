using System.Text.Json.Nodes;
using Kappa.Cli.Tests.Project;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>The options of <c>kappa certify</c> and <c>kappa evaluate</c> on models G and S reach what they ask for.</summary>
public sealed class ModelQuestionTests
{
    private static readonly string[] Encoder =
        [
            "model.kind=shallowEncoder", "width=6", "tokens=2", "samples=2", "encoderWidth=256", "temperature=0.004", "targetScale=5",
            "steps=40", "--theorem", "wide-encoder", "--check", "0"];

    private static readonly string[] Values = [
        "model.kind=kernelAttention", "width=16", "heads=2", "tokens=2", "trained=[value]", "steps=40", "--theorem", "values-only",
        "--check", "0"];

    [Fact]
    public void The_first_step_is_looked_for_from_the_one_that_is_given_and_looked_ahead_from_when_asked()
    {
        JsonNode first = Certify(0, Encoder, "--from-step");
        long found = first["findings"]![0]!["search"]!["found"]!.GetValue<long>();
        Assert.True(found > 1);
        Assert.Null(first["findings"]![0]!["lookAhead"]);
        JsonNode later = Certify(0, Encoder, "--from-step", $"{found + 3}", "--look-ahead");
        Assert.Equal(
            (found + 3, 0),
            (
                later["findings"]![0]!["search"]!["found"]!.GetValue<long>(),
                later["findings"]![0]!["lookAhead"]!["steps"]!.GetValue<long>()));
        Assert.Equal(
            found, Certify(0, Encoder, "--from-step", "1", "--look-ahead")["findings"]![0]!["lookAhead"]!["steps"]!.GetValue<long>() + 1);
        Assert.Equal("notCertified", Certify(0, Encoder, "--step", $"{found - 1}")["verdict"]!.GetValue<string>());
        Assert.Equal("guaranteed", Certify(0, Encoder, "--step", $"{found}")["verdict"]!.GetValue<string>());
    }

    [Fact]
    public void Kernel_attention_is_certified_from_its_first_step_and_at_a_later_one_with_the_same_guarantee()
    {
        JsonNode first = Certify(0, Values, "--from-step", "--look-ahead"), last = Certify(0, Values, "--step", "40");
        Assert.Equal((0, 40), (first["findings"]![0]!["step"]!.GetValue<long>(), last["findings"]![0]!["step"]!.GetValue<long>()));
        Assert.Equal("Step 40 was computed from the start.", last["origin"]!.GetValue<string>());

        // G.4: the features do not move while the values alone are trained.
        Assert.Equal(
            first["findings"]![0]!["guarantee"]!["rate"]!.GetValue<double>(),
            last["findings"]![0]!["guarantee"]!["rate"]!.GetValue<double>(), 1e-15);
        Assert.True(last["findings"]![0]!["relativeLoss"]!.GetValue<double>() < 1);
    }

    [Fact]
    public void The_step_size_of_the_run_is_the_one_guaranteed_when_it_is_asked_for()
    {
        string[] slower = [.. Values, "stepSize=0.001"];
        Assert.Equal(0.001, Certify(0, slower, "--step-size", "run")["findings"]![0]!["guarantee"]!["stepSize"]!.GetValue<double>());
        Assert.True(Certify(0, slower)["findings"]![0]!["guarantee"]!["stepSize"]!.GetValue<double>() > 0.002);
    }

    [Fact]
    public void A_scale_is_looked_for_only_when_asked_and_a_search_is_offered_where_there_are_later_steps()
    {
        string[] narrow = [
            "model.kind=shallowEncoder", "width=6", "tokens=3", "samples=4", "encoderWidth=64", "steps=60", "--theorem", "wide-encoder",
            "--check", "0"];
        Assert.Null(Certify(0, narrow)["findings"]![0]!["price"]);
        JsonNode price = Certify(0, narrow, "--find-scale")["findings"]![0]!["price"]!;
        Assert.Equal("w_O = 0 and c·W_V", price["recipe"]!.GetValue<string>());
        Assert.True(price["scale"]!.GetValue<double>() > 1);
        Assert.Contains("--from-step", CommandLine.Invoke(["certify", .. narrow]).Results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel-softmax.json")]
    [InlineData("shallow-encoder-sum.json")]
    public void What_is_estimated_stands_in_the_output_when_it_was_asked_for_and_agrees_with_the_kernel_in_full(string file)
    {
        string point = Path.Combine(Repository.Root, "tests/Data/trainable", file);
        JsonNode full = Evaluate(point), estimated = Evaluate(point, "--matrix-free", "--density", "--hessian");
        double[] eigenvalues = [.. full["ntk_eigenvalues"]!.AsArray().Select(value => value!.GetValue<double>())];
        Assert.All(
            (string[])["kernel_extremes", "kernel_density", "hessian_extremes"],
            key => Assert.Equal((false, true), (full.AsObject().ContainsKey(key), estimated.AsObject().ContainsKey(key))));
        Assert.Null(estimated["ntk_eigenvalues"]);
        Assert.Equal("the matrix-free route was asked for", estimated["ntk_eigenvalues_omitted"]!.GetValue<string>());

        // So few outputs are exhausted by Lanczos: both ends are exact up to the rounding of the products.
        Assert.Equal(eigenvalues[0], estimated["kernel_extremes"]!["lambda_max"]!["value"]!.GetValue<double>(), 1e-10 * eigenvalues[0]);
        Assert.Equal(eigenvalues[^1], estimated["kernel_extremes"]!["lambda_min"]!["value"]!.GetValue<double>(), 1e-10 * eigenvalues[0]);
        double[] nodes = [.. estimated["kernel_density"]!["nodes"]!.AsArray().Select(value => value!.GetValue<double>())];
        Assert.InRange(nodes.Max(), 0, eigenvalues[0] * (1 + 1e-9));
        Assert.Null(estimated["hessian_extremes"]!["method"]);
        Assert.Contains("Kernel, estimated with", CommandLine.Invoke("evaluate", point, "--matrix-free").Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_density_is_drawn_into_the_folder_that_is_named()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke(
            "evaluate", Path.Combine(Repository.Root, "tests/Data/trainable/kernel-softmax.json"), "--figures", folder.Path);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(Directory.GetFiles(folder.Path), path => path.EndsWith(".svg", StringComparison.Ordinal));
        Assert.All(outcome.MessageLines, line => Assert.StartsWith($"Wrote {folder.Path}", line, StringComparison.Ordinal));
    }

    // 64 outputs and 4·6·256 parameters: the Jacobian and its copy take 5 MiB.
    [Fact]
    public void A_kernel_that_must_be_computed_in_full_does_so_or_fails()
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(
            folder.Path, "model.kind=shallowEncoder", "width=6", "tokens=1", "samples=512", "encoderWidth=64", "stepSize=0.001", "steps=1",
            "quantities=loss");
        Assert.NotNull(Evaluate(run.Path, "--memory", "4")["kernel_extremes"]);
        CommandOutcome refused = CommandLine.Invoke("evaluate", run.Path, "--kernel", "--memory", "4");
        Assert.Equal((3, ""), (refused.ExitCode, refused.Results));
        Assert.EndsWith(
            "MiB but 4 MiB are allowed. Allow more with --memory, estimate its ends with --matrix-free, train fewer blocks, or take "
                + "fewer samples.",
            Assert.Single(refused.MessageLines), StringComparison.Ordinal);
        Assert.Equal(512, Evaluate(run.Path, "--kernel")["ntk_eigenvalues"]!.AsArray().Count);
    }

    [Fact]
    public void The_classifier_has_products_with_its_kernel_and_its_Hessian()
    {
        using var folder = new TemporaryFolder();
        RunFiles run = CommandLine.Run(
            folder.Path, "model.kind=classifier", "source=digits", "samples=10", "testSamples=10", "patch=14", "width=8", "heads=2",
            "ffnWidth=8", "steps=1");
        JsonNode estimated = Evaluate(run.Path, "--matrix-free", "--density");
        Assert.All((string[])["kernel_extremes", "kernel_density"], key => Assert.NotNull(estimated[key]));
        Assert.NotNull(Evaluate(run.Path, "--hessian")["hessian_extremes"]);
    }

    private static JsonNode Certify(int exitCode, string[] words, params string[] more)
    {
        CommandOutcome outcome = CommandLine.Invoke(["certify", .. words, .. more, "--json"]);
        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Messages));
        return JsonNode.Parse(outcome.Results)!;
    }

    private static JsonNode Evaluate(string point, params string[] options)
    {
        CommandOutcome outcome = CommandLine.Invoke(["evaluate", point, .. options, "--json"]);
        Assert.Equal(0, outcome.ExitCode);
        return JsonNode.Parse(outcome.Results)!;
    }
}
