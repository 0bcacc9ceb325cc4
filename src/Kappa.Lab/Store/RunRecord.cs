using Kappa.Lab.Experiments;

namespace Kappa.Lab.Store;

/// <summary>A run folder as it is read: no lock, also while another process writes it.</summary>
/// <param name="Files">The names of its files.</param>
/// <param name="Specification">The specification, resolved.</param>
/// <param name="Status">State, step, heartbeat.</param>
/// <param name="Sessions">The processes that worked on it, in order.</param>
public sealed record RunRecord(RunFiles Files, ExperimentSpecification Specification, RunStatus Status, IReadOnlyList<RunEnvironment> Sessions)
{
    /// <summary>The name of the run.</summary>
    public string Name => Path.GetFileName(Files.Path);

    /// <summary>Reads the documents of a run folder (not its telemetry: see <see cref="TelemetryReader"/>).</summary>
    /// <param name="path">The run folder.</param>
    /// <exception cref="BadInputException">The folder is missing, damaged or of another version.</exception>
    public static RunRecord Read(string path)
    {
        var files = new RunFiles(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        RunStatus status = RunDocuments.ReadStatus(files);
        return new(files, RunDocuments.ReadSpecification(files), status, RunDocuments.ReadEnvironment(files).Sessions);
    }
}
