using System.Globalization;
using System.Text;
using Kappa.Numerics;

namespace Kappa.Lab.Store;

/// <summary>What writer and reader of telemetry share: the header, the step of a line, cutting off.</summary>
internal static class TelemetryFile
{
    // Integers beyond 2^53 are not all doubles.
    private const double LargestStep = 1L << 53;

    /// <summary>Opens the file also while its writer appends.</summary>
    public static FileStream OpenToRead(string path)
    {
        try
        {
            return Formats.RegularFile.OpenToRead(path, FileShare.ReadWrite | FileShare.Delete, bufferBytes: 0);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(path, "no such file; the run has recorded nothing yet.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    /// <summary>The columns; the lines then stand at the header.</summary>
    public static string[] ReadHeader(string path, TelemetryLines lines)
    {
        if (!lines.MoveNext() || !lines.IsWhole)
            throw new BadInputException(
                path, "must begin with a line of column names but has none. The run was interrupted before it recorded anything.");
        string[] columns = Encoding.UTF8.GetString(lines.Current).Split(',');
        return TelemetryColumns.Check(columns) is { } problem
            ? throw new BadInputException($"{path}:1", $"{problem}. The file is damaged or not telemetry.")
            : columns;
    }

    /// <summary>Whether the first line was completed.</summary>
    public static bool HasHeader(string path)
    {
        using FileStream stream = OpenToRead(path);
        var lines = new TelemetryLines(path, stream);
        return lines.MoveNext() && lines.IsWhole;
    }

    /// <summary>The columns of a file that has its header.</summary>
    public static string[] Columns(string path)
    {
        using FileStream stream = OpenToRead(path);
        return ReadHeader(path, new TelemetryLines(path, stream));
    }

    /// <summary>Refuses a file with other columns.</summary>
    public static void RequireColumns(string path, IReadOnlyList<string> columns)
    {
        string[] found = Columns(path);
        if (!found.SequenceEqual(columns))
        {
            int first = found.Zip(columns).TakeWhile(pair => pair.First == pair.Second).Count();
            throw new BadInputException(
                $"{path}:1",
                $"must have the {columns.Count} columns of this run but column {first + 1} is "
                    + $"'{found.ElementAtOrDefault(first) ?? "missing"}' and not '{columns.ElementAtOrDefault(first) ?? "absent"}'. Run "
                    + $"the experiment again under another label.");
        }
    }

    /// <summary>Cuts off the rows after <paramref name="lastStep"/> and a torn last line.</summary>
    /// <returns>The last step kept, or negative infinity.</returns>
    public static double TruncateAfterStep(string path, long lastStep)
    {
        (long length, double kept) = FindEnd(path, lastStep);
        try
        {
            Formats.RegularFile.RequireOwn(path, isFolder: false);
            using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > length)
                stream.SetLength(length);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be shortened to step {lastStep}: {failure.Message.TrimEnd('.')}.", failure);
        }

        return kept;
    }

    private static (long Length, double Kept) FindEnd(string path, long lastStep)
    {
        using FileStream stream = OpenToRead(path);
        var lines = new TelemetryLines(path, stream);
        _ = ReadHeader(path, lines);
        double kept = double.NegativeInfinity;
        while (lines.MoveNext() && lines.IsWhole)
        {
            double step = ReadStep(path, lines, kept);
            if (step > lastStep)
                break;
            kept = step;
        }

        return (lines.Offset, kept);
    }

    /// <summary>The step of the current line, which must follow the previous one.</summary>
    public static double ReadStep(string path, TelemetryLines lines, double previous)
    {
        ReadOnlySpan<byte> line = lines.Current;
        int comma = line.IndexOf((byte)',');
        ReadOnlySpan<byte> field = comma < 0 ? line : line[..comma];
        if (!Formats.DoubleText.TryRead(field, out double step) || !double.IsInteger(step) || !(step > previous))
        {
            string after = double.IsFinite(previous) ? string.Create(CultureInfo.InvariantCulture, $" above {previous}") : "";
            throw new BadInputException(
                $"{path}:{lines.Number}",
                $"the step must be an integer{after} but is '{Formats.Shown.Of(Encoding.UTF8.GetString(field))}'. The file is damaged.");
        }

        return Math.Abs(step) <= LargestStep
            ? step
            : throw new BadInputException(
                $"{path}:{lines.Number}",
                string.Create(
                    CultureInfo.InvariantCulture, $"the step must be at most 2^53 but is {NumberText.Of(step)}. The file is damaged."));
    }
}
