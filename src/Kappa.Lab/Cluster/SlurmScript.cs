using System.Globalization;
using System.Text;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Cluster;

/// <summary>The batch script: one task of the array works on one share of the
/// sweep, and has itself queued again when Slurm wants it to leave.</summary>
internal static class SlurmScript
{
    /// <summary>The text of <c>submit.sbatch</c>; its only argument is added to the index in the array.</summary>
    /// <param name="command">How this program is called, as separate words.</param>
    /// <param name="store">Absolute path of the folder of runs.</param>
    /// <param name="sweep">Name of the sweep.</param>
    /// <param name="shares">Into how many tasks its runs are dealt.</param>
    /// <param name="options">What the user asks of the cluster.</param>
    public static string Text(IReadOnlyList<string> command, string store, string sweep, int shares, SlurmOptions options)
    {
        var text = new StringBuilder("#!/bin/bash\n");
        foreach (string line in Directives(store, sweep, options))
            _ = text.Append("#SBATCH ").Append(line).Append('\n');
        string call = string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(' ', command.Select(ShellWord.Quoted))} sweep work {sweep} --out {ShellWord.Quoted(store)} --task \"$task\" "
                + $"--of {shares} --threads {options.Cores}{(options.Memory is { } memory ? $" --memory {memory}" : "")} --quiet");
        return text.Append('\n').Append(Body.Replace("WORK", call, StringComparison.Ordinal)).ToString();
    }

    /// <summary>Refuses a folder of runs that a directive of sbatch cannot name.</summary>
    /// <exception cref="BadInputException">It has a double quote, a backslash or a line end.</exception>
    public static void RequireStore(string store)
    {
        if (Path.GetFullPath(store).FirstOrDefault(letter => letter is '"' or '\\' || char.IsControl(letter)) is not '\0' and var odd)
            throw new BadInputException(
                "--out",
                $"must name a folder without double quotes, backslashes and line ends, for a directive of sbatch cannot hold them, but "
                    + $"has U+{(int)odd:X4}.");
    }

    private static IEnumerable<string> Directives(string store, string sweep, SlurmOptions options)
    {
        yield return $"--job-name=kappa-{sweep}";

        // In a file name % is Slurm's.
        yield return $"--output=\"{Path.Combine(store, "sweeps", sweep, "logs").Replace("%", "%%", StringComparison.Ordinal)}/%A_%a.log\"";
        yield return "--open-mode=append";
        yield return "--requeue";
        yield return string.Create(CultureInfo.InvariantCulture, $"--signal=B:USR1@{SlurmOptions.WarningSeconds}");
        yield return "--ntasks=1";
        yield return string.Create(CultureInfo.InvariantCulture, $"--cpus-per-task={options.Cores}");
        foreach (
            (string name, string? value) in new[]
                { ("partition", options.Partition), ("time", options.Time), ("mem", options.Memory), ("account", options.Account) })
        {
            if (value is not null)
                yield return $"--{name}={value}";
        }

        foreach (string line in options.ExtraLines)
            yield return line;
    }

    // Slurm sends CONT together with USR1, and a shell that traps both loses one of them: CONT is not trapped.
    // wait returns at every trapped signal, so it is asked until the worker is gone, and once more for its exit code.
    // A worker that USR1 finds before it listens dies of it and has claimed nothing: it is queued again all the same.
    private const string Body = """
        task=$(( ${1:-0} + SLURM_ARRAY_TASK_ID ))
        echo "task $task, job ${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}, restart ${SLURM_RESTART_COUNT:-0}, on $(hostname)"

        worker=
        leave=
        trap 'leave=warned; [ -n "$worker" ] && kill -USR1 "$worker" 2>/dev/null' USR1
        trap 'leave=${leave:-ended}; [ -n "$worker" ] && kill -TERM "$worker" 2>/dev/null' TERM

        WORK &
        worker=$!
        [ -n "$leave" ] && kill -USR1 "$worker"
        while kill -0 "$worker" 2>/dev/null; do wait "$worker"; done
        wait "$worker"
        code=$?

        # Warned and not done: the state is saved; queue this task again, by its own name and not by that of a neighbour.
        if [ "$leave" = warned ] && [ "$code" -ne 0 ] && [ "$code" -ne 130 ]; then
            echo "saved; queued again"
            scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" && exit 0
        fi

        # Nobody told it to leave: what is left of its share is being run by others, and this task has failed at nothing.
        if [ -z "$leave" ] && [ "$code" -eq 75 ]; then
            echo "what is left of this task is being run by another process"
            exit 0
        fi
        exit "$code"

        """;
}
