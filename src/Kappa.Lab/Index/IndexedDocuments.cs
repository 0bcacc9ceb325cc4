using System.Text.Json.Nodes;
using Kappa.Lab.Experiments;
using Kappa.Lab.Formats;

namespace Kappa.Lab.Index;

/// <summary>A verdict of a claims.json.</summary>
internal sealed record IndexedClaim(string? Id, string? Source, string? Statement, string? RefutedIf, string? Verdict, string? Reason, string? Measurements);

/// <summary>A sweep of sweep.json and runs.jsonl.</summary>
internal sealed record IndexedSweep(int NumericsVersion, IReadOnlyList<(string Run, string Values)> Runs);

/// <summary>Reads claims and sweeps as the index needs them: also those of another version of the numerics, which can be asked about though not continued.</summary>
internal static class IndexedDocuments
{
    private const long LargestDocument = 1L << 28;

    public static IReadOnlyList<IndexedClaim> Claims(string path) => Guarded(path, () =>
        JsonNode.Parse(Text(path))!["claims"]!.AsArray().Select(claim => Claim(claim!.AsObject())).ToArray());

    public static IndexedSweep Sweep(string folder)
    {
        string document = Path.Combine(folder, "sweep.json"), list = Path.Combine(folder, "runs.jsonl");
        (int count, int version) = Guarded(document, () =>
        {
            JsonNode header = JsonNode.Parse(Text(document))!;
            return (header["runs"]!.GetValue<int>(), header["numericsVersion"]!.GetValue<int>());
        });
        (string, string)[] runs = Guarded(list, () => Text(list).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Run).ToArray());
        return runs.Length == count ? new(version, runs) : throw new BadInputException(list, $"must have the {count} runs that sweep.json counts but has {runs.Length}. Start the sweep again from its specification.");
    }

    private static (string Run, string Values) Run(string line)
    {
        JsonNode node = JsonNode.Parse(line)!;
        string name = node["name"]!.GetValue<string>();
        return RunName.Check(name) is { } must
            ? throw new FormatException($"a run's name {must}")
            : (name, new JsonObject(node["values"]!.AsObject().Select(pair => KeyValuePair.Create(pair.Key, Typed(pair.Value!.GetValue<string>())))).ToJsonString());
    }

    private static JsonNode? Typed(string formatted) => IndexColumns.Value(formatted) switch { null => null, long integer => integer, double number => number, var text => (string)text };

    private static IndexedClaim Claim(JsonObject claim) => new(
        Word(claim, "id"), Word(claim, "source"), Word(claim, "statement"), Word(claim, "refutedIf"), Word(claim, "verdict"), Word(claim, "reason"), claim["measurements"]?.ToJsonString());

    private static string? Word(JsonObject claim, string key) => claim[key]?.GetValue<string>();

    private static string Text(string path) => new FileInfo(path) is { Exists: true, Length: > LargestDocument } large
        ? throw new FormatException($"a document must have at most {LargestDocument} bytes but has {large.Length}")
        : File.ReadAllText(path);

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception damage) when (JsonDamage.IsOrUnreadable(damage))
        {
            throw new BadInputException(path, $"is damaged: {JsonDamage.Reason(damage)}.", damage);
        }
    }
}
