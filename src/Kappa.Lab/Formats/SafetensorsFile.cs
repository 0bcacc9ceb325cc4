using System.Buffers.Binary;
using System.Text.Json;

namespace Kappa.Lab.Formats;

/// <summary>One tensor and its name.</summary>
/// <param name="Name">Name, unique in its file.</param>
/// <param name="Value">Elements as doubles.</param>
public sealed record NamedTensor(string Name, NdArray Value);

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">Tensors in the order of their bytes.</param>
/// <param name="Metadata">The text of <c>__metadata__</c>.</param>
public sealed record SafetensorsContent(IReadOnlyList<NamedTensor> Tensors, IReadOnlyDictionary<string, string> Metadata);

/// <summary>The safetensors format: a length, a JSON header, and the bytes of all
/// tensors without a gap. Reads what converts to double exactly; writes F64.</summary>
/// <remarks>
/// Read: F64, F32, F16, BF16, BOOL and integers of 8 to 64 bits within ±2⁵³. A file with another type is reported as unsupported, a file
/// that breaks the format as malformed; the two messages differ. Nothing in a file is ever executed. Stateless and thread-safe.
/// </remarks>
public static class SafetensorsFile
{
    /// <summary>Longest header of the format, 100,000,000 bytes.</summary>
    internal const long MaximumHeaderBytes = 100_000_000;

    private const int LengthBytes = sizeof(ulong);
    private const int Alignment = 8;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">The file cannot be read, is malformed
    /// or truncated, has an unsupported type, or exceeds the limits.</exception>
    public static SafetensorsContent Read(string path, ReadLimits? limits = null)
    {
        using FileStream stream = InputFile.Open(path);
        return Read(stream, path, limits);
    }

    /// <summary>Reads a stream from its position to its end.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <param name="limits">How much it may take; <c>null</c> for the defaults.</param>
    /// <exception cref="BadInputException">As for a file.</exception>
    public static SafetensorsContent Read(Stream stream, string location, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= ReadLimits.Default;
        long length = stream.Length - stream.Position;
        byte[] text = ReadHeader(stream, length, location);
        SafetensorsHeader header = SafetensorsHeader.Parse(text, length - LengthBytes - text.Length, location);
        long total = header.Tensors.Sum(tensor => tensor.Count * sizeof(double));
        if (total > limits.MaximumBytes || header.Tensors.Any(tensor => tensor.Count > Array.MaxLength))
        {
            throw new BadInputException(
                location,
                $"must take at most {limits.MaximumBytes} bytes as doubles, and {Array.MaxLength} elements a tensor, but takes {total} "
                    + $"bytes. Use a smaller file or allow more with --memory.");
        }

        List<NamedTensor> tensors = [];
        foreach (SafetensorsEntry entry in header.Tensors)
        {
            tensors.Add(
                new NamedTensor(
                    entry.Name,
                    ElementReader.Read(
                        stream, $"{location}/{Shown.Of(entry.Name)}", entry.Type, bigEndian: false, fortranOrder: false, entry.Shape)));
        }

        return new SafetensorsContent(tensors, header.Metadata);
    }

    /// <summary>Writes tensors as F64, bit for bit, in the given order; the file
    /// is replaced as a whole, and equal contents give equal bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Tensors with different names, and metadata (written in ordinal order).</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a tensor is called <c>__metadata__</c>.</exception>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void Write(string path, SafetensorsContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        byte[] header = Header(content);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[LengthBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (NamedTensor tensor in content.Tensors)
            {
                DoubleBytes.Write(stream, tensor.Value.Data);
            }
        });
    }

    private static byte[] ReadHeader(Stream stream, long length, string location)
    {
        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        if (stream.ReadAtLeast(lengthBytes, LengthBytes, throwOnEndOfStream: false) < LengthBytes)
        {
            throw SafetensorsHeader.Malformed(location, $"a file must have at least {LengthBytes} bytes but has {length}");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        long allowed = Math.Min(MaximumHeaderBytes, length - LengthBytes);
        if (headerLength > (ulong)allowed)
        {
            throw SafetensorsHeader.Malformed(location, $"the header must have at most {allowed} bytes but claims {headerLength}");
        }

        byte[] text = new byte[headerLength];
        return stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) == text.Length
            ? text
            : throw SafetensorsHeader.Malformed(location, "it ends inside the header");
    }

    private static byte[] Header(SafetensorsContent content)
    {
        HashSet<string> names = new(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            WriteMetadata(writer, content.Metadata);
            long begin = 0;
            foreach (NamedTensor tensor in content.Tensors)
            {
                if (!names.Add(tensor.Name))
                {
                    throw new ArgumentException(
                        $"Names must differ from each other and from {SafetensorsHeader.MetadataKey}, but '{tensor.Name}' does not.",
                        nameof(content));
                }

                long end = begin + (tensor.Value.Data.LongLength * sizeof(double));
                WriteTensor(writer, tensor, begin, end);
                begin = end;
            }

            writer.WriteEndObject();
        }

        // Trailing blanks bring the first tensor to a multiple of eight bytes.
        while (stream.Length % Alignment != 0)
        {
            stream.WriteByte((byte)' ');
        }

        return stream.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter writer, NamedTensor tensor, long begin, long end)
    {
        writer.WriteStartObject(tensor.Name);
        writer.WriteString(SafetensorsHeader.TypeKey, "F64");
        writer.WriteStartArray(SafetensorsHeader.ShapeKey);
        foreach (int length in tensor.Value.Shape)
        {
            writer.WriteNumberValue(length);
        }

        writer.WriteEndArray();
        writer.WriteStartArray(SafetensorsHeader.OffsetsKey);
        writer.WriteNumberValue(begin);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
