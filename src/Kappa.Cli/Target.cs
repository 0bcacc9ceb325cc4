using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>A run or a sweep named on the command line: its name, the only
/// beginning of it, or its folder. Every command finds it here.</summary>
internal static class Target
{
    /// <summary>The folder of a run.</summary>
    /// <param name="store">The folder of runs.</param>
    /// <param name="run">What the user wrote.</param>
    /// <exception cref="BadInputException">There is none, or several.</exception>
    public static string Find(string store, string run) => IsFolder(run) ? run : new RunStore(RunsFolder.Require(store)).Find(run);

    /// <summary>The sweep that is meant, or null when a run is: a run's name comes before a sweep's beginning.</summary>
    /// <param name="store">The folder of runs.</param>
    /// <param name="word">What the user wrote.</param>
    /// <exception cref="BadInputException">Neither a run nor a sweep has the name, or the sweep is damaged.</exception>
    public static SweepFolder? FindSweep(string store, string word)
    {
        if (IsFolder(word))
        {
            return SweepFolder.StoreAround(word) is { } around ? SweepFolder.Open(around, Path.GetFileName(Full(word))) : null;
        }

        if (Path.Exists(new RunFiles(Path.Combine(store, word)).Path))
        {
            return null;
        }

        if (SweepFolder.Has(store, word))
        {
            return SweepFolder.Open(store, word);
        }

        try
        {
            _ = new RunStore(store).Find(word);
            return null;
        }
        catch (BadInputException reason) when (!new RunStore(store).Has(word))
        {
            throw new BadInputException(
                reason.Location, $"{reason.Message[(reason.Location.Length + 2)..]} It has no sweep of this name either.", reason);
        }
    }

    /// <summary>The command that continues a run.</summary>
    public static string ResumeCommand(RunRecord run)
    {
        string store = Path.GetDirectoryName(run.Files.Path) ?? ".";
        return $"{CommandName.Here} run --resume {run.Name}"
            + $"{(store == Path.GetFullPath(RunsFolder.Default) ? string.Empty : $" --out {ShellWord.Of(store)}")}";
    }

    /// <summary>A sentence with that command.</summary>
    public static string Resume(RunRecord run) => $"Continue it: {ResumeCommand(run)}";

    private static bool IsFolder(string word) =>
        word is "." or ".." || (word.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.Exists(word));

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
