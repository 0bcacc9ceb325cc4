namespace Kappa.Lab.Cluster;

/// <summary>Finds out whether the file system of a folder has locks that
/// exclude anybody. Without them two tasks could write one run.</summary>
/// <remarks>It sees a file system that has no locks at all (Lustre mounted with
/// noflock). It cannot see locks that hold on one node only (localflock).</remarks>
internal static class LockProbe
{
    /// <summary>Takes a lock twice; the second time must be refused.</summary>
    /// <param name="folder">Made if need be.</param>
    /// <exception cref="BadInputException">Both were granted, or the folder is not writable.</exception>
    public static void Require(string folder)
    {
        string probe = Path.Combine(folder, $".lock-probe-{Environment.MachineName}-{Environment.ProcessId}");
        try
        {
            _ = Directory.CreateDirectory(folder);
            using var first = new FileStream(
                probe, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            if (IsGranted(probe))
                throw new BadInputException(
                    folder,
                    "is on a file system without file locks, so that two tasks could write one run. Choose a folder with locks (Lustre: "
                        + "mounted with flock).");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(folder, $"must be writable: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    private static bool IsGranted(string probe)
    {
        try
        {
            new FileStream(probe, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
