using System.Globalization;
using System.Text;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>Appends rows to <c>telemetry.csv</c>: invariant numbers, each the shortest
/// text that reads back to the same bits, one line per recorded step.</summary>
/// <remarks>
/// Rows collect in memory as numbers (32 KiB) and become text together, when that is full or at <see cref="Flush"/>: a number costs less in
/// a row of thousands than between two steps, where the step has taken the caches (docs/guide/performance.md). The text goes out in writes
/// of whole lines. The bytes depend on columns and rows alone, not on when they were flushed. Appending allocates nothing. Not thread-safe.
/// </remarks>
internal sealed class TelemetryWriter : IDisposable
{
    private const int BatchBytes = 1 << 16;
    private const int BatchNumbers = 1 << 12;

    // Then a comma or line feed.
    private const int LongestField = DoubleText.Longest + 1;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly int _columns;
    private readonly double[] _rows;
    private readonly byte[] _batch;
    private int _numbers;
    private int _filled;
    private double _lastStep;
    private bool _hasFailed;

    internal TelemetryWriter(string path, Stream stream, int columns, double lastStep, string header = "")
    {
        (_path, _stream, _columns, _lastStep) = (path, stream, columns, lastStep);
        _rows = GC.AllocateUninitializedArray<double>(Math.Max(BatchNumbers / columns, 1) * columns);
        _batch = GC.AllocateUninitializedArray<byte>(
            Math.Max(BatchBytes, Encoding.UTF8.GetMaxByteCount(header.Length) + (2 * columns * LongestField)));
        _filled = Encoding.UTF8.GetBytes(header, _batch);
    }

    /// <summary>The step of the last row, in the file or still in memory; <see langword="null"/> when there
    /// is none. After <see cref="Continue"/> it tells whether the file reaches the checkpoint.</summary>
    public long? LastStep => double.IsFinite(_lastStep) ? (long)_lastStep : null;

    /// <summary>Begins a new file with its header; an existing one is replaced.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="columns"><c>step</c> first, then names without commas, quotes or blanks, each once.</param>
    /// <exception cref="ArgumentException">The columns are not such names.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static TelemetryWriter Create(string path, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (TelemetryColumns.Check(columns) is { } problem)
            throw new ArgumentException($"{problem}.", nameof(columns));
        string header = string.Join(',', columns) + "\n";

        // Where nobody reads yet the header may come with the first rows.
        if (UnpublishedFolder.Holds(Path.GetFullPath(path)) && !File.Exists(path))
            return new(path, OpenAtEnd(path), columns.Count, double.NegativeInfinity, header);
        AtomicFile.WriteAllText(path, header);
        return new(path, OpenAtEnd(path), columns.Count, double.NegativeInfinity);
    }

    /// <summary>
    /// Continues a file from a checkpoint: rows after <paramref name="lastStep"/> and a torn last
    /// line are cut off, so that the bytes become those of a run that was never interrupted.
    /// </summary>
    /// <param name="path">The file; when it does not exist, or not even its header was completed, it is begun anew.</param>
    /// <param name="columns">The same columns as before.</param>
    /// <param name="lastStep">The last step to keep; −1 or less keeps the header alone.</param>
    /// <exception cref="BadInputException">The header differs, a kept line is damaged, or the file cannot be written.</exception>
    public static TelemetryWriter Continue(string path, IReadOnlyList<string> columns, long lastStep)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (!File.Exists(path) || !TelemetryFile.HasHeader(path))
            return Create(path, columns);
        TelemetryFile.RequireColumns(path, columns);
        double kept = TelemetryFile.TruncateAfterStep(path, lastStep);
        return new(path, OpenAtEnd(path), columns.Count, kept);
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">One number for each column; the first is the step, an integer
    /// above the previous one. NaN and infinities are allowed in the others.</param>
    /// <exception cref="ArgumentException">The row has another length or its step does not follow.</exception>
    /// <exception cref="BadInputException">The disk refused a batch; whole lines written before remain.</exception>
    /// <exception cref="InvalidOperationException">It refused one before: what follows would leave a gap.</exception>
    public void Append(ReadOnlySpan<double> row)
    {
        Require(row);
        if (_hasFailed)
            throw new InvalidOperationException(
                "Nothing can be appended after a write that failed. Continue the file from the last checkpoint.");
        if (_numbers == _rows.Length)
            WriteRows();
        row.CopyTo(_rows.AsSpan(_numbers));
        _numbers += _columns;
        _lastStep = row[0];
    }

    /// <summary>Hands the collected lines to the system in writes of whole lines:
    /// other processes see them, and they survive the end of this process.</summary>
    /// <exception cref="BadInputException">The disk refused; whole lines written before remain.</exception>
    public void Flush()
    {
        if (_hasFailed)
            return;
        WriteRows();
        WriteBatch();
    }

    /// <summary>Like <see cref="Flush"/>, and returns when the disk has them: a checkpoint
    /// that follows must not be ahead of its telemetry after a power failure.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    internal void FlushToDisk()
    {
        Flush();
        if (_hasFailed || _stream is not FileStream file)
            return;
        try
        {
            DiskFlush.File(file);
        }
        catch (IOException failure)
        {
            _hasFailed = true;
            throw new BadInputException(
                _path, $"the disk did not take what was written ({failure.Message.TrimEnd('.')}). Check the disk and resume the run.",
                failure);
        }
    }

    /// <summary>Writes the remaining lines and closes the file.</summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            _stream.Dispose();
        }
    }

    private void WriteRows()
    {
        for (int start = 0; start < _numbers; start += _columns)
        {
            if (_batch.Length - _filled < _columns * LongestField)
                WriteBatch();
            WriteLine(_rows.AsSpan(start, _columns));
        }

        _numbers = 0;
    }

    private void WriteLine(ReadOnlySpan<double> row)
    {
        (ulong bits, int begin) = (0, -1);
        foreach (double value in row)
        {
            ulong next = BitConverter.DoubleToUInt64Bits(value);

            // At full rank the smallest singular value is the smallest but zero too.
            if (next == bits && begin >= 0)
            {
                int length = _filled - begin;
                _batch.AsSpan(begin, length).CopyTo(_batch.AsSpan(_filled));
                (begin, _filled) = (_filled, _filled + length);
                continue;
            }

            (bits, begin) = (next, _filled);
            _filled += DoubleText.Write(value, _batch.AsSpan(_filled));
            _batch[_filled++] = (byte)',';
        }

        _batch[_filled - 1] = (byte)'\n';
    }

    private void WriteBatch()
    {
        if (_filled == 0)
            return;
        long whole = _stream.Length;
        try
        {
            _stream.Write(_batch, 0, _filled);
            _stream.Flush();
            _filled = 0;
        }
        catch (Exception failure) when (failure is IOException or ArgumentOutOfRangeException)
        {
            // A limit on the size of files comes as a bad argument; it is the disk's refusal all the same.
            _hasFailed = true;
            CutBack(whole);
            IOException refusal = failure as IOException ?? new IOException("the file would exceed the largest size allowed", failure);
            throw new BadInputException(
                _path,
                $"writing failed ({refusal.Message.TrimEnd('.')}). What was recorded before is kept; free space on the disk and resume "
                    + $"the run.",
                refusal);
        }
    }

    private void Require(ReadOnlySpan<double> row)
    {
        if (row.Length != _columns)
            throw new ArgumentException($"A row must have {_columns} numbers but has {row.Length}.", nameof(row));
        if (!(row[0] > _lastStep) || !double.IsInteger(row[0]))
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The step must be an integer above {_lastStep} but is {row[0]}."),
                nameof(row));
    }

    // Half a line would read as a torn one: take it away again. If even that fails, readers ignore it.
    private void CutBack(long length)
    {
        try
        {
            _stream.SetLength(length);
        }
        catch (IOException)
        {
            // The failed write is the one to report.
        }
    }

    private static FileStream OpenAtEnd(string path)
    {
        try
        {
            RegularFile.RequireOwn(path, isFolder: false);

            // bufferSize 0: the batch above is the only buffer, so one batch is one write.
            return new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be written: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
