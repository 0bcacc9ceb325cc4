using System.Globalization;
using System.Text;
using Kappa.Lab.Formats;
using Kappa.Lab.Specifications;

namespace Kappa.Lab.Index;

/// <summary>What a folder of a store is to the index.</summary>
internal enum EntryKind
{
    /// <summary>A run folder.</summary>
    Run,

    /// <summary>A sweep.</summary>
    Sweep,

    /// <summary>A folder with verdicts, such as a reproduction's, that is no run.</summary>
    Claims,
}

/// <summary>A folder and the sizes and times of the files that the index reads: equal signature, equal content.</summary>
internal sealed record FolderEntry(EntryKind Kind, string Name, string Path, string Signature);

/// <summary>Lists what a store holds without opening a file.</summary>
internal static class FolderScan
{
    public static IEnumerable<FolderEntry> Of(string store)
    {
        if (!Directory.Exists(store))
            yield break;
        if (Entry(EntryKind.Claims, ".", store, ["claims.json"], needed: 1) is { } own)
            yield return own;
        foreach (string path in Folders(store))
        {
            string name = System.IO.Path.GetFileName(path);
            if (RunName.Check(name) is not null)
                continue;
            if (Run(name, path) is { } run)
                yield return run;
            else if (Entry(EntryKind.Claims, name, path, ["claims.json"], needed: 1) is { } claims)
                yield return claims;
        }

        foreach (string path in Folders(System.IO.Path.Combine(store, "sweeps")))
        {
            if (Entry(EntryKind.Sweep, System.IO.Path.GetFileName(path), path, ["sweep.json", "runs.jsonl"], needed: 1) is { } sweep)
                yield return sweep;
        }
    }

    // As for a listing: one of the first three makes a folder a run, perhaps a damaged one.
    private static FolderEntry? Run(string name, string path) =>
        Entry(EntryKind.Run, name, path, ["status.json", "spec.yaml", "telemetry.csv", "claims.json"], needed: 3);

    private static FolderEntry? Entry(EntryKind kind, string name, string path, string[] files, int needed)
    {
        var signature = new StringBuilder();
        bool isOne = false;
        for (int index = 0; index < files.Length; index++)
        {
            var facts = FileFacts.Of(System.IO.Path.Combine(path, files[index]));
            isOne |= facts.Kind != FileKind.Unknown && index < needed;
            _ = facts.Kind switch
            {
                FileKind.Unknown => signature.Append("- "),
                FileKind.Regular => signature.Append(CultureInfo.InvariantCulture, $"{facts.Length}@{facts.Modified} "),
                _ => signature.Append(CultureInfo.InvariantCulture, $"{facts.Kind} "),
            };
        }

        return isOne ? new(kind, name, path, signature.ToString()) : null;
    }

    private static string[] Folders(string path)
    {
        try
        {
            return Directory.Exists(path) ? [.. Directory.GetDirectories(path).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, $"cannot be listed: {failure.Message.TrimEnd('.')}.", failure);
        }
    }
}
