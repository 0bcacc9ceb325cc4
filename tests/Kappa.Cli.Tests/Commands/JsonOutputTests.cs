using System.Text.Json;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What a program reads: JSON has neither NaN nor infinity, and a run that diverged is full of them.</summary>
public sealed class JsonOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_command_writes_JSON_of_runs_that_diverged_and_of_points_that_are_not_finite()
    {
        string store = _folder.At("runs");
        string[] tiny = [.. CommandLine.Tiny.Where(word => !word.StartsWith("stepSize=", StringComparison.Ordinal))];
        Document(0, "run", [.. tiny, "stepSize=1e300", "--out", store, "--json", "--quiet"]);
        string run = SweepFiles.Runs(store).Select(path => Path.GetFileName(path)).Single();
        Document(0, "sweep", [.. tiny, "stepSize=1e6,1e300", "--out", store, "--json", "--quiet"]);
        string sweep = SweepFiles.Name(store);
        string overflowing = SweepFiles.Runs(store).Select(path => Path.GetFileName(path)).First(name => name != run);
        foreach (string[] words in (string[][])[
            ["show", run], ["report", run], ["list"], ["query", "SELECT * FROM runs"], ["query", "SELECT 1e400 AS inf, -1e400"],
            ["query", "SELECT * FROM telemetry_summary"],
            ["compare", run, overflowing], ["aggregate"], ["aggregate", "--of", "finalLoss,loss:max,loss:last"], ["index"],
            ["report", sweep], ["sweep", "status", sweep],
            ["rerun", run, "--verify"], ["certify", run, "--check", "0"], ["export", run, "--as", "csv", "--to", _folder.At("exports")],
            ["landscape", run, "--grid", "3", "--quiet"]])
        {
            Document(null, words[0], [.. words[1..], "--out", store, "--json"]);
        }

        // A specification whose first loss overflows already.
        Document(0, "run", [.. tiny, "stepSize=1", "tokenScale=1e200", "--out", store, "--json", "--quiet"]);
        Document(null, "certify", [.. tiny, "tokenScale=1e200", "--json"]);
        Document(
            4, "evaluate",
            [
                SweepFiles.Runs(store).First(path =>
                    File.ReadAllText(Path.Combine(path, "spec.yaml")).Contains("1e+200", StringComparison.OrdinalIgnoreCase)),
                "--json"]);
    }

    // Nothing of a run that is not finite may end in an exception either, which would be exit code 134 or a stack trace.
    private static void Document(int? code, string command, string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke([command, .. words]);
        string what = $"{command} {string.Join(' ', words)}: {outcome.ExitCode}: {outcome.Messages}";
        Assert.True(code is { } expected ? outcome.ExitCode == expected : outcome.ExitCode is 0 or 3 or 4, what);
        if (outcome.ExitCode == 3)
        {
            Assert.True(outcome.MessageLines.Count(line => line.StartsWith("kappa: ", StringComparison.Ordinal)) == 1, what);
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(outcome.Results);
        }
        catch (JsonException damage)
        {
            Assert.Fail($"{what}\n{damage.Message}\n{outcome.Results}");
        }
    }
}
