using System.CommandLine;
using Kappa.Lab.Index;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa index</c>: brings the SQLite index of a folder of runs up to its files.</summary>
internal static class IndexCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> folder = RunsFolder.Option();
        var anew = new Option<bool>("--rebuild") { Description = "Forget what the index holds and read every folder." };
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "index", "Bring the index of a folder of runs up to its files; kappa query does it by itself.") { folder, anew, json, quiet };
        command.SetAction(parsed =>
        {
            using RunIndex index = Refresh(
                terminal, RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(quiet), parsed.GetValue(anew),
                out IndexReport report);
            Print(terminal, index, report, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Refreshes the index of a store, with progress and the damaged folders on the messages.</summary>
    /// <returns>The index; where it is kept in memory it goes when it is disposed.</returns>
    public static RunIndex Refresh(Terminal terminal, string store, bool quiet, bool anew, out IndexReport report)
    {
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, quiet);
        var index = new RunIndex(store);
        report = index.Refresh(anew, progress.OfFolders(), interruption.Token);
        progress.Clear();
        foreach (DamagedEntry entry in report.Damaged)
        {
            terminal.Messages.WriteLine($"kappa: {entry.Name} was left out: {entry.Reason}");
        }

        return index;
    }

    private static void Print(Terminal terminal, RunIndex index, IndexReport report, bool json)
    {
        if (json)
        {
            QueryView.Json(
                terminal,
                new(
                    PrintedJson.Version, index.IsInMemory ? null : index.Path, report.Runs, report.Read, report.Removed, report.Rebuilt,
                    report.Damaged),
                PrintedJson.Readable.IndexDocument);
            return;
        }

        string made = report.Rebuilt is { } reason ? $" The index was made anew: {reason}." : string.Empty;
        terminal.Paragraph(
            0,
            $"{report.Runs} runs in {(index.IsInMemory ? $"memory, for {index.Path} cannot be written" : index.Path)}; {report.Read} "
                + $"folders read, {report.Removed} removed, {report.Damaged.Count} left out.{made}");
    }
}
