using System.CommandLine;
using System.Globalization;
using Kappa.Lab.Cluster;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>Works on a sweep while showing how far it is, and prints what came of it.</summary>
internal static class SweepProgress
{
    /// <summary>Works until nothing is left, or until interrupted.</summary>
    public static int Work(
        Terminal terminal, SweepFolder sweep, ParseResult parsed, (int Task, int Of) share, int? threads, bool json, bool quiet)
    {
        int count = threads ?? Environment.ProcessorCount;
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, quiet);
        using var table = new SweepTable(terminal, quiet, SweepStatus.Of(sweep), ShareLeft(sweep, share).Count);
        var worker = new SweepWorker(
            sweep, RunEnvironment.Current([.. parsed.Tokens.Select(token => token.Value)], count, TimeProvider.System));
        progress.Say(
            $"sweep {sweep.Plan.Name}: {sweep.Plan.Runs.Count} {(sweep.Plan.Runs.Count == 1 ? "run" : "runs")}, {count} at a time");
        worker.Work(count, share, table.Add, interruption.Token);
        table.Clear();
        var status = SweepStatus.Of(sweep);
        Print(terminal, sweep, status, json);
        if (!interruption.Token.IsCancellationRequested && !sweep.IsCancelled)
        {
            List<int> left = ShareLeft(sweep, share);
            int code = status.Failed == 0 ? ExitCode.Done : Failed(terminal, sweep, status.Failed);
            return left.Count == 0 ? code : NotDone(terminal, sweep, left, worker.LeftToOthers);
        }

        terminal.Messages.WriteLine(
            $"{(sweep.IsCancelled ? "The sweep is cancelled" : "Stopped")}; the state is saved. Continue: {sweep.ResumeCommand}");
        return ExitCode.Interrupted;
    }

    // The runs of this worker's share that are not finished yet.
    private static List<int> ShareLeft(SweepFolder sweep, (int Task, int Of) share)
    {
        var left = new List<int>();
        for (int index = share.Task; index < sweep.Plan.Runs.Count; index += share.Of)
        {
            if (!sweep.IsEnded(index))
            {
                left.Add(index);
            }
        }

        return left;
    }

    /// <summary>Prints the status.</summary>
    public static int Print(Terminal terminal, SweepFolder sweep, bool json)
    {
        Print(terminal, sweep, SweepStatus.Of(sweep), json);
        return ExitCode.Done;
    }

    // What no other process had was done, and its folder was removed or damaged while the rest ran.
    private static int NotDone(Terminal terminal, SweepFolder sweep, List<int> left, IReadOnlyList<int> ofOthers)
    {
        int[] gone = [.. left.Except(ofOthers)];
        int count = gone.Length > 0 ? gone.Length : left.Count;
        string runs = string.Create(
            CultureInfo.InvariantCulture, $"kappa: {count} of {sweep.Plan.Runs.Count} runs {(count == 1 ? "is" : "are")} not done: ");
        terminal.Messages.WriteLine(gone.Length > 0
            ? $"{runs}{(count == 1 ? "its folder was" : "their folders were")} removed or changed while the sweep ran, "
                + $"the first {sweep.Plan.Runs[gone[0]].Name}. "
                + (SweepFolder.Has(sweep.Store, sweep.Plan.Name)
                    ? $"Compute what is missing: {sweep.ResumeCommand}"
                    : "The folder of the sweep is gone too: start it again from its description.")
            : $"{runs}another process has {(count == 1 ? "it" : "them")}. When no other process works on the sweep, continue: "
                + $"{sweep.ResumeCommand}");
        return gone.Length > 0 ? ExitCode.BadInput : ExitCode.NotDone;
    }

    private static int Failed(Terminal terminal, SweepFolder sweep, int count)
    {
        string first = sweep.FirstFailure() is { } failure ? $" The first is {failure.Name}: {failure.Message}" : string.Empty;
        terminal.Messages.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"kappa: {count} of {sweep.Plan.Runs.Count} runs failed.{first} Then try them again: kappa sweep retry {sweep.Plan.Name} "
                + $"--out '{sweep.Store}'"));
        return ExitCode.NegativeVerdict;
    }

    private static void Print(Terminal terminal, SweepFolder sweep, SweepStatus s, bool json)
    {
        IReadOnlyList<string> jobs = new SlurmSweep(sweep).Jobs;
        if (json)
        {
            QueryView.Json(
                terminal,
                new(
                    PrintedJson.Version, sweep.Plan.Name, sweep.IsCancelled, s.Total, s.Done, s.Diverged, s.Running, s.Lost, s.Failed,
                    s.Damaged, s.Waiting, jobs),
                PrintedLine.Default.SweepStatusDocument);
            return;
        }

        terminal.Paragraph(0, string.Create(
            CultureInfo.InvariantCulture,
            $"{sweep.Plan.Name}: {s.Done} of {s.Total} done ({s.Diverged} diverged), {s.Running} running, {s.Lost} lost, {s.Failed} "
                + $"failed, {s.Damaged} damaged, {s.Waiting} waiting{(sweep.IsCancelled ? "; cancelled" : string.Empty)}"));
        if (jobs.Count > 0)
        {
            terminal.Paragraph(0, $"Slurm jobs submitted: {string.Join(", ", jobs)}");
        }
    }
}
