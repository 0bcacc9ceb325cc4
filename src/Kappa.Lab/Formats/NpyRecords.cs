using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Kappa.Lab.Formats;

/// <summary>numpy's file of records (<c>.npy</c> with a structured type), as it is written here: an
/// integer <c>step</c>, then named rows of float64. It grows without being written anew.</summary>
/// <remarks>
/// <c>numpy.load(path)["NAME"]</c> is an array [records, length]. The header states the number of records and has, as numpy's own, room
/// for any of them: whoever adds records writes these first and then the header in its place, so that a reader finds whole ones at any
/// moment. Version 2.0, little-endian. Read by a grammar of exactly this; nothing is evaluated.
/// </remarks>
internal sealed partial class NpyRecords
{
    private const int HeaderStart = 12;
    private const int Alignment = 64;
    private const int MostHeaderBytes = 1 << 20;

    // As many digits as numpy leaves for the axis that grows.
    private const int MostDigits = 21;

    private readonly string _type;
    private readonly int _headerBytes;

    /// <summary>Records of named rows.</summary>
    /// <param name="fields">Name and length of each row.</param>
    public NpyRecords(IReadOnlyList<(string Name, int Length)> fields)
    {
        Fields = fields;
        RecordBytes = sizeof(long) + (sizeof(double) * fields.Sum(field => (long)field.Length));
        _type = "('step', '<i8')"
            + string.Concat(fields.Select(field =>
                string.Create(CultureInfo.InvariantCulture, $", ('{field.Name}', '<f8', ({field.Length},))")));
        _headerBytes = (HeaderStart + Text(0).Length + MostDigits + Alignment - 1) / Alignment * Alignment;
    }

    /// <summary>Name and length of each row.</summary>
    public IReadOnlyList<(string Name, int Length)> Fields { get; }

    /// <summary>Bytes of a record.</summary>
    public long RecordBytes { get; }

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 2, 0];

    /// <summary>Where record <paramref name="index"/> begins.</summary>
    public long PlaceOf(long index) => _headerBytes + (index * RecordBytes);

    /// <summary>What stands before the records.</summary>
    /// <param name="count">How many there are.</param>
    public byte[] Header(long count)
    {
        byte[] header = new byte[_headerBytes];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length), _headerBytes - HeaderStart);
        _ = Encoding.ASCII.GetBytes(Text(count), header.AsSpan(HeaderStart));
        header[^1] = (byte)'\n';
        return header;
    }

    /// <summary>Reads what stands before the records of a file, and checks it against the length of the file.</summary>
    /// <exception cref="BadInputException">It is no such file, or damaged.</exception>
    public static (NpyRecords Layout, long Count) ReadHeader(Stream stream, string location)
    {
        byte[] start = new byte[HeaderStart];
        if (stream.ReadAtLeast(start, HeaderStart, throwOnEndOfStream: false) < HeaderStart || !start.AsSpan().StartsWith(Magic))
            throw Damaged(location, "it does not begin as one");
        int length = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(Magic.Length));
        if (length is < 0 or > MostHeaderBytes || length > stream.Length - HeaderStart)
            throw Damaged(location, "its header is longer than the file");
        byte[] header = [.. start, .. new byte[length]];
        stream.ReadExactly(header, HeaderStart, length);
        Match match = HeaderText().Match(Encoding.Latin1.GetString(header, HeaderStart, length));
        (string, int)[] fields =
        [
            .. match.Groups["name"].Captures.Zip(match.Groups["length"].Captures)
                .Select(pair => (pair.First.Value, int.Parse(pair.Second.Value, CultureInfo.InvariantCulture))),
        ];
        long count = match.Success ? long.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) : 0;
        var layout = new NpyRecords(fields);
        if (!match.Success || fields.DistinctBy(field => field.Item1).Count() < fields.Length
            || !layout.Header(count).SequenceEqual(header))
            throw Damaged(location, "its header is not one that Kappa writes");
        long held = (stream.Length - layout._headerBytes) / layout.RecordBytes;
        return count <= held ? (layout, count)
            : throw Damaged(location, string.Create(CultureInfo.InvariantCulture, $"it must hold {count} records but holds {held}"));
    }

    /// <summary>The bytes of a record.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="rows">A row for each field, perhaps shorter: what is missing is NaN.</param>
    public byte[] Record(long step, IReadOnlyList<ReadOnlyMemory<double>> rows)
    {
        byte[] record = new byte[RecordBytes];
        BinaryPrimitives.WriteInt64LittleEndian(record, step);
        Span<byte> rest = record.AsSpan(sizeof(long));
        for (int field = 0; field < rows.Count; field++)
        {
            for (int k = 0; k < Fields[field].Length; k++)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(rest, k < rows[field].Length ? rows[field].Span[k] : double.NaN);
                rest = rest[sizeof(double)..];
            }
        }

        return record;
    }

    /// <summary>Reads the step and the rows of the record at the stream's position.</summary>
    public (long Step, double[][] Rows) ReadRecord(Stream stream)
    {
        byte[] record = new byte[RecordBytes];
        stream.ReadExactly(record);
        int next = sizeof(long);
        double[][] rows = [.. Fields.Select(field => new double[field.Length])];
        foreach (double[] row in rows)
        {
            for (int k = 0; k < row.Length; k++, next += sizeof(double))
                row[k] = BinaryPrimitives.ReadDoubleLittleEndian(record.AsSpan(next));
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(record), rows);
    }

    [GeneratedRegex(
        @"^\{'descr': \[\('step', '<i8'\)(?:, \('(?<name>[A-Za-z][A-Za-z0-9._-]{0,199})', '<f8', \((?<length>[0-9]{1,8}),\)\))*\], "
            + @"'fortran_order': False, 'shape': \((?<count>[0-9]{1,15}),\), \} *\n$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HeaderText();

    private static BadInputException Damaged(string location, string what) =>
        new(location, $"must be a file of records as Kappa writes them, but {what}. It is damaged.");

    private string Text(long count) => string.Create(
        CultureInfo.InvariantCulture, $"{{'descr': [{_type}], 'fortran_order': False, 'shape': ({count},), }}");
}
