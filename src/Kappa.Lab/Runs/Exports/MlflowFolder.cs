using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs.Exports;

/// <summary>Writes a run as MLflow's file store has it: <c>EXPERIMENT/RUN/{meta.yaml, params/, metrics/,
/// tags/, artifacts/}</c>. Identifiers are hashes of names, so that the same run is the same folder.</summary>
/// <param name="root">The folder <c>mlruns</c>.</param>
/// <param name="experiment">Name of the experiment.</param>
internal sealed class MlflowFolder(string root, string experiment)
{
    private readonly string _identifier = Digits(experiment);

    private string Path => System.IO.Path.Combine(root, _identifier);

    /// <summary>Writes one run; returns its folder.</summary>
    public string Write(RunRecord run, TelemetryTable telemetry)
    {
        string name = Hexadecimal(run.Name), folder = System.IO.Path.Combine(Path, name);
        long started = run.Sessions.Count > 0
            ? run.Sessions[0].Started.ToUnixTimeMilliseconds()
            : run.Status.Heartbeat.ToUnixTimeMilliseconds();
        foreach (string part in new[] { "params", "metrics", "tags", "artifacts" })
            _ = Directory.CreateDirectory(System.IO.Path.Combine(folder, part));
        WriteExperiment(started);
        foreach (SpecificationKey key in SpecificationKeys.All)
            AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "params", key.Path), key.Format(run.Specification));
        foreach (string column in telemetry.Columns.Skip(1))
            AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "metrics", column), Metric(telemetry, column, started));
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "tags", "mlflow.runName"), run.Name);
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "tags", "kappa.stopReason"), run.Status.StopReason ?? "");

        // Last: what has no meta.yaml is not a run yet.
        AtomicFile.WriteAllText(System.IO.Path.Combine(folder, "meta.yaml"), Meta(run, name, folder, started));
        return folder;
    }

    private void WriteExperiment(long time) => AtomicFile.WriteAllText(System.IO.Path.Combine(Path, "meta.yaml"), string.Create(
        CultureInfo.InvariantCulture,
        $"artifact_location: {Uri(Path)}\ncreation_time: {time}\nexperiment_id: '{_identifier}'\nlast_update_time: "
            + $"{time}\nlifecycle_stage: active\nname: {Quoted(experiment)}\n"));

    private string Meta(RunRecord run, string name, string folder, long started) => string.Create(
        CultureInfo.InvariantCulture,
        $"artifact_uri: {Uri(System.IO.Path.Combine(folder, "artifacts"))}\nend_time: "
            + $"{run.Status.Heartbeat.ToUnixTimeMilliseconds()}\nentry_point_name: ''\nexperiment_id: '{_identifier}'\nlifecycle_stage: "
            + $"active\nrun_id: {name}\nrun_name: {Quoted(run.Name)}\nrun_uuid: {name}\nsource_name: kappa\nsource_type: "
            + $"4\nsource_version: ''\nstart_time: {started}\nstatus: {Status(run.Status.State)}\ntags: []\nuser_id: ''\n");

    // MLflow's own numbers: 1 running, 2 scheduled, 3 finished, 4 failed, 5 killed.
    private static int Status(RunState state) =>
        state switch { RunState.Running => 1, RunState.Queued => 2, RunState.Done => 3, RunState.Failed => 4, _ => 5 };

    // A line a value: time in milliseconds, value, step. When a step was made is not recorded; the run's start stands for all.
    private static string Metric(TelemetryTable telemetry, string column, long time)
    {
        var text = new StringBuilder();
        ReadOnlySpan<double> values = telemetry[column], steps = telemetry[Quantities.Step];
        for (int row = 0; row < values.Length; row++)
            _ = text.Append(CultureInfo.InvariantCulture, $"{time} {Number(values[row])} {(long)steps[row]}\n");
        return text.ToString();
    }

    // As Python reads and writes them.
    private static string Number(double value) =>
        double.IsNaN(value)
            ? "nan"
            : double.IsInfinity(value) ? value > 0 ? "inf"
            : "-inf"
            : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Uri(string path) => Quoted(new Uri(System.IO.Path.GetFullPath(path)).AbsoluteUri);

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Hexadecimal(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32];

    // An experiment's identifier is a number of up to 18 digits.
    private static string Digits(string name) =>
        (
            BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes("experiment " + name))) % 900_000_000_000_000_000
            + 100_000_000_000_000_000).ToString(CultureInfo.InvariantCulture);
}
