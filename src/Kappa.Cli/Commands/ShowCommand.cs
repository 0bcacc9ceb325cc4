using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Ladder;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa show RUN</c>: what came out of a run, finished or not.</summary>
internal static class ShowCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new Argument<string>("run") { Description = "A run's name, a unique beginning of it, or its folder." }
            .Completed(Candidates.Runs);
        Option<string> folder = RunsFolder.Option();
        var figures = new Option<bool>("--figures") { Description = "Write its figures and report again." };
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var command = new Command(
            "show", "Show a run: stop reason, rate with its interval, layers at start and end.") { run, folder, figures, json };
        command.SetAction(parsed =>
            Show(terminal, parsed.GetValue(run)!, parsed.GetValue(folder)!, parsed.GetValue(figures), parsed.GetValue(json)));
        return command;
    }

    private static int Show(Terminal terminal, string run, string folder, bool figures, bool json)
    {
        RunAnalysis analysis = WithLadder(terminal, RunAnalysis.Of(RunRecord.Read(Target.Find(folder, run))));
        if (figures)
        {
            foreach (string notice in RunReport.Write(analysis))
            {
                terminal.Messages.WriteLine(notice);
            }
        }

        RunSummaryView.Print(terminal, analysis, json);
        return ExitCode.Done;
    }

    // A folder without ladder.json is from an interrupted run or an earlier
    // version: its states are made again, if its data are still there.
    private static RunAnalysis WithLadder(Terminal terminal, RunAnalysis analysis)
    {
        if (analysis.Ladder is not null || analysis.Telemetry.Rows == 0 || analysis.Run.Status.State is RunState.Running)
        {
            return analysis;
        }

        try
        {
            return analysis with { Ladder = RunLadder.Compute(analysis, Environment.ProcessorCount) };
        }
        catch (BadInputException reason)
        {
            terminal.Messages.WriteLine($"No ladder of rates: {reason.Message}");
            return analysis;
        }
    }
}
