using System.Text.Json;

namespace Kappa.Lab.Formats;

/// <summary>What reading a JSON document by hand throws when the document is not what it should be.</summary>
internal static class JsonDamage
{
    /// <summary>Whether <paramref name="failure"/> is the document's fault: no JSON, a key missing or there twice, a value of another type or out of range.</summary>
    public static bool Is(Exception failure) =>
        failure is JsonException or InvalidOperationException or NullReferenceException or FormatException or OverflowException or KeyNotFoundException
        || failure.GetType() == typeof(ArgumentException);

    /// <summary>Whether it is that, or the file could not be read.</summary>
    public static bool IsOrUnreadable(Exception failure) => Is(failure) || failure is IOException or UnauthorizedAccessException;
}
