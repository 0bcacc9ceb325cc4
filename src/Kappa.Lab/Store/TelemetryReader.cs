using System.Runtime.InteropServices;
using System.Text;
using Kappa.Descent;

namespace Kappa.Lab.Store;

/// <summary>The recorded rows of a run, by column.</summary>
public sealed class TelemetryTable
{
    private readonly string _path;
    private readonly Dictionary<string, List<double>> _values;

    internal TelemetryTable(string path, IReadOnlyList<string> columns, Dictionary<string, List<double>> values, string? note) =>
        (_path, Columns, _values, Note) = (path, columns, values, note);

    /// <summary>The names, <c>step</c> first.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => _values[Quantities.Step.Name].Count;

    /// <summary>What was ignored (a torn last line), as a sentence; <see langword="null"/> if nothing.</summary>
    public string? Note { get; }

    /// <summary>The values of a column, one per row.</summary>
    /// <param name="column">Its name.</param>
    /// <exception cref="BadInputException">The file has no such column; the message names the nearest.</exception>
    public ReadOnlySpan<double> this[string column] => _values.TryGetValue(column, out List<double>? values)
        ? CollectionsMarshal.AsSpan(values)
        : throw new BadInputException(
            $"{_path}:1",
            $"must have a column '{Formats.Shown.Of(column)}' but has none among its "
                + $"{Columns.Count}.{Formats.Suggestion.For(column, Columns)} The file is damaged, or of another model.");

    /// <summary>The values of a quantity of the step, one per row.</summary>
    /// <param name="quantity">The quantity.</param>
    /// <exception cref="BadInputException">The file has no such column; the message names the nearest.</exception>
    public ReadOnlySpan<double> this[Quantity quantity] => this[NotNull(quantity).Name];

    /// <summary>The values of a quantity of a part or of a kind of parameters, one per row.</summary>
    /// <param name="quantity">The quantity.</param>
    /// <param name="of">The part, such as <c>l0.output</c>, or the kind.</param>
    /// <exception cref="BadInputException">The file has no such column; the message names the nearest.</exception>
    public ReadOnlySpan<double> this[Quantity quantity, string of] => this[NotNull(quantity).Of(of)];

    /// <summary>Whether a quantity of the step was recorded.</summary>
    /// <param name="quantity">The quantity.</param>
    public bool Has(Quantity quantity) => Has(NotNull(quantity).Name);

    /// <summary>Whether there is a column of this name.</summary>
    /// <param name="column">A name.</param>
    public bool Has(string column) => _values.ContainsKey(column);

    private static Quantity NotNull(Quantity quantity)
    {
        ArgumentNullException.ThrowIfNull(quantity);
        return quantity;
    }
}

/// <summary>Reads <c>telemetry.csv</c>, also while it is being written.</summary>
public static class TelemetryReader
{
    /// <summary>Reads all rows. A torn last line (no line end: the writer was stopped, or is
    /// writing) is left out and said so; damage elsewhere is an error with its line.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static TelemetryTable Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = TelemetryFile.OpenToRead(path);
        return Read(path, stream);
    }

    internal static TelemetryTable Read(string path, Stream stream)
    {
        var lines = new TelemetryLines(path, stream);
        string[] columns = TelemetryFile.ReadHeader(path, lines);
        var values = columns.ToDictionary(column => column, _ => new List<double>(), StringComparer.Ordinal);
        List<double>[] inOrder = [.. columns.Select(column => values[column])];
        double step = double.NegativeInfinity;
        while (lines.MoveNext())
        {
            if (!lines.IsWhole)
                return new(path, columns, values, $"Line {lines.Number} is torn (it has no line end) and was left out.");
            step = TelemetryFile.ReadStep(path, lines, step);
            ReadRow(path, lines, inOrder);
        }

        return new(path, columns, values, note: null);
    }

    private static void ReadRow(string path, TelemetryLines lines, List<double>[] columns)
    {
        ReadOnlySpan<byte> rest = lines.Current;
        int commas = rest.Count((byte)',');
        if (commas + 1 != columns.Length)
            throw new BadInputException(
                $"{path}:{lines.Number}", $"a row must have {columns.Length} numbers but has {commas + 1}. The file is damaged.");
        foreach (List<double> column in columns)
        {
            int comma = rest.IndexOf((byte)',');
            ReadOnlySpan<byte> field = comma < 0 ? rest : rest[..comma];
            if (!Formats.DoubleText.TryRead(field, out double value))
                throw new BadInputException(
                    $"{path}:{lines.Number}",
                    $"a row must have numbers but has '{Formats.Shown.Of(Encoding.UTF8.GetString(field))}'. The file is damaged.");
            column.Add(value);
            rest = comma < 0 ? [] : rest[(comma + 1)..];
        }
    }
}
