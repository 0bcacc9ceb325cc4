using System.Buffers.Binary;
using System.Text;

namespace Kappa.Lab.Formats;

/// <summary>numpy's file of one array (<c>.npy</c>): reads versions 1 to 3, both byte orders
/// and both element orders; writes version 1, little-endian float64, C order.</summary>
/// <remarks>Floats of 16, 32 and 64 bits, integers within ±2⁵³ and booleans become
/// doubles exactly. Python objects are never read. Stateless and thread-safe.</remarks>
public static class NpyFile
{
    /// <summary>Longest header read. numpy writes about 80 bytes; a version 1 header cannot be longer than this.</summary>
    internal const int MaximumHeaderBytes = 65535;

    // Aligned memory has some elements more than the array.
    private const int MostElements = int.MaxValue - 1024;

    private const int Alignment = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The file cannot be read, is malformed
    /// or truncated, has an unsupported type, or exceeds the limits.</exception>
    public static NdArray Read(string path, ReadLimits? limits = null)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, stream.Length, path, limits ?? ReadLimits.Default);
    }

    /// <summary>Reads a stream from its position to its end.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">As for a file.</exception>
    public static NdArray Read(Stream stream, string location, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Read(stream, stream.Length - stream.Position, location, limits ?? ReadLimits.Default);
    }

    /// <summary>Writes an array as float64; the file is replaced as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <param name="data">Elements, the last axis fastest.</param>
    /// <exception cref="ArgumentException">The number of elements is not the product of the lengths.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<int> shape, ReadOnlyMemory<double> data)
    {
        byte[] header = Header(shape, data.Length);
        AtomicFile.Write(path, stream => Write(stream, header, data.Span));
    }

    /// <summary>Writes an array as float64 into a stream.</summary>
    internal static void Write(Stream stream, ReadOnlySpan<int> shape, ReadOnlySpan<double> data) =>
        Write(stream, Header(shape, data.Length), data);

    /// <summary>Reads an array of which the file says that it takes <paramref name="length"/> bytes, header included.</summary>
    internal static NdArray Read(Stream stream, long length, string location, ReadLimits limits)
    {
        NpyHeader header = ReadHead(stream, length, location, limits);
        return ElementReader.Read(stream, location, header.Type, header.BigEndian, header.FortranOrder, header.Shape);
    }

    /// <summary>Reads what stands before the elements, and checks it against the file and the limits before memory is asked for.</summary>
    internal static NpyHeader ReadHead(Stream stream, long length, string location, ReadLimits limits)
    {
        byte[] text = ReadHeader(stream, length, location, out int start);
        NpyHeader header = NpyHeader.Parse(text, location);
        long count = NdArray.CountElements(header.Shape);
        if (count < 0 || count > long.MaxValue / sizeof(double))
        {
            throw Malformed(location, $"the shape {NdArray.Describe(header.Shape)} has more than 2^60 elements");
        }

        long dataLength = length - start;
        if (count * header.Type.Size() != dataLength)
        {
            throw Malformed(
                location,
                $"{NdArray.Describe(header.Shape)} elements of {header.Type.Size()} bytes must take {count * header.Type.Size()} bytes "
                    + $"but {dataLength} follow the header");
        }

        if (count * sizeof(double) > limits.MaximumBytes || count > MostElements)
        {
            throw new BadInputException(
                location,
                $"must take at most {Math.Min(limits.MaximumBytes, MostElements * 8L)} bytes as doubles but takes "
                    + $"{count * sizeof(double)}. Use a smaller array or allow more with --memory.");
        }

        return header;
    }

    private static byte[] ReadHeader(Stream stream, long length, string location, out int start)
    {
        Span<byte> fixedPart = stackalloc byte[12];
        Fill(stream, fixedPart[..8], location);
        if (!fixedPart.StartsWith(Magic))
        {
            throw Malformed(location, "the first six bytes must be \\x93NUMPY");
        }

        (byte major, byte minor) = (fixedPart[6], fixedPart[7]);
        if (major is < 1 or > 3 || minor != 0)
        {
            throw new BadInputException(
                location,
                $"must have npy version 1.0, 2.0 or 3.0 but has {major}.{minor}, which is not supported. Write it again with numpy.save.");
        }

        start = major == 1 ? 10 : 12;
        Fill(stream, fixedPart[8..start], location);
        long headerLength = major == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(fixedPart[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(fixedPart[8..]);
        if (headerLength > MaximumHeaderBytes || headerLength > length - start)
        {
            throw Malformed(
                location, $"the header must have at most {Math.Min(MaximumHeaderBytes, length - start)} bytes but claims {headerLength}");
        }

        byte[] text = new byte[headerLength];
        Fill(stream, text, location);
        start += (int)headerLength;
        return text;
    }

    private static void Fill(Stream stream, Span<byte> bytes, string location)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Malformed(location, "it ends inside the header");
        }
    }

    private static BadInputException Malformed(string location, string what) =>
        new(location, $"is not a valid npy file: {what}. Write it again with numpy.save.");

    private static byte[] Header(ReadOnlySpan<int> shape, int count)
    {
        if (NdArray.CountElements(shape) != count)
        {
            throw new ArgumentException(
                $"The shape {NdArray.Describe(shape)} must have as many elements as the data, {count}.", nameof(shape));
        }

        string tuple = shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape.ToArray())})";
        string text = $"{{'descr': '<f8', 'fortran_order': False, 'shape': {tuple}, }}";
        int length = (10 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[length];
        Magic.CopyTo(header);
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(length - 10)));
        header.AsSpan(10).Fill((byte)' ');
        _ = Encoding.ASCII.GetBytes(text, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    private static void Write(Stream stream, byte[] header, ReadOnlySpan<double> data)
    {
        stream.Write(header);
        DoubleBytes.Write(stream, data);
    }
}
