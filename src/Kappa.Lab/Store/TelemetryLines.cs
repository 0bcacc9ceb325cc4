namespace Kappa.Lab.Store;

/// <summary>Walks through the lines of a file without holding more than a piece of it.</summary>
/// <param name="path">For messages.</param>
/// <param name="stream">Read from its beginning.</param>
internal sealed class TelemetryLines(string path, Stream stream)
{
    private const int LongestLine = 1 << 22;
    private const byte LineFeed = (byte)'\n';

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private int _lineLength;

    /// <summary>Offset in the file of the current line.</summary>
    public long Offset { get; private set; }

    /// <summary>Number of the current line, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>Whether the current line ends with a line feed; only the last one may not.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The current line without its end.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_start, _lineLength - (IsWhole ? 1 : 0)).TrimEnd((byte)'\r');

    /// <summary>Goes to the next line.</summary>
    public bool MoveNext()
    {
        (_start, Offset) = (_start + _lineLength, Offset + _lineLength);
        int searched = 0;
        int feed;
        while ((feed = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf(LineFeed)) < 0)
        {
            searched = _end - _start;
            if (!Fill())
                break;
        }

        IsWhole = feed >= 0;
        _lineLength = IsWhole ? searched + feed + 1 : _end - _start;
        Number++;
        return _lineLength > 0;
    }

    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_end >= LongestLine)
                throw new BadInputException(
                    $"{path}:{Number + 1}",
                    $"a line must have at most {LongestLine} bytes but has more. The file is damaged or not telemetry.");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
