using System.Globalization;
using System.Text;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Studies.Landscapes;

/// <summary>The finished rows of a sweep in a file, one line each with a check sum.</summary>
/// <remarks>A line is appended by one write, so a process that is ended leaves at most
/// a last line without its end, which is cut off. One process at a time.</remarks>
internal sealed class LandscapeRows : IDisposable
{
    private const string Title = "kappa-landscape-rows 1 ";

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly List<double[]> _finished = [];
    private bool _hasFailed;

    private LandscapeRows(string path, FileStream stream) => (_path, _stream) = (path, stream);

    /// <summary>The rows that were there when the file was opened, in order.</summary>
    public IReadOnlyList<double[]> Finished => _finished;

    /// <summary>Opens or makes the file of a sweep.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="fingerprint">From <see cref="LandscapeSweep.Fingerprint"/>.</param>
    /// <param name="rows">Rows of the grid.</param>
    /// <param name="columns">Columns of the grid.</param>
    /// <exception cref="BadInputException">The file is damaged, belongs to another landscape, or another process has it open.</exception>
    public static LandscapeRows Open(string path, string fingerprint, int rows, int columns)
    {
        RegularFile.RequireOwn(path, isFolder: false);
        FileStream stream = Use(path, () => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        try
        {
            var file = new LandscapeRows(path, stream);
            Use(path, () => file.ReadAll(fingerprint, rows, columns));
            return file;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends a finished row; it is with the operating system before this returns.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public void Append(double[] values) =>
        AppendLine(string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))));

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void AppendLine(string text) => Use(_path, () =>
    {
        RequireWhole();
        long whole = _stream.Length;
        try
        {
            _stream.Write(Encoding.ASCII.GetBytes(Line(text)));
            _stream.Flush();
        }
        catch (Exception refusal) when (AtomicFile.IsRefusal(refusal))
        {
            // A row that another thread appended to half of this one would be read as damage.
            _hasFailed = true;
            CutBack(whole);
            throw new IOException(refusal is IOException ? refusal.Message : "the file would exceed the largest size allowed", refusal);
        }

        return true;
    });

    private void RequireWhole()
    {
        if (_hasFailed)
        {
            throw new IOException("a row before could not be written");
        }
    }

    private void CutBack(long length)
    {
        try
        {
            _stream.SetLength(length);
        }
        catch (IOException)
        {
            // The half of a line is cut off when the file is opened next.
        }
    }

    private bool ReadAll(string fingerprint, int rows, int columns)
    {
        byte[] bytes = new byte[_stream.Length];
        _stream.ReadExactly(bytes);
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        _stream.SetLength(whole);
        string[] lines = Encoding.ASCII.GetString(bytes, 0, whole).Split('\n')[..^1];
        if (lines.Length == 0)
        {
            AppendLine(Title + fingerprint);
            return true;
        }

        if (Checked(lines[0], 1) != Title + fingerprint)
        {
            throw Bad(
                1,
                "the rows must belong to this landscape but belong to another one, or to another version of the program. Remove the file "
                    + "to start anew.");
        }

        _finished.AddRange(lines.Skip(1).Select((line, k) => Numbers(Checked(line, k + 2), k + 2, columns)));
        return _finished.Count <= rows
            ? true
            : throw Bad(lines.Length, $"a landscape of {rows} rows must not have {_finished.Count}. Remove the file to start anew.");
    }

    private static string Line(string text) => $"{text}*{Crc32.Of(Encoding.ASCII.GetBytes(text)):x8}\n";

    private string Checked(string line, int number)
    {
        string text = line[..Math.Max(0, line.LastIndexOf('*'))];
        return Line(text) == line + "\n"
            ? text
            : throw Bad(number, "the line is damaged: its check sum does not fit. Remove the file to start anew.");
    }

    private double[] Numbers(string text, int number, int columns)
    {
        string[] fields = text.Split(',');
        double[] values = [
            .. fields.Select(field =>
                double.TryParse(field, CultureInfo.InvariantCulture, out double value)
                    ? value
                    : throw Bad(number, $"'{field}' must be a loss but is no number. Remove the file to start anew."))];
        return values.Length == columns
            ? values
            : throw Bad(number, $"a row must have {columns} losses but has {values.Length}. Remove the file to start anew.");
    }

    private BadInputException Bad(int line, string message) => new($"{_path}:{line}", message);

    private static T Use<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                path,
                $"must be a file that this process alone can write but is not ({exception.Message.TrimEnd('.')}). Finished rows before "
                    + $"it are kept; free the disk, or stop the other process, and give the same command.",
                exception);
        }
    }
}
