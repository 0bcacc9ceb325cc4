using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kappa.Lab.Formats;

/// <summary>Doubles as the little-endian bytes that files and fingerprints are made of.</summary>
internal static class DoubleBytes
{
    private const int ChunkElements = 8192;

    /// <summary>Writes every element, 8 bytes each, bit for bit.</summary>
    internal static void Write(Stream stream, ReadOnlySpan<double> data)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(data));
            return;
        }

        byte[] chunk = new byte[ChunkElements * sizeof(double)];
        for (int start = 0; start < data.Length; start += ChunkElements)
        {
            int length = Math.Min(ChunkElements, data.Length - start);
            for (int k = 0; k < length; k++)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(chunk.AsSpan(k * sizeof(double)), data[start + k]);
            }

            stream.Write(chunk, 0, length * sizeof(double));
        }
    }
}
