using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Kappa.Lab.Cluster;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>Works on a sweep while showing how far it is, and prints what came of it.</summary>
internal static class SweepProgress
{
    private const double SecondsBetweenLines = 10;

    /// <summary>Works until nothing is left, or until interrupted.</summary>
    public static int Work(Terminal terminal, SweepFolder sweep, ParseResult parsed, (int Task, int Of) share, int? threads, bool json, bool quiet)
    {
        OptionRange.Require("--threads", threads, 1, OptionRange.MostThreads);
        int count = threads ?? Environment.ProcessorCount;
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, quiet);
        var counts = new Counts(terminal, quiet, SweepStatus.Of(sweep));
        var worker = new SweepWorker(sweep, RunEnvironment.Current([.. parsed.Tokens.Select(token => token.Value)], count, TimeProvider.System));
        progress.Say($"sweep {sweep.Plan.Name}: {sweep.Plan.Runs.Count} runs, {count} at a time");
        worker.Work(count, share, counts.Add, interruption.Token);
        counts.Clear();
        int code = Print(terminal, sweep, json);
        if (!interruption.Token.IsCancellationRequested && !sweep.IsCancelled)
        {
            return code;
        }

        terminal.Messages.WriteLine($"Stopped; the state is saved. Continue: kappa sweep resume {sweep.Plan.Name} --out '{sweep.Store}'");
        return ExitCode.Interrupted;
    }

    /// <summary>Prints the status.</summary>
    public static int Print(Terminal terminal, SweepFolder sweep, bool json)
    {
        var s = SweepStatus.Of(sweep);
        IReadOnlyList<string> jobs = new SlurmSweep(sweep).Jobs;
        terminal.Results.WriteLine(json
            ? new JsonObject
            {
                ["formatVersion"] = 1,
                ["sweep"] = sweep.Plan.Name,
                ["cancelled"] = sweep.IsCancelled,
                ["total"] = s.Total,
                ["done"] = s.Done,
                ["diverged"] = s.Diverged,
                ["running"] = s.Running,
                ["lost"] = s.Lost,
                ["failed"] = s.Failed,
                ["damaged"] = s.Damaged,
                ["waiting"] = s.Waiting,
                ["jobs"] = new JsonArray([.. jobs.Select(job => (JsonNode)job)]),
            }.ToJsonString()
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{sweep.Plan.Name}: {s.Done} of {s.Total} done ({s.Diverged} diverged), {s.Running} running, {s.Lost} lost, {s.Failed} failed, {s.Damaged} damaged, {s.Waiting} waiting{(sweep.IsCancelled ? "; cancelled" : string.Empty)}"));
        if (jobs.Count > 0 && !json)
        {
            terminal.Results.WriteLine($"Slurm jobs submitted: {string.Join(", ", jobs)}");
        }

        return ExitCode.Done;
    }

    // On a terminal one line, redrawn; elsewhere a line now and then.
    private sealed class Counts(Terminal terminal, bool quiet, SweepStatus before)
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private int _ended;
        private int _failed;
        private int _diverged;
        private double _lastLine;
        private int _shown;

        public void Add(RunStatus status)
        {
            _ended += status.State == RunState.Interrupted ? 0 : 1;
            _failed += status.State == RunState.Failed ? 1 : 0;
            _diverged += status.StopReason == "NonFinite" ? 1 : 0;
            double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            if (quiet || seconds - _lastLine < (terminal.MessagesAreATerminal ? 0.1 : SecondsBetweenLines) || _ended == 0)
            {
                return;
            }

            _lastLine = seconds;
            int done = before.Done + before.Failed + _ended;
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{done}/{before.Total} ended  {before.Failed + _failed} failed  {before.Diverged + _diverged} diverged  {_ended / seconds:F1}/s  {seconds / _ended * (before.Total - done):F0} s left");
            Clear();
            terminal.Messages.Write(terminal.MessagesAreATerminal ? line : line + "\n");
            _shown = terminal.MessagesAreATerminal ? line.Length : 0;
        }

        public void Clear()
        {
            if (_shown > 0)
            {
                terminal.Messages.Write($"\r{new string(' ', _shown)}\r");
            }

            _shown = 0;
        }
    }
}
