using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs;

/// <summary>The first place at which a run computed again differs.</summary>
/// <param name="File">Name of the file in the run folder.</param>
/// <param name="Place">Row and column, or the tensor and its element.</param>
/// <param name="Recorded">What the run has there.</param>
/// <param name="Computed">What was computed now.</param>
internal sealed record RunDifference(string File, string Place, string Recorded, string Computed)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{File}, {Place}: recorded {Recorded}, computed {Computed}";

    /// <summary>The first difference between two run folders in the files
    /// whose bits are promised; null when these are the same bits.</summary>
    /// <param name="recorded">The run.</param>
    /// <param name="computed">The run computed again.</param>
    /// <exception cref="BadInputException">A file is damaged.</exception>
    public static RunDifference? Find(RunFiles recorded, RunFiles computed)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        ArgumentNullException.ThrowIfNull(computed);
        return Specification(recorded.Specification, computed.Specification) ?? Telemetry(recorded, computed) ?? Tensors(recorded, computed)
            ?? Spectra(recorded, computed);
    }

    private static RunDifference? Specification(string recorded, string computed)
    {
        string[] ones = StoredDocument.Lines(recorded), others = StoredDocument.Lines(computed);
        int same = ones.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        return same == ones.Length && same == others.Length ? null
            : new(
                Path.GetFileName(recorded), string.Create(CultureInfo.InvariantCulture, $"line {same + 1}"),
                same < ones.Length ? ones[same] : "the end", same < others.Length ? others[same] : "the end");
    }

    private static RunDifference? Telemetry(RunFiles recorded, RunFiles computed)
    {
        if (SameBytes(recorded.Telemetry, computed.Telemetry))
            return null;
        TelemetryTable one = TelemetryReader.Read(recorded.Telemetry), other = TelemetryReader.Read(computed.Telemetry);
        string name = Path.GetFileName(recorded.Telemetry);
        if (one.Columns.Except(other.Columns).Take(5).ToArray() is { Length: > 0 } missing)
            return new(name, "columns", $"{one.Columns.Count}: {string.Join(' ', missing)}", $"{other.Columns.Count}, without these");
        for (int row = 0; row < Math.Min(one.Rows, other.Rows); row++)
        {
            foreach (string column in one.Columns)
            {
                if (!SameBits(one[column][row], other[column][row]))
                    return new(
                        name,
                        string.Create(CultureInfo.InvariantCulture, $"row {row + 1} (step {one[Quantities.Step][row]}), column {column}"),
                        Text(one[column][row]), Text(other[column][row]));
            }
        }

        return one.Rows != other.Rows
            ? new(name, "rows", one.Rows.ToString(CultureInfo.InvariantCulture), other.Rows.ToString(CultureInfo.InvariantCulture))
            : new(name, "text", one.Note ?? "other spelling of the same numbers", other.Note ?? "other spelling of the same numbers");
    }

    private static RunDifference? Tensors(RunFiles recorded, RunFiles computed)
    {
        if (SameBytes(recorded.Checkpoint, computed.Checkpoint))
            return null;
        string name = Path.GetFileName(recorded.Checkpoint);
        if (Absent(name, recorded.Checkpoint, computed.Checkpoint) is { } absent)
            return absent;
        SafetensorsContent one = SafetensorsFile.Read(recorded.Checkpoint), other = SafetensorsFile.Read(computed.Checkpoint);
        foreach (NamedTensor tensor in one.Tensors)
        {
            if (other.Tensors.FirstOrDefault(found => found.Name == tensor.Name) is not { } found)
                return new(name, $"tensor {tensor.Name}", "there", "not there");
            if (Elements(name, $"tensor {tensor.Name}", tensor.Value, found.Value) is { } difference)
                return difference;
        }

        // The hash differs with the tensors, which were compared.
        KeyValuePair<string, string> differing = one.Metadata.Where(pair =>
            !pair.Key.StartsWith("kappa.", StringComparison.Ordinal) && other.Metadata.GetValueOrDefault(pair.Key) != pair.Value)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).FirstOrDefault();
        return differing.Key is null
            ? null
            : new(name, differing.Key, differing.Value, other.Metadata.GetValueOrDefault(differing.Key) ?? "nothing");
    }

    private static RunDifference? Spectra(RunFiles recorded, RunFiles computed)
    {
        if (SameBytes(recorded.Spectra, computed.Spectra))
            return null;
        string name = Path.GetFileName(recorded.Spectra);
        if (Absent(name, recorded.Spectra, computed.Spectra) is { } absent)
            return absent;
        SpectraTable one = SpectraTable.Read(recorded.Spectra), other = SpectraTable.Read(computed.Spectra);
        return (What(one), What(other)) is var (ones, others) && ones == others
            ? one.Records.Zip(other.Records).SelectMany(pair => one.Names.Select((part, k) => Elements(
                name, string.Create(CultureInfo.InvariantCulture, $"{part} at step {pair.First.Step}"),
                new([pair.First.Rows[k].Length], pair.First.Rows[k]), new([pair.Second.Rows[k].Length], pair.Second.Rows[k]))))
                .FirstOrDefault(difference => difference is not null) ?? new(name, "file", "other bytes", "other bytes")
            : new(name, "parts and steps", ones, others);
    }

    private static string What(SpectraTable table) =>
        $"{string.Join(' ', table.Names)} at {string.Join(' ', table.Records.Select(record => record.Step))}";

    private static RunDifference? Absent(string name, string recorded, string computed) =>
        (System.IO.File.Exists(recorded), System.IO.File.Exists(computed)) switch
        {
            (true, false) => new(name, "file", "there", "not there"),
            (false, true) => new(name, "file", "not there", "there"),
            _ => null,
        };

    private static RunDifference? Elements(string file, string what, NdArray one, NdArray other)
    {
        if (!one.Shape.SequenceEqual(other.Shape))
            return new(file, $"shape of {what}", one.ToString(), other.ToString());
        int same = one.Data.Zip(other.Data).TakeWhile(pair => SameBits(pair.First, pair.Second)).Count();
        return same == one.Data.Length
            ? null
            : new(
                file, string.Create(CultureInfo.InvariantCulture, $"{what}, element {same}"), Text(one.Data[same]), Text(other.Data[same]));
    }

    private static bool SameBytes(string one, string other)
    {
        if (!System.IO.File.Exists(one) || !System.IO.File.Exists(other))
            return System.IO.File.Exists(one) == System.IO.File.Exists(other);
        using FileStream first = InputFile.Open(one), second = InputFile.Open(other);
        byte[] ones = new byte[1 << 16], others = new byte[1 << 16];
        bool isSame = first.Length == second.Length;
        for (int read = 1; isSame && read > 0;)
        {
            read = first.ReadAtLeast(ones, ones.Length, throwOnEndOfStream: false);
            isSame = second.ReadAtLeast(others, others.Length, throwOnEndOfStream: false) == read
                && ones.AsSpan(0, read).SequenceEqual(others.AsSpan(0, read));
        }

        return isSame;
    }

    private static bool SameBits(double one, double other) => BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
