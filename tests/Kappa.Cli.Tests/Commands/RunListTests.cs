using System.Globalization;
using System.Text.Json;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary>What <c>kappa list</c> shows of a run, and what it gives up first on a narrow screen.</summary>
public sealed class RunListTests : IClassFixture<RunListTests.Runs>
{
    private readonly Runs _runs;

    public RunListTests(Runs runs) => _runs = runs;

    [Theory]
    [InlineData(130, "run, started, state, model, step, loss, rate, settings")]
    [InlineData(80, "run, state, model, loss, settings")]
    [InlineData(60, "run, state, loss, settings")]
    public void When_it_began_is_left_out_first_then_step_rate_and_model(int width, string columns)
    {
        string[] lines = List(_runs.Mixed, width).Split('\n');
        Assert.Equal(
            columns, string.Join(", ", lines[1].Split('│', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
    }

    [Fact]
    public void A_model_that_all_have_is_said_once_and_leaves_its_room_to_the_rate()
    {
        string list = List(_runs.Alike, 80);
        Assert.Contains("│ loss ", list, StringComparison.Ordinal);
        Assert.Contains("│ rate ", list, StringComparison.Ordinal);
        Assert.DoesNotContain("│ model", list, StringComparison.Ordinal);
        Assert.Contains("\nThe model of all is residual.\n", list, StringComparison.Ordinal);
        Assert.DoesNotContain("The model of all", List(_runs.Mixed, 80), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed=1", "0.1", "rate")]
    [InlineData("seed=2", "0.012 †", "lateRate")]
    [InlineData("seed=3", "does not fall", "noRate")]
    public void A_late_rate_is_marked_and_a_run_without_one_says_why(string seed, string cell, string key)
    {
        using var document = JsonDocument.Parse(CommandLine.Invoke("list", "--json", "--out", _runs.Alike, "--filter", seed).Results);
        JsonElement run = Assert.Single(document.RootElement.GetProperty("runs").EnumerateArray());
        string list = List(_runs.Alike, 200, "--filter", seed);
        Assert.Contains($"│ {cell} ", list, StringComparison.Ordinal);
        Assert.Equal(key == "lateRate", list.Contains("\n†: the curve is no line;", StringComparison.Ordinal));
        Assert.NotEqual(JsonValueKind.Null, run.GetProperty(key).ValueKind);
        Assert.Equal(key == "noRate", run.GetProperty("lateRate").ValueKind == JsonValueKind.Null);
        Assert.Equal(key == "rate", run.GetProperty("rate").ValueKind == JsonValueKind.Number);
    }

    [Fact]
    public void A_long_word_is_shortened_and_takes_no_column_and_a_number_is_whole()
    {
        string list = List(_runs.Long, 60, "--filter", "seed=4");
        Assert.Contains("│ loss ", list, StringComparison.Ordinal);
        Assert.Contains("note=a-remark-longer-th…", list, StringComparison.Ordinal);
        Assert.Contains("stepSize=0.0012345678901234567", List(_runs.Long, 80, "--filter", "seed=5"), StringComparison.Ordinal);
    }

    private static string List(string store, int width, params string[] more) =>
        CommandLine.InvokeAt(width, ["list", "--out", store, .. more]).Results;

    /// <summary>Runs of one model, and of two.</summary>
    public sealed class Runs : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Runs()
        {
            // A line, a power law whose slope flattens, and a level.
            Func<int, double>[] curves = [step => Math.Pow(0.9, step), step => Math.Pow(1 + step, -4), _ => 0.5];
            foreach ((int k, Func<int, double> loss) in curves.Index())
            {
                RunFiles run = CommandLine.Run(Alike, [.. CommandLine.Tiny, "quantities=loss", $"seed={k + 1}"]);
                File.WriteAllLines(
                    run.Telemetry,
                    [
                        "step,loss",
                        .. Enumerable.Range(0, 400).Select(step => string.Create(CultureInfo.InvariantCulture, $"{step},{loss(step):R}"))]);
                File.WriteAllText(
                    run.Status, File.ReadAllText(run.Status).Replace("\"step\": 50", "\"step\": 399", StringComparison.Ordinal));
            }

            RunFiles remark = CommandLine.Run(Long, [.. CommandLine.Tiny, "quantities=loss", "seed=4"]);
            File.WriteAllText(
                remark.Status,
                File.ReadAllText(remark.Status).Replace("\"seed=4\"", "\"note=a-remark-longer-than-a-column\"", StringComparison.Ordinal));
            _ = CommandLine.Run(Long, [.. CommandLine.Tiny, "quantities=loss", "seed=5", "stepSize=0.0012345678901234567"]);
            _ = CommandLine.Run(Mixed, [.. CommandLine.Tiny, "quantities=loss"]);
            _ = CommandLine.Run(Mixed, "kind=shallowEncoder", "width=6", "tokens=3", "samples=4", "encoderWidth=64", "steps=60");
        }

        internal string Alike => _folder.At("alike");

        internal string Long => _folder.At("long");

        internal string Mixed => _folder.At("mixed");

        public void Dispose() => _folder.Dispose();
    }
}
