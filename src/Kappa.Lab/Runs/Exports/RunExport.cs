using System.Globalization;
using System.Text;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs.Exports;

/// <summary>A format that other programs read.</summary>
internal enum ExportFormat
{
    /// <summary>The telemetry as a table: <c>NAME.csv</c>.</summary>
    Csv,

    /// <summary>An array for each column of the telemetry, for each saved spectrum, and
    /// for each setting that is a number, the seed among them: <c>NAME.npz</c>.</summary>
    Npz,

    /// <summary>The current weights by name, without the state of the descent: <c>NAME.safetensors</c>.</summary>
    Safetensors,

    /// <summary>TensorBoard event file: <c>tensorboard/NAME/</c>.</summary>
    Tensorboard,

    /// <summary>MLflow's file store: <c>mlruns/</c>.</summary>
    Mlflow,
}

/// <summary>Writes runs in formats of other programs. Exports are exports only:
/// nothing reads them back, and the same run gives the same bytes.</summary>
internal static class RunExport
{
    private const string WeightsKind = "kappa-weights";

    /// <summary>Writes one run.</summary>
    /// <param name="run">The run folder, whole or still being written.</param>
    /// <param name="format">The format.</param>
    /// <param name="folder">Where; made if need be.</param>
    /// <param name="group">Name of the sweep, which is the experiment of MLflow; null: <c>kappa</c>.</param>
    /// <returns>The file or folder that was written.</returns>
    /// <exception cref="BadInputException">The run is damaged or has nothing to export, or the disk refused.</exception>
    public static string Write(string run, ExportFormat format, string folder, string? group = null)
    {
        RunRecord record = RunRecord.Read(run);
        _ = Directory.CreateDirectory(folder);
        AtomicFile.RemoveLeftBehind(folder);
        return format switch
        {
            ExportFormat.Csv => Csv(record, Path.Combine(folder, $"{record.Name}.csv")),
            ExportFormat.Npz => Npz(record, Path.Combine(folder, $"{record.Name}.npz")),
            ExportFormat.Safetensors => Weights(record, Path.Combine(folder, $"{record.Name}.safetensors")),
            ExportFormat.Tensorboard => Events(record, Path.Combine(folder, "tensorboard", record.Name)),
            _ =>
                new MlflowFolder(Path.Combine(folder, "mlruns"), group ?? "kappa").Write(
                    record, TelemetryReader.Read(record.Files.Telemetry)),
        };
    }

    // Whole lines only: the telemetry of a running run may end in a torn one.
    private static string Csv(RunRecord run, string path)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            writer.WriteLine(string.Join(',', telemetry.Columns));
            for (int row = 0; row < telemetry.Rows; row++)
                writer.WriteLine(
                    string.Join(
                        ',', telemetry.Columns.Select(column => telemetry[column][row].ToString("R", CultureInfo.InvariantCulture))));
        });
        return path;
    }

    private static string Npz(RunRecord run, string path)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        var arrays = new List<KeyValuePair<string, NdArray>>();
        arrays.AddRange(
            telemetry.Columns.Select(column => KeyValuePair.Create(column, new NdArray([telemetry.Rows], telemetry[column].ToArray()))));
        var spectra = SpectraTable.Read(run.Files.Spectra);
        arrays.AddRange(
            from record in spectra.Records
            from part in spectra.Names.Zip(record.Rows)
            select KeyValuePair.Create(
                string.Create(CultureInfo.InvariantCulture, $"spectra/{part.First}.step{record.Step}"),
                new NdArray([part.Second.Length], part.Second)));
        arrays.AddRange(Settings(run.Specification));
        NpzFile.Write(path, arrays);
        return path;
    }

    // Which arm and which seed it is must not hang on the name of the file. Arrays hold numbers: what is a word stands in spec.yaml.
    private static IEnumerable<KeyValuePair<string, NdArray>> Settings(ExperimentSpecification specification) =>
        from key in SpecificationKeys.All
        let value = TypedText.Of(key.Format(specification))
        where value is long or double
        select KeyValuePair.Create($"settings/{key.Path}", new NdArray([], [Convert.ToDouble(value, CultureInfo.InvariantCulture)]));

    private static string Weights(RunRecord run, string path)
    {
        if (!File.Exists(run.Files.Checkpoint))
            throw new BadInputException(
                run.Files.Checkpoint, $"must exist for its weights to be exported but does not: the run is {run.State}.");
        SafetensorsContent content = SafetensorsFile.Read(run.Files.Checkpoint);
        NamedTensor[] weights = [.. content.Tensors.Where(tensor => !RunCheckpoint.IsState(tensor.Name))];
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["kind"] = WeightsKind,
            ["run"] = run.Name,
            ["step"] = run.Status.Step.ToString(CultureInfo.InvariantCulture),
            ["specification"] = SpecificationWriter.Write(run.Specification),
        };
        SafetensorsFile.Write(path, new(weights, metadata));
        return path;
    }

    private static string Events(RunRecord run, string folder)
    {
        TelemetryTable telemetry = TelemetryReader.Read(run.Files.Telemetry);
        _ = Directory.CreateDirectory(folder);
        double time = (run.Sessions.Count > 0 ? run.Sessions[0].Started : run.Status.Heartbeat).ToUnixTimeMilliseconds() / 1000.0;

        // The name holds what TensorBoard looks for; the time in it is the run's own, so that a second export replaces the first.
        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{(long)time}.kappa"));
        AtomicFile.Write(path, stream =>
        {
            var events = new EventFile(stream);
            events.Begin(time);
            for (int row = 0; row < telemetry.Rows; row++)
                events.Write(
                    time, (long)telemetry[Quantities.Step][row],
                    telemetry.Columns.Skip(1).Select(column => (column.Replace('.', '/'), telemetry[column][row])));
        });
        return path;
    }
}
