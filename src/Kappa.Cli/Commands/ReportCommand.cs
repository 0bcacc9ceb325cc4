using System.CommandLine;
using Kappa.Lab;
using Kappa.Lab.Experiments;
using Kappa.Lab.Phases;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa report SWEEP</c> or <c>RUN</c>: one self-contained page with figures beside it.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "A sweep or a run: its name, or the only beginning of it." };
        Option<string> folder = RunsFolder.Option();
        var to = new Option<string?>("--to") { Description = "Where report and figures of a sweep go (default: report/ in its folder)." };
        var x = new Option<string?>("--x") { Description = "The key across the phase diagram." };
        var y = new Option<string?>("--y") { Description = "The key up the phase diagram; other keys become panels." };
        Option<int?> threads = OptionRange.Integer("--threads", "Initial points at the same time (default: one on each core). No result depends on it.");
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command("report", "Write the report of a sweep, with its phase diagram, or of a run.") { name, folder, to, x, y, threads, json, quiet };
        command.SetAction(parsed =>
        {
            OptionRange.Require("--threads", parsed.GetValue(threads), 1, OptionRange.MostThreads);
            string store = RunsFolder.Require(parsed.GetValue(folder)!), word = parsed.GetValue(name)!;
            var options = new SweepReportOptions
            {
                X = parsed.GetValue(x),
                Y = parsed.GetValue(y),
                Folder = parsed.GetValue(to) is { } given ? RunsFolder.Require(given, "--to") : null,
                Threads = parsed.GetValue(threads) ?? Environment.ProcessorCount,
            };
            return IsRun(store, word) ? OfRun(terminal, store, word, options, parsed.GetValue(json)) : OfSweep(terminal, SweepFolder.Open(store, word), options, parsed.GetValue(json), parsed.GetValue(quiet));
        });
        return command;
    }

    // A sweep's folder lies in sweeps/, so a name that begins none of them can only be a run's.
    private static bool IsRun(string store, string name)
    {
        string sweeps = Path.Combine(store, "sweeps");
        bool isSweep = Directory.Exists(sweeps) && name.Length > 0 && Directory.GetDirectories(sweeps).Any(path => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal));
        if (isSweep)
        {
            return false;
        }

        try
        {
            _ = new RunStore(store).Find(name);
            return true;
        }
        catch (BadInputException reason)
        {
            throw new BadInputException(reason.Location, $"{reason.Message[(reason.Location.Length + 2)..]} It has no sweep of this name either.", reason);
        }
    }

    private static int OfSweep(Terminal terminal, SweepFolder sweep, SweepReportOptions options, bool json, bool quiet)
    {
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, quiet);
        progress.Announce(() => $"Reading {sweep.Plan.Runs.Count} runs, then the initial points for the boundaries of the theory; both are kept.");
        IProgress<(int Done, int Total)> points = progress.OfInitialPoints();
        SweepReportResult result;
        try
        {
            result = SweepReport.Write(sweep, options with { Progress = (done, total) => points.Report((done, total)) }, interruption.Token);
        }
        catch (OperationCanceledException)
        {
            terminal.Messages.WriteLine("Stopped; initial points computed so far are kept.");
            return ExitCode.Interrupted;
        }

        progress.Clear();
        foreach (string notice in result.Notices)
        {
            terminal.Messages.WriteLine(notice);
        }

        terminal.Results.WriteLine(json ? result.Json : $"{result.Summary}\n{result.Path}");
        return ExitCode.Done;
    }

    private static int OfRun(Terminal terminal, string store, string name, SweepReportOptions options, bool json)
    {
        if ((options.X ?? options.Y ?? options.Folder) is not null)
        {
            throw new UsageException($"{Path.GetFileName(new RunStore(store).Find(name))} is a run; --x, --y and --to are for sweeps. Its report is written into its folder.");
        }

        var analysis = RunAnalysis.Of(RunRecord.Read(new RunStore(store).Find(name)));
        foreach (string notice in RunReport.Write(analysis))
        {
            terminal.Messages.WriteLine(notice);
        }

        if (json)
        {
            RunSummaryView.Print(terminal, analysis, json);
        }
        else
        {
            terminal.Results.WriteLine(analysis.Run.Files.Report);
        }

        return ExitCode.Done;
    }
}
