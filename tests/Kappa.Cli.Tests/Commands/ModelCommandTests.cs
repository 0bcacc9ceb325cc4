using System.Text.Json;
using System.Text.Json.Nodes;
using Kappa.Cli.Tests.Project;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>kappa run</c>, <c>certify</c> and <c>evaluate</c> on models G, S and the experiments' Transformer.</summary>
public sealed class ModelCommandTests
{
    private const string Folder = "tests/Data/trainable/";

    // Those of tests/Data/trainable/README.md: sums in another order, and eigenvalues relative to the largest.
    private const double Tolerance = 1e-10;

    private static readonly string[] Encoder = [
        "model.kind=shallowEncoder", "width=6", "tokens=3", "samples=4", "encoderWidth=64", "steps=60"];
    private static readonly string[] Kernel = [
        "model.kind=kernelAttention", "width=16", "heads=2", "tokens=2", "trained=[value]", "steps=60"];

    public static TheoryData<string> References => [.. Repository.Under(Folder, ".json").Select(path => path[Folder.Length..])];

    [Theory]
    [MemberData(nameof(References))]
    public void Every_number_of_a_reference_file_is_reproduced(string file)
    {
        JsonObject expected = JsonNode.Parse(Repository.Read(Folder + file))!["expected"]!.AsObject();
        CommandOutcome outcome = CommandLine.Invoke("evaluate", Path.Combine(Repository.Root, Folder, file), "--json");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        JsonObject found = JsonNode.Parse(outcome.Results)!.AsObject();
        Assert.True(expected.Count >= 7);
        foreach ((string name, JsonNode? value) in expected)
        {
            double[] wanted = [.. Numbers(value!)], given = [.. Numbers(found[name]!)];
            Assert.Equal(wanted.Length, given.Length);
            double size = wanted.Max(Math.Abs);
            Assert.All(
                wanted.Zip(given),
                pair =>
                    Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance * size, $"{name}: {pair.Second:R} and not {pair.First:R}"));
        }
    }

    [Fact]
    public void There_are_four_reference_files() => Assert.Equal(4, References.Count);

    [Fact]
    public void A_run_of_the_encoder_leaves_a_folder_that_the_other_commands_read()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, Encoder);
        string name = Path.GetFileName(files.Path);
        Assert.All(
            (string[])[files.Specification, files.Telemetry, files.Checkpoint, files.Status, files.Report, files.Ladder],
            file => Assert.True(File.Exists(file), file));
        Assert.StartsWith("model:\n  kind: shallowEncoder\n", File.ReadAllText(files.Specification), StringComparison.Ordinal);
        Assert.DoesNotContain("ffnResidual", File.ReadAllText(files.Specification), StringComparison.Ordinal);

        CommandOutcome show = CommandLine.Invoke("show", name, "--out", folder.Path, "--json");
        using var shown = JsonDocument.Parse(show.Results);
        Assert.Equal((0, "shallowEncoder"), (show.ExitCode, shown.RootElement.GetProperty("preset").GetString()));
        Assert.Contains(
            shown.RootElement.GetProperty("ladder").GetProperty("rungs").EnumerateArray(),
            rung => rung.GetProperty("name").GetString() == "kernel.end");
        Assert.Contains("shallowEncoder", CommandLine.Invoke("list", "--out", folder.Path).Results, StringComparison.Ordinal);

        // The last row is about the parameters of the checkpoint.
        using var evaluated = JsonDocument.Parse(CommandLine.Invoke("evaluate", files.Path, "--json").Results);
        Assert.Equal(
            double.Parse(File.ReadLines(files.Telemetry).Last().Split(',')[1], System.Globalization.CultureInfo.InvariantCulture),
            evaluated.RootElement.GetProperty("loss").GetDouble());
        CommandOutcome certified = CommandLine.Invoke("certify", name, "--out", folder.Path);
        Assert.Equal(0, certified.ExitCode);
        Assert.StartsWith("Not certified at step 0", certified.Results, StringComparison.Ordinal);
        Assert.DoesNotContain("about 1 times smaller", certified.Results, StringComparison.Ordinal);
        Assert.EndsWith("add --find-scale.\n", certified.Results, StringComparison.Ordinal);
        CommandOutcome last = CommandLine.Invoke("certify", name, "--out", folder.Path, "--step", "60");
        Assert.Contains("Step 60 is the run's checkpoint; its loss has the bits of the record.", last.Results, StringComparison.Ordinal);
        CommandOutcome price = CommandLine.Invoke("certify", name, "--out", folder.Path, "--find-scale");
        Assert.Equal(0, price.ExitCode);
        Assert.StartsWith("Certified from w_O = 0 and c·W_V with c = ", price.Results, StringComparison.Ordinal);

        // Proposition 1 never certifies, however small the residual.
        Assert.DoesNotContain("the nearest is encoder", certified.Results, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_alone_are_guaranteed_and_seen_to_keep_it()
    {
        CommandOutcome outcome = CommandLine.Invoke(["certify", .. Kernel, "--json"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        using var report = JsonDocument.Parse(outcome.Results);
        JsonElement finding = report.RootElement.GetProperty("findings")[0];
        Assert.Equal(("values-only", "certified"), (finding.GetProperty("theorem").GetString(), finding.GetProperty("grade").GetString()));
        Assert.True(finding.GetProperty("guarantee").GetProperty("rate").GetDouble() > 0);
        Assert.Equal("notApplicable", report.RootElement.GetProperty("findings")[1].GetProperty("grade").GetString());
    }

    [Theory]
    [InlineData(
        "run encoderWidth=8",
        "encoderWidth has no effect but in model.kind 'shallowEncoder'; remove it or give keyWidth and valueWidth.")]
    [InlineData(
        "run method=adam",
        "stepSize must be a number for method 'adam', where 1/λ_max(J Jᵀ) says nothing about it; "
            + "give one, for example stepSize=0.001.")]
    [InlineData(
        "run model.kind=kernelAttention source=digits",
        "source 'digits' has one class for a sample, so readout must be 'pooled' but is 'none'; set readout=pooled, or start from "
            + "model.kind=classifier.")]
    [InlineData(
        "run model.kind=kernelAttention width=10 heads=3",
        "heads must divide width unless the widths of keys and values are given but heads is 3 and width is 10. A head takes its "
            + "share of the width.")]
    [InlineData(
        "run model.kind=classifier source=digits stepSize=auto(1)",
        "stepSize must be a number for loss 'crossEntropy', where 1/λ_max(J Jᵀ) says nothing about it; give one, for example "
            + "stepSize=0.001.")]
    [InlineData(
        "run model.kind=classifier source=digits samples=12 stepSize=1",
        "samples must be a multiple of 10, as many of each class, but is 12.")]
    [InlineData(
        "run model.kind=classifier source=digits samples=10 testSamples=10 patch=5 width=8 stepSize=1",
        "the side of a patch must divide 28 and 28 but is 5.")]
    [InlineData(
        "run model.kind=kernelAttention normalisesRows=true",
        "normalisesRows has no effect but on the gaussian kernel; remove it or set kernel=gaussian.")]
    [InlineData(
        "run model.kind=kernelAttention trained=[readout]",
        "trained lists 'readout', which is neither a kind (query, key, value, output) nor a block of this model.")]
    [InlineData("run model.kind=shallowEncoder warmUp=9 steps=9", "warmUp must have fewer steps than the run, 9, but has 9.")]
    [InlineData("certify model.kind=shallowEncoder steps=2 --step 3", "must be from 0 to 2, the last step of the specification, but is 3.")]
    [InlineData(
        "certify model.kind=kernelAttention --find-scale",
        "where (G.4) needs the features S_h X to be independent, which no scale of W_V or W_O brings about or ends. Leave "
            + "--find-scale out.")]
    public void What_does_not_fit_the_model_is_one_line_and_exit_code_3(string command, string message)
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke([.. command.Split(' '), "--out", folder.Path]);
        Assert.Equal(3, outcome.ExitCode);
        Assert.EndsWith(message, Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(
        "model.kind=kernelAttention --theorem path",
        "Not applicable: The theorem is about the residual Transformer (model R) and the model is kernel")]
    [InlineData(
        "width=8 --theorem values-only",
        "Not applicable: The theorem is about kernel attention (model G) and the model is the residual")]
    public void A_theorem_about_another_model_is_not_applicable_and_names_others(string words, string verdict)
    {
        CommandOutcome outcome = CommandLine.Invoke(["certify", .. words.Split(' ')]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith(verdict, outcome.Results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("heads.0.query", "[[1, 2], [3]]", "parameters.heads.0.query[1]")]
    [InlineData("heads.1.value", "[[1]]", "parameters.heads.1.value: must be [8, 4] but is [1, 1].")]
    [InlineData("heads.1.bias", "[[1]]", "parameters.heads.1.bias: the model of config has no such matrix.")]
    public void What_is_wrong_with_a_point_is_named_with_its_place(string matrix, string value, string message)
    {
        using var folder = new TemporaryFolder();
        JsonNode point = JsonNode.Parse(Repository.Read(Folder + "kernel-softmax.json"))!;
        point["parameters"]![matrix] = JsonNode.Parse(value);
        CommandOutcome outcome = CommandLine.Invoke("evaluate", folder.Write("point.json", point.ToJsonString()));
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(message, outcome.Messages, StringComparison.Ordinal);
    }

    private static IEnumerable<double> Numbers(JsonNode node) => node switch
    {
        JsonArray array => array.SelectMany(item => Numbers(item!)),
        JsonObject members => members.OrderBy(member => member.Key, StringComparer.Ordinal).SelectMany(member => Numbers(member.Value!)),
        _ => [node.GetValue<double>()],
    };
}
