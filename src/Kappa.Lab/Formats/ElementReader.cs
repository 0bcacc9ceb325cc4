namespace Kappa.Lab.Formats;

/// <summary>Reads stored elements from a stream into an array through one
/// fixed buffer, so that a file costs its doubles and nothing more.</summary>
internal static class ElementReader
{
    private const int ChunkElements = 8192;

    /// <summary>Reads all of <paramref name="shape"/>.</summary>
    /// <param name="source">The stream, at the first element.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="type">Stored type.</param>
    /// <param name="bigEndian">Whether the most significant byte comes first.</param>
    /// <param name="fortranOrder">Whether the first axis is the fastest.</param>
    /// <param name="shape">Lengths of the axes, already checked against the limits.</param>
    /// <exception cref="BadInputException">The stream ends early, or an integer is not exact as a double.</exception>
    internal static NdArray Read(Stream source, string location, ElementType type, bool bigEndian, bool fortranOrder, int[] shape)
    {
        double[] data = new double[checked((int)NdArray.CountElements(shape))];
        Fill(source, location, type, bigEndian, fortranOrder, shape, data);
        return new NdArray(shape, data);
    }

    /// <summary>Reads all of <paramref name="shape"/> into memory of the caller.</summary>
    /// <param name="source">The stream, at the first element.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="type">Stored type.</param>
    /// <param name="bigEndian">Whether the most significant byte comes first.</param>
    /// <param name="fortranOrder">Whether the first axis is the fastest.</param>
    /// <param name="shape">Lengths of the axes.</param>
    /// <param name="data">As many elements; the last axis becomes the fastest.</param>
    /// <exception cref="BadInputException">The stream ends early, or an integer is not exact as a double.</exception>
    internal static void Fill(
        Stream source, string location, ElementType type, bool bigEndian, bool fortranOrder, int[] shape, Span<double> data)
    {
        int count = data.Length;
        FortranWalk? walk = fortranOrder && shape.Length > 1 ? new FortranWalk(shape) : null;
        int size = type.Size();
        byte[] chunk = new byte[Math.Min(count, ChunkElements) * size];
        double[] decoded = walk is null ? [] : new double[Math.Min(count, ChunkElements)];
        for (int start = 0; start < count; start += ChunkElements)
        {
            int length = Math.Min(ChunkElements, count - start);
            Span<byte> bytes = chunk.AsSpan(0, length * size);
            ReadExactly(source, bytes, location, (long)start * size, (long)count * size);
            if (bigEndian)
            {
                ElementTypes.ReverseEach(bytes, size);
            }

            Span<double> values = walk is null ? data.Slice(start, length) : decoded.AsSpan(0, length);
            int inexact = type.Decode(bytes, values);
            if (inexact >= 0)
            {
                throw new BadInputException(
                    location,
                    $"integers must be within ±2^53 to be exact as doubles, but stored element {start + inexact} is not. Store the array "
                        + $"as float64.");
            }

            walk?.Scatter(values, data);
        }
    }

    private static void ReadExactly(Stream source, Span<byte> bytes, string location, long before, long wanted)
    {
        int read = source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < bytes.Length)
        {
            throw new BadInputException(
                location, $"the data must have {wanted} bytes but end after {before + read}. The file is truncated: write it again.");
        }
    }

    /// <summary>Walks an array in Fortran order (first axis fastest) and knows the row-major position of each element.</summary>
    private sealed class FortranWalk(int[] shape)
    {
        private readonly int[] _index = new int[shape.Length];
        private readonly int[] _strides = StridesOf(shape);
        private int _position;

        internal void Scatter(ReadOnlySpan<double> values, Span<double> data)
        {
            foreach (double value in values)
            {
                data[_position] = value;
                Advance();
            }
        }

        private void Advance()
        {
            for (int axis = 0; axis < shape.Length; axis++)
            {
                _position += _strides[axis];
                if (++_index[axis] < shape[axis])
                {
                    return;
                }

                _position -= _strides[axis] * shape[axis];
                _index[axis] = 0;
            }
        }

        private static int[] StridesOf(int[] shape)
        {
            int[] strides = new int[shape.Length];
            int stride = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                strides[axis] = stride;
                stride *= shape[axis];
            }

            return strides;
        }
    }
}
