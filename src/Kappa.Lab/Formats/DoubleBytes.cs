using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kappa.Lab.Formats;

/// <summary>Doubles as the little-endian bytes that files and fingerprints are made of, bit for bit.</summary>
internal static class DoubleBytes
{
    // The bytes of a span of doubles must be countable by an int; a mebibyte at a time also bounds the copy on a big-endian machine.
    private const int ChunkElements = 1 << 17;

    /// <summary>Writes every element, 8 bytes each.</summary>
    internal static void Write(Stream stream, ReadOnlySpan<double> data)
    {
        for (; !data.IsEmpty; data = data[Math.Min(ChunkElements, data.Length)..])
        {
            stream.Write(FirstChunk(data));
        }
    }

    /// <summary>Hashes every element, 8 bytes each.</summary>
    internal static void Append(IncrementalHash hash, ReadOnlySpan<double> data)
    {
        for (; !data.IsEmpty; data = data[Math.Min(ChunkElements, data.Length)..])
        {
            hash.AppendData(FirstChunk(data));
        }
    }

    private static ReadOnlySpan<byte> FirstChunk(ReadOnlySpan<double> data)
    {
        ReadOnlySpan<double> chunk = data[..Math.Min(ChunkElements, data.Length)];
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes(chunk);
        }

        byte[] bytes = new byte[chunk.Length * sizeof(double)];
        for (int k = 0; k < chunk.Length; k++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(k * sizeof(double)), chunk[k]);
        }

        return bytes;
    }
}
