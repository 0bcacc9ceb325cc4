using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab.Cluster;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa sweep</c>: many runs from one description, and what to do with a sweep that exists.</summary>
internal static class SweepCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> words = new Argument<string[]>("words")
        { Description = "An optional YAML file, then key=value, key=a,b,c or key=range(0,20).", Arity = ArgumentArity.ZeroOrMore }
            .Completed(Candidates.Settings, Candidates.Files(".yaml", ".yml"));
        Option<string> folder = RunsFolder.Option();
        Option<int?> threads = Threads();
        Option<int?> limit = OptionRange.Integer("--limit", "Most combinations (default: 10000).", least: 1);
        var show = new Option<bool>("--show") { Description = "Print the runs and what they will take, and start none." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "sweep",
            "Run many experiments, one on each core; start it again to continue it.") { words, folder, threads, limit, show, json, quiet };
        SlurmArguments slurm = SlurmArguments.AddTo(command);
        command.SetAction(parsed =>
        {
            string store = RunsFolder.Require(parsed.GetValue(folder)!);
            var others = new RunStore(store);
            SweepReading reading = Read(parsed.GetValue(words)!, parsed.GetValue(limit) ?? SweepReader.DefaultLimit, others);
            if (reading.Plan is null)
            {
                return Report(terminal, reading.Problems);
            }

            if (BorrowedRuns.Problems(reading.Plan, others) is { Count: > 0 } missing)
            {
                return Report(terminal, missing);
            }

            if (slurm.AreAsked(parsed))
            {
                return SlurmView.Submit(
                    terminal, store, () => SweepFolder.Freeze(store, reading.Plan), slurm.Options(parsed),
                    parsed.GetValue(show) || slurm.IsDryRun(parsed), parsed.GetValue(json));
            }

            return parsed.GetValue(show)
                ? SweepPlanView.Print(terminal, reading.Plan, parsed.GetValue(threads), parsed.GetValue(json))
                : SweepProgress.Work(
                    terminal, SweepFolder.Freeze(store, reading.Plan), parsed, (0, 1), parsed.GetValue(threads), parsed.GetValue(json),
                    parsed.GetValue(quiet));
        });
        command.Subcommands.Add(
            OnSweep(
                "status", "Say how far a sweep is, from its files.", (sweep, _, json, _, _) => SweepProgress.Print(terminal, sweep, json)));
        command.Subcommands.Add(OnSweep("cancel", "Stop a sweep: running runs save and stop, in every process.", (sweep, _, json, _, _) =>
        {
            sweep.Cancel();
            return SlurmView.Cancel(terminal, sweep, () => SweepProgress.Print(terminal, sweep, json));
        }));
        command.Subcommands.Add(Again(terminal, "resume", "Continue a sweep, as frozen.", sweep => sweep.Continue()));
        command.Subcommands.Add(Again(terminal, "retry", "Run the failed runs of a sweep again.", sweep =>
        {
            _ = sweep.Retry();
            sweep.Continue();
        }));
        command.Subcommands.Add(WorkOn(terminal));
        return command;
    }

    // Here, or with --slurm on the cluster.
    private static Command Again(Terminal terminal, string name, string description, Action<SweepFolder> prepare)
    {
        SlurmArguments? slurm = null;
        Command command = OnSweep(name, description, (sweep, parsed, json, quiet, threads) =>
        {
            if (!slurm!.AreAsked(parsed))
            {
                prepare(sweep);
                return SweepProgress.Work(terminal, sweep, parsed, (0, 1), threads, json, quiet);
            }

            return SlurmView.Submit(
                terminal,
                sweep.Store,
                () =>
                {
                    prepare(sweep);
                    return sweep;
                },
                slurm.Options(parsed),
                slurm.IsDryRun(parsed),
                json);
        });
        slurm = SlurmArguments.AddTo(command);
        return command;
    }

    private static Command WorkOn(Terminal terminal)
    {
        Option<int?> task = OptionRange.Integer("--task", "Which share, from 0 (default: 0).", least: 0);
        Option<int?> of = OptionRange.Integer("--of", "Into how many shares the runs are dealt (default: 1).", 1, 1_000_000);
        Command command = OnSweep(
            "work", "Work on one share of a sweep; USR1 or TERM: save and leave with exit code 75.",
            (sweep, parsed, json, quiet, threads) =>
        {
            (int share, int shares) = (parsed.GetValue(task) ?? 0, parsed.GetValue(of) ?? 1);
            OptionRange.Require("--task", share, 0, shares - 1);
            LockProbe.Require(sweep.Path);
            int code = SweepProgress.Work(terminal, sweep, parsed, (share, shares), threads ?? 1, json, quiet);
            return code == ExitCode.Interrupted && !sweep.IsCancelled ? ExitCode.NotDone : code;
        });
        command.Options.Add(new MemoryOption());
        command.Options.Add(task);
        command.Options.Add(of);
        return command;
    }

    private static Command OnSweep(string name, string description, Func<SweepFolder, ParseResult, bool, bool, int?, int> act)
    {
        Argument<string> sweep = new Argument<string>("sweep") { Description = "The sweep's name or its beginning." }
            .Completed(Candidates.Sweeps);
        Option<string> folder = RunsFolder.Option();
        Option<int?> threads = Threads();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(name, description) { sweep, folder, threads, json, quiet };
        command.SetAction(parsed => act(
            SweepFolder.Open(RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(sweep)!), parsed, parsed.GetValue(json),
            parsed.GetValue(quiet), parsed.GetValue(threads)));
        return command;
    }

    private static Option<int?> Threads() =>
        OptionRange.Integer(
            "--threads", "Runs at the same time (default: one on each core). No result depends on it.", 1, OptionRange.MostThreads);

    private static SweepReading Read(string[] words, int limit, RunStore others)
    {
        bool hasFile = words.Length > 0 && words[0].Length > 0 && !words[0].Contains('=', StringComparison.Ordinal);
        return hasFile ? SweepReader.Read(words[0], words[1..], limit, others) : SweepReader.Read(null, words, limit, others);
    }

    private static int Report(Terminal terminal, IReadOnlyList<Problem> problems)
    {
        foreach (Problem problem in problems)
        {
            terminal.Messages.WriteLine($"kappa: {problem}");
        }

        return ExitCode.BadInput;
    }
}
