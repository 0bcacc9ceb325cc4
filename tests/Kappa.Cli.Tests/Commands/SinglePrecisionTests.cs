using System.Text.Json;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Cli.Tests.Commands;

/// <summary><c>precision=single</c> from the words to what is said of the run.</summary>
public sealed class SinglePrecisionTests
{
    private const string What = "Loss and gradient are in single precision; weights, norms, spectra and the rungs of the ladder in double.";
    private const string Guaranteed = "The descent is in single precision. What follows is computed in double precision from its weights "
        + "and guaranteed of exact gradient descent from there.";

    // 1024 rows are four shards of the evaluator.
    private static readonly string[] FourShards = ["samples=64", "tokens=16", "width=16", "ffnWidth=16", "steps=30", "precision=single"];
    private static readonly string[] Convergent = [
        "width=8", "ffnWidth=32", "samples=1", "tokens=3", "stepSize=auto(1)", "steps=400", "precision=single"];

    [Fact]
    public void A_run_says_its_precision_wherever_it_is_described()
    {
        using var folder = new TemporaryFolder();
        string[] words = [.. CommandLine.Tiny, "precision=single"];
        RunFiles files = CommandLine.Run(folder.Path, words);
        string name = Path.GetFileName(files.Path);
        Assert.Contains("\n  precision: single\n", File.ReadAllText(files.Specification), StringComparison.Ordinal);
        Assert.Contains("\n  precision: single\n", CommandLine.Invoke(["run", .. words, "--show"]).Results, StringComparison.Ordinal);
        string shown = string.Join(
            ' ',
            CommandLine.Invoke("show", name, "--out", folder.Path).Results.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"Note: {What}", shown, StringComparison.Ordinal);
        Assert.Contains(What, File.ReadAllText(files.Report), StringComparison.Ordinal);
        Assert.Equal("single", Json(folder.Path, name).GetProperty("precision").GetString());
        Assert.Contains("descent.precision", CommandLine.Invoke("list", "keys").Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_double_precision_is_another_run_with_the_same_columns_and_no_note()
    {
        using var folder = new TemporaryFolder();
        RunFiles doubles = CommandLine.Run(folder.Path, CommandLine.Tiny),
            singles = CommandLine.Run(folder.Path, [.. CommandLine.Tiny, "precision=single"]);
        Assert.Equal(File.ReadLines(doubles.Telemetry).First(), File.ReadLines(singles.Telemetry).First());
        ReadOnlySpan<double> expected = TelemetryReader.Read(doubles.Telemetry)["loss"],
            actual = TelemetryReader.Read(singles.Telemetry)["loss"];
        Assert.NotEqual(expected[0], actual[0]);

        // u = 2⁻²⁴ through a hundred roundings.
        Assert.Equal(expected[0], actual[0], expected[0] * 6e-6);
        Assert.DoesNotContain(
            "precision", CommandLine.Invoke("show", Path.GetFileName(doubles.Path), "--out", folder.Path).Results,
            StringComparison.Ordinal);
        Assert.Equal("double", Json(folder.Path, Path.GetFileName(doubles.Path)).GetProperty("precision").GetString());
    }

    [Fact]
    public void One_thread_and_two_give_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        RunFiles one = CommandLine.Run(folder.At("one"), [.. FourShards, "--threads", "1"]),
            two = CommandLine.Run(folder.At("two"), [.. FourShards, "--threads", "2"]);
        Assert.Equal(File.ReadAllBytes(one.Telemetry), File.ReadAllBytes(two.Telemetry));
        Assert.Equal(File.ReadAllBytes(one.Checkpoint), File.ReadAllBytes(two.Checkpoint));
    }

    [Fact]
    public void A_run_cannot_be_continued_in_another_precision()
    {
        using var folder = new TemporaryFolder();
        string name = Path.GetFileName(CommandLine.Run(folder.Path, CommandLine.Tiny).Path);
        CommandOutcome refused = CommandLine.Invoke("run", "--resume", name, "precision=single", "--out", folder.Path);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(
            "--resume continues a run as it was specified and takes no settings but got 'precision=single'.", refused.Messages,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_come_down_to_rounding_says_from_which_step_on()
    {
        using var folder = new TemporaryFolder();
        string[] words = [.. Convergent.Except(["steps=400"]), "steps=3000", "quantities=loss"];
        string name = Path.GetFileName(CommandLine.Run(folder.Path, words).Path);
        JsonElement run = Json(folder.Path, name);
        double floor = run.GetProperty("roundingFloor").GetDouble();
        long last = run.GetProperty("rate").GetProperty("lastStep").GetInt64();
        TelemetryTable telemetry = TelemetryReader.Read(new RunFiles(Path.Combine(folder.Path, name)).Telemetry);
        Assert.True(
            telemetry["loss"][(int)last] > floor && telemetry["loss"][(int)last + 1] <= floor,
            $"The window must end before the first loss at or below {floor:G3} but ends at step {last}.");
        Assert.Contains(
            $"Note: From step {last + 1} on the loss is at the rounding of single precision",
            CommandLine.Invoke("show", name, "--out", folder.Path).Results, StringComparison.Ordinal);
    }

    [Fact]
    public void The_ladder_of_a_run_is_made_again_from_its_specification()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.At("single"), [.. Convergent, "seed=1"]),
            doubles = CommandLine.Run(folder.At("double"), [.. Convergent[..^1], "seed=1"]);
        double first = TelemetryReader.Read(files.Telemetry)["loss"][0], exact = TelemetryReader.Read(doubles.Telemetry)["loss"][0];
        Assert.True(Math.Abs(first - exact) > 1e-9 * exact, "The first loss must differ by more than two machines in double precision.");
        string ladder = Json(folder.At("single"), Path.GetFileName(files.Path)).GetProperty("ladder").GetRawText();
        File.Delete(Path.Combine(files.Path, "ladder.json"));
        Assert.Equal(ladder, Json(folder.At("single"), Path.GetFileName(files.Path)).GetProperty("ladder").GetRawText());
    }

    [Fact]
    public void A_certificate_says_that_it_is_about_exact_descent_from_the_weights_of_a_run_in_single_precision()
    {
        using var folder = new TemporaryFolder();
        string name = Path.GetFileName(CommandLine.Run(folder.Path, Convergent).Path);
        foreach (string step in (string[])["300", "400"])
        {
            CommandOutcome outcome = CommandLine.Invoke("certify", name, "--out", folder.Path, "--step", step, "--step-size", "run");
            string text = outcome.Results.ReplaceLineEndings(" ");
            Assert.Contains(Guaranteed, text, StringComparison.Ordinal);
            Assert.Contains("its loss has the bits of the record", text, StringComparison.Ordinal);
            Assert.DoesNotContain("CONTRADICTED", text, StringComparison.Ordinal);
        }

        using var json = JsonDocument.Parse(CommandLine.Invoke("certify", name, "--out", folder.Path, "--json").Results);
        Assert.Equal("single", json.RootElement.GetProperty("runPrecision").GetString());
        Assert.DoesNotContain("precision", CommandLine.Invoke(["certify", .. Convergent[..^1]]).Results, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_in_single_precision_that_departs_from_a_guarantee_is_shown_and_contradicts_nothing()
    {
        using var folder = new TemporaryFolder();
        RunFiles files = CommandLine.Run(folder.Path, [.. Convergent, "quantities=loss"]);
        string[] words = [
            "certify", Path.GetFileName(files.Path), "--out", folder.Path, "--from-step", "--step-size", "run", "--theorem", "path"];
        CommandOutcome kept = CommandLine.Invoke(words);
        Assert.Contains(
            "steps on in single precision: the bound held at every step",
            kept.Results.ReplaceLineEndings(" ").Replace("     ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(CommandLine.Invoke([.. words, "--json"]).Results);
        string later = $"{json.RootElement.GetProperty("findings")[0].GetProperty("step").GetInt64() + 5}";
        File.WriteAllLines(
            files.Telemetry,
            [
                .. File.ReadLines(files.Telemetry).Select(line => line.Split(','))
                    .Select(row => string.Join(',', row[0] == later ? [row[0], "1", .. row[2..]] : row))]);
        CommandOutcome departed = CommandLine.Invoke(words);
        Assert.Equal((0, 0), (kept.ExitCode, departed.ExitCode));
        Assert.StartsWith("Certified from step", departed.Results, StringComparison.Ordinal);
        Assert.Contains(
            "in single precision, which the theorem is not about: after 5 steps the loss is 1 but",
            departed.Results.ReplaceLineEndings(" ").Replace("     ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static JsonElement Json(string store, string name)
    {
        using var json = JsonDocument.Parse(CommandLine.Invoke("show", name, "--out", store, "--json").Results);
        return json.RootElement.Clone();
    }
}
