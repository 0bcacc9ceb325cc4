using Kappa.Lab.Specifications;

namespace Kappa.Lab.Store;

/// <summary>A run folder as it is read: no lock, also while another process writes it.</summary>
/// <param name="Files">The names of its files.</param>
/// <param name="Specification">The specification, resolved.</param>
/// <param name="Status">State, step, heartbeat.</param>
public sealed record RunRecord(RunFiles Files, ExperimentSpecification Specification, RunStatus Status)
{
    /// <summary>The name of the run.</summary>
    public string Name => Path.GetFileName(Files.Path);

    /// <summary>The processes that worked on it, in order.</summary>
    public IReadOnlyList<RunEnvironment> Sessions => Status.Sessions;

    /// <summary>Whether a process had the run and died without a word: the status
    /// says running, and nobody holds the lock. Resuming continues it.</summary>
    public bool IsLost { get; } = Status.State is RunState.Running && RunLock.IsFree(Files);

    /// <summary>What the run is doing, in one word: that of its status, or <c>lost</c>. Every command says it by this.</summary>
    public string State => IsLost ? Lost : Word(Status.State);

    /// <summary>The word for a run whose process died.</summary>
    internal const string Lost = "lost";

    /// <summary>The word for a state that a status states.</summary>
    internal static string Word(RunState state) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(state.ToString());

    /// <summary>Reads the documents of a run folder (not its telemetry: see <see cref="TelemetryReader"/>).</summary>
    /// <param name="path">The run folder.</param>
    /// <exception cref="BadInputException">The folder is missing, damaged or of another version.</exception>
    public static RunRecord Read(string path)
    {
        var files = new RunFiles(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        if (IsUnbegun(files))
            throw new BadInputException(
                files.Path,
                "is a run that never began: its process ended before the first status was written. Run the experiment again, which takes "
                    + "the folder, or remove it.");
        RunStatus status = RunDocuments.ReadStatus(files);
        return new(files, RunDocuments.ReadSpecification(files), status);
    }

    // The status is the last document to be written and the telemetry comes after it.
    private static bool IsUnbegun(RunFiles files) =>
        System.IO.Path.Exists(files.Specification) && !System.IO.Path.Exists(files.Status) && !System.IO.Path.Exists(files.Telemetry);
}
