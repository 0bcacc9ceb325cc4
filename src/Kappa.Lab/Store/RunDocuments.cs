using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kappa.Lab.Experiments;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Store;

/// <summary>Reads and writes the documents of a run folder; anything wrong is one line that starts with the file's path.</summary>
internal static class RunDocuments
{
    // The documents are a page each; a larger file is not one of ours.
    private const int LargestDocument = 1 << 20;

    public static RunStatus ReadStatus(RunFiles files) => ReadJson(files.Status, StoreJson.Default.RunStatus);

    public static EnvironmentRecord ReadEnvironment(RunFiles files) => ReadJson(files.Environment, StoreJson.Default.EnvironmentRecord);

    public static void Write(RunFiles files, RunStatus status) => AtomicFile.WriteAllText(files.Status, JsonSerializer.Serialize(status, StoreJson.Default.RunStatus) + "\n");

    public static void Write(RunFiles files, EnvironmentRecord environment) =>
        AtomicFile.WriteAllText(files.Environment, JsonSerializer.Serialize(environment, StoreJson.Default.EnvironmentRecord) + "\n");

    public static ExperimentSpecification ReadSpecification(RunFiles files)
    {
        SpecificationReading reading = SpecificationReader.Read(files.Specification, []);
        if (reading.Specification is { } specification)
            return specification;
        string more = reading.Problems.Count > 1 ? $" ({reading.Problems.Count - 1} more)" : "";
        throw new BadInputException(reading.Problems[0].Location, reading.Problems[0].Message + more);
    }

    /// <summary>Any JSON document of a run folder that states its format version.</summary>
    public static T ReadJson<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            RefuseOtherVersion(path, bytes);
            return JsonSerializer.Deserialize(bytes, type) ?? throw new BadInputException(path, "must be a JSON object but is null. The run folder is damaged.");
        }
        catch (JsonException error)
        {
            throw new BadInputException(path, $"must be a JSON document of format {RunFolder.FormatVersion}, but line {(error.LineNumber ?? 0) + 1} is not. The run folder is damaged.", error);
        }
    }

    // The version is read alone and first: a file of another version need not have today's keys.
    private static void RefuseOtherVersion(string path, byte[] bytes)
    {
        using var document = JsonDocument.Parse(bytes);
        if (document.RootElement.ValueKind is not JsonValueKind.Object
            || !document.RootElement.TryGetProperty("formatVersion", out JsonElement version) || !version.TryGetInt32(out int found))
            throw new BadInputException(path, $"must be a JSON object with a formatVersion of {RunFolder.FormatVersion} but has none. The run folder is damaged or not one of Kappa's.");
        if (found != RunFolder.FormatVersion)
            throw new BadInputException(path, $"must have format version {RunFolder.FormatVersion} but has {found}. Read it with the Kappa that wrote it, or run the experiment again.");
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.Length > LargestDocument)
                throw new BadInputException(path, $"must have at most {LargestDocument} bytes but has {stream.Length}. The run folder is damaged.");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(path, "must exist in a run folder but does not. The folder is damaged or not a run.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be read: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
