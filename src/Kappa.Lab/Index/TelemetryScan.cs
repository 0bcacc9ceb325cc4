using System.Text;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Index;

/// <summary>Walks through some columns of a telemetry file, a row at a time: neither the other columns nor earlier rows are held.</summary>
internal static class TelemetryScan
{
    /// <summary>Called for every row.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="values">The values of the columns asked for, in their order; NaN for one that the file does not have.</param>
    /// <returns>Whether more rows are wanted.</returns>
    public delegate bool Row(long step, ReadOnlySpan<double> values);

    /// <summary>Reads a file up to its end, or until no more is wanted. A torn last line is left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Names of columns.</param>
    /// <param name="row">Called for every row.</param>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static void Read(string path, IReadOnlyList<string> columns, Row row)
    {
        using FileStream stream = TelemetryFile.OpenToRead(path);
        var lines = new TelemetryLines(path, stream);
        string[] header = TelemetryFile.ReadHeader(path, lines);
        int[] places = [.. columns.Select(column => Array.IndexOf(header, column))];
        int last = places.DefaultIfEmpty(0).Max();
        double[] values = new double[columns.Count];
        double step = double.NegativeInfinity;
        while (lines.MoveNext() && lines.IsWhole)
        {
            step = TelemetryFile.ReadStep(path, lines, step);
            Array.Fill(values, double.NaN);
            Fill(path, lines, places, last, values);
            if (!row((long)step, values))
                return;
        }
    }

    private static void Fill(string path, TelemetryLines lines, int[] places, int last, double[] values)
    {
        ReadOnlySpan<byte> rest = lines.Current;
        for (int column = 0; column <= last; column++)
        {
            int comma = rest.IndexOf((byte)',');
            ReadOnlySpan<byte> field = comma < 0 ? rest : rest[..comma];
            int wanted = Array.IndexOf(places, column);
            if (wanted >= 0)
            {
                if (!DoubleText.TryRead(field, out double value))
                    throw new BadInputException(
                        $"{path}:{lines.Number}",
                        $"a row must have numbers but has '{Formats.Shown.Of(Encoding.UTF8.GetString(field))}'. The file is damaged.");
                for (int place = wanted; place < places.Length; place++)
                {
                    if (places[place] == column)
                        values[place] = value;
                }
            }

            if (comma < 0 && column < last)
                throw new BadInputException(
                    $"{path}:{lines.Number}", $"a row must have at least {last + 1} numbers but has {column + 1}. The file is damaged.");
            rest = comma < 0 ? [] : rest[(comma + 1)..];
        }
    }
}
