using System.Globalization;

namespace Kappa.Lab.Store;

/// <summary>Puts a run folder that cannot be continued aside, whole and untouched, as <c>STORE/quarantine/NAME-k</c>.</summary>
internal static class RunQuarantine
{
    /// <summary>Moves a run under its lock.</summary>
    /// <returns>Where it lies now; null when another process holds it or has moved it.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static string? Move(string store, string name)
    {
        var files = new RunFiles(Path.Combine(store, name));
        if (!Directory.Exists(files.Path) || RunLock.TryTake(files) is not { } exclusive)
            return null;
        using (exclusive)
        {
            string folder = Path.Combine(store, "quarantine");
            try
            {
                _ = Directory.CreateDirectory(folder);
                string target = Enumerable.Range(1, int.MaxValue - 1).Select(k => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{k}"))).First(path => !Path.Exists(path));
                Directory.Move(files.Path, target);
                return target;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new BadInputException(files.Path, $"the damaged run cannot be moved to {folder}: {failure.Message.TrimEnd('.')}.", failure);
            }
        }
    }
}
