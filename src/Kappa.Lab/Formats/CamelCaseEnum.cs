using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kappa.Lab.Formats;

/// <summary>A value of an enumeration in JSON, as its word in camel case; numbers are not values.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>How documents are written for readers.</summary>
internal static class ReadableJson
{
    /// <summary>The same options with letters of other alphabets and signs as they are.</summary>
    public static JsonSerializerOptions Of(JsonSerializerContext context) =>
        new(context.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
