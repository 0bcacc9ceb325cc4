using System.Globalization;
using Kappa.Cli.Commands;
using Kappa.Lab.Formats;
using Kappa.Lab.Index;

namespace Kappa.Cli;

/// <summary>The runs of a folder, newest first, from the index.</summary>
internal static class RunList
{
    /// <summary>Lines printed when no other limit is given.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Prints them.</summary>
    public static int Print(Terminal terminal, string store, string? filter, int? limit, bool json)
    {
        if (!Directory.Exists(store))
        {
            return Empty(terminal, store, json);
        }

        using RunIndex index = IndexCommand.Refresh(terminal, store, quiet: true, anew: false, out IndexReport report);
        ListedRuns listing = ListedRuns.Of(index, filter, limit ?? (json ? int.MaxValue : DefaultLimit));
        if (json)
        {
            Json(terminal, listing, report);
            return ExitCode.Done;
        }

        if (listing.Runs.Count > 0)
        {
            Table(terminal, listing.Runs);
        }

        foreach (ListedRun lost in listing.Runs.Where(run => run.State == "lost").Take(3))
        {
            terminal.Messages.WriteLine($"kappa: the process of {lost.Name} has died. Continue it: kappa run --resume {lost.Name}{(store == RunsFolder.Default ? string.Empty : $" --out {ShellWord.Of(store)}")}");
        }

        string matching = filter is null ? string.Empty : " that match";
        terminal.Paragraph(0, listing.Runs.Count == listing.Total
            ? $"{listing.Total} runs{matching} in {store}."
            : $"The newest {listing.Runs.Count} of {listing.Total} runs{matching} in {store}; --limit shows more.");
        return ExitCode.Done;
    }

    private static int Empty(Terminal terminal, string store, bool json)
    {
        if (json)
        {
            Json(terminal, new([], 0), new(0, 0, 0, null, []));
        }
        else
        {
            terminal.Paragraph(0, $"0 runs in {store}.");
        }

        return ExitCode.Done;
    }

    private static void Table(Terminal terminal, IReadOnlyList<ListedRun> runs)
    {
        var table = new ResultTable("run", new ResultColumn("started", 3), "state", new ResultColumn("model", 2), new ResultColumn("step", 1), new ResultColumn("loss", 4), new ResultColumn("settings", 5));
        table.Rows(runs.Select(Cells)).Print(terminal);
    }

    private static string[] Cells(ListedRun run) =>
    [
        run.Name,
        DateTimeOffset.TryParse(run.Started, CultureInfo.InvariantCulture, out DateTimeOffset started) ? started.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : string.Empty,
        run.State == "done" && run.Outcome is "nonFinite" ? "diverged" : run.State,
        run.Model,
        QueryView.Shown(run.Step),
        run.Loss is { } loss ? PlainText.Number(loss) : string.Empty,
        run.Settings,
    ];

    private static void Json(Terminal terminal, ListedRuns listing, IndexReport report) => QueryView.Json(terminal, json =>
    {
        json.WriteStartArray("runs");
        foreach (ListedRun run in listing.Runs)
        {
            json.WriteStartObject();
            json.WriteString("name", run.Name);
            json.WriteString("started", run.Started);
            json.WriteString("state", run.State);
            json.WriteString("model", run.Model);
            json.WriteNumber("step", run.Step);
            json.WritePropertyName("loss");
            QueryView.Value(json, run.Loss);
            json.WriteString("stopReason", run.Outcome is { Length: > 0 } outcome ? char.ToUpperInvariant(outcome[0]) + outcome[1..] : null);
            json.WriteString("settings", run.Settings);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("total", listing.Total);
        json.WriteStartArray("damaged");
        foreach (DamagedEntry entry in report.Damaged)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            json.WriteString("reason", entry.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
