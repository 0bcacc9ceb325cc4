using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>The exclusive right to write a run, held as an open file: the system gives it back when the process ends in any way.</summary>
internal static class RunLock
{
    /// <summary>The lock, or null when another process, or another thread, holds it.</summary>
    /// <exception cref="BadInputException">The folder is missing or not writable.</exception>
    public static FileStream? TryTake(RunFiles files)
    {
        try
        {
            return Take(files);
        }
        catch (BadInputException held) when (
            held.InnerException is IOException and not DirectoryNotFoundException and not FileNotFoundException && File.Exists(files.Lock))
        {
            return null;
        }
    }

    /// <summary>Whether another process has the run, or has just moved its folder away.</summary>
    /// <exception cref="BadInputException">The folder is not writable.</exception>
    public static bool IsHeldOrGone(RunFiles files)
    {
        try
        {
            using FileStream? exclusive = TryTake(files);
            return exclusive is null;
        }
        catch (BadInputException gone) when (gone.InnerException is DirectoryNotFoundException)
        {
            return true;
        }
    }

    /// <summary>Whether no process has the run. Asked without making the lock's file, so also
    /// in a folder that may only be read, and without keeping another reader out.</summary>
    public static bool IsFree(RunFiles files)
    {
        try
        {
            using FileStream probe = Formats.RegularFile.OpenToRead(files.Lock, FileShare.Read, bufferBytes: 0);
            return true;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or BadInputException)
        {
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Takes the lock. What leads out of the run folder is refused first: whoever holds the lock writes.</summary>
    /// <exception cref="BadInputException">Another process has it, the folder is missing
    /// or not writable, or a link stands where the run would be written.</exception>
    public static FileStream Take(RunFiles files)
    {
        RequireOwn(files);
        try
        {
            return new(files.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (DirectoryNotFoundException failure)
        {
            throw new BadInputException(files.Path, "no such run folder.", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new BadInputException(
                files.Path, "must be writable but permission is denied. Change the permissions or choose another folder.", failure);
        }
        catch (IOException failure)
        {
            throw new BadInputException(files.Path, "another process is writing this run. Wait until it has ended, or stop it.", failure);
        }
    }

    /// <summary>Refuses a folder, or a file for its lock, that leads somewhere else: to take the lock is to write.</summary>
    /// <exception cref="BadInputException">It does.</exception>
    public static void RequireOwn(RunFiles files)
    {
        Formats.RegularFile.RequireOwn(files.Path, isFolder: true);
        Formats.RegularFile.RequireOwn(files.Lock, isFolder: false);
    }

    /// <summary>Refuses what is in the folder and would be written through. The other files are
    /// replaced by renaming, which takes a link away and leaves what it leads to alone.</summary>
    /// <exception cref="BadInputException">There is such a thing.</exception>
    public static void RequireOwnParts(RunFiles files)
    {
        Formats.RegularFile.RequireOwn(files.Telemetry, isFolder: false);
        Formats.RegularFile.RequireOwn(files.Spectra, isFolder: false);
        Formats.RegularFile.RequireOwn(files.Figures, isFolder: true);
    }
}

/// <summary>Temporary files of interrupted writes: a name that starts with a dot and ends with
/// <c>.tmp</c>. Only the holder of the lock removes them, and not through a link.</summary>
internal static class LeftBehind
{
    public static void Remove(RunFiles files)
    {
        RunLock.RequireOwnParts(files);
        foreach (string folder in new[] { files.Path, files.Figures })
            AtomicFile.RemoveLeftBehind(folder);
    }
}
