using System.Text.Json;

namespace Kappa.Lab.Formats;

/// <summary>What reading a JSON document by hand throws when the document is not what it should be.</summary>
internal static class JsonDamage
{
    /// <summary>Whether <paramref name="failure"/> is the document's fault: no JSON, a key missing or there twice, a value of another type or out of range.</summary>
    public static bool Is(Exception failure) =>
        failure is JsonException or InvalidOperationException or NullReferenceException or FormatException or OverflowException or KeyNotFoundException
        || failure.GetType() == typeof(ArgumentException);

    /// <summary>What is wrong, in words: those of the framework name types and positions of the program.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        JsonException => "it is no JSON",
        NullReferenceException or KeyNotFoundException => "a key is missing",
        InvalidOperationException or OverflowException => "a value is of another kind",
        _ when failure.GetType() == typeof(ArgumentException) => "a key is there twice",
        _ => failure.Message.ReplaceLineEndings(" ").TrimEnd('.'),
    };

    /// <summary>Whether it is that, or the file could not be read.</summary>
    public static bool IsOrUnreadable(Exception failure) => Is(failure) || failure is IOException or UnauthorizedAccessException;
}
