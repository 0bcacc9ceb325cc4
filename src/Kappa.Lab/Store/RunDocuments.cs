using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Store;

/// <summary>Reads and writes the documents of a run folder; anything wrong is one line that starts with the file's path.</summary>
internal static class RunDocuments
{
    public static RunStatus ReadStatus(RunFiles files) => ReadJson(files.Status, StoreJson.Default.RunStatus);

    public static void Write(RunFiles files, RunStatus status) =>
        AtomicFile.WriteAllText(files.Status, JsonSerializer.Serialize(status, StoreJson.Default.RunStatus) + "\n");

    public static ExperimentSpecification ReadSpecification(RunFiles files)
    {
        string text = StoredDocument.Text(files.Specification);
        SpecificationReading reading = StoredDocument.Guarded(
            files.Specification, () => SpecificationReader.ReadText(files.Specification, text, []));
        if (reading.Specification is { } specification)
            return specification;
        string more = reading.Problems.Count > 1 ? $" ({reading.Problems.Count - 1} more)" : "";
        throw new BadInputException(reading.Problems[0].Location, reading.Problems[0].Message + more);
    }

    /// <summary>Any JSON document of a run folder that states its format version.</summary>
    public static T ReadJson<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        byte[] bytes = StoredDocument.Bytes(path);
        return StoredDocument.Guarded(path, () => Read(path, bytes, type), "The run folder is damaged.");
    }

    private static T Read<T>(string path, byte[] bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            // The version is read alone and first: a file of another version need not have today's keys.
            int? found = StoredDocument.FormatVersion(bytes);
            return found == RunFolder.FormatVersion ? StoredDocument.Value(bytes, type)
                : throw new BadInputException(path, found is null
                    ? $"must be a JSON object with a formatVersion of {RunFolder.FormatVersion} but has none. The run folder is damaged "
                        + $"or not one of Kappa's."
                    : $"must have format version {RunFolder.FormatVersion} but has {found}. Read it with the Kappa that wrote it, or run "
                        + $"the experiment again.");
        }
        catch (JsonException error)
        {
            throw new BadInputException(
                path,
                $"must be a JSON document of format {RunFolder.FormatVersion}, but line {(error.LineNumber ?? 0) + 1} is not. The run "
                    + $"folder is damaged.",
                error);
        }
    }
}
