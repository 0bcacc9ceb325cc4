using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Cluster;

/// <summary>A frozen sweep on a cluster: its script, its task list and its arrays.
/// What has been computed is known from the runs' files, never from Slurm.</summary>
/// <param name="sweep">The sweep.</param>
internal sealed class SlurmSweep(SweepFolder sweep)
{
    // What Slurm ships with; only for showing a script where there is no Slurm.
    private const int UsualMaxArraySize = 1001;

    private readonly string _store = Path.GetFullPath(sweep.Store);

    /// <summary>Says in one line when there is no Slurm here.</summary>
    /// <exception cref="BadInputException">A command of Slurm is missing.</exception>
    public static void RequireSlurm() => SlurmCommands.Require();

    /// <summary>Refuses a folder of runs that a batch script cannot name, before anything is written there.</summary>
    /// <param name="store">The folder of runs.</param>
    /// <exception cref="BadInputException">It has a double quote, a backslash or a line end.</exception>
    public static void RequireStore(string store) => SlurmScript.RequireStore(store);

    /// <summary>The numbers of all jobs that were submitted for the sweep, in order; those that have ended too.</summary>
    /// <exception cref="BadInputException">The record is damaged.</exception>
    public IReadOnlyList<string> Jobs => [.. SubmissionLog.Read(sweep.Path).All.Select(submission => submission.Job).OfType<string>()];

    /// <summary>Cancels the arrays. The sweep itself is cancelled by
    /// <see cref="SweepFolder.Cancel"/>, which also stops tasks that Slurm still starts.</summary>
    /// <returns>How many submissions were named to Slurm; 0 when there were none.</returns>
    /// <exception cref="BadInputException">Slurm is missing or refused.</exception>
    public int Cancel()
    {
        IReadOnlyList<Submission> all = SubmissionLog.Read(sweep.Path).All;
        if (all.Count > 0)
            SlurmCommands.Require();
        foreach (Submission submission in all)
            SlurmCommands.Cancel(submission.Name);
        return all.Count;
    }

    /// <summary>Writes <c>submit.sbatch</c> and <c>tasks.jsonl</c> and says what would be submitted.</summary>
    /// <param name="command">How this program is called, as separate words.</param>
    /// <param name="options">What the user asks of the cluster.</param>
    /// <exception cref="BadInputException">The options are wrong, or the disk refused.</exception>
    public SlurmSubmission Show(IReadOnlyList<string> command, SlurmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        int shares = Write(command, options);
        int[] tasks = [.. Enumerable.Range(0, shares).Where(task => !HasEnded(task, shares))];
        int? size = SizeIfKnown();
        IEnumerable<SlurmChunk> chunks = SlurmArray.Chunks(tasks, size ?? UsualMaxArraySize);
        return new(
            Script, shares, shares - tasks.Length, 0, size,
            [.. chunks.Select((chunk, index) => Describe(null, chunk, Words(chunk, NameOf(index), options, [])))]);
    }

    /// <summary>Submits every task that has a run to do and is not queued yet.</summary>
    /// <param name="command">How this program is called, as separate words.</param>
    /// <param name="options">What the user asks of the cluster.</param>
    /// <param name="submitted">Told of every array as soon as Slurm has it.</param>
    /// <exception cref="BadInputException">Slurm is missing or refused; the sweep is cancelled; another
    /// process is submitting it; locks do not work there. Arrays already submitted are recorded.</exception>
    public SlurmSubmission Submit(IReadOnlyList<string> command, SlurmOptions options, Action<SlurmArrayJob>? submitted)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        SlurmCommands.Require();
        if (sweep.IsCancelled)
            throw new BadInputException(sweep.Path, $"the sweep is cancelled. Continue it: {sweep.ResumeCommand} --slurm");
        LockProbe.Require(sweep.Path);
        using FileStream exclusive = TakeLock();
        int size = SlurmCommands.MaxArraySize();
        var log = SubmissionLog.Read(sweep.Path);
        int shares = Shares(options);
        HashSet<int> queued = Queued(log, shares, out List<string> jobs);
        _ = Write(command, options);
        int ended = Enumerable.Range(0, shares).Count(task => HasEnded(task, shares));
        int[] tasks = [.. Enumerable.Range(0, shares).Where(task => !queued.Contains(task) && !HasEnded(task, shares))];
        var done = new List<SlurmArrayJob>();
        foreach (SlurmChunk chunk in SlurmArray.Chunks(tasks, size))
        {
            done.Add(Submit(log, chunk, shares, options, jobs));
            submitted?.Invoke(done[^1]);
        }

        return new(Script, shares, ended, queued.Count, size, done);
    }

    private string Script => Path.Combine(sweep.Path, "submit.sbatch");

    private int Shares(SlurmOptions options) => (sweep.Plan.Runs.Count + options.RunsPerTask - 1) / options.RunsPerTask;

    private SlurmArrayJob Submit(SubmissionLog log, SlurmChunk chunk, int shares, SlurmOptions options, List<string> jobs)
    {
        string name = NameOf(log.All.Count);
        IReadOnlyList<string> words = Words(chunk, name, options, jobs);
        log.Add(new(name, chunk.Offset, shares, chunk.Array(options.Concurrent), DateTimeOffset.UtcNow, null));
        string job = SlurmCommands.Submit(words);
        log.Complete(name, job);
        jobs.Add(job);
        return Describe(job, chunk, words);
    }

    // A limit on tasks at the same time holds inside one array only; so each array waits for the one before it.
    private string[] Words(SlurmChunk chunk, string name, SlurmOptions options, List<string> jobs) =>
    [
        "--parsable", $"--job-name={name}", $"--array={chunk.Array(options.Concurrent)}",
        .. options.Concurrent is not null && jobs.Count > 0 ? [$"--dependency=afterany:{string.Join(':', jobs)}"] : Array.Empty<string>(),
        Path.GetFullPath(Script), chunk.Offset.ToString(CultureInfo.InvariantCulture),
    ];

    private static SlurmArrayJob Describe(string? job, SlurmChunk chunk, IReadOnlyList<string> words) =>
        new(
            job, words.First(word => word.StartsWith("--array=", StringComparison.Ordinal))["--array=".Length..], chunk.Offset,
            chunk.Indices.Count,
            $"sbatch {string.Join(' ', words.Select(ShellWord.Of))}");

    // The same sweep in another folder must not be taken for this one.
    private string NameOf(int serial) => string.Create(CultureInfo.InvariantCulture,
        $"kappa-{sweep.Plan.Name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_store)))[..6]}-{serial}");

    /// <summary>What Slurm has of this sweep; completes lines of the record whose job was not known.</summary>
    private static HashSet<int> Queued(SubmissionLog log, int shares, out List<string> jobs)
    {
        var tasks = new HashSet<int>();
        IReadOnlyList<SlurmTask> known = SlurmCommands.Queued([.. log.All.Select(submission => submission.Name)]);
        foreach (SlurmTask task in known)
        {
            Submission submission = log.All.First(candidate => candidate.Name == task.Name);
            if (submission.Shares != shares)
                throw new BadInputException(
                    "squeue",
                    $"job {task.Job} of this sweep is queued and was dealt into {submission.Shares} tasks, not {shares}. Wait for it, "
                        + $"cancel it, or give the same --per-task.");
            if (submission.Job is null)
                log.Complete(submission.Name, task.Job);
            _ = tasks.Add(submission.Offset + task.Index);
        }

        jobs = [.. known.Select(task => task.Job).Distinct()];
        return tasks;
    }

    private static int? SizeIfKnown()
    {
        try
        {
            return SlurmCommands.Has("scontrol") ? SlurmCommands.MaxArraySize() : null;
        }
        catch (BadInputException)
        {
            // A script can be looked at on a machine whose Slurm does not answer.
            return null;
        }
    }

    private void Check(SlurmOptions options)
    {
        RequireStore(_store);
        if (options.Check() is [{ } first, ..])
            throw new BadInputException(first.Location, first.Message);
    }

    private int Write(IReadOnlyList<string> command, SlurmOptions options)
    {
        int shares = Shares(options);
        _ = Directory.CreateDirectory(Path.Combine(sweep.Path, "logs"));
        AtomicFile.WriteAllText(Script, SlurmScript.Text(command, _store, sweep.Plan.Name, shares, options));
        AtomicFile.WriteAllText(
            Path.Combine(sweep.Path, "tasks.jsonl"), string.Concat(Enumerable.Range(0, shares).Select(task => Line(task, shares) + "\n")));
        return shares;
    }

    private string Line(int task, int shares) => new JsonObject
    {
        ["task"] = task,
        ["of"] = shares,
        ["runs"] = new JsonArray([.. RunsOf(task, shares).Select(index => (JsonNode)sweep.Plan.Runs[index].Name)]),
    }.ToJsonString();

    // The runs that SweepWorker takes for this share.
    private IEnumerable<int> RunsOf(int task, int shares)
    {
        for (int index = task; index < sweep.Plan.Runs.Count; index += shares)
            yield return index;
    }

    private bool HasEnded(int task, int shares) => RunsOf(task, shares).All(index => HasEnded(sweep.Files(index)));

    // A damaged folder counts as not ended: the task that meets it says so.
    private static bool HasEnded(RunFiles files)
    {
        try
        {
            return System.IO.Path.Exists(files.Status) && RunDocuments.ReadStatus(files).State is RunState.Done or RunState.Failed;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    private FileStream TakeLock()
    {
        try
        {
            return new(Path.Combine(sweep.Path, ".submitting"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure)
        {
            throw new BadInputException(sweep.Path, "another process is submitting this sweep. Wait until it has ended.", failure);
        }
    }
}
