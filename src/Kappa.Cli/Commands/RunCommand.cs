using System.CommandLine;
using System.CommandLine.Parsing;
using Kappa.Cli.Completion;
using Kappa.Descent;
using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa run</c>: one experiment into a run folder, or the continuation of an interrupted one.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> words = new Argument<string[]>("words")
        {
            Description = "An optional YAML file, then key=value settings; kappa list keys names them all.",
            Arity = ArgumentArity.ZeroOrMore,
        }.Completed(Candidates.Settings, Candidates.Files(".yaml", ".yml"));
        words.Validators.Add(RefuseOptions);
        var name = new Option<string?>("--name") { Description = "A label in front of the run's name." };
        Option<string> folder = RunsFolder.Option();
        Option<string?> resume = new Option<string?>("--resume") { Description = "Continue this interrupted run to the same bits." }
            .Completed(Candidates.UnfinishedRuns);
        var show = new Option<bool>("--show") { Description = "Print the resolved specification and run nothing." };
        Option<int?> threads = OptionRange.Integer(
            "--threads", "Threads of one step (default: all cores). The result does not depend on it.");
        var memory = new MemoryOption();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command("run", "Run one experiment: gradient descent with the spectra of every attention output at every step.")
        {
            words, name, folder, resume, show, threads, memory, json, quiet,
        };
        command.SetAction(parsed => Run(
            terminal,
            new RunArguments(
                parsed.GetValue(words)!, parsed.GetValue(name), parsed.GetValue(folder)!, parsed.GetValue(resume), parsed.GetValue(show),
                parsed.GetValue(threads), parsed.GetValue(json), parsed.GetValue(quiet), [.. parsed.Tokens.Select(token => token.Value)])));
        return command;
    }

    private static int Run(Terminal terminal, RunArguments request)
    {
        OptionRange.Require("--threads", request.Threads, 1, OptionRange.MostThreads);
        _ = RunsFolder.Require(request.Folder);
        return request.Resume is null ? Begin(terminal, request) : Resume(terminal, request);
    }

    private static int Begin(Terminal terminal, RunArguments request)
    {
        (string? file, string[] overrides) = Split(request.Words);
        SpecificationReading reading = SpecificationReader.Read(file, overrides);
        if (reading.Specification is null)
        {
            return Report(terminal, reading.Problems);
        }

        var store = new RunStore(request.Folder);
        if (request.Show)
        {
            terminal.Results.Write(SpecificationWriter.Write(OtherRuns.In(store).Pin(reading.Specification).Resolve()));
            return ExitCode.Done;
        }

        // Prepared before the folder exists: a specification that cannot run leaves nothing behind.
        using var run = PreparedRun.Of(reading.Specification, request.ThreadCount, store);
        string name = RunName.Of(run.Specification, run.ExternalData, request.Name);
        if (File.Exists(new RunFiles(Path.Combine(request.Folder, name)).Status))
        {
            return Existing(terminal, request, Path.Combine(request.Folder, name));
        }

        run.RequireStepSize();
        using RunFolder folder = RunFolder.Create(request.Folder, name, run.Specification, request.Environment(), TimeProvider.System);
        return Execute(terminal, request, folder, run);
    }

    private static int Existing(Terminal terminal, RunArguments request, string path)
    {
        RunRecord record = RunRecord.Read(path);
        if (record.Status.State == RunState.Done)
        {
            new ProgressLine(terminal, request.Quiet).Say($"This experiment has been run: {path} holds its result.");
            return Finished(terminal, request, record);
        }

        throw new BadInputException(
            path, $"this experiment was begun and is {record.State}. Continue it: kappa run --resume {record.Name}{request.OutSuffix}");
    }

    private static int Resume(Terminal terminal, RunArguments request)
    {
        if (request.Words.Length > 0)
        {
            throw new UsageException($"--resume continues a run as it was specified and takes no settings but got '{request.Words[0]}'.");
        }

        if (request.Show || request.Name is not null)
        {
            throw new UsageException(
                $"--resume continues a run under its own name and cannot be combined with {(request.Show ? "--show" : "--name")}.");
        }

        var store = new RunStore(request.Folder);
        string path = store.Find(request.Resume!);
        RunRecord record = RunRecord.Read(path);
        if (record.Status.State == RunState.Done)
        {
            new ProgressLine(terminal, request.Quiet).Say($"{record.Name} is done; no step is left to do.");
            return Finished(terminal, request, record);
        }

        using RunFolder folder = RunFolder.Open(path, request.Environment(), TimeProvider.System);
        using var run = PreparedRun.Of(folder.Specification, request.ThreadCount, OtherRuns.For(folder.Files, store));
        return RunName.IsOfAnother(folder.Name, run.Specification, run.ExternalData)
            ? throw new BadInputException(
                folder.Files.Specification,
                $"must be the specification and the data that run {folder.Name} is named by, under this version of the numerics, but is "
                    + $"not. Restore it, or run it under its own name: kappa run "
                    + $"{ShellWord.Of(folder.Files.Specification)}{request.OutSuffix}")
            : Execute(terminal, request, folder, run);
    }

    private static int Execute(Terminal terminal, RunArguments request, RunFolder folder, PreparedRun run)
    {
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, request.Quiet);
        if (run.ReadsFiles)
        {
            progress.Say($"{run.DataDescription}.");
        }

        progress.Announce(() => Forecast(folder, run));
        DescentOutcome outcome = run.Execute(folder, progress.OfSteps(), interruption.Token);
        progress.Clear();
        if (outcome.Reason == StopReason.Cancelled)
        {
            // Also when quiet: without it nobody knows how to go on.
            terminal.Messages.WriteLine(
                $"Interrupted at step {outcome.Step}; the state is saved. Continue: kappa run --resume {folder.Name}{request.OutSuffix}");
            return ExitCode.Interrupted;
        }

        request.AllowEnd(terminal, interruption, progress, folder.Name);
        RunAnalysis analysis = RunAnalysis.Of(RunRecord.Read(folder.Files.Path));
        analysis = RunPublication.Write(analysis, run.Ladder(analysis), progress.Say);
        interruption.FinishFromHereOn();
        RunSummaryView.Print(terminal, analysis, request.Json);
        return ExitCode.Done;
    }

    // What a process that ended after the last step did not come to is made now.
    private static int Finished(Terminal terminal, RunArguments request, RunRecord record)
    {
        var analysis = RunAnalysis.Of(record);
        if (!RunPublication.IsComplete(analysis))
        {
            using var interruption = new Interruption();
            using var progress = new ProgressLine(terminal, request.Quiet);
            request.AllowEnd(terminal, interruption, progress, record.Name);
            progress.Say("Its ladder of rates or its report is missing and is made now.");
            analysis = RunPublication.Complete(analysis, request.ThreadCount, progress.Say);
            interruption.FinishFromHereOn();
        }

        RunSummaryView.Print(terminal, analysis, request.Json);
        return ExitCode.Done;
    }

    private static string? Forecast(RunFolder folder, PreparedRun run) =>
        run.Forecast(File.Exists(folder.Files.Checkpoint) ? RunRecord.Read(folder.Files.Path).Status.Step : 0);

    private static int Report(Terminal terminal, IReadOnlyList<Problem> problems)
    {
        foreach (Problem problem in problems)
        {
            terminal.Messages.WriteLine($"kappa: {problem}");
        }

        return ExitCode.BadInput;
    }

    // Every word fits the argument, so the parser takes a mistyped option for a setting.
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (string option in result.Tokens.Select(token => token.Value).Where(word => word.StartsWith('-')))
        {
            result.AddError($"Unrecognized option '{option}'.");
        }
    }

    // The first word without '=' is the file; a later one is left to the reader, which says what is wrong with it.
    private static (string? File, string[] Overrides) Split(string[] words) =>
        words.Length > 0 && !words[0].Contains('=', StringComparison.Ordinal) ? (words[0], words[1..]) : (null, words);

    private sealed record RunArguments(
        string[] Words, string? Name, string Folder, string? Resume, bool Show, int? Threads, bool Json, bool Quiet,
        IReadOnlyList<string> CommandLine)
    {
        public int ThreadCount => Threads ?? System.Environment.ProcessorCount;

        public string OutSuffix => Folder == RunsFolder.Default ? string.Empty : $" --out {ShellWord.Of(Folder)}";

        /// <summary>Lets a signal end what follows the last step: all of it can be made again.</summary>
        public void AllowEnd(Terminal terminal, Interruption interruption, ProgressLine progress, string run) =>
            interruption.NothingIsLostFromHereOn(() =>
        {
            progress.Clear();
            terminal.Messages.WriteLine(
                $"Interrupted. The run is done; its ladder of rates and its report are not. Get them: kappa report {run}{OutSuffix}");
        });

        public RunEnvironment Environment() => RunEnvironment.Current(CommandLine, ThreadCount, TimeProvider.System);
    }
}
