using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;
using Kappa.Lab.Studies.Phases;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa report SWEEP</c> or <c>RUN</c>: one self-contained page with figures beside it.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> name = new Argument<string>("name")
        { Description = "A sweep or a run: its name, the only beginning of it, or its folder." }
            .Completed(Candidates.Sweeps, Candidates.Runs);
        Option<string> folder = RunsFolder.Option();
        Option<string?> to = new Option<string?>("--to")
        { Description = "Where report and figures of a sweep go (default: report/ in its folder)." }.Completed(Candidates.Folders);
        Option<string?> x = new Option<string?>("--x") { Description = "The key across the phase diagram." }.Completed(Candidates.Keys);
        Option<string?> y = new Option<string?>("--y") { Description = "The key up the phase diagram; other keys become panels." }
            .Completed(Candidates.Keys);
        Option<int?> threads = OptionRange.Integer(
            "--threads", "Initial points at the same time (default: one on each core). No result depends on it.");
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "report",
            "Write the report of a sweep, with its phase diagram, or of a run.")
            { name, folder, to, x, y, threads, new MemoryOption(), json, quiet };
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
            return Target.FindSweep(store, word) is { } sweep
                ? OfSweep(terminal, sweep, options, parsed.GetValue(json), parsed.GetValue(quiet))
                : OfRun(terminal, Target.Find(store, word), options, parsed.GetValue(json));
        });
        return command;
    }

    private static int OfSweep(Terminal terminal, SweepFolder sweep, SweepReportOptions options, bool json, bool quiet)
    {
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, quiet);
        progress.Announce(() =>
            $"Reading {sweep.Plan.Runs.Count} runs, then the initial points for the boundaries of the theory; both are kept.");
        IProgress<(int Done, int Total)> points = progress.OfInitialPoints();
        interruption.NothingIsLostFromHereOn(() =>
        {
            progress.Clear();
            terminal.Messages.WriteLine("Stopped; initial points computed so far are kept.");
        });
        SweepReportResult result;
        try
        {
            result = SweepReport.Write(
                sweep, options with { Progress = (done, total) => points.Report((done, total)) }, interruption.Token);
        }
        catch (OperationCanceledException)
        {
            terminal.Messages.WriteLine("Stopped; initial points computed so far are kept.");
            return ExitCode.Interrupted;
        }

        interruption.FinishFromHereOn();
        progress.Clear();
        foreach (string notice in result.Notices)
        {
            terminal.Messages.WriteLine(notice);
        }

        terminal.Results.WriteLine(json ? result.Json : $"{result.Summary}\n{result.Path}");
        return ExitCode.Done;
    }

    private static int OfRun(Terminal terminal, string run, SweepReportOptions options, bool json)
    {
        if ((options.X ?? options.Y ?? options.Folder) is not null)
        {
            throw new UsageException(
                $"{Path.GetFileName(Path.GetFullPath(run))} is a run; --x, --y and --to are for sweeps. Its report is written into its "
                    + $"folder.");
        }

        using var interruption = new Interruption();
        interruption.NothingIsLostFromHereOn(() => terminal.Messages.WriteLine("Interrupted; nothing of the run is changed."));
        RunAnalysis analysis = RunPublication.Complete(RunAnalysis.Of(RunRecord.Read(run)), options.Threads, terminal.Messages.WriteLine);
        interruption.FinishFromHereOn();
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
