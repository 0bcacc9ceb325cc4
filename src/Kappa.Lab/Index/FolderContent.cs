using Kappa.Lab.Formats;

namespace Kappa.Lab.Index;

/// <summary>What a folder held when it was read, or what is wrong with it.</summary>
/// <param name="Entry">The folder.</param>
/// <param name="Damage">What is wrong with it, in one line; null when nothing is.</param>
/// <param name="Run">The values of <see cref="IndexColumns.All"/>.</param>
/// <param name="Columns">The columns of its telemetry: only the numbers stay in memory until they are written.</param>
/// <param name="Sweep">The sweep that it is.</param>
/// <param name="Claims">The verdicts in it.</param>
internal sealed record FolderContent(
    FolderEntry Entry, string? Damage = null, IReadOnlyList<object?>? Run = null, IReadOnlyList<ColumnSummary>? Columns = null,
    IndexedSweep? Sweep = null, IReadOnlyList<IndexedClaim>? Claims = null)
{
    /// <summary>Reads a folder; whatever is wrong with it is a value, so that it does not hide the other folders.</summary>
    public static FolderContent Read(FolderEntry entry)
    {
        try
        {
            return StoredDocument.Guarded(entry.Path, () => entry.Kind switch
            {
                EntryKind.Run => OfRun(entry),
                EntryKind.Sweep => new(entry, Sweep: IndexedDocuments.Sweep(entry.Path)),
                _ => new(entry, Claims: IndexedDocuments.Claims(Path.Combine(entry.Path, "claims.json"))),
            });
        }
        catch (BadInputException damage)
        {
            return new(entry, damage.Message);
        }
    }

    private static FolderContent OfRun(FolderEntry entry)
    {
        RunSummary run = RunSummary.Read(entry.Path);
        string claims = run.Run.Files.Claims;
        return new(
            entry, Run: run.Values(), Columns: [.. run.Columns()], Claims: Path.Exists(claims) ? IndexedDocuments.Claims(claims) : null);
    }
}
