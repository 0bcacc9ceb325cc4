using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>A frozen sweep: <c>STORE/sweeps/NAME/</c> with <c>runs.jsonl</c> (a line for
/// every run) and <c>sweep.json</c>; its runs lie in <c>STORE</c> like any others.</summary>
public sealed class SweepFolder
{
    /// <summary>Version of the layout, and of the folders of its runs.</summary>
    public const int FormatVersion = RunFolder.FormatVersion;

    private const string Damaged = "the sweep is damaged";
    private const string Advice = "Start the sweep again from its specification.";

    private SweepFolder(string store, SweepPlan plan) => (Store, Plan) = (store, plan);

    /// <summary>The folder of runs.</summary>
    public string Store { get; }

    /// <summary>The runs, as frozen.</summary>
    public SweepPlan Plan { get; }

    /// <summary>The folder of the sweep itself.</summary>
    public string Path => PathOf(Store, Plan.Name);

    /// <summary>Whether the sweep was cancelled: the file <c>cancelled</c> exists.
    /// Nobody claims a run then, and running ones save and stop.</summary>
    public bool IsCancelled => File.Exists(Cancellation);

    /// <summary>The command that continues it.</summary>
    public string ResumeCommand => $"kappa sweep resume {Plan.Name} --out {ShellWord.Of(Store)}";

    /// <summary>The document that makes the folder a sweep.</summary>
    internal string Document => System.IO.Path.Combine(Path, "sweep.json");

    private string Cancellation => System.IO.Path.Combine(Path, "cancelled");

    /// <summary>Writes a plan down. The same plan again is the same folder, unchanged.</summary>
    /// <param name="store">The folder of runs; made if need be.</param>
    /// <param name="plan">What to run.</param>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static SweepFolder Freeze(string store, SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var folder = new SweepFolder(store, plan);
        Make(folder.Path);
        if (File.Exists(folder.Document) && IsWhole(folder))
            return folder;
        AtomicFile.WriteAllText(
            System.IO.Path.Combine(folder.Path, "runs.jsonl"), string.Concat(plan.Runs.Select(run => Line(run) + "\n")));

        // Last: a sweep without it was never completely frozen.
        var header = new JsonObject
        {
            ["formatVersion"] = FormatVersion,
            ["numericsVersion"] = RunName.NumericsVersion,
            ["name"] = plan.Name,
            ["runs"] = plan.Runs.Count,
        };
        AtomicFile.WriteAllText(folder.Document, header.ToJsonString() + "\n");
        return folder;
    }

    /// <summary>Opens the sweep of a name, or of the only name that begins so.</summary>
    /// <param name="store">The folder of runs.</param>
    /// <param name="name">A name or its beginning.</param>
    /// <exception cref="BadInputException">There is none or several; it is damaged;
    /// it is of another version of the format or of the numerics.</exception>
    public static SweepFolder Open(string store, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string found = Find(store, name);
        int count = Count(System.IO.Path.Combine(PathOf(store, found), "sweep.json"));
        return new(store, new(found, Runs(System.IO.Path.Combine(PathOf(store, found), "runs.jsonl"), count, found)));
    }

    /// <summary>Whether a sweep of a folder of runs has this name, or one that begins so.</summary>
    /// <param name="store">The folder of runs.</param>
    /// <param name="name">A name or its beginning.</param>
    public static bool Has(string store, string name) =>
        name.Length > 0 && Names(store).Any(candidate => candidate.StartsWith(name, StringComparison.Ordinal));

    /// <summary>The folder of runs around the folder of a sweep; <see langword="null"/> when it is no such folder.</summary>
    /// <param name="folder">Any folder.</param>
    public static string? StoreAround(string folder)
    {
        string? sweeps = System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder)));
        return System.IO.Path.GetFileName(sweeps) == "sweeps" && System.IO.Path.Exists(System.IO.Path.Combine(folder, "sweep.json"))
            ? System.IO.Path.GetDirectoryName(sweeps)
            : null;
    }

    /// <summary>No run is claimed from now on, by any process, until <see cref="Continue"/>.</summary>
    public void Cancel() => AtomicFile.WriteAllText(Cancellation, "");

    /// <summary>Takes a cancellation back.</summary>
    public void Continue() => File.Delete(Cancellation);

    /// <summary>The first run that failed, and why; null when none did.</summary>
    public (string Name, string Message)? FirstFailure()
    {
        foreach (SweepRun run in Plan.Runs)
        {
            var files = new RunFiles(System.IO.Path.Combine(Store, run.Name));
            if (StatusOf(files) is { State: RunState.Failed } status)
                return (run.Name, status.Message ?? "no reason is recorded");
        }

        return null;
    }

    /// <summary>Queues the failed runs again; a damaged one is left to <c>resume</c>, which puts it aside.</summary>
    /// <returns>How many.</returns>
    public int Retry() => Enumerable.Range(0, Plan.Runs.Count).Count(index => TryRequeue(Files(index)));

    /// <summary>Claims run <paramref name="index"/>; null when it is finished or another process has it.</summary>
    internal RunFolder? TryClaim(int index, RunEnvironment environment) =>
        RunFolder.TryClaim(Store, Plan.Runs[index].Name, Plan.Runs[index].Specification, environment, TimeProvider.System);

    /// <summary>The files of run <paramref name="index"/>.</summary>
    /// <param name="index">From 0.</param>
    public RunFiles Files(int index) => new(System.IO.Path.Combine(Store, Plan.Runs[index].Name));

    /// <summary>Whether run <paramref name="index"/> is done or failed; a damaged one is not.</summary>
    /// <param name="index">From 0.</param>
    public bool IsEnded(int index) => StatusOf(Files(index)) is { State: RunState.Done or RunState.Failed };

    // Null when there is none, or a damaged one.
    private static RunStatus? StatusOf(RunFiles files)
    {
        try
        {
            return System.IO.Path.Exists(files.Status) ? RunDocuments.ReadStatus(files) : null;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static bool TryRequeue(RunFiles files)
    {
        if (StatusOf(files) is null)
            return false;
        using FileStream? exclusive = RunLock.TryTake(files);
        if (exclusive is null || StatusOf(files) is not { State: RunState.Failed, Sessions: var sessions })
            return false;
        RunDocuments.Write(files, new RunStatus { State = RunState.Queued, Heartbeat = DateTimeOffset.UtcNow, Sessions = sessions });
        return true;
    }

    private static string PathOf(string store, string name) => System.IO.Path.Combine(store, "sweeps", name);

    /// <summary>The names of the sweeps of a folder of runs, in order.</summary>
    /// <exception cref="BadInputException">The folder cannot be listed.</exception>
    internal static string[] Names(string store)
    {
        string root = System.IO.Path.Combine(store, "sweeps");
        return StoredDocument.Guarded<string[]>(
            root,
            () =>
                Directory.Exists(root)
                    ? [.. Directory.GetDirectories(root).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)]
                    : []);
    }

    private static string Find(string store, string name)
    {
        string root = System.IO.Path.Combine(store, "sweeps");
        string[] names = Names(store);
        string[] matches = [.. names.Where(candidate => name.Length > 0 && candidate.StartsWith(name, StringComparison.Ordinal))];
        return matches.Length == 1 ? matches[0] : throw new BadInputException(root, matches.Length == 0
            ? $"has no sweep '{Shown.Of(name)}'. It holds "
                + $"{names.Length}{(names.Length > 0 ? $": {string.Join(", ", names.Take(5))}" : "")}."
            : $"'{Shown.Of(name)}' must name one sweep but begins {matches.Length}. Write more of it.");
    }

    private static void Make(string path)
    {
        RegularFile.RequireOwn(path, isFolder: true);
        try
        {
            DiskFlush.MakeFolder(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                path, $"the folder of the sweep cannot be made: {failure.Message.TrimEnd('.')}. Choose another folder of runs.", failure);
        }
    }

    // A damaged one is written anew: its name says what it holds.
    private static bool IsWhole(SweepFolder folder)
    {
        try
        {
            _ = Open(folder.Store, folder.Plan.Name);
            return true;
        }
        catch (BadInputException damage) when (!damage.IsOfTheDisk && !IsOfAnotherVersion(folder.Document))
        {
            return false;
        }
    }

    private static bool IsOfAnotherVersion(string document)
    {
        try
        {
            return StoredDocument.Json(
                document,
                header =>
                    (
                        header["formatVersion"]!.GetValue<int>(),
                        header["numericsVersion"]!.GetValue<int>()) != (FormatVersion, RunName.NumericsVersion));
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    // How many runs the document counts.
    private static int Count(string document) => StoredDocument.Json(
        document,
        header =>
        {
            Require(document, "formatVersion", header, FormatVersion);
            Require(document, "numericsVersion", header, RunName.NumericsVersion);
            return header["runs"]!.GetValue<int>();
        },
        Advice,
        StoredDocument.Page,
        Damaged);

    private static SweepRun[] Runs(string list, int count, string sweep)
    {
        string[] lines = StoredDocument.Lines(list);
        if (lines.Length != count)
            throw new BadInputException(
                list, $"the sweep is damaged: it must have the {count} runs that sweep.json counts but has {lines.Length}. {Advice}");
        SweepRun[] runs = [
            .. lines.Select((line, index) =>
                StoredDocument.JsonLine($"{list}:{index + 1}", line, node => Run($"{list}:{index + 1}", node), Advice, Damaged))];
        RequireNames(list, runs, sweep);
        return runs;
    }

    private static void Require(string document, string key, JsonNode header, int expected)
    {
        int found = header[key]!.GetValue<int>();
        if (found != expected)
            throw new BadInputException(
                document, $"{key} must be {expected} but is {found}. Read it with the Kappa that wrote it, or start the sweep anew.");
    }

    // A run's name is the hash of its specification, except where files from outside are in it too; the sweep's is that of the names.
    private static void RequireNames(string list, SweepRun[] runs, string sweep)
    {
        int wrong = Array.FindIndex(
            runs, run => !ExperimentData.IsExternal(run.Specification) && RunName.Of(run.Specification) != run.Name);
        if (wrong >= 0)
            throw new BadInputException(
                $"{list}:{wrong + 1}",
                $"run {runs[wrong].Name} must have the name of its specification, {RunName.Of(runs[wrong].Specification)}: the line was "
                    + $"changed. Start the sweep again from its specification.");
        if (SweepReader.NameOf(runs) != sweep)
            throw new BadInputException(
                list,
                $"the runs must be those of sweep {sweep} but make {SweepReader.NameOf(runs)}: a line was changed. Start the sweep again "
                    + $"from its specification.");
    }

    private static string Line(SweepRun run) => new JsonObject
    {
        ["name"] = run.Name,
        ["values"] = new JsonObject(run.Values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
        ["specification"] = SpecificationWriter.Write(run.Specification),
    }.ToJsonString();

    private static SweepRun Run(string location, JsonNode node)
    {
        SpecificationReading reading = SpecificationReader.ReadText(location, node["specification"]!.GetValue<string>(), []);
        return reading.Specification is { } specification && RunName.Check(node["name"]!.GetValue<string>()) is null
            ? new(
                node["name"]!.GetValue<string>(),
                node["values"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>()), specification.Resolve())
            : throw new BadInputException(location, "is not a run. Start the sweep again from its specification.");
    }
}
