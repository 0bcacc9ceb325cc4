using System.Text.Json.Nodes;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Index;

/// <summary>A verdict of a claims.json.</summary>
internal sealed record IndexedClaim(
    string? Id, string? Source, string? Statement, string? RefutedIf, string? Verdict, string? Reason, string? Measurements);

/// <summary>A sweep of sweep.json and runs.jsonl.</summary>
internal sealed record IndexedSweep(int NumericsVersion, IReadOnlyList<(string Run, string Values)> Runs);

/// <summary>Reads claims and sweeps as the index needs them: also those of another
/// version of the numerics, which can be asked about though not continued.</summary>
internal static class IndexedDocuments
{
    public static IReadOnlyList<IndexedClaim> Claims(string path) =>
        StoredDocument.Json(path, document => document["claims"]!.AsArray().Select(claim => Claim(claim!.AsObject())).ToArray());

    public static IndexedSweep Sweep(string folder)
    {
        string document = Path.Combine(folder, "sweep.json"), list = Path.Combine(folder, "runs.jsonl");
        (int count, int version) = StoredDocument.Json(
            document, header => (header["runs"]!.GetValue<int>(), header["numericsVersion"]!.GetValue<int>()), most: StoredDocument.Page);
        (string, string)[] runs = [
            .. StoredDocument.Lines(list).Select((line, index) => StoredDocument.JsonLine($"{list}:{index + 1}", line, Run))];
        return runs.Length == count
            ? new(version, runs)
            : throw new BadInputException(
                list,
                $"must have the {count} runs that sweep.json counts but has {runs.Length}. Start the sweep again from its specification.");
    }

    private static (string Run, string Values) Run(JsonNode node)
    {
        string name = node["name"]!.GetValue<string>();
        return RunName.Check(name) is { } must
            ? throw new FormatException($"a run's name {must}")
            : (
                name,
                new JsonObject(
                    node["values"]!.AsObject().Select(pair =>
                        KeyValuePair.Create(pair.Key, Typed(pair.Value!.GetValue<string>())))).ToJsonString());
    }

    private static JsonNode? Typed(string formatted) =>
        TypedText.Of(formatted) switch
        {
            null => null,
            long integer => integer,
            double number => double.IsFinite(number) ? number : formatted,
            var text => (string)text,
        };

    private static IndexedClaim Claim(JsonObject claim) => new(
        Word(claim, "id"), Word(claim, "source"), Word(claim, "statement"), Word(claim, "refutedIf"), Word(claim, "verdict"),
        Word(claim, "reason"), claim["measurements"]?.ToJsonString());

    private static string? Word(JsonObject claim, string key) => claim[key]?.GetValue<string>();
}
