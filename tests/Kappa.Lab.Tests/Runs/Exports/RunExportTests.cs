using System.Diagnostics;
using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Exports;
using Kappa.Lab.Store;
using Kappa.Lab.Tests.Index;
using Xunit;

namespace Kappa.Lab.Tests.Runs.Exports;

/// <summary>What is exported is read back by something else and is what was recorded.</summary>
public sealed class RunExportTests : IDisposable
{
    private readonly IndexFixture _runs = new();
    private readonly TemporaryFolder _folder = new();
    private readonly RunFiles _run;
    private readonly TelemetryTable _telemetry;

    public RunExportTests()
    {
        _run = _runs.Add("a", 0.75, rows: 300);
        _telemetry = TelemetryReader.Read(_run.Telemetry);
    }

    private string Target => _folder.At("exports");

    public void Dispose()
    {
        _runs.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_checksum_is_that_of_the_published_vector()
    {
        Assert.Equal(0xE3069283u, PlainEventReader.Checksum("123456789"u8.ToArray()));
        uint checksum = PlainEventReader.Checksum([1, 2, 3]);
        Assert.Equal(unchecked(((checksum >> 15) | (checksum << 17)) + 0xA282EAD8), EventFile.MaskedChecksum([1, 2, 3]));
    }

    [Fact]
    public void A_TensorBoard_file_is_read_back_by_an_independent_reader()
    {
        byte[] bytes = File.ReadAllBytes(Events());
        var events = PlainEventReader.Read(bytes);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal(_telemetry.Rows, events.Count - 1);
        for (int row = 0; row < _telemetry.Rows; row++)
        {
            Assert.Equal((long)_telemetry["step"][row], events[row + 1].Step);
            Assert.Equal(
                [("loss", (float)_telemetry["loss"][row]), ("gradientNorm", (float)_telemetry["gradientNorm"][row])],
                events[row + 1].Scalars);
        }
    }

    [Fact]
    public void Any_changed_byte_of_a_TensorBoard_file_fails_its_checksums()
    {
        byte[] bytes = File.ReadAllBytes(Events());
        var random = new Random(5);
        for (int trial = 0; trial < 200; trial++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            Exception failure = Assert.ThrowsAny<Exception>(() => PlainEventReader.Read(damaged));
            Assert.True(failure is InvalidDataException or OverflowException, failure.ToString());
        }
    }

    [Fact]
    public void TensorBoard_itself_reads_the_file_where_it_is_installed()
    {
        const string Program = "import sys\nfrom tensorboard.backend.event_processing.event_accumulator import EventAccumulator\na = "
            + "EventAccumulator(sys.argv[1], size_guidance={'scalars': 0}); a.Reload()\nfor s in a.Scalars('loss'): print(s.step, "
            + "repr(s.value))";
        Assert.SkipUnless(Python("import tensorboard") is not null, "TensorBoard is not installed.");
        string[] lines = Python(Program, Path.GetDirectoryName(Events())!)!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(_telemetry.Rows, lines.Length);
        Assert.Equal(
            _telemetry["loss"].ToArray().Select(loss => (float)loss),
            lines.Select(line => float.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_table_is_the_telemetry_without_a_torn_line()
    {
        byte[] whole = File.ReadAllBytes(_run.Telemetry);
        File.AppendAllText(_run.Telemetry, "300,0.1");
        Assert.Equal(whole, File.ReadAllBytes(RunExport.Write(_run.Path, ExportFormat.Csv, Target)));
    }

    [Fact]
    public void Arrays_are_the_columns_and_the_spectra_bit_for_bit()
    {
        var spectra = SpectraWriter.Continue(_run.Spectra, 0);
        spectra.Append(_run.Spectra, 3, [("l0.output", 2, new double[] { 2, 1e-300 })]);
        spectra.Flush(_run.Spectra, toDisk: false);
        IReadOnlyDictionary<string, NdArray> arrays = NpzFile.Read(RunExport.Write(_run.Path, ExportFormat.Npz, Target));
        Assert.Equal(
            ["step", "loss", "gradientNorm", "spectra/l0.output.step3"],
            arrays.Keys.Where(key => !key.StartsWith("settings/", StringComparison.Ordinal)));
        Assert.Equal(_telemetry["loss"].ToArray(), arrays["loss"].Data);
        Assert.Equal([2, 1e-300], arrays["spectra/l0.output.step3"].Data);
    }

    [Fact]
    public void An_MLflow_run_has_its_folder_its_parameters_and_a_line_for_each_value()
    {
        string run = RunExport.Write(_run.Path, ExportFormat.Mlflow, Target);
        string experiment = Path.GetDirectoryName(run)!;
        Assert.Matches("^[1-9][0-9]{17}$", Path.GetFileName(experiment));
        Assert.Matches("^[0-9a-f]{32}$", Path.GetFileName(run));
        Dictionary<string, string> meta = Yaml(Path.Combine(run, "meta.yaml")), study = Yaml(Path.Combine(experiment, "meta.yaml"));
        Assert.Equal(
            (Path.GetFileName(run), Path.GetFileName(run), "a", "3", "active"),
            (meta["run_id"], meta["run_uuid"], meta["run_name"], meta["status"], meta["lifecycle_stage"]));
        Assert.Equal(
            (Path.GetFileName(experiment), "kappa", meta["experiment_id"]),
            (study["experiment_id"], study["name"], study["experiment_id"]));
        Assert.Equal("1", File.ReadAllText(Path.Combine(run, "params", "model.depth")));
        string[][] lines = [.. File.ReadAllLines(Path.Combine(run, "metrics", "gradientNorm")).Select(line => line.Split(' '))];
        Assert.Equal(_telemetry.Rows, lines.Length);
        Assert.Equal("nan", lines[3][1]);
        Assert.Equal(("-299", "299", meta["start_time"]), (lines[^1][1], lines[^1][2], lines[^1][0]));
    }

    [Theory]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.Npz)]
    [InlineData(ExportFormat.Tensorboard)]
    [InlineData(ExportFormat.Mlflow)]
    public void A_second_export_has_the_same_bytes(object format)
    {
        _ = RunExport.Write(_run.Path, (ExportFormat)format, Target);
        (string, string)[] first = Content();
        _ = RunExport.Write(_run.Path, (ExportFormat)format, Target);
        Assert.NotEmpty(first);
        Assert.Equal(first, Content());
    }

    [Fact]
    public void Weights_that_do_not_exist_are_refused()
    {
        BadInputException refusal = Assert.Throws<BadInputException>(() => RunExport.Write(_run.Path, ExportFormat.Safetensors, Target));
        Assert.EndsWith(
            "must exist for its weights to be exported but does not: the run is done.", refusal.Message, StringComparison.Ordinal);
    }

    private (string, string)[] Content() =>
        [
            .. Directory.GetFiles(Target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(path => (path, Convert.ToHexString(File.ReadAllBytes(path))))];

    private string Events() => Assert.Single(Directory.GetFiles(RunExportFolder(), "*tfevents*"));

    private string RunExportFolder() => Path.GetDirectoryName(RunExport.Write(_run.Path, ExportFormat.Tensorboard, Target))!;

    private static Dictionary<string, string> Yaml(string path) =>
        File.ReadAllLines(path).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim('\''));

    private static string? Python(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo("python3", ["-c", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string output = process.StandardOutput.ReadToEnd();
            return process.WaitForExit(60_000) && process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
