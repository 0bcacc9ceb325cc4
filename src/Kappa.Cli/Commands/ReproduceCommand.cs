using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Kappa.Cli.Completion;
using Kappa.Lab.Formats;
using Kappa.Lab.Store;
using Kappa.Lab.Studies;
using Spectre.Console;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa reproduce NAME</c>: tests the claims of a paper and writes a
/// report. One subcommand for every entry of <see cref="Reproduction.All"/>.</summary>
internal static class ReproduceCommand
{
    private const int MostSeeds = 1000;

    public static Command Create(Terminal terminal)
    {
        var command = new Command("reproduce", "Test the claims of a paper on this machine, with a verdict for each.");
        foreach (Reproduction reproduction in Reproduction.All)
        {
            command.Subcommands.Add(Of(reproduction, terminal));
        }

        return command;
    }

    private static Command Of(Reproduction reproduction, Terminal terminal)
    {
        string name = reproduction.Name;
        var quick = new Option<bool>("--quick") { Description = $"A smaller version of the same: {reproduction.QuickMeans}." };
        Option<int?> seeds = OptionRange.Integer(
            "--seeds",
            FormattableString.Invariant(
                $"Seeds of every setting (default: {reproduction.FullSeeds}, or {reproduction.QuickSeeds} with --quick)."));
        Option<string?> folder = new Option<string?>("--out")
        { Description = $"Folder for report, figures and data (default: runs/reproduce-{name} or runs/reproduce-{name}-quick)." }
            .Completed(Candidates.Folders);
        Option<int?> threads = OptionRange.Integer("--threads", "Runs at a time (default: all cores). The result does not depend on it.");
        var json = new Option<bool>("--json") { Description = "Print claims.json instead of the table." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        Option<bool> exitCode = VerdictOption.Create("a claim does not hold");
        Option<string?>[] data = [
            .. reproduction.DataFolders.Select(given =>
                new Option<string?>($"--{given.Name}") { Description = given.Description, HelpName = "FOLDER" }
                    .Completed(Candidates.Folders))];
        var command = new Command(name, reproduction.Description) { quick, seeds, folder, threads, json, quiet, exitCode };
        foreach (Option<string?> option in data)
        {
            command.Options.Add(option);
        }

        command.Options.Add(new MemoryOption());

        command.SetAction(parsed => Reproduce(terminal, new ReproduceArguments(
            reproduction, parsed.GetValue(quick), parsed.GetValue(seeds), parsed.GetValue(folder), parsed.GetValue(threads),
            parsed.GetValue(json), parsed.GetValue(quiet), parsed.GetValue(exitCode),
            [.. data.Select((option, k) => (reproduction.DataFolders[k].Name, parsed.GetValue(option)))],
            [.. parsed.Tokens.Select(token => token.Value)])));
        return command;
    }

    private static int Reproduce(Terminal terminal, ReproduceArguments request)
    {
        OptionRange.Require("--seeds", request.Seeds, 1, MostSeeds);
        OptionRange.Require("--threads", request.Threads, 1, OptionRange.MostThreads);
        int threads = request.Threads ?? Environment.ProcessorCount;
        string folder = RunsFolder.Require(
            request.Folder ?? Path.Combine("runs", $"reproduce-{request.Reproduction.Name}{(request.Quick ? "-quick" : string.Empty)}"));
        request.RequireFolders();
        using var progress = new ProgressLine(terminal, request.Quiet);

        // Before the data are read and steps are timed: whoever waits knows that it has begun.
        progress.Say(
            $"Reproducing {request.Reproduction.Name}{(request.Quick ? ", quick version" : string.Empty)}: "
                + $"{request.Reproduction.Description}");
        PlannedReproduction plan = request.Reproduction.Plan(request.Choices);
        using var interruption = new Interruption();
        progress.Say($"{plan.Description} {threads} at a time.");
        progress.Announce(() => plan.Forecast(threads));
        long start = Stopwatch.GetTimestamp();
        string interrupted = $"Interrupted; what is done is saved. Continue with the same command: {request.FullCommand}";
        interruption.NothingIsLostFromHereOn(() =>
        {
            progress.Clear();
            terminal.Messages.WriteLine(interrupted);
        });
        var work = new ReproductionWork(threads, progress.OfJobs(), folder, interruption.Token) { CommandLine = request.CommandLine };
        MeasuredReproduction? made;
        try
        {
            made = RunOrSave(plan, work, progress);
        }
        catch (RunsOfOthersException others)
        {
            terminal.Messages.WriteLine(
                $"kappa: {others.Message} When no other process works on them, continue with the same command: {request.FullCommand}");
            return ExitCode.NotDone;
        }

        if (made is not { } result)
        {
            terminal.Messages.WriteLine(interrupted);
            return ExitCode.Interrupted;
        }

        IReadOnlyList<string> notices = result.Write(new ReportTarget(folder, request.Command, EnvironmentLine()));
        interruption.FinishFromHereOn();
        Print(terminal, request, plan, result, folder, Stopwatch.GetElapsedTime(start));
        foreach (string notice in notices)
        {
            progress.Say(notice);
        }

        return VerdictOption.Code(result.Findings.Any(finding => finding.Verdict != Verdict.Reproduced), request.IsVerdictAsked);
    }

    private static void Print(
        Terminal terminal, ReproduceArguments request, PlannedReproduction plan, MeasuredReproduction result, string folder,
        TimeSpan elapsed)
    {
        if (request.Json)
        {
            terminal.Results.Write(
                ClaimsFile.Text(request.Reproduction.Name, plan.Mode, request.Command, result.Findings, result.Ladders, result.Questions));
        }
        else
        {
            PrintVerdicts(terminal, result.Findings);
            terminal.Results.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Report: {Path.Combine(folder, "report.html")}   Numbers: {Path.Combine(folder, "claims.json")}   "
                        + $"{DurationText.Of(elapsed.TotalSeconds)}"));
        }
    }

    private static MeasuredReproduction? RunOrSave(PlannedReproduction plan, ReproductionWork work, ProgressLine progress)
    {
        try
        {
            return plan.Run(work);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            progress.Clear();
        }
    }

    private static void PrintVerdicts(Terminal terminal, IReadOnlyList<ClaimFinding> findings)
    {
        terminal.Paragraph(0, ClaimReport.Headline(findings));
        var table = new ResultTable(
            "claim", "verdict", "what was measured",
            new ResultColumn("refuted if", 1))
        { HasSeparators = true, Elsewhere = "the report has them" };
        foreach (ClaimFinding finding in ClaimReport.WorstFirst(findings))
        {
            _ = table.Row(
                finding.Claim.Statement, new ResultCell(ClaimReport.Word(finding.Verdict), Colour(finding.Verdict)), finding.Reason,
                finding.Claim.RefutedIf);
        }

        table.Print(terminal);
    }

    private static Color Colour(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => Color.Green,
        Verdict.NotReproduced => Color.Red,
        _ => Color.Yellow,
    };

    private static string EnvironmentLine()
    {
        RunEnvironment environment = RunEnvironment.Current([], 1, TimeProvider.System);
        string commit = environment.Commit is null ? string.Empty : $" ({environment.Commit})";
        return $"Kappa {environment.KappaVersion}{commit}, .NET {environment.Runtime}, {environment.Processor}, {environment.Cores} "
            + $"cores, {environment.SimdBits}-bit vectors, {environment.OperatingSystem}.";
    }

    private sealed record ReproduceArguments(
        Reproduction Reproduction, bool Quick, int? Seeds, string? Folder, int? Threads, bool Json, bool Quiet, bool IsVerdictAsked,
        IReadOnlyList<(string Name, string? Folder)> Data,
        IReadOnlyList<string> CommandLine)
    {
        public ReproductionChoices Choices => new(
            Quick,
            Seeds ?? (Quick ? Reproduction.QuickSeeds : Reproduction.FullSeeds),
            Data.Where(given => given.Folder is not null).ToDictionary(
                given => given.Name, given => given.Folder!, StringComparer.Ordinal));

        /// <summary>Refuses a folder of data without a name, which would mean the present one.</summary>
        public void RequireFolders()
        {
            if (Data.FirstOrDefault(given => given.Folder is not null && string.IsNullOrWhiteSpace(given.Folder)).Name is string name)
            {
                throw new UsageException($"--{name} must name a folder but is empty.");
            }
        }

        /// <summary>The command that gives the same numbers.</summary>
        public string Command =>
            $"kappa reproduce {Reproduction.Name}{(Quick ? " --quick" : string.Empty)}"
                + $"{(Seeds is null ? string.Empty : FormattableString.Invariant($" --seeds {Seeds}"))}"
                + $"{string.Concat(Choices.Folders.Select(given => $" --{given.Key} {given.Value}"))}";

        /// <summary>The command that continues an interrupted reproduction.</summary>
        public string FullCommand => $"{Command}{(Folder is null ? string.Empty : $" --out {Folder}")}";
    }
}
