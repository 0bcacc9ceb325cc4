using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kappa.Cli.Tests.Commands;
using Xunit;

namespace Kappa.Cli.Tests.Project;

/// <summary>What the guide says about point files is what the program reads.</summary>
public sealed partial class EvaluateGuideTests
{
    private const string Page = "docs/guide/evaluate.md";

    private static readonly string[] Python = Blocks("python");

    private static JsonObject Reference => JsonNode.Parse(Repository.Read("tests/Data/reference/residual-depth1.json"))!.AsObject();

    [Fact]
    public void The_file_of_the_guide_can_be_evaluated()
    {
        using var folder = new TemporaryFolder();
        CommandOutcome outcome = CommandLine.Invoke("evaluate", folder.Write("point.json", Assert.Single(Blocks("json"))), "--json");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
    }

    [Fact]
    public void The_file_of_any_Transformer_in_the_guide_has_the_loss_that_it_expects()
    {
        using var folder = new TemporaryFolder();
        string text = Assert.Single(Blocks("json", "docs/guide/models.md"));
        CommandOutcome outcome = CommandLine.Invoke("evaluate", folder.Write("point.json", text), "--json");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        Assert.Equal(2, JsonNode.Parse(outcome.Results)!["output"]![0]!.AsArray().Count);
        CommandOutcome other = CommandLine.Invoke(
            "evaluate", folder.Write("other.json", text.Replace("\"relu\"", "\"gelu\"", StringComparison.Ordinal)), "--json");
        Assert.Equal(0, other.ExitCode);
        Assert.StartsWith("kappa: other: the loss is 0.7", other.Messages, StringComparison.Ordinal);
        Assert.Contains(" but the file expects 0.7808: this is another model", other.Messages, StringComparison.Ordinal);
    }

    // Residuals at the level of rounding belong to a machine.
    [Fact]
    public void The_estimates_of_the_guide_are_those_of_the_command()
    {
        using var folder = new TemporaryFolder();
        string point = folder.Write("point.json", Assert.Single(Blocks("json")));
        string[] shown = Example().Match(Repository.Read(Page)).Groups["output"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, shown.Length);
        string found = Residual().Replace(
            CommandLine.Invoke("evaluate", point, "--matrix-free", "--hessian", "--density").Results, "residual #");
        Assert.Contains(
            Residual().Replace(string.Concat(shown.Select(line => line + "\n")), "residual #"), found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_the_guide_names_every_key_that_a_reference_file_has()
    {
        string page = Repository.Read(Page);
        string[] keys = [
            .. Reference.Select(pair => pair.Key).Where(key => key != "config"),
            .. Reference["config"]!.AsObject().Select(pair => $"config.{pair.Key}")];
        Assert.All(keys, key => Assert.Contains($"`{key}`", page, StringComparison.Ordinal));
    }

    /// <summary>PyTorch is not needed for that: the keys that the snippet writes
    /// are those of a reference file, with those of the call among them.</summary>
    [Fact]
    public void The_Python_of_the_guide_writes_exactly_the_keys_of_a_point_file()
    {
        Assert.Equal(2, Python.Length);
        Assert.InRange(Python[0].Trim().Split('\n').Length, 1, 20);
        string[] written = [.. LineKey().Matches(Python[0]).Select(match => match.Groups[1].Value)];
        Assert.Equal(Reference.Select(pair => pair.Key).Where(key => key is not ("name" or "expected")).Order(), written.Order());

        string configLine = Python[0].Split('\n').Single(line => line.Contains("\"config\"", StringComparison.Ordinal));
        string call = Python[1].Split('\n').Single(line => line.StartsWith("write_point(", StringComparison.Ordinal));
        IEnumerable<string> config = InnerKey().Matches(configLine).Select(match => match.Groups[1].Value).Where(key => key != "config")
            .Concat(Keyword().Matches(call).Select(match => match.Groups[1].Value));
        Assert.Equal(Reference["config"]!.AsObject().Select(pair => pair.Key).Order(), config.Order());
        Assert.Contains($"\"model\": \"{Reference["config"]!["model"]!.GetValue<string>()}\"", configLine, StringComparison.Ordinal);

        IEnumerable<string> inBlock = InnerKey()
            .Matches(Python[1].Split('\n').Single(line => line.StartsWith("blocks", StringComparison.Ordinal)))
            .Select(match => match.Groups[1].Value);
        Assert.Equal(Reference["parameters"]!.AsObject().Select(pair => pair.Key), inBlock.Select(key => $"blocks.0.{key}"));
        Assert.Contains("f\"blocks.{i}.{name}\"", Python[0], StringComparison.Ordinal);
        Assert.Contains("parameters[\"readout\"]", Python[0], StringComparison.Ordinal);
    }

    private static string[] Blocks(string language, string page = Page) =>
        [
            .. Regex.Matches(
                Repository.Read(page), $"^```{language}\n(.*?)^```",
                RegexOptions.Multiline | RegexOptions.Singleline).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"^\$ kappa evaluate point\.json [^\n]+\n…\n(?<output>.*?)^…", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"residual\s+[\d.]+(?:E[+-]\d+)?")]
    private static partial Regex Residual();

    [GeneratedRegex(@"^\s+""(\w+)"":", RegexOptions.Multiline)]
    private static partial Regex LineKey();

    [GeneratedRegex(@"""(\w+)"":")]
    private static partial Regex InnerKey();

    [GeneratedRegex(@"(\w+)=")]
    private static partial Regex Keyword();
}
