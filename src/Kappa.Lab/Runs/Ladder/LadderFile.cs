using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kappa.Lab.Store;

namespace Kappa.Lab.Runs.Ladder;

/// <summary>Reads and writes <c>ladder.json</c> of a run folder.</summary>
internal static class LadderFile
{
    private static readonly LadderJson Json = new(
        new JsonSerializerOptions(LadderJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The text of ladder.json.</summary>
    /// <param name="ladder">The ladder.</param>
    public static string Text(RateLadder ladder) => JsonSerializer.Serialize(ladder, Json.RateLadder);

    /// <summary>Writes the ladder into its run folder, as a whole.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="ladder">The ladder.</param>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static void Write(RunFiles files, RateLadder ladder)
    {
        ArgumentNullException.ThrowIfNull(files);
        Formats.AtomicFile.WriteAllText(files.Ladder, Text(ladder) + "\n");
    }

    /// <summary>The ladder that a run folder has, or <see langword="null"/>.</summary>
    /// <param name="files">The folder.</param>
    /// <exception cref="BadInputException">The file is damaged or of another version.</exception>
    public static RateLadder? Find(RunFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Path.Exists(files.Ladder) ? RunDocuments.ReadJson(files.Ladder, LadderJson.Default.RateLadder) : null;
    }
}

/// <summary>The JSON of a ladder: words for kinds and grades, nothing for what is missing.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n",
    Converters = [typeof(Formats.JsonNumberConverter), typeof(Formats.CamelCaseEnum<RungKind>), typeof(Formats.CamelCaseEnum<RungGrade>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RateLadder))]
internal sealed partial class LadderJson : JsonSerializerContext;
