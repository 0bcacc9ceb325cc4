using System.Text.Json.Nodes;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What <c>kappa certify</c> leaves in a run, and that the run stays what it was.</summary>
public sealed class KeptClaimsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_certified_run_keeps_the_verdict_and_the_view_of_claims_shows_it()
    {
        RunFiles run = CommandLine.Run(
            _folder.Path, "model.kind=kernelAttention", "width=16", "heads=2", "tokens=2", "trained=[value]", "steps=30");
        string name = Path.GetFileName(run.Path);
        Assert.Equal(0, Invoke("certify", name).ExitCode);
        JsonNode document = JsonNode.Parse(File.ReadAllText(run.Claims))!;
        Assert.Equal((1, name), (document["schemaVersion"]!.GetValue<int>(), document["run"]!.GetValue<string>()));
        JsonNode claim = document["claims"]!.AsArray().Single(one => one!["id"]!.GetValue<string>() == "values-only: step 0")!;
        double Value(string quantity) =>
            claim["measurements"]!.AsArray().Single(one => one!["quantity"]!.GetValue<string>() == quantity)!["value"]!.GetValue<double>();
        JsonNode printed = JsonNode.Parse(Invoke("certify", name, "--json").Results)!["findings"]!.AsArray().Single(one =>
            one!["theorem"]!.GetValue<string>() == "values-only")!;
        string verdict = printed["grade"]!.GetValue<string>();
        Assert.Contains(verdict, new[] { "certified", "consistent" });
        Assert.Equal(verdict, claim["verdict"]!.GetValue<string>());
        Assert.Equal(printed["guarantee"]!["rate"]!.GetValue<double>(), Value("guaranteed rate"));
        Assert.True(Value("measured rate") >= Value("guaranteed rate"));
        Assert.Equal(
            $"folder,verdict\n{name},{verdict}\n",
            Invoke("query", "SELECT folder, verdict FROM claims WHERE id = 'values-only: step 0'", "--format", "csv").Results);
        Assert.Equal(0, Invoke("rerun", name, "--verify").ExitCode);
    }

    [Fact]
    public void Another_question_is_added_and_the_same_one_replaced()
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        string name = Path.GetFileName(run.Path);
        Assert.Equal(0, Invoke("certify", name, "--theorem", "ball").ExitCode);
        string first = File.ReadAllText(run.Claims);
        Assert.Equal(0, Invoke("certify", name, "--theorem", "ball").ExitCode);
        Assert.Equal(first, File.ReadAllText(run.Claims));
        Assert.Equal(0, Invoke("certify", name, "--theorem", "ball", "--step", "7").ExitCode);
        JsonArray claims = JsonNode.Parse(File.ReadAllText(run.Claims))!["claims"]!.AsArray();
        Assert.Equal(["ball: step 0", "ball: step 7"], claims.Select(claim => claim!["id"]!.GetValue<string>()));
        Assert.All(claims, claim => Assert.Equal("notCertified", claim!["verdict"]!.GetValue<string>()));
        Assert.Equal([0, 7], claims.Select(claim => claim!["step"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"schemaVersion\": 2, \"claims\": []}")]
    [InlineData("{\"schemaVersion\": 1, \"claims\": [{}]}")]
    public void A_file_of_something_else_is_left_alone_and_the_verdict_printed_all_the_same(string content)
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        File.WriteAllText(run.Claims, content);
        CommandOutcome outcome = Invoke("certify", Path.GetFileName(run.Path), "--theorem", "ball");
        Assert.Equal((0, content), (outcome.ExitCode, File.ReadAllText(run.Claims)));
        Assert.StartsWith("Not certified at step 0", outcome.Results, StringComparison.Ordinal);
        Assert.StartsWith(
            $"kappa: the verdict was not kept in the run. {run.Claims}: is damaged: ", Assert.Single(outcome.MessageLines),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_specification_is_certified_without_a_trace()
    {
        Assert.Equal(0, Invoke(["certify", .. CommandLine.Tiny, "--theorem", "ball"]).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private CommandOutcome Invoke(params string[] words) => CommandLine.Invoke([.. words, "--out", _folder.Path]);
}
