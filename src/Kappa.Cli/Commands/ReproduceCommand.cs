using System.CommandLine;
using System.Diagnostics;
using Kappa.Lab.Reproductions;
using Kappa.Lab.Reproductions.Residual;
using Kappa.Lab.Store;
using Spectre.Console;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa reproduce residual</c>: tests the claims of a paper and writes a report.</summary>
internal static class ReproduceCommand
{
    private const int MostSeeds = 1000;

    public static Command Create(Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "A smaller version of the same: fewer seeds, one size, depths to 4." };
        Option<int?> seeds = OptionRange.Integer("--seeds", "Seeds of every setting (default: 5, or 3 with --quick).");
        var folder = new Option<string?>("--out") { Description = "Folder for report, figures and data (default: runs/reproduce-residual or runs/reproduce-residual-quick)." };
        Option<int?> threads = OptionRange.Integer("--threads", "Runs at a time (default: all cores). The result does not depend on it.");
        var json = new Option<bool>("--json") { Description = "Print claims.json instead of the table." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var residual = new Command("residual", "Residual connections keep the attention output well conditioned, so that gradient descent converges linearly (arXiv 2506.05249).")
        {
            quick, seeds, folder, threads, json, quiet,
        };
        residual.SetAction(parsed => Residual(
            terminal,
            new Request(parsed.GetValue(quick), parsed.GetValue(seeds), parsed.GetValue(folder), parsed.GetValue(threads), parsed.GetValue(json), parsed.GetValue(quiet))));
        return new Command("reproduce", "Test the claims of a paper on this machine, with a verdict for each.") { residual };
    }

    private static int Residual(Terminal terminal, Request request)
    {
        OptionRange.Require("--seeds", request.Seeds, 1, MostSeeds);
        OptionRange.Require("--threads", request.Threads, 1, OptionRange.MostThreads);
        ResidualPlan plan = request.Quick ? ResidualPlan.Quick(request.Seeds ?? ResidualPlan.QuickSeeds) : ResidualPlan.Full(request.Seeds ?? ResidualPlan.FullSeeds);
        int threads = request.Threads ?? Environment.ProcessorCount;
        string folder = RunsFolder.Require(request.Folder ?? Path.Combine("runs", request.Quick ? "reproduce-residual-quick" : "reproduce-residual"));
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, request.Quiet);
        progress.Say($"{plan.Describe()} {threads} at a time.");
        progress.Announce(() => ResidualForecast.Of(plan, threads).Words());
        long start = Stopwatch.GetTimestamp();
        if (RunOrSave(plan, threads, progress, Path.Combine(folder, "jobs"), interruption.Token) is not { } result)
        {
            progress.Say($"Interrupted; finished jobs are saved. Continue with the same command: {request.FullCommand}");
            return ExitCode.Interrupted;
        }

        IReadOnlyList<string> notices = ResidualReport.Write(result, folder, request.Command, EnvironmentLine());
        if (request.Json)
        {
            terminal.Results.Write(ClaimsFile.Text("residual", plan.Mode, request.Command, result.Findings, result.Ladders));
        }
        else
        {
            PrintVerdicts(terminal, result.Findings);
            terminal.Results.WriteLine(FormattableString.Invariant($"Report: {Path.Combine(folder, "report.html")}   Numbers: {Path.Combine(folder, "claims.json")}   {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
        }

        foreach (string notice in notices)
        {
            progress.Say(notice);
        }

        return result.Findings.All(finding => finding.Verdict == Verdict.Reproduced) ? ExitCode.Done : ExitCode.NegativeVerdict;
    }

    private static ResidualResult? RunOrSave(ResidualPlan plan, int threads, ProgressLine progress, string workFolder, CancellationToken cancellation)
    {
        try
        {
            return ResidualReproduction.Run(plan, threads, progress.OfJobs(), workFolder, cancellation);
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
        terminal.Results.WriteLine(ResidualReport.Headline(findings));
        var table = new Table { Border = TableBorder.Rounded, ShowRowSeparators = true };
        _ = table.AddColumn("claim").AddColumn("verdict").AddColumn("what was measured").AddColumn("refuted if");
        foreach (ClaimFinding finding in ResidualReport.WorstFirst(findings))
        {
            _ = table.AddRow(
                new Text(finding.Claim.Statement),
                new Text(ResidualReport.Word(finding.Verdict), new Style(Colour(finding.Verdict))),
                new Text(finding.Reason),
                new Text(finding.Claim.RefutedIf));
        }

        terminal.Render(table);
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
        return $"Kappa {environment.KappaVersion}{commit}, .NET {environment.Runtime}, {environment.Processor}, {environment.Cores} cores, {environment.SimdBits}-bit vectors, {environment.OperatingSystem}.";
    }

    private sealed record Request(bool Quick, int? Seeds, string? Folder, int? Threads, bool Json, bool Quiet)
    {
        /// <summary>The command that gives the same numbers.</summary>
        public string Command => $"kappa reproduce residual{(Quick ? " --quick" : string.Empty)}{(Seeds is null ? string.Empty : FormattableString.Invariant($" --seeds {Seeds}"))}";

        /// <summary>The command that continues an interrupted reproduction.</summary>
        public string FullCommand => $"{Command}{(Folder is null ? string.Empty : $" --out {Folder}")}";
    }
}
