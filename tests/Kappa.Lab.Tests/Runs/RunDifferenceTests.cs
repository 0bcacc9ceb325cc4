using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Xunit;

namespace Kappa.Lab.Tests.Runs;

/// <summary>A run computed again is the same run, and one changed bit of it is found where it is.</summary>
public sealed class RunDifferenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunFiles _recorded;
    private readonly RunFiles _computed;

    public RunDifferenceTests()
    {
        var specification = new ExperimentSpecification
        { Model = new() { Width = 8, FfnWidth = 8 }, Data = new() { Samples = 2, Tokens = 4 }, Descent = new() { Steps = 30 } };
        using Experiment experiment = Experiment.Prepare(specification, ExperimentData.Load(specification), 1, OtherRuns.Rehearsed());
        string store = _folder.At("runs");
        using (
            RunFolder folder = RunFolder.Create(store, RunName.Of(specification), experiment.Specification, Machine, TimeProvider.System))
        {
            _recorded = folder.Files;
            _ = new ExperimentRun(folder, experiment, TimeProvider.System).Execute(default);
        }

        (_computed, _) = RunAgain.Into(
            RunRecord.Read(_recorded.Path), _folder.At("again"), 2, Machine, cancellation: TestContext.Current.CancellationToken);
    }

    private static RunEnvironment Machine => RunEnvironment.Current(["rerun"], 1, TimeProvider.System);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_computed_again_has_the_same_bits() => Assert.Null(RunDifference.Find(_recorded, _computed));

    [Fact]
    public void One_bit_of_the_telemetry_is_found_by_row_and_column()
    {
        TelemetryTable telemetry = TelemetryReader.Read(_recorded.Telemetry);
        string[] lines = File.ReadAllLines(_recorded.Telemetry);
        int column = telemetry.Columns.ToList().IndexOf("loss");
        string[] cells = lines[18].Split(',');
        cells[column] = Math.BitIncrement(telemetry["loss"][17]).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        lines[18] = string.Join(',', cells);
        File.WriteAllText(_recorded.Telemetry, string.Join('\n', lines) + "\n");
        RunDifference difference = RunDifference.Find(_recorded, _computed)!;
        Assert.Equal(
            ("telemetry.csv", "row 18 (step 17), column loss", cells[column]), (difference.File, difference.Place, difference.Recorded));
        Assert.Equal(telemetry["loss"][17], double.Parse(difference.Computed, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void One_bit_of_the_weights_is_found_by_tensor_and_element()
    {
        SafetensorsContent content = SafetensorsFile.Read(_recorded.Checkpoint);
        content.Tensors[1].Value.Data[5] = Math.BitDecrement(content.Tensors[1].Value.Data[5]);
        SafetensorsFile.Write(_recorded.Checkpoint, content);
        RunDifference difference = RunDifference.Find(_recorded, _computed)!;
        Assert.Equal(("checkpoint.safetensors", $"tensor {content.Tensors[1].Name}, element 5"), (difference.File, difference.Place));
    }

    [Fact]
    public void A_missing_row_file_or_key_is_a_difference()
    {
        string[] rows = File.ReadAllLines(_recorded.Telemetry);
        File.WriteAllText(_recorded.Telemetry, string.Join('\n', rows[..^1]) + "\n");
        Assert.Equal(
            new RunDifference("telemetry.csv", "rows", $"{rows.Length - 2}", $"{rows.Length - 1}"),
            RunDifference.Find(_recorded, _computed));
        File.Copy(_computed.Telemetry, _recorded.Telemetry, overwrite: true);
        File.Delete(_recorded.Checkpoint);
        Assert.Equal(new RunDifference("checkpoint.safetensors", "file", "not there", "there"), RunDifference.Find(_recorded, _computed));
        File.WriteAllText(
            _recorded.Specification, File.ReadAllText(_recorded.Specification).Replace("depth: 1", "depth: 2", StringComparison.Ordinal));
        Assert.Equal("spec.yaml", RunDifference.Find(_recorded, _computed)!.File);
    }

    [Fact]
    public void A_run_that_is_not_done_is_not_computed_again()
    {
        File.WriteAllText(
            _recorded.Status, File.ReadAllText(_recorded.Status).Replace("\"done\"", "\"interrupted\"", StringComparison.Ordinal));
        BadInputException refusal = Assert.Throws<BadInputException>(() =>
            RunAgain.Into(
                RunRecord.Read(_recorded.Path), _folder.At("third"), 1, Machine, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("must be done to be computed again but is interrupted.", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("third")));
    }
}
