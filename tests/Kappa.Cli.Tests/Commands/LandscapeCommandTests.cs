using System.Text.Json;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

public sealed class LandscapeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pca")]
    [InlineData("curvature")]
    public void Any_number_of_threads_writes_the_same_files(string directions)
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        string[] results = [Results(1), Results(2)];
        string[] files = [
            .. new[]
            {
                "landscape.csv", "path.csv", "landscape.json", "report.html", "figures/contour.svg", "figures/surface.tex",
                "figures/cuts.csv", "figures/path.svg",
            }];
        Assert.All(
            files,
            file => Assert.Equal(File.ReadAllBytes(Path.Combine(results[0], file)), File.ReadAllBytes(Path.Combine(results[1], file))));
        Assert.Empty(Directory.GetFiles(results[0], "rows-*"));
        Assert.Equal(1 + (11 * 11), File.ReadAllLines(Path.Combine(results[0], "landscape.csv")).Length);

        string Results(int threads)
        {
            string folder = _folder.At($"results-{threads}");
            CommandOutcome outcome = CommandLine.Invoke(
                "landscape", run.Path, "--directions", directions, "--grid", "11", "--threads", $"{threads}", "--figures", folder,
                "--quiet", "--json");
            Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
            Assert.Equal(File.ReadAllText(Path.Combine(folder, "landscape.json")), outcome.Results);
            return folder;
        }
    }

    [Fact]
    public void The_path_ends_at_the_centre_with_the_loss_that_the_run_recorded()
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        using JsonDocument json = Json(run, "--directions", "pca", "--states", "9");
        JsonElement[] points = [.. json.RootElement.GetProperty("path").GetProperty("points").EnumerateArray()];
        Assert.Equal(9, points.Length);
        Assert.Equal((0L, 50L), (points[0].GetProperty("step").GetInt64(), points[^1].GetProperty("step").GetInt64()));
        double loss = RunRecord.Read(run.Path).Status.Loss!.Value;
        Assert.Equal(loss, points[^1].GetProperty("loss").GetDouble(), 1e-12 * loss);
        Assert.Equal(loss, json.RootElement.GetProperty("numbers").GetProperty("centreLoss").GetDouble(), 1e-12 * loss);
        Assert.Equal(0, points[^1].GetProperty("distance").GetDouble());

        // The two first components are the plane, and the path is all that there is to explain.
        double[] shares = [
            .. json.RootElement.GetProperty("plane").GetProperty("explainedShares").EnumerateArray().Select(share => share.GetDouble())];
        Assert.Equal(shares[0] + shares[1], json.RootElement.GetProperty("path").GetProperty("explainedShare").GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("model.kind=kernelAttention")]
    [InlineData("model.kind=shallowEncoder")]
    public void The_other_models_have_landscapes_around_their_runs(string kind)
    {
        RunFiles run = CommandLine.Run(_folder.Path, kind, "steps=30");
        using JsonDocument json = Json(run, "--directions", "pca", "--states", "9");
        double loss = RunRecord.Read(run.Path).Status.Loss!.Value;
        Assert.Equal(loss, json.RootElement.GetProperty("numbers").GetProperty("centreLoss").GetDouble(), 1e-12 * loss);
        JsonElement[] points = [.. json.RootElement.GetProperty("path").GetProperty("points").EnumerateArray()];
        Assert.Equal(
            TelemetryReader.Read(run.Telemetry)["loss"][0], points[0].GetProperty("loss").GetDouble(),
            1e-12 * points[0].GetProperty("loss").GetDouble());
    }

    [Fact]
    public void The_plane_of_curvature_has_the_Hessian_that_its_eigenvalues_say()
    {
        using JsonDocument json = Json(CommandLine.Run(_folder.Path, CommandLine.Tiny), "--directions", "curvature", "--span", "0.01");
        JsonElement[] top = [.. json.RootElement.GetProperty("plane").GetProperty("topCurvatures").EnumerateArray()];
        JsonElement hessian = json.RootElement.GetProperty("numbers").GetProperty("centreHessian");
        double largest = top[0].GetProperty("value").GetDouble();
        Assert.All(top, eigenvalue => Assert.True(eigenvalue.GetProperty("converged").GetBoolean()));
        Assert.Equal(largest, hessian.GetProperty("alphaAlpha").GetDouble(), 1e-9 * Math.Abs(largest));
        Assert.Equal(0, hessian.GetProperty("alphaBeta").GetDouble(), 1e-7 * Math.Abs(largest));

        // Second differences at a reach of a hundredth: the fourth derivatives hardly matter.
        Assert.Equal(
            largest, json.RootElement.GetProperty("numbers").GetProperty("curvatureAlongAlpha").GetProperty("p50").GetDouble(),
            0.02 * Math.Abs(largest));
    }

    [Fact]
    public void A_diverged_run_says_so_in_one_line_and_is_looked_at_where_it_was_finite()
    {
        RunFiles run = CommandLine.Run(_folder.Path, [.. CommandLine.Tiny, "stepSize=100"]);
        CommandOutcome outcome = CommandLine.Invoke("landscape", run.Path, "--grid", "5", "--quiet");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("diverged", Assert.Single(outcome.MessageLines), StringComparison.Ordinal);
        Assert.Contains("diverged", File.ReadAllText(Path.Combine(run.Path, "landscape-random", "report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--grid must be from 3 to 2001 but is 0.", "--grid", "0")]
    [InlineData(2, "--grid must be an integer but is 'x'.", "--grid", "x")]
    [InlineData(2, "--span must be a positive finite number but is 'NaN'.", "--span", "NaN")]
    [InlineData(2, "--span must be a positive finite number but is '-1'.", "--span=-1")]
    [InlineData(2, "--span must be a positive finite number but is '1e999'.", "--span", "1e999")]
    [InlineData(2, "--directions must be one of random, pca, curvature but is 'up'.", "--directions", "up")]
    [InlineData(2, "--normalisation must be one of row, layer, none but is '1'.", "--normalisation", "1")]
    [InlineData(2, "--normalisation is about random directions but --directions is pca", "--normalisation", "row", "--directions", "pca")]
    [InlineData(2, "--states must be from 2 to 1000 but is 1.", "--states", "1")]
    [InlineData(2, "--threads must be from 1 to 1024 but is 0.", "--threads", "0")]
    public void A_wrong_option_is_one_line_with_the_range(int exitCode, string message, params string[] options)
    {
        CommandOutcome outcome = CommandLine.Invoke(["landscape", "x", .. options, "--out", _folder.Path]);
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.StartsWith($"kappa: {message}", outcome.Messages, StringComparison.Ordinal);
        Assert.Equal("", outcome.Results);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("no/such/folder")]
    [InlineData("none.safetensors")]
    public void What_is_not_there_is_bad_input(string target)
    {
        CommandOutcome outcome = CommandLine.Invoke("landscape", target, "--out", _folder.Path);
        Assert.Equal(3, outcome.ExitCode);
        _ = Assert.Single(outcome.MessageLines);
    }

    [Fact]
    public void Weights_without_a_specification_and_components_without_a_path_are_bad_input()
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        Assert.Contains("need the path, which only a run has", Refusal(run.Checkpoint, "--directions", "pca"), StringComparison.Ordinal);
        string alone = _folder.At("alone");
        _ = Directory.CreateDirectory(alone);
        File.Copy(run.Checkpoint, Path.Combine(alone, "w.safetensors"));
        Assert.Contains("must have their specification", Refusal(Path.Combine(alone, "w.safetensors")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_landscape_that_was_stopped_goes_on_from_its_rows_and_computes_damaged_ones_again(bool isDamaged)
    {
        RunFiles run = CommandLine.Run(_folder.Path, CommandLine.Tiny);
        string results = _folder.At("results");
        string[] words = ["landscape", run.Path, "--directions", "random", "--grid", "5", "--figures", results, "--quiet"];
        using var stop = new CancellationTokenSource();
        _ = Assert.ThrowsAny<OperationCanceledException>(() => Lab.Studies.Landscapes.Landscape.Of(
            Lab.Studies.Landscapes.LandscapeTarget.OfRun(RunRecord.Read(run.Path)),
            new Lab.Studies.Landscapes.LandscapeRequest { Points = 5 }, results, new StopAt(2, stop), stop.Token));
        string rows = Assert.Single(Directory.GetFiles(results, "rows-*"));
        if (isDamaged)
            File.WriteAllBytes(rows, [.. File.ReadAllBytes(rows)[..^1], 1]);
        Assert.Equal(0, CommandLine.Invoke(words).ExitCode);
        Assert.Empty(Directory.GetFiles(results, "rows-*"));
        string resumed = File.ReadAllText(Path.Combine(results, "landscape.csv"));
        Assert.Equal(0, CommandLine.Invoke(words).ExitCode);
        Assert.Equal(resumed, File.ReadAllText(Path.Combine(results, "landscape.csv")));
    }

    private static string Refusal(params string[] words)
    {
        CommandOutcome outcome = CommandLine.Invoke(["landscape", .. words, "--quiet"]);
        Assert.Equal((3, ""), (outcome.ExitCode, outcome.Results));
        return Assert.Single(outcome.MessageLines);
    }

    private static JsonDocument Json(RunFiles run, params string[] options)
    {
        CommandOutcome outcome = CommandLine.Invoke(["landscape", run.Path, "--grid", "11", .. options, "--quiet", "--json"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Messages));
        return JsonDocument.Parse(outcome.Results);
    }

    private sealed class StopAt(int rows, CancellationTokenSource source) : IProgress<Lab.Studies.Landscapes.LandscapeProgress>
    {
        public void Report(Lab.Studies.Landscapes.LandscapeProgress value)
        {
            if (value.Done == rows)
            {
                source.Cancel();
            }
        }
    }
}
