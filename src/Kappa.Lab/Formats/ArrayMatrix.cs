namespace Kappa.Lab.Formats;

/// <summary>An array of a file, read straight into the aligned memory that the models compute with, so that it is in memory once.</summary>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Values">All axes but the last as rows, the last as columns; of one axis a column.</param>
internal sealed record ArrayMatrix(int[] Shape, Matrix Values)
{
    /// <summary>Number of elements.</summary>
    internal int Count => Values.Rows * Values.Columns;

    /// <summary>Reads a <c>.npy</c> file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much it may take.</param>
    /// <exception cref="BadInputException">As for <see cref="NpyFile"/>.</exception>
    internal static ArrayMatrix Read(string path, ReadLimits limits)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, stream.Length, path, limits);
    }

    /// <summary>Reads two <c>.npy</c> files that keep to the limits together.</summary>
    internal static (ArrayMatrix First, ArrayMatrix Second) ReadPair(string first, string second, ReadLimits limits)
    {
        ArrayMatrix one = Read(first, limits);
        return (one, Read(second, limits with { MaximumBytes = limits.MaximumBytes - ((long)one.Count * sizeof(double)) }));
    }

    /// <summary>Reads arrays of a <c>.npz</c> archive that keep to the limits together.</summary>
    /// <exception cref="BadInputException">As for <see cref="NpzFile"/>.</exception>
    internal static IReadOnlyDictionary<string, ArrayMatrix> ReadArchive(string path, IReadOnlyList<string> names, ReadLimits limits)
    {
        using FileStream stream = InputFile.Open(path);
        return NpzFile.ReadEach(stream, path, names, limits, Read, array => array.Count);
    }

    /// <summary>The shape, for messages.</summary>
    public override string ToString() => NdArray.Describe(Shape);

    /// <summary>The same numbers with other rows.</summary>
    internal Matrix WithRows(int rows) => new(Values.Buffer, Values.Offset, rows, Count / rows);

    private static ArrayMatrix Read(Stream stream, long length, string location, ReadLimits limits)
    {
        NpyHeader header = NpyFile.ReadHead(stream, length, location, limits);
        int count = (int)NdArray.CountElements(header.Shape), columns = header.Shape.Length < 2 ? 1 : header.Shape[^1];
        Matrix values = count == 0 ? default : Matrix.Allocate(count / columns, columns);
        ElementReader.Fill(
            stream, location, header.Type, header.BigEndian, header.FortranOrder, header.Shape, count == 0 ? [] : values.Span);
        return new ArrayMatrix(header.Shape, values);
    }
}
