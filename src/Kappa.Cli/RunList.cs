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

    private const int LongestSetting = 24;

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
            terminal.Messages.WriteLine(
                $"kappa: the process of {lost.Name} has died. Continue it: kappa run --resume "
                    + $"{lost.Name}{(store == RunsFolder.Default ? string.Empty : $" --out {ShellWord.Of(store)}")}");
        }

        Remarks(terminal, listing.Runs);
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

    // What a row is comes before how fast it got there: on a narrow screen the order says
    // when it began, a step is mostly the last one, and a rate has `show` for itself.
    private static void Table(Terminal terminal, IReadOnlyList<ListedRun> runs)
    {
        bool hasModels = CommonModel(runs) is null;
        ResultColumn[] columns = [
            "run", new("started", 1), "state", new("model", 4), new("step", 2), new("loss", 5), new("rate", 3), new("settings", 6)];
        int[] shown = [.. Enumerable.Range(0, columns.Length).Where(column => hasModels || columns[column].Header != "model")];
        new ResultTable([.. shown.Select(column => columns[column])])
            .Rows(runs.Select(run =>
            {
                string[] cells = Cells(run);
                return shown.Select(column => cells[column]).ToArray();
            }))
            .Print(terminal);
    }

    // What is said of every row is said once.
    private static void Remarks(Terminal terminal, IReadOnlyList<ListedRun> runs)
    {
        if (runs.Any(IsLate))
        {
            terminal.Paragraph(0, "†: the curve is no line; the rate is that of the last third of its window.");
        }

        if (CommonModel(runs) is { } model)
        {
            terminal.Paragraph(0, $"The model of all is {model}.");
        }
    }

    private static string? CommonModel(IReadOnlyList<ListedRun> runs) =>
        runs.Count > 1 && runs[0].Model.Length > 0 && runs.All(run => run.Model == runs[0].Model) ? runs[0].Model : null;

    private static bool IsLate(ListedRun run) => run is { Rate: null, LateRate: not null };

    private static string[] Cells(ListedRun run) =>
    [
        run.Name,
        DateTimeOffset.TryParse(run.Started, CultureInfo.InvariantCulture, out DateTimeOffset started)
            ? started.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
            : string.Empty,
        run.State == "done" && run.Outcome is "nonFinite" ? "diverged" : run.State,
        run.Model,
        QueryView.Shown(run.Step),
        run.Loss is { } loss ? PlainText.Number(loss) : string.Empty,
        (run.Rate ?? run.LateRate) is { } rate ? PlainText.Factor(rate) + (IsLate(run) ? " †" : string.Empty) : run.NoRate ?? string.Empty,
        string.Join(' ', run.Settings.Split(' ').Select(Shortened)),
    ];

    // A path or a list of names would leave no room for anything else; part of a number would be another number.
    private static string Shortened(string setting) =>
        setting.Length <= LongestSetting
        || double.TryParse(setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture, out _)
        ? setting
        : setting[..(LongestSetting - 1)] + "…";

    private static void Json(Terminal terminal, ListedRuns listing, IndexReport report) => QueryView.Json(
        terminal, new(PrintedJson.Version, listing.Runs.Select(ListedDocument.Of), listing.Total, report.Damaged),
        PrintedJson.Readable.ListDocument);
}
