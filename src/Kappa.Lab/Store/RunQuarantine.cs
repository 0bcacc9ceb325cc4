using System.Globalization;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Store;

/// <summary>Puts a run folder that cannot be continued aside, whole and untouched, as <c>STORE/quarantine/NAME-k</c>.</summary>
internal static class RunQuarantine
{
    /// <summary>Moves a run that cannot be claimed, if under its lock that is still so: until
    /// it is held another process can have put the run aside and computed it again.</summary>
    /// <returns>Where it lies now; null when another process holds it, or it has gone or is whole.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static string? TryMove(string store, string name, ExperimentSpecification specification)
    {
        var files = new RunFiles(Path.Combine(store, name));
        try
        {
            if (LeadsElsewhere(files))
                return Move(store, files);
            using FileStream? exclusive = RunLock.TryTake(files);
            return exclusive is not null && RunFolder.IsDamaged(files, specification) ? Move(store, files) : null;
        }
        catch (BadInputException gone) when (gone.InnerException is DirectoryNotFoundException)
        {
            return null;
        }
    }

    // A link in place of the folder or its lock is moved as it is: no lock can be taken without writing where it leads.
    private static bool LeadsElsewhere(RunFiles files)
    {
        try
        {
            RunLock.RequireOwn(files);
            return false;
        }
        catch (BadInputException)
        {
            return true;
        }
    }

    /// <summary>Moves a run whose lock the caller holds.</summary>
    /// <returns>Where it lies now.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static string Move(string store, RunFiles files)
    {
        string folder = Path.Combine(store, "quarantine"), name = Path.GetFileName(files.Path);
        Formats.RegularFile.RequireOwn(folder, isFolder: true);
        try
        {
            _ = Directory.CreateDirectory(folder);
            string target = Enumerable.Range(1, int.MaxValue - 1)
                .Select(k => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{k}")))
                .First(path => !Path.Exists(path));
            Directory.Move(files.Path, target);
            return target;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                files.Path, $"the damaged run cannot be moved to {folder}: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
