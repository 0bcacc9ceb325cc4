using System.Text;
using System.Text.Json;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Runs.Evaluation;

/// <summary>What stands in a JSON file where something else was wanted, in words.</summary>
internal static class FoundKind
{
    public static string Of(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String when NonFiniteWords.IsOne(ref json) => NonFiniteWords.Original(json.ValueSpan.Length),
        JsonTokenType.String => $"the text '{Shown.Of(json.GetString()!)}'",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => Shown.Of(Encoding.UTF8.GetString(json.ValueSpan)),
    };

    public static string Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String when NonFiniteWords.IsOne(element.GetString()!) => NonFiniteWords.Original(element.GetString()!.Length),
        JsonValueKind.String => $"the text '{Shown.Of(element.GetString()!)}'",
        JsonValueKind.Number => Shown.Of(element.GetRawText()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
