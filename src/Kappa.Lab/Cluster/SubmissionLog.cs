using System.Text.Json.Nodes;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Cluster;

/// <summary>One array that was, or was about to be, submitted.</summary>
/// <param name="Name">The job's name, of this submission alone.</param>
/// <param name="Offset">Added to an index to give the task.</param>
/// <param name="Shares">Into how many tasks the runs were dealt.</param>
/// <param name="Array">The argument of <c>--array</c>.</param>
/// <param name="Submitted">When, UTC.</param>
/// <param name="Job">The job's number; null while it is not known whether Slurm has it.</param>
internal sealed record Submission(string Name, int Offset, int Shares, string Array, DateTimeOffset Submitted, string? Job);

/// <summary><c>submissions.jsonl</c>: a line for every array, written before <c>sbatch</c> is called and completed after it.</summary>
/// <remarks>A line without a job is an array of which it is not known whether Slurm has it: the process died in between, or sbatch failed
/// after it had asked. Its name is asked for before anything else is submitted.</remarks>
internal sealed class SubmissionLog
{
    private readonly string _path;
    private readonly List<Submission> _all;

    private SubmissionLog(string path, List<Submission> all) => (_path, _all) = (path, all);

    /// <summary>In the order of their submission.</summary>
    public IReadOnlyList<Submission> All => _all;

    /// <summary>Reads the log of a sweep; there may be none.</summary>
    /// <exception cref="BadInputException">A line is damaged.</exception>
    public static SubmissionLog Read(string folder)
    {
        string path = Path.Combine(folder, "submissions.jsonl");
        return new(
            path, Path.Exists(path) ? [.. StoredDocument.Lines(path).Select((line, index) => Parse($"{path}:{index + 1}", line))] : []);
    }

    /// <summary>Writes down what is about to be submitted.</summary>
    public void Add(Submission submission)
    {
        _all.Add(submission);
        Write();
    }

    /// <summary>Writes down the number that Slurm gave.</summary>
    public void Complete(string name, string job)
    {
        int index = _all.FindIndex(submission => submission.Name == name);
        _all[index] = _all[index] with { Job = job };
        Write();
    }

    private void Write() => AtomicFile.WriteAllText(_path, string.Concat(_all.Select(submission => Line(submission) + "\n")));

    private static string Line(Submission submission) => new JsonObject
    {
        ["job"] = submission.Job,
        ["name"] = submission.Name,
        ["array"] = submission.Array,
        ["offset"] = submission.Offset,
        ["of"] = submission.Shares,
        ["submitted"] = submission.Submitted,
    }.ToJsonString();

    private static Submission Parse(string location, string line) => StoredDocument.JsonLine(
        location,
        line,
        node => new Submission(
            node["name"]!.GetValue<string>(), node["offset"]!.GetValue<int>(), node["of"]!.GetValue<int>(),
            node["array"]!.GetValue<string>(),
            node["submitted"]!.GetValue<DateTimeOffset>(), node["job"]?.GetValue<string>()),
        "It must be a submission. Remove the file when no job of this sweep is queued (squeue); its runs are not concerned.");
}
