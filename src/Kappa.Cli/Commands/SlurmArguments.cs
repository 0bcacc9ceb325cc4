using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Lab.Cluster;

namespace Kappa.Cli.Commands;

/// <summary>The options that send a sweep to a cluster, and <c>--memory</c>, which a sweep takes here as well.</summary>
internal sealed class SlurmArguments
{
    private const string ThreadsOfCluster =
        "--threads must not come with --slurm: a task has a run on each of its cores. Write --cores, or leave it out.";

    private readonly Option<bool> _slurm = new("--slurm") { Description = "Submit to Slurm instead of running here." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "With --slurm: write and show the script, submit nothing." };
    private readonly Option<string?> _partition = new("--partition") { Description = "With --slurm: partition." };
    private readonly Option<string?> _time = new("--time")
    { Description = "With --slurm: time limit of a task, as 2:00:00; a task that reaches it is queued again and continues." };
    private readonly MemoryOption _memory = new("; with --slurm also the memory of a task");
    private readonly Option<string?> _account = new("--account") { Description = "With --slurm: account." };
    private readonly Option<int?> _concurrent = OptionRange.Integer("--concurrent", "With --slurm: most tasks at the same time.");
    private readonly Option<int?> _perTask = OptionRange.Integer("--per-task", "With --slurm: runs packed into one task (default: 1).");
    private readonly Option<int?> _cores = OptionRange.Integer("--cores", "With --slurm: cores of a task, a run on each (default: 1).");
    private readonly Option<string[]> _lines = new("--sbatch")
    { Description = "With --slurm: a further option of sbatch, as --sbatch=--qos=long; may be repeated." };

    /// <summary>Gives a command these options.</summary>
    public static SlurmArguments AddTo(Command command)
    {
        var arguments = new SlurmArguments();
        foreach (Option option in arguments.All)
        {
            command.Options.Add(option);
        }

        return arguments;
    }

    private Option[] All => [_slurm, _memory, .. OfSlurm];

    private Option[] OfSlurm => [_dryRun, _partition, _time, _account, _concurrent, _perTask, _cores, _lines];

    /// <summary>Whether --slurm is given.</summary>
    /// <exception cref="UsageException">It is not, but an option that needs it is.</exception>
    public bool AreAsked(ParseResult parsed)
    {
        if (parsed.GetValue(_slurm))
        {
            return true;
        }

        UsageException.ThrowIfAny(
            OfSlurm.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option =>
                $"{option.Name} must come with --slurm. Add --slurm, or leave it out."));
        return false;
    }

    /// <summary>Whether nothing is to be submitted.</summary>
    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>The options as given.</summary>
    /// <exception cref="UsageException">One of them is wrong.</exception>
    public SlurmOptions Options(ParseResult parsed)
    {
        SlurmOptions options = new()
        {
            Partition = parsed.GetValue(_partition),
            Time = parsed.GetValue(_time),
            Memory = _memory.Word(parsed),
            Account = parsed.GetValue(_account),
            Concurrent = parsed.GetValue(_concurrent),
            RunsPerTask = parsed.GetValue(_perTask) ?? 1,
            Cores = parsed.GetValue(_cores) ?? 1,
            ExtraLines = parsed.GetValue(_lines) ?? [],
        };
        IEnumerable<string> problems = options.Check().Select(problem => $"{problem.Location} {problem.Message}");
        UsageException.ThrowIfAny(
            parsed.GetResult("--threads") is OptionResult { Implicit: false } ? problems.Append(ThreadsOfCluster) : problems);
        return options;
    }
}
