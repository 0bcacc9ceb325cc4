using System.CommandLine;
using Kappa.Lab.Experiments;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa show RUN</c>: what came out of a run, finished or not.</summary>
internal static class ShowCommand
{
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("run") { Description = "A run's name, a unique beginning of it, or its folder." };
        Option<string> folder = RunsFolder.Option();
        var figures = new Option<bool>("--figures") { Description = "Write its figures and report again." };
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var command = new Command("show", "Show a run: stop reason, rate with its interval, layers at start and end.") { run, folder, figures, json };
        command.SetAction(parsed => Show(terminal, parsed.GetValue(run)!, parsed.GetValue(folder)!, parsed.GetValue(figures), parsed.GetValue(json)));
        return command;
    }

    private static int Show(Terminal terminal, string run, string folder, bool figures, bool json)
    {
        bool isFolder = run.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) && Directory.Exists(run);
        RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(isFolder ? run : new RunStore(RunsFolder.Require(folder)).Find(run)));
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
}
