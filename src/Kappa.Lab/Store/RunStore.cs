using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Store;

/// <summary>A folder in a store that looks like a run and cannot be read.</summary>
/// <param name="Name">Name of the folder.</param>
/// <param name="Reason">One line.</param>
public sealed record DamagedRun(string Name, string Reason);

/// <summary>What a store holds.</summary>
/// <param name="Runs">The runs that can be read, by name.</param>
/// <param name="Damaged">The others, by name.</param>
public sealed record RunListing(IReadOnlyList<RunRecord> Runs, IReadOnlyList<DamagedRun> Damaged);

/// <summary>A folder of runs. The files are the truth; nothing is cached.</summary>
/// <param name="path">The folder; need not exist.</param>
public sealed class RunStore(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>Reads every run. A damaged one is named with the reason and does not hide the others.</summary>
    /// <exception cref="BadInputException">The folder exists and cannot be listed.</exception>
    public RunListing List()
    {
        var runs = new List<RunRecord>();
        var damaged = new List<DamagedRun>();
        foreach (string name in Names())
        {
            try
            {
                runs.Add(RunRecord.Read(System.IO.Path.Combine(Path, name)));
            }
            catch (BadInputException reason)
            {
                damaged.Add(new(name, reason.Message));
            }
        }

        return new(runs, damaged);
    }

    /// <summary>Whether a run has this name, or one that begins so.</summary>
    /// <param name="name">A name or a prefix.</param>
    /// <exception cref="BadInputException">The folder cannot be listed.</exception>
    public bool Has(string name) => Names().Any(candidate => Begins(candidate, name));

    /// <summary>The folder of the run called <paramref name="name"/>, or of the
    /// only run whose name, or whose digits after the label, begin so.</summary>
    /// <param name="name">A name or a prefix.</param>
    /// <exception cref="BadInputException">No run or several match; the message lists what there is.</exception>
    public string Find(string name)
    {
        if (RunName.Check(name) is { } must)
            throw new BadInputException("run", $"a name {must} but is '{Shown.Of(name)}'.");

        // A whole name is found without a look at the others, of which there may be thousands.
        if (LooksLikeARun(System.IO.Path.Combine(Path, name)))
            return System.IO.Path.Combine(Path, name);
        string[] names = [.. Names()];
        string[] matches = [.. names.Where(candidate => Begins(candidate, name))];
        return matches.Length switch
        {
            1 => System.IO.Path.Combine(Path, matches[0]),
            0 => throw new BadInputException(
                Path,
                $"has no run '{name}'.{Suggestion.For(name, names)} It holds {names.Length} {(names.Length == 1 ? "run" : "runs")}."),
            _ =>
                throw new BadInputException(
                    Path,
                    $"'{name}' must name one run but begins {matches.Length}: "
                        + $"{string.Join(", ", matches.Take(5))}{(matches.Length > 5 ? ", …" : "")}. Write more of it."),
        };
    }

    // Other folders may stand beside runs, such as that of a reproduction:
    // only what has at least one document of a run can be a damaged one.
    private static bool LooksLikeARun(string folder)
    {
        var files = new RunFiles(folder);
        return System.IO.Path.Exists(files.Status) || System.IO.Path.Exists(files.Specification) || System.IO.Path.Exists(files.Telemetry);
    }

    private static bool Begins(string candidate, string prefix) =>
        candidate.StartsWith(prefix, StringComparison.Ordinal)
            || candidate[(candidate.LastIndexOf('-') + 1)..].StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The names of what looks like runs, none of them opened, in order.</summary>
    /// <exception cref="BadInputException">The folder cannot be listed.</exception>
    internal IEnumerable<string> Names()
    {
        if (!Directory.Exists(Path))
            return [];
        try
        {
            return Directory.GetDirectories(Path).Where(LooksLikeARun).Select(folder => System.IO.Path.GetFileName(folder)!)
                .Where(name => RunName.Check(name) is null).Order(StringComparer.Ordinal);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(Path, $"cannot be listed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
