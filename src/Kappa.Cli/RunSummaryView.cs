using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;

namespace Kappa.Cli;

/// <summary>A run on the terminal, as a table or as JSON.</summary>
internal static class RunSummaryView
{
    private const int LongestMessage = 500;

    public static void Print(Terminal terminal, RunAnalysis analysis, bool json)
    {
        if (json)
        {
            terminal.Results.WriteLine(RunDocument.Text(analysis));
            return;
        }

        terminal.Paragraph(0, $"Run {analysis.Run.Name}: {(analysis.Run.IsLost ? Lost(analysis.Run) : Message(analysis.Run))}");
        foreach (string sentence in RunVerdict.Sentences(analysis))
        {
            terminal.Paragraph(0, sentence);
        }

        foreach (string note in new[] { analysis.RoundingRemark, analysis.PrecisionRemark, analysis.Telemetry.Note }.OfType<string>())
        {
            terminal.Paragraph(0, $"Note: {note}");
        }

        PrintLayers(terminal, analysis);
        if (analysis.Ladder is { } ladder)
        {
            Ladder().Rows(LadderTable.Rows(ladder)).Print(terminal);
            foreach (string missing in LadderTable.Missing(ladder))
            {
                terminal.Paragraph(0, missing);
            }
        }

        terminal.Paragraph(0, $"Folder: {analysis.Run.Files.Path}");
    }

    // A line, whatever the file says.
    private static string Message(Kappa.Lab.Store.RunRecord run)
    {
        string message = (run.Status.Message ?? run.State).ReplaceLineEndings(" ");
        return message.Length <= LongestMessage ? message : message[..LongestMessage] + "…";
    }

    private static string Lost(Kappa.Lab.Store.RunRecord run) =>
        $"lost: its process ended at step {run.Status.Step} without a word. {Target.Resume(run)}";

    // Remarks are sentences: they stand below the table, once for all rows that share them.
    private static void PrintLayers(Terminal terminal, RunAnalysis analysis)
    {
        if (analysis.Layers.Count == 0)
        {
            return;
        }

        IReadOnlyList<string>[] rows = [.. RunAnalysisTable.Rows(analysis)];
        int last = RunAnalysisTable.Headers.Count - 1;
        int?[] importance = [null, null, 6, null, 5, null, 3, 4];
        new ResultTable([.. RunAnalysisTable.Headers.Take(last).Select((header, k) => new ResultColumn(header, importance[k]))])
            .Rows(rows.Select(row => row.Take(last).ToArray())).Print(terminal);
        foreach (IGrouping<string, IReadOnlyList<string>> remark in rows.Where(row => row[last].Length > 0).GroupBy(row => row[last]))
        {
            string where = remark.Count() == rows.Length
                ? rows.Length == 1 ? string.Empty
                : "all layers: "
                : string.Join(", ", remark.Select(row => $"layer {row[0]} {row[1]}")) + ": ";
            terminal.Paragraph(0, $"{where}{remark.Key}.", hanging: 2);
        }
    }

    private static ResultTable Ladder()
    {
        int?[] importance = [null, null, null, null, 2, 3, 1];
        return new([.. LadderTable.Headers.Select((header, k) => new ResultColumn(header, importance[k]))]);
    }
}
