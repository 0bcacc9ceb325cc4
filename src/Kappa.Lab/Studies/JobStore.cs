using System.Security.Cryptography;
using System.Text;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies;

/// <summary>The finished jobs of a reproduction that is under way, so that an interrupted one goes on where it was.</summary>
/// <remarks>
/// A job is found again by its specification, its data and the build of the program: another build never takes over results of this one.
/// The store is emptied when the reproduction is complete and its report written, so that running it again measures again.
/// </remarks>
/// <param name="folder">The folder; made when the first job is saved.</param>
internal sealed class JobStore(string folder)
{
    private const string Kind = "kappa-reproduction-job";
    private const int Version = 1;

    private static readonly string Build =
        $"{typeof(Descent.GradientDescent).Module.ModuleVersionId} {typeof(JobStore).Module.ModuleVersionId}";

    /// <summary>An empty record to be filled and saved.</summary>
    public static Checkpoint NewRecord() => new(Kind, Version);

    /// <summary>The key of a job.</summary>
    /// <param name="name">What the job does.</param>
    /// <param name="settings">Every setting that changes its numbers, the data included.</param>
    public static string Key(string name, string settings)
    {
        byte[] identity = Encoding.UTF8.GetBytes($"{Build}\n{name}\n{settings}");
        return Convert.ToHexStringLower(SHA256.HashData(identity))[..24];
    }

    /// <summary>The record saved under a key; null when there is none that can be read.</summary>
    /// <param name="key">From <c>Key</c>.</param>
    public Checkpoint? Find(string key)
    {
        try
        {
            return File.Exists(Path(key)) ? Checkpoint.Load(Path(key), Kind, Version) : null;
        }
        catch (BadInputException)
        {
            // A damaged record costs one job's time; its numbers are computed again.
            return null;
        }
    }

    /// <summary>Saves a record.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public void Save(string key, Checkpoint record)
    {
        _ = Directory.CreateDirectory(folder);
        record.Save(Path(key));
    }

    /// <summary>Removes every record.</summary>
    public void Clear()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string Path(string key) => System.IO.Path.Combine(folder, $"{key}.safetensors");
}
