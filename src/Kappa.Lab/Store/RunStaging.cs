using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>Begins a run in a folder that no reader sees, <c>.NAME.partial</c> beside its
/// place, and publishes it by one rename. The lock is held in it and goes with it.</summary>
internal static class RunStaging
{
    /// <summary>Whether a folder can be renamed while files in it are open.</summary>
    public static bool IsSupported => !OperatingSystem.IsWindows();

    /// <summary>An empty folder and its lock; null when another process has it, or published the run meanwhile.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static (RunFiles Files, FileStream Lock)? TryBegin(string store, string name)
    {
        var files = new RunFiles(UnpublishedFolder.PathOf(store, name));
        try
        {
            bool isLeftBehind = Directory.Exists(files.Path);
            _ = Directory.CreateDirectory(files.Path);
            if (RunLock.TryTake(files) is not { } exclusive)
                return null;

            // Looked at only with the lock: between the claimer's look and this one another process can have published the run.
            if (Directory.Exists(Path.Combine(store, name)))
            {
                Discard(files, exclusive);
                return null;
            }

            if (isLeftBehind)
                Empty(files);
            return (files, exclusive);
        }
        catch (BadInputException moved) when (
            moved.InnerException is DirectoryNotFoundException or FileNotFoundException
            || (moved.InnerException is IOException && !Directory.Exists(files.Path)))
        {
            // Published while its lock was tried.
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                files.Path, $"the run folder cannot be made: {failure.Message.TrimEnd('.')}. Choose another folder.", failure);
        }
    }

    /// <summary>Renames the folder to its place.</summary>
    /// <exception cref="BadInputException">The place is taken, or the disk refused.</exception>
    public static void Publish(RunFiles files, string path)
    {
        try
        {
            Directory.Move(files.Path, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"the run cannot be published: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    /// <summary>Removes what was not published and gives the lock back.</summary>
    public static void Discard(RunFiles files, FileStream exclusive)
    {
        try
        {
            Directory.Delete(files.Path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Every reader ignores it, and the next claimer empties it.
        }

        exclusive.Dispose();
    }

    private static void Empty(RunFiles files)
    {
        foreach (string file in Directory.GetFiles(files.Path).Where(file => file != files.Lock))
            File.Delete(file);
        foreach (string folder in Directory.GetDirectories(files.Path))
            Directory.Delete(folder, recursive: true);
    }
}
