using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Kappa.Lab.Data.Labelled;

/// <summary>The fingerprint of labelled data.</summary>
internal static class ContentHash
{
    /// <summary>SHA-256, in lower-case hexadecimal, of the sizes as little-endian
    /// 64-bit integers, the content, and the labels as such integers.</summary>
    internal static string Of(ReadOnlySpan<int> sizes, ReadOnlySpan<byte> content, ReadOnlySpan<int> labels)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, sizes);
        hash.AppendData(content);
        Append(hash, labels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<int> integers)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (int integer in integers)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, integer);
            hash.AppendData(bytes);
        }
    }
}
