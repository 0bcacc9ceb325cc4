using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kappa.Lab.Formats;

/// <summary>A double in JSON, which has neither infinity nor NaN: <c>null</c> stands
/// for them, and whoever writes one says in words why there is no number.</summary>
internal static class JsonNumber
{
    /// <summary>Writes a member.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="name">Name of the member.</param>
    /// <param name="value">Any double.</param>
    internal static void Write(Utf8JsonWriter json, string name, double? value)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WritePropertyName(name);
        WriteValue(json, value);
    }

    /// <summary>Writes an element.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="value">Any double.</param>
    internal static void WriteValue(Utf8JsonWriter json, double? value)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}

/// <summary>The same for what is serialised by its type; <c>null</c> is read as NaN where a number is required.</summary>
internal sealed class JsonNumberConverter : JsonConverter<double>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => JsonNumber.WriteValue(writer, value);
}
