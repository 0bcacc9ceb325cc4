using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kappa.Lab.Formats;

/// <summary>The stored types that array files may have and that convert to double.</summary>
internal enum ElementType
{
    Boolean,
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Float16,
    BFloat16,
    Float32,
    Float64,
}

/// <summary>Conversion of stored elements to double: exact, NaN payloads of Float64 included.</summary>
internal static class ElementTypes
{
    /// <summary>Beyond ±2⁵³ not every integer is a double; such integers are refused, not rounded.</summary>
    private const long LargestExactInteger = 1L << 53;

    /// <summary>Bytes of one element.</summary>
    internal static int Size(this ElementType type) => type switch
    {
        ElementType.Boolean or ElementType.UInt8 or ElementType.Int8 => 1,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.UInt32 or ElementType.Int32 or ElementType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Decodes little-endian elements; returns the index of the first integer that no double equals, or −1.</summary>
    /// <param name="type">Stored type.</param>
    /// <param name="bytes">Stored elements, <see cref="Size"/> bytes each.</param>
    /// <param name="values">Where they go, as many as there are elements.</param>
    internal static int Decode(this ElementType type, ReadOnlySpan<byte> bytes, Span<double> values)
    {
        if (type == ElementType.Float64 && BitConverter.IsLittleEndian)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(values));
            return -1;
        }

        int size = type.Size();
        for (int k = 0; k < values.Length; k++)
        {
            ReadOnlySpan<byte> element = bytes.Slice(k * size, size);
            if (IsBeyondExactIntegers(type, element))
            {
                return k;
            }

            values[k] = DecodeOne(type, element);
        }

        return -1;
    }

    /// <summary>Turns big-endian elements of <paramref name="size"/> bytes into little-endian ones, in place.</summary>
    internal static void ReverseEach(Span<byte> bytes, int size)
    {
        for (int start = 0; start < bytes.Length; start += size)
        {
            bytes.Slice(start, size).Reverse();
        }
    }

    private static double DecodeOne(ElementType type, ReadOnlySpan<byte> element) => type switch
    {
        ElementType.Boolean => element[0] == 0 ? 0 : 1,
        ElementType.UInt8 => element[0],
        ElementType.Int8 => (sbyte)element[0],
        ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
        ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
        ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(element),
        ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
        ElementType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(element),
        ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(element),
        ElementType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(element),
        ElementType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16),
        ElementType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(element),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(element),
    };

    private static bool IsBeyondExactIntegers(ElementType type, ReadOnlySpan<byte> element) => type switch
    {
        ElementType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(element) > LargestExactInteger,
        ElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(element) is < -LargestExactInteger or > LargestExactInteger,
        _ => false,
    };
}
