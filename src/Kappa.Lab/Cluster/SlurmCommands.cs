using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Cluster;

/// <summary>A task that Slurm knows: its job, its index there.</summary>
internal sealed record SlurmTask(string Name, string Job, int Index);

/// <summary>The commands of Slurm: their words, their exit codes and what they print. Whatever they complain about is passed on.</summary>
internal static partial class SlurmCommands
{
    // Slurm's own clients give up after about a minute when the controller does not answer.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly string[] Used = ["sbatch", "scontrol", "squeue", "scancel"];

    /// <summary>Says in one line that there is no Slurm here.</summary>
    /// <exception cref="BadInputException">A command is missing.</exception>
    public static void Require()
    {
        string[] missing = [.. Used.Where(command => Find(command) is null)];
        if (missing.Length > 0)
            throw new BadInputException(
                "Slurm",
                $"is not installed here: {string.Join(", ", missing)} must be on the PATH. Submit from a login node of the cluster, or "
                    + $"leave --slurm out to run on this machine.");
    }

    /// <summary>Whether a command is on the PATH.</summary>
    public static bool Has(string command) => Find(command) is not null;

    /// <summary>The size of an array at most; the highest index is one less.</summary>
    public static int MaxArraySize()
    {
        string answer = Call("scontrol", ["show", "config"]);
        if (!int.TryParse(MaxArraySizeLine().Match(answer).Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int size))
            throw new BadInputException(
                "scontrol show config", $"must print MaxArraySize but printed '{Shown.Of(answer)}'. Is this the scontrol of Slurm?");
        return size > 0
            ? size
            : throw new BadInputException(
                "scontrol show config", "MaxArraySize is 0: this cluster allows no arrays. Ask its administrators, or run on one machine.");
    }

    /// <summary>Submits; the job's number.</summary>
    public static string Submit(IReadOnlyList<string> words)
    {
        string answer = Call("sbatch", words).Trim();
        Match job = JobLine().Match(answer);
        return job.Success ? job.Groups[1].Value
            : throw new BadInputException(
                "sbatch",
                $"must print a job number but printed '{Shown.Of(answer)}'. Whether it submitted is unknown; the same command again asks "
                    + $"squeue first.");
    }

    /// <summary>The tasks of jobs of these names that are queued or running.
    /// One that is missing has ended, in whatever way, or never was.</summary>
    public static IReadOnlyList<SlurmTask> Queued(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
            return [];
        string answer = Call("squeue", ["--noheader", "--array", $"--name={string.Join(',', names)}", "--format=%j %F %K"]);
        return [.. answer.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Task)];
    }

    /// <summary>Cancels all jobs of a name that are this user's.</summary>
    public static void Cancel(string name) => _ = Call("scancel", [$"--name={name}"]);

    private static SlurmTask Task(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 3 && JobLine().IsMatch(words[1])
            && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? new(words[0], words[1], index)
            : throw new BadInputException(
                "squeue", $"must print name, job and index but printed '{Shown.Of(line)}'. Is this the squeue of Slurm?");
    }

    private static string Call(string command, IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(Find(command) ?? command, words)
        { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            using Process process = Process.Start(start) ?? throw new BadInputException(command, "did not start.");
            Task<string> answer = process.StandardOutput.ReadToEndAsync(), complaint = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                throw new BadInputException(
                    command,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"did not answer within {Patience.TotalSeconds:F0} s. Is the controller reachable? The same command again finds "
                            + $"out what was submitted."));
            }

            return process.ExitCode == 0
                ? answer.Result
                : throw new BadInputException(command, Refusal(command, process.ExitCode, complaint.Result, answer.Result));
        }
        catch (Exception failure) when (failure is Win32Exception or IOException)
        {
            throw new BadInputException(command, $"cannot be started: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private static string Refusal(string command, int code, string complaint, string answer)
    {
        string said = string.Join(
            "; ",
            (complaint.Trim().Length > 0 ? complaint : answer).Split(
                '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.StartsWith($"{command}: ", StringComparison.Ordinal) ? line[(command.Length + 2)..] : line));
        return string.Create(CultureInfo.InvariantCulture, $"exit code {code}: {(said.Length > 0 ? said : "no message")}");
    }

    private static string? Find(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);

    [GeneratedRegex(@"^\s*MaxArraySize\s*=\s*(\d{1,9})\s*$", RegexOptions.Multiline)]
    private static partial Regex MaxArraySizeLine();

    [GeneratedRegex(@"^(\d{1,12})(;[\w.-]+)?\z")]
    private static partial Regex JobLine();
}
