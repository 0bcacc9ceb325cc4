using System.Text;
using System.Text.Json;
using YamlDotNet.Core;

namespace Kappa.Lab.Formats;

/// <summary>What taking a document apart throws when the document is not what it
/// should be: the exceptions of the libraries for JSON, YAML and numbers.</summary>
internal static class JsonDamage
{
    /// <summary>Whether <paramref name="failure"/> is the document's fault: no JSON, a key missing
    /// or there twice, a value of another type or out of range, a text that is no Unicode.</summary>
    public static bool Is(Exception failure) =>
        failure is JsonException or InvalidOperationException or NullReferenceException or FormatException or OverflowException
            or KeyNotFoundException or NotSupportedException
            or InvalidCastException or IndexOutOfRangeException or ArgumentException or YamlException;

    /// <summary>What is wrong, in words: those of the framework name types and positions of the program.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        JsonException { InnerException: not null } or DecoderFallbackException or EncoderFallbackException =>
            "a text is no Unicode or a value of another kind",
        JsonException json when json.Message.Contains("uplicate", StringComparison.Ordinal) => "a key is there twice",
        JsonException => "it is no JSON",
        YamlException => "it is no YAML",
        NullReferenceException or KeyNotFoundException => "a key is missing",
        InvalidOperationException { InnerException: ArgumentException } => "a text is no Unicode",
        InvalidOperationException or OverflowException or NotSupportedException or InvalidCastException => "a value is of another kind",
        ArgumentException => "a key is there twice or a value is out of range",
        _ => Shown.Of(failure.Message.ReplaceLineEndings(" ").TrimEnd('.')),
    };

    /// <summary>Whether it is that, or the file could not be read.</summary>
    public static bool IsOrUnreadable(Exception failure) => Is(failure) || failure is IOException or UnauthorizedAccessException;
}
