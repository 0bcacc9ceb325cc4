using System.Globalization;
using System.Text.RegularExpressions;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Cluster;

/// <summary>What a user asks of the cluster; whatever is null is left to the cluster's own defaults.</summary>
internal sealed partial record SlurmOptions
{
    /// <summary>Slurm tells a job this many seconds ahead of its time limit, or of preemption where that has a grace time.</summary>
    internal const int WarningSeconds = 120;

    // Set by the script itself: given twice, the later one would win unseen.
    private static readonly string[] Taken = [
        "array", "job-name", "output", "error", "open-mode", "requeue", "no-requeue", "signal", "parsable", "wrap", "ntasks", "partition",
        "time", "mem", "account", "cpus-per-task", "dependency", "chdir"];

    /// <summary>Partition.</summary>
    public string? Partition { get; init; }

    /// <summary>Time limit of a task as Slurm writes it: <c>minutes</c>, <c>h:mm:ss</c>,
    /// <c>days-hours</c>. A task that reaches it saves, is queued again and continues.</summary>
    public string? Time { get; init; }

    /// <summary>Memory of a task, as <c>2G</c>.</summary>
    public string? Memory { get; init; }

    /// <summary>Account that is charged.</summary>
    public string? Account { get; init; }

    /// <summary>Most tasks at the same time.</summary>
    public int? Concurrent { get; init; }

    /// <summary>Runs packed into one task, at least 1.</summary>
    public int RunsPerTask { get; init; } = 1;

    /// <summary>Cores of a task, each with a run of its own, at least 1.</summary>
    public int Cores { get; init; } = 1;

    /// <summary>Further options of <c>sbatch</c>, as <c>--qos=long</c>.</summary>
    public IReadOnlyList<string> ExtraLines { get; init; } = [];

    /// <summary>Everything that is wrong with the options; nothing of it is sent to Slurm.</summary>
    public IReadOnlyList<Problem> Check() =>
    [
        .. Word("--partition", Partition), .. Word("--account", Account),
        .. Memory is null || MemoryShape().IsMatch(Memory)
            ? Array.Empty<Problem>()
            : [new("--memory", $"must be a number with K, M, G or T, as 2G, but is '{Shown.Of(Memory)}'.")],
        .. TimeProblems(),
        .. AtLeastOne("--concurrent", Concurrent ?? 1), .. AtLeastOne("--per-task", RunsPerTask), .. AtLeastOne("--cores", Cores),
        .. ExtraLines.SelectMany(ExtraProblems),
    ];

    private static IEnumerable<Problem> Word(string option, string? value) =>
        value is null || WordShape().IsMatch(value)
            ? []
            : [new(option, $"must be a name of letters, digits and . , _ + - but is '{Shown.Of(value)}'.")];

    private static IEnumerable<Problem> AtLeastOne(string option, int value) =>
        value >= 1 ? [] : [new(option, string.Create(CultureInfo.InvariantCulture, $"must be at least 1 but is {value}."))];

    private IEnumerable<Problem> TimeProblems()
    {
        if (Time is null)
            yield break;
        if (Seconds(Time) is not { } seconds)
            yield return new(
                "--time",
                $"must be minutes, minutes:seconds, hours:minutes:seconds or days-hours[:minutes[:seconds]] but is '{Shown.Of(Time)}'.");
        else if (seconds is > 0 and <= WarningSeconds)
            yield return new(
                "--time",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"must be more than {WarningSeconds} s, because a task is told to save so long ahead, but is {seconds} s."));
    }

    private static IEnumerable<Problem> ExtraProblems(string line)
    {
        Match shape = ExtraShape().Match(line);
        if (!shape.Success)
            yield return new("--sbatch", $"must be one long option of sbatch, as --qos=long, but is '{Shown.Of(line)}'.");
        else if (Taken.Contains(shape.Groups["name"].Value))
            yield return new("--sbatch", $"must not set --{shape.Groups["name"].Value}: the script sets it, or an option of kappa does.");
    }

    // Null: not a time. Zero is Slurm's "no limit".
    private static long? Seconds(string time)
    {
        Match shape = TimeShape().Match(time);
        if (!shape.Success)
            return null;
        long[] parts = [.. shape.Groups["part"].Captures.Select(part => long.Parse(part.Value, CultureInfo.InvariantCulture))];
        bool hasDays = shape.Groups["days"].Success;
        long At(int index) => index < parts.Length ? parts[index] : 0;
        return hasDays ? (((((long.Parse(shape.Groups["days"].Value, CultureInfo.InvariantCulture) * 24) + At(0)) * 60) + At(1)) * 60)
            + At(2)
            : parts.Length == 3 ? (((At(0) * 60) + At(1)) * 60) + At(2)
            : (At(0) * 60) + At(1);
    }

    [GeneratedRegex(@"^[\w.,+-]{1,200}\z")]
    private static partial Regex WordShape();

    [GeneratedRegex(@"^[1-9]\d{0,9}[KMGT]?\z")]
    private static partial Regex MemoryShape();

    [GeneratedRegex(@"^(?:(?<days>\d{1,4})-)?(?<part>\d{1,7})(?::(?<part>\d{1,4})){0,2}\z")]
    private static partial Regex TimeShape();

    [GeneratedRegex(@"^--(?<name>[a-z][a-z-]*)(?:=[\x20-\x7e]{1,500})?\z")]
    private static partial Regex ExtraShape();
}
