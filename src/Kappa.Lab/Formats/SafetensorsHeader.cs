using System.Text.Json;
using System.Text.Unicode;

namespace Kappa.Lab.Formats;

/// <summary>One tensor of a safetensors header; its byte range has been checked against its shape.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Stored type.</param>
/// <param name="Shape">Lengths of the axes.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
internal sealed record SafetensorsEntry(string Name, ElementType Type, int[] Shape, long Count, long Begin, long End);

/// <summary>The JSON header of a safetensors file, checked as a whole: the
/// tensors cover the data exactly once, without a hole or an overlap.</summary>
/// <param name="Tensors">Tensors in the order of their bytes.</param>
/// <param name="Metadata">The text of <c>__metadata__</c>.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    internal const string MetadataKey = "__metadata__";
    internal const string TypeKey = "dtype";
    internal const string ShapeKey = "shape";
    internal const string OffsetsKey = "data_offsets";

    // header { tensor { shape [: nothing in the format nests deeper.
    private const int MaximumDepth = 3;

    /// <summary>Parses and checks a header.</summary>
    /// <param name="text">The JSON text, possibly followed by blanks.</param>
    /// <param name="dataLength">Bytes that follow the header.</param>
    /// <param name="location">Where it comes from, for messages.</param>
    /// <exception cref="BadInputException">The header is malformed, or valid with a type that is not read here.</exception>
    internal static SafetensorsHeader Parse(byte[] text, long dataLength, string location)
    {
        if (text.Length == 0 || text[0] != (byte)'{' || !Utf8.IsValid(text))
        {
            throw Malformed(location, "the header must be a JSON object in UTF-8 that starts with '{'");
        }

        try
        {
            Parser parser = new(text, location);
            SafetensorsHeader header = parser.Header();
            CheckCoverage(header.Tensors, dataLength, location);
            return header;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair, which is valid UTF-8 as text and no text once unescaped.
            throw Malformed(
                location,
                failure is JsonException json
                    ? $"the header must be JSON but is not at byte {json.BytePositionInLine} of line {json.LineNumber + 1}"
                    : "a text in the header is not valid Unicode",
                failure);
        }
    }

    internal static BadInputException Malformed(string location, string what, Exception? cause = null) =>
        new(location, $"is not a valid safetensors file: {what}. Copy or write the file again.", cause);

    private static void CheckCoverage(IReadOnlyList<SafetensorsEntry> tensors, long dataLength, string location)
    {
        long covered = 0;
        foreach (SafetensorsEntry tensor in tensors)
        {
            if (tensor.Begin != covered)
            {
                throw Malformed(
                    location,
                    $"tensor '{Shown.Of(tensor.Name)}' must begin at byte {covered}, where the one before ends, but begins at "
                        + $"{tensor.Begin} ({(tensor.Begin > covered ? "a hole" : "an overlap")})");
            }

            covered = tensor.End;
        }

        if (covered != dataLength)
        {
            throw Malformed(location, $"the tensors must cover all {dataLength} bytes after the header but cover {covered}");
        }
    }

    private ref struct Parser(byte[] text, string location)
    {
        private readonly string _location = location;
        private Utf8JsonReader _json = new(text, new JsonReaderOptions { MaxDepth = MaximumDepth });

        internal SafetensorsHeader Header()
        {
            List<SafetensorsEntry> tensors = [];
            Dictionary<string, string>? metadata = null;
            HashSet<string> names = new(StringComparer.Ordinal);
            Enter(JsonTokenType.StartObject, "the header");
            while (NextKey() is { } name)
            {
                if (!names.Add(name))
                {
                    throw Malformed(_location, $"the name '{Shown.Of(name)}' must occur once but occurs twice");
                }

                if (name == MetadataKey)
                {
                    metadata = Metadata();
                }
                else
                {
                    tensors.Add(Tensor(name));
                }
            }

            // Reading on finds anything but blanks after the object.
            _ = _json.Read();
            return new SafetensorsHeader([.. tensors.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.End)], metadata ?? []);
        }

        private Dictionary<string, string> Metadata()
        {
            Dictionary<string, string> metadata = new(StringComparer.Ordinal);
            Enter(JsonTokenType.StartObject, MetadataKey);
            while (NextKey() is { } key)
            {
                if (!metadata.TryAdd(key, Text($"{MetadataKey}.{Shown.Of(key)}")))
                {
                    throw Malformed(_location, $"the key '{Shown.Of(key)}' of {MetadataKey} must occur once but occurs twice");
                }
            }

            return metadata;
        }

        private SafetensorsEntry Tensor(string name)
        {
            string? type = null;
            long[]? shape = null;
            long[]? offsets = null;
            Enter(JsonTokenType.StartObject, $"tensor '{Shown.Of(name)}'");
            while (NextKey() is { } key)
            {
                switch (key)
                {
                    case TypeKey when type is null: type = Text($"{Shown.Of(name)}.{key}"); break;
                    case ShapeKey when shape is null: shape = Integers($"{Shown.Of(name)}.{key}", NdArray.MaximumRank); break;
                    case OffsetsKey when offsets is null: offsets = Integers($"{Shown.Of(name)}.{key}", 2); break;
                    default:
                        throw Malformed(
                        _location,
                        $"tensor '{Shown.Of(name)}' must have {TypeKey}, {ShapeKey} and {OffsetsKey}, each once, but has "
                            + $"'{Shown.Of(key)}' {(key is TypeKey or ShapeKey or OffsetsKey ? "twice" : "too")}");
                }
            }

            return type is null || shape is null || offsets is not { Length: 2 }
                ? throw Malformed(_location, $"tensor '{Shown.Of(name)}' must have {TypeKey}, {ShapeKey} and two {OffsetsKey}")
                : Entry(name, type, shape, offsets[0], offsets[1]);
        }

        private readonly SafetensorsEntry Entry(string name, string typeName, long[] shape, long begin, long end)
        {
            ElementType type = TypeOf(typeName) ?? throw new BadInputException(
                _location,
                $"has tensor '{Shown.Of(name)}' of type {Shown.Of(typeName)}, which is not supported: F64, F32, F16, BF16, BOOL and "
                    + $"integers are. Convert it to F64.");
            if (shape.Any(length => length > int.MaxValue))
            {
                throw Malformed(
                    _location, $"tensor '{Shown.Of(name)}' must have at most {int.MaxValue} elements an axis but has {shape.Max()}");
            }

            int[] lengths = [.. shape.Select(length => (int)length)];
            long count = NdArray.CountElements(lengths);
            return count >= 0 && count <= long.MaxValue / sizeof(double) && begin <= end && end - begin == count * type.Size()
                ? new SafetensorsEntry(name, type, lengths, count, begin, end)
                : throw Malformed(
                    _location,
                    $"tensor '{Shown.Of(name)}' of shape {NdArray.Describe(lengths)} and type {typeName} must take its elements times "
                        + $"{type.Size()} bytes but takes the bytes from {begin} to {end}");
        }

        private void Enter(JsonTokenType wanted, string what)
        {
            if (!_json.Read() || _json.TokenType != wanted)
            {
                throw Malformed(_location, $"{what} must be {(wanted == JsonTokenType.StartArray ? "a list" : "an object")}");
            }
        }

        private string? NextKey()
        {
            _ = _json.Read();
            return _json.TokenType == JsonTokenType.PropertyName ? _json.GetString() : null;
        }

        private string Text(string what)
        {
            _ = _json.Read();
            return _json.TokenType == JsonTokenType.String ? _json.GetString()! : throw Malformed(_location, $"{what} must be text");
        }

        private long[] Integers(string what, int most)
        {
            List<long> values = [];
            Enter(JsonTokenType.StartArray, what);
            while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
            {
                if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out long value) || value < 0 || values.Count == most)
                {
                    throw Malformed(_location, $"{what} must be at most {most} integers from 0 to 2^63 - 1");
                }

                values.Add(value);
            }

            return [.. values];
        }

        private static ElementType? TypeOf(string name) => name switch
        {
            "F64" => ElementType.Float64,
            "F32" => ElementType.Float32,
            "F16" => ElementType.Float16,
            "BF16" => ElementType.BFloat16,
            "I64" => ElementType.Int64,
            "I32" => ElementType.Int32,
            "I16" => ElementType.Int16,
            "I8" => ElementType.Int8,
            "U64" => ElementType.UInt64,
            "U32" => ElementType.UInt32,
            "U16" => ElementType.UInt16,
            "U8" => ElementType.UInt8,
            "BOOL" => ElementType.Boolean,
            _ => null,
        };
    }
}
