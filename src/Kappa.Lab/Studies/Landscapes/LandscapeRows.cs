using System.Diagnostics;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The finished rows of a landscape, kept as a run keeps its state: a checkpoint, replaced
/// as a whole about every second, in a folder that one process at a time has.</summary>
/// <remarks>Whoever ends the process loses about a second of work. What is damaged, or of another landscape, is computed again.</remarks>
internal sealed class LandscapeRows : IDisposable
{
    private const string Kind = "kappa-landscape-rows";
    private const int Version = 1;
    private const string Losses = "losses";
    private const string Fingerprint = "landscape.fingerprint";

    // A large grid is written for a twentieth of the time at most.
    private const int LeastShare = 20;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly FileStream _exclusive;
    private readonly string _path;
    private readonly string _fingerprint;
    private readonly LandscapeGrid _grid;
    private int _kept;
    private long _saved = Stopwatch.GetTimestamp();
    private TimeSpan _pause = Heartbeat;

    private LandscapeRows(FileStream exclusive, string path, string fingerprint, LandscapeGrid grid)
    {
        (_exclusive, _path, _fingerprint, _grid) = (exclusive, path, fingerprint, grid);
        Finished = Find();
        _kept = Finished.Length / grid.First.Length;
    }

    /// <summary>ℒ of the rows that were there when they were opened, one row after the other.</summary>
    public double[] Finished { get; }

    /// <summary>The file of the rows of a landscape.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="fingerprint">From <see cref="LandscapeSweep.Fingerprint"/>.</param>
    public static string FileOf(string folder, string fingerprint) => Path.Combine(folder, $"rows-{fingerprint[..12]}.safetensors");

    /// <summary>Takes a folder and reads what it has of a landscape.</summary>
    /// <param name="folder">Made when it does not exist.</param>
    /// <param name="fingerprint">From <see cref="LandscapeSweep.Fingerprint"/>.</param>
    /// <param name="grid">The grid.</param>
    /// <exception cref="BadInputException">Another process has the folder, or the disk refused.</exception>
    public static LandscapeRows Open(string folder, string fingerprint, LandscapeGrid grid)
    {
        _ = Directory.CreateDirectory(folder);
        FileStream exclusive = RunLock.Take(new RunFiles(folder));
        try
        {
            AtomicFile.RemoveLeftBehind(folder);
            return new LandscapeRows(exclusive, FileOf(folder, fingerprint), fingerprint, grid);
        }
        catch
        {
            exclusive.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the first rows, unless that was done within the last second.</summary>
    /// <param name="values">ℒ, [rows along β, columns along α].</param>
    /// <param name="finished">How many rows are finished.</param>
    /// <param name="isLast">Whether they are kept in any case.</param>
    /// <exception cref="BadInputException">The disk refused; what was kept before is intact.</exception>
    public void Keep(double[,] values, int finished, bool isLast)
    {
        if (finished == _kept || (!isLast && Stopwatch.GetElapsedTime(_saved) < _pause))
            return;
        long start = Stopwatch.GetTimestamp();
        var rows = new Checkpoint(Kind, Version);
        int columns = _grid.First.Length;
        rows.AddTensor(Losses, [finished, columns], [.. values.Cast<double>().Take(finished * columns)]);
        rows.AddText(Fingerprint, _fingerprint);
        rows.Save(_path);
        (_kept, _saved) = (finished, Stopwatch.GetTimestamp());
        _pause = TimeSpan.FromTicks(Math.Max(Heartbeat.Ticks, LeastShare * Stopwatch.GetElapsedTime(start, _saved).Ticks));
    }

    /// <inheritdoc/>
    public void Dispose() => _exclusive.Dispose();

    private double[] Find()
    {
        try
        {
            // A name has the beginning of the fingerprint alone, and files can be renamed.
            NdArray? found = File.Exists(_path) && Checkpoint.Load(_path, Kind, Version) is var kept
                && kept.GetText(Fingerprint) == _fingerprint
                ? kept.Tensors.FirstOrDefault(tensor => tensor.Name == Losses)?.Value
                : null;
            return found is { Shape: [var rows, var columns] } && rows <= _grid.Second.Length && columns == _grid.First.Length
                ? found.Data
                : [];
        }
        catch (BadInputException damage) when (!damage.IsOfTheDisk)
        {
            return [];
        }
    }
}
