using Kappa.Lab.Specifications;

namespace Kappa.Lab.Store;

/// <summary>A run folder opened for writing by this process alone.</summary>
/// <remarks>
/// Plain files that can be copied and opened anywhere; every document is replaced as a whole, the telemetry only grows. While the object
/// lives, the file <c>.lock</c> is held and a second process that opens the run is refused; the lock goes with the process, however it
/// ends. Reading needs no lock: see <see cref="RunRecord"/>.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    /// <summary>Version of the layout. A folder of another version is refused, never guessed at.</summary>
    public const int FormatVersion = 2;

    private readonly FileStream _lock;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<RunEnvironment> _sessions;

    private string? _publishedPath;

    private RunFolder(
        RunFiles files, FileStream exclusive, ExperimentSpecification specification, RunStatus status, RunEnvironment environment,
        TimeProvider time)
    {
        (Files, _lock, Specification, Status, _time) = (files, exclusive, specification, status, time);
        _sessions = [.. status.Sessions, environment];
    }

    /// <summary>The names of its files.</summary>
    public RunFiles Files { get; private set; }

    /// <summary>The name of the run.</summary>
    public string Name => Path.GetFileName(_publishedPath ?? Files.Path);

    /// <summary>Whether no reader sees the run yet: its first status publishes it.</summary>
    internal bool IsUnpublished => _publishedPath is not null;

    /// <summary>Whether checkpoint and telemetry could be taken up: what fails
    /// before is damage of the folder, not an outcome of the run.</summary>
    internal bool HasBegun { get; set; }

    /// <summary>The specification, resolved.</summary>
    public ExperimentSpecification Specification { get; }

    /// <summary>The status last written.</summary>
    public RunStatus Status { get; private set; }

    /// <summary>Makes the folder <paramref name="store"/>/<paramref name="name"/>
    /// with specification, environment and a status of queued.</summary>
    /// <param name="store">Folder of runs; made if need be.</param>
    /// <param name="name">Name of the run, see <see cref="RunName"/>.</param>
    /// <param name="specification">Written in resolved form.</param>
    /// <param name="environment">This process.</param>
    /// <param name="time">The clock of the heartbeat.</param>
    /// <exception cref="BadInputException">The folder holds a run already, another process writes it, or it cannot be made.</exception>
    public static RunFolder Create(
        string store, string name, ExperimentSpecification specification, RunEnvironment environment, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(time);
        if (RunName.Check(name) is { } must)
            throw new ArgumentException($"name {must} but is '{name}'.", nameof(name));
        var files = new RunFiles(Path.Combine(store, name));
        MakeFolder(files.Path);
        FileStream exclusive = RunLock.Take(files);
        try
        {
            if (System.IO.Path.Exists(files.Status))
                throw new BadInputException(files.Path, "must be a new run but holds one already. Resume it, or choose another label.");
            LeftBehind.Remove(files);
            ExperimentSpecification resolved = specification.Resolve();
            Formats.AtomicFile.WriteAllText(files.Specification, SpecificationWriter.Write(resolved));

            // The status comes last: a folder without one was never completely made.
            var folder = new RunFolder(files, exclusive, resolved, new RunStatus { State = RunState.Queued }, environment, time);
            folder.WriteStatus(folder.Status);
            return folder;
        }
        catch
        {
            exclusive.Dispose();
            throw;
        }
    }

    /// <summary>Claims a run for this process: begins it in a folder that its first status publishes,
    /// or opens its folder to continue. Whoever holds the lock executes; nobody else does.</summary>
    /// <param name="store">Folder of runs.</param>
    /// <param name="name">Name of the run.</param>
    /// <param name="specification">Resolved.</param>
    /// <param name="environment">This process.</param>
    /// <param name="time">The clock of the heartbeat.</param>
    /// <returns>Null when another process holds the run, or it is done or failed.</returns>
    /// <exception cref="BadInputException">The disk refused, or the folder is damaged.</exception>
    internal static RunFolder? TryClaim(
        string store, string name, ExperimentSpecification specification, RunEnvironment environment, TimeProvider time)
    {
        var files = new RunFiles(Path.Combine(store, name));
        if (Directory.Exists(files.Path))
            return TryContinue(files, specification, environment, time);
        if (!RunStaging.IsSupported)
        {
            MakeFolder(files.Path);
            return TryContinue(files, specification, environment, time);
        }

        if (RunStaging.TryBegin(store, name) is not { } staged)
            return null;
        try
        {
            Formats.AtomicFile.WriteAllText(staged.Files.Specification, SpecificationWriter.Write(specification));
            return new(staged.Files, staged.Lock, specification, new RunStatus { State = RunState.Queued }, environment, time)
            { _publishedPath = files.Path };
        }
        catch
        {
            RunStaging.Discard(staged.Files, staged.Lock);
            throw;
        }
    }

    private static RunFolder? TryContinue(
        RunFiles files, ExperimentSpecification specification, RunEnvironment environment, TimeProvider time)
    {
        if (IsEnded(files) || RunLock.TryTake(files) is not { } exclusive)
            return null;
        try
        {
            LeftBehind.Remove(files);
            bool isBegun = System.IO.Path.Exists(files.Status);
            RunStatus status = isBegun ? RunDocuments.ReadStatus(files) : new RunStatus { State = RunState.Queued };
            if (status.State is RunState.Done or RunState.Failed)
            {
                exclusive.Dispose();
                return null;
            }

            if (isBegun)
                RequireNamed(files, specification);
            else
                Formats.AtomicFile.WriteAllText(files.Specification, SpecificationWriter.Write(specification));
            return new(files, exclusive, specification, status, environment, time);
        }
        catch
        {
            exclusive.Dispose();
            throw;
        }
    }

    /// <summary>Whether claiming the run fails for what its folder holds.</summary>
    /// <exception cref="BadInputException">The disk refused: that says nothing of the run.</exception>
    internal static bool IsDamaged(RunFiles files, ExperimentSpecification specification)
    {
        try
        {
            if (IsEnded(files))
                return false;
            RunLock.RequireOwn(files);
            RunLock.RequireOwnParts(files);
            if (System.IO.Path.Exists(files.Status))
                RequireNamed(files, specification);
            return false;
        }
        catch (BadInputException damage) when (!damage.IsOfTheDisk)
        {
            return true;
        }
    }

    // A run that was begun goes on only as what its name says.
    private static void RequireNamed(RunFiles files, ExperimentSpecification specification)
    {
        if (RunName.Identity(RunDocuments.ReadSpecification(files)) != RunName.Identity(specification))
            throw new BadInputException(
                files.Specification, "must be the specification that the run is named by but is another one. The run folder is damaged.");
    }

    // A finished run needs no lock. A power failure can leave its files empty, for it may come before they reached the disk.
    private static bool IsEnded(RunFiles files)
    {
        if (!System.IO.Path.Exists(files.Status))
            return false;
        RunState state = RunDocuments.ReadStatus(files).State;
        if (state != RunState.Done)
            return state == RunState.Failed;
        string? empty = new[]
        {
            files.Specification, files.Telemetry, files.Checkpoint,
        }.FirstOrDefault(path => new FileInfo(path) is not { Exists: true, Length: > 0 });
        return empty is null
            ? true
            : throw new BadInputException(
                empty, "must hold something in a run that is done but is missing or empty. The run folder is damaged.");
    }

    /// <summary>Opens an existing run to continue it; the next status
    /// adds <paramref name="environment"/> to those that worked on it.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="environment">This process.</param>
    /// <param name="time">The clock of the heartbeat.</param>
    /// <exception cref="BadInputException">The folder is missing, damaged, of another version, or another process writes it.</exception>
    public static RunFolder Open(string path, RunEnvironment environment, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(time);
        var files = new RunFiles(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        _ = RunDocuments.ReadStatus(files);
        FileStream exclusive = RunLock.Take(files);
        try
        {
            LeftBehind.Remove(files);

            // Under the lock: another process may have ended since, whose session is in it.
            return new(files, exclusive, RunDocuments.ReadSpecification(files), RunDocuments.ReadStatus(files), environment, time);
        }
        catch
        {
            exclusive.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the status; version, heartbeat and sessions are filled in.
    /// The first one of a run begun by a sweep publishes its folder.</summary>
    /// <param name="status">State, step, loss and reason.</param>
    /// <exception cref="BadInputException">The disk refused; the previous status is intact.</exception>
    public void WriteStatus(RunStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        RunStatus next = status with { FormatVersion = FormatVersion, Heartbeat = _time.GetUtcNow(), Sessions = _sessions };
        RunDocuments.Write(Files, next);
        Status = next;
        if (_publishedPath is { } path)
        {
            RunStaging.Publish(Files, path);
            (Files, _publishedPath) = (new RunFiles(path), null);
        }
    }

    /// <summary>Lets other processes open the run. What was not published is removed.</summary>
    public void Dispose()
    {
        if (IsUnpublished)
            RunStaging.Discard(Files, _lock);
        else
            _lock.Dispose();
    }

    private static void MakeFolder(string path)
    {
        try
        {
            Formats.DiskFlush.MakeFolder(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                path, $"the run folder cannot be made: {failure.Message.TrimEnd('.')}. Choose another folder.", failure);
        }
    }
}
