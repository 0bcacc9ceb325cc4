using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>All singular values at one step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Rows">Those of each part, in the order of <see cref="SpectraTable.Names"/>.</param>
internal sealed record SpectraAt(long Step, IReadOnlyList<double[]> Rows);

/// <summary>What <c>spectra.npy</c> holds.</summary>
/// <param name="Names">The parts, such as <c>l0.output</c>.</param>
/// <param name="Records">In the order of their steps.</param>
internal sealed record SpectraTable(IReadOnlyList<string> Names, IReadOnlyList<SpectraAt> Records)
{
    /// <summary>Reads the file, also while a run adds to it; nothing when there is none.</summary>
    /// <exception cref="BadInputException">It is damaged.</exception>
    public static SpectraTable Read(string path)
    {
        if (!Path.Exists(path))
            return new([], []);
        using FileStream stream = TelemetryFile.OpenToRead(path);
        (NpyRecords layout, long count) = NpyRecords.ReadHeader(stream, path);
        var records = new List<SpectraAt>();
        for (long index = 0; index < count; index++)
        {
            (long step, double[][] rows) = layout.ReadRecord(stream);
            if (step < 0 || (records.Count > 0 && step <= records[^1].Step))
                throw new BadInputException(path, $"must hold steps that rise but holds {step} in record {index}. It is damaged.");
            records.Add(new SpectraAt(step, rows));
        }

        return new([.. layout.Fields.Select(field => field.Name)], records);
    }
}

/// <summary>Adds to <c>spectra.npy</c>: a record for each chosen step.</summary>
/// <remarks>
/// Records wait in memory until <see cref="Flush"/>, which comes before each checkpoint. The first ones make the file as a whole; later
/// ones are written behind the others, and only then counted in the header. Not thread-safe.
/// </remarks>
internal sealed class SpectraWriter
{
    private const int MostWaiting = 1 << 20;

    private readonly List<byte[]> _waiting = [];
    private NpyRecords? _layout;
    private long _count;
    private long _lastStep = -1;

    /// <summary>Continues a file from a checkpoint: records of its step and later are cut off.</summary>
    /// <param name="path">The file; need not exist.</param>
    /// <param name="step">The step of the checkpoint; at 0 the file is begun anew.</param>
    /// <exception cref="BadInputException">It is damaged, or the disk refused.</exception>
    public static SpectraWriter Continue(string path, long step)
    {
        var writer = new SpectraWriter();
        if (!Path.Exists(path))
            return writer;
        SpectraTable table = step == 0 ? new([], []) : SpectraTable.Read(path);
        writer.Cut(path, table.Records.Count(record => record.Step < step), table.Records.Count);
        writer._lastStep = table.Records.LastOrDefault(record => record.Step < step)?.Step ?? -1;
        return writer;
    }

    /// <summary>Adds the spectra of a step; those of the last step again replace them.</summary>
    /// <param name="path">The file, which moves when the run is published.</param>
    /// <param name="step">At least the last one.</param>
    /// <param name="spectra">Name, most values, and values, which may be fewer, of each part.</param>
    /// <exception cref="BadInputException">The file has other parts, or the disk refused.</exception>
    public void Append(string path, long step, IReadOnlyList<(string Name, int Length, ReadOnlyMemory<double> Values)> spectra)
    {
        (string, int)[] fields = [.. spectra.Select(part => (part.Name, part.Length))];
        _layout ??= new NpyRecords(fields);
        if (!_layout.Fields.SequenceEqual(fields))
            throw new BadInputException(
                path, "must have the parts of this run but has others. Run the experiment again under another label.");
        if (step == _lastStep && _waiting.Count > 0)
            _waiting.RemoveAt(_waiting.Count - 1);
        else if (step == _lastStep)
            _count--;
        _lastStep = step;
        _waiting.Add(_layout.Record(step, [.. spectra.Select(part => part.Values)]));
        if (_waiting.Count * _layout.RecordBytes > MostWaiting)
            Flush(path, toDisk: false);
    }

    /// <summary>Hands what waits to the system.</summary>
    /// <param name="path">The file.</param>
    /// <param name="toDisk">Whether it returns when the disk has it.</param>
    /// <exception cref="BadInputException">The disk refused; what was counted before is intact.</exception>
    public void Flush(string path, bool toDisk)
    {
        if (_waiting.Count == 0)
            return;
        long count = _count + _waiting.Count;
        if (_count == 0)
            AtomicFile.Write(path, stream =>
            {
                stream.Write(_layout!.Header(count));
                _waiting.ForEach(record => stream.Write(record));
            });
        else
            InPlace(path, stream =>
            {
                stream.Position = _layout!.PlaceOf(_count);
                _waiting.ForEach(record => stream.Write(record));
                Finish(stream, toDisk);
                stream.Position = 0;
                stream.Write(_layout.Header(count));
                Finish(stream, toDisk);
            });
        _count = count;
        _waiting.Clear();
    }

    private static void Finish(FileStream stream, bool toDisk)
    {
        if (toDisk)
            DiskFlush.File(stream);
        else
            stream.Flush();
    }

    private void Cut(string path, int kept, int found)
    {
        _count = kept;
        if (kept == 0)
            Guarded(path, () => File.Delete(path));
        else
            InPlace(path, stream =>
            {
                (_layout, _) = NpyRecords.ReadHeader(stream, path);
                stream.Position = 0;
                if (kept < found)
                    stream.Write(_layout.Header(kept));
                stream.SetLength(_layout.PlaceOf(kept));
            });
    }

    private static void InPlace(string path, Action<FileStream> write) => Guarded(path, () =>
    {
        RegularFile.RequireOwn(path, isFolder: false);
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        write(stream);
    });

    private static void Guarded(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (AtomicFile.IsRefusal(failure))
        {
            throw new BadInputException(
                path, $"writing failed ({failure.Message.TrimEnd('.')}). Free space on the disk, or check it, and resume the run.",
                failure as IOException ?? new IOException(failure.Message, failure));
        }
    }
}
