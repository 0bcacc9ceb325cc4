using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Kappa.Lab.Formats;

/// <summary>
/// Reads documents of the store back: the one place where their bytes become values. A file may have been written by this program, by
/// another version of it, by a disk that failed or by somebody who wants to do harm; whatever is wrong with it, and whatever a library
/// throws about it, is one <see cref="BadInputException"/> with its path.
/// </summary>
/// <remarks>Only regular files are opened. Texts are UTF-8. In JSON, a key that is there twice and a
/// text that is no Unicode (a lone surrogate) are refused before anything is taken from it.</remarks>
internal static class StoredDocument
{
    // The documents of a run are a page each; a larger file is not one of ours.
    public const long Page = 1 << 20;

    /// <summary>For documents that grow with the runs: lists of runs, verdicts.</summary>
    public const long Book = 1 << 28;

    private const string Damaged = "is damaged";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The bytes of a document, also while it is being replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Most bytes it may have.</param>
    /// <exception cref="BadInputException">It is missing, unreadable, larger, or no regular file.</exception>
    public static byte[] Bytes(string path, long most = Page)
    {
        try
        {
            using FileStream stream = RegularFile.OpenToRead(path, FileShare.ReadWrite | FileShare.Delete, bufferBytes: 0);
            return InputBytes.Read(stream, path, most);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(
                path, "must exist in its folder but does not. The folder is damaged, or not what it is taken for.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }
    }

    /// <summary>The text of a document.</summary>
    /// <inheritdoc cref="Bytes"/>
    public static string Text(string path, long most = Page) =>
        Guarded(path, () => StrictUtf8.GetString(Bytes(path, most)).TrimStart('\uFEFF'));

    /// <summary>The lines of a document, without the last end of line.</summary>
    /// <inheritdoc cref="Bytes"/>
    public static string[] Lines(string path, long most = Book)
    {
        string text = Text(path, most);
        return text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
    }

    /// <summary>A JSON document, taken apart.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Takes values from its root; may throw whatever it likes about a missing key or a wrong kind.</param>
    /// <param name="advice">What to do about damage.</param>
    /// <param name="most">Most bytes it may have.</param>
    /// <param name="verdict">What is said of damage, before the reason.</param>
    /// <exception cref="BadInputException">It is missing or damaged.</exception>
    public static T Json<T>(string path, Func<JsonNode, T> take, string advice = "", long most = Book, string verdict = Damaged) =>
        Guarded(path, () => take(Node(Bytes(path, most))), advice, verdict);

    /// <summary>One line of a list of JSON objects, taken apart.</summary>
    /// <param name="location">Path and line.</param>
    /// <param name="line">The line.</param>
    /// <param name="take">Takes values from its root.</param>
    /// <param name="advice">What to do about damage.</param>
    /// <param name="verdict">What is said of damage, before the reason.</param>
    /// <exception cref="BadInputException">It is damaged.</exception>
    public static T JsonLine<T>(string location, string line, Func<JsonNode, T> take, string advice = "", string verdict = Damaged) =>
        Guarded(location, () => take(Node(StrictUtf8.GetBytes(line))), advice, verdict);

    /// <summary>A JSON document as a value of a type.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="type">The type.</param>
    /// <exception cref="JsonException">It is not of the type; call it inside <see cref="Guarded"/>.</exception>
    public static T Value<T>(byte[] bytes, JsonTypeInfo<T> type)
        where T : class
    {
        Require(bytes, allowsNull: false);
        return JsonSerializer.Deserialize(bytes, type) ?? throw new FormatException("it must be an object but is null");
    }

    /// <summary>The integer at the key <c>formatVersion</c> of an object; <see langword="null"/> when it is no such object.</summary>
    /// <param name="bytes">A JSON document.</param>
    /// <exception cref="JsonException">It is none; call it inside <see cref="Guarded"/>.</exception>
    public static int? FormatVersion(byte[] bytes)
    {
        using var document = JsonDocument.Parse(bytes, Strict);
        return document.RootElement.ValueKind is JsonValueKind.Object
            && document.RootElement.TryGetProperty("formatVersion", out JsonElement version)
            && version.ValueKind is JsonValueKind.Number && version.TryGetInt32(out int found) ? found : null;
    }

    /// <summary>Runs what takes a document apart and turns whatever goes wrong into one line.</summary>
    /// <param name="location">Path, or path and line.</param>
    /// <param name="read">Takes it apart.</param>
    /// <param name="advice">What to do about damage.</param>
    /// <param name="verdict">What is said of damage, before the reason.</param>
    /// <exception cref="BadInputException">It is damaged.</exception>
    public static T Guarded<T>(string location, Func<T> read, string advice = "", string verdict = Damaged)
    {
        try
        {
            return read();
        }
        catch (Exception damage) when (JsonDamage.IsOrUnreadable(damage))
        {
            throw new BadInputException(
                location, $"{verdict}: {JsonDamage.Reason(damage)}.{(advice.Length > 0 ? " " + advice : "")}", damage);
        }
    }

    private static JsonNode Node(byte[] bytes)
    {
        Require(bytes, allowsNull: true);
        return JsonNode.Parse(bytes) ?? throw new KeyNotFoundException();
    }

    // Texts are decoded only when they are asked for, far from here: all of them
    // are asked for now. The serialiser lets null into lists of what is never null.
    private static void Require(byte[] bytes, bool allowsNull)
    {
        using var document = JsonDocument.Parse(bytes, Strict);
        Require(document.RootElement, allowsNull);
    }

    private static void Require(JsonElement element, bool allowsNull)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Require(property.Value, allowsNull);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    if (item.ValueKind == JsonValueKind.Null && !allowsNull)
                        throw new FormatException("a list holds null");
                    Require(item, allowsNull);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }
}
