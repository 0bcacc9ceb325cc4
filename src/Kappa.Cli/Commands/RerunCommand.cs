using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Descent;
using Kappa.Lab;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa rerun RUN --verify</c>: computes a run again and says whether it has the same bits.</summary>
internal static class RerunCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new Argument<string>("run") { Description = "A run's name, a unique beginning of it, or its folder." }
            .Completed(Candidates.Runs);
        Option<string> folder = RunsFolder.Option();
        var verify = new Option<bool>("--verify")
        {
            Description =
                "Compare with what is recorded; exit code 1 on a difference, as of a checksum that is wrong. Without --to nothing is kept.",
        };
        Option<string?> to = new Option<string?>("--to") { Description = "Another folder of runs that keeps the run computed again." }
            .Completed(Candidates.Folders);
        Option<int?> threads = OptionRange.Integer(
            "--threads", "Threads of one step (default: all cores). The result does not depend on it.");
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "rerun",
            "Compute a run again from its specification: the same bits, or the first difference.")
            { run, folder, verify, to, threads, new MemoryOption(), json, quiet };
        command.SetAction(parsed =>
        {
            OptionRange.Require("--threads", parsed.GetValue(threads), 1, OptionRange.MostThreads);
            if (!parsed.GetValue(verify) && parsed.GetValue(to) is null)
            {
                throw new UsageException(
                    "rerun needs --verify, to compare with what is recorded, or --to FOLDER, to keep the run computed again.");
            }

            RunRecord record = RunRecord.Read(Target.Find(parsed.GetValue(folder)!, parsed.GetValue(run)!));
            var request = new RerunArguments(
                parsed.GetValue(verify), parsed.GetValue(threads) ?? Environment.ProcessorCount, parsed.GetValue(json),
                parsed.GetValue(quiet), [.. parsed.Tokens.Select(token => token.Value)]);
            return parsed.GetValue(to) is { } kept
                ? Compute(terminal, record, RunsFolder.Require(kept, "--to"), request)
                : Temporarily(terminal, record, request);
        });
        return command;
    }

    private static int Temporarily(Terminal terminal, RunRecord record, RerunArguments request)
    {
        DirectoryInfo folder = MakeTemporary();
        try
        {
            return Compute(terminal, record, folder.FullName, request);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static DirectoryInfo MakeTemporary()
    {
        try
        {
            return Directory.CreateTempSubdirectory("kappa-rerun-");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                Path.GetTempPath(),
                "the folder for temporary files must exist and be writable but is not. Set TMPDIR to another one, or keep the run "
                    + "computed again: --to FOLDER",
                failure);
        }
    }

    private static int Compute(Terminal terminal, RunRecord record, string store, RerunArguments request)
    {
        using var interruption = new Interruption();
        using var progress = new ProgressLine(terminal, request.Quiet);
        progress.Announce(() => $"Computing {record.Status.Step} steps again.");
        (RunFiles files, DescentOutcome outcome) = RunAgain.Into(
            record, store, request.Threads, RunEnvironment.Current(request.CommandLine, request.Threads, TimeProvider.System),
            progress.OfSteps(), interruption.Token);
        progress.Clear();
        if (outcome.Reason == StopReason.Cancelled)
        {
            terminal.Messages.WriteLine($"Interrupted at step {outcome.Step}; nothing is decided.");
            return ExitCode.Interrupted;
        }

        RunDifference? difference = request.Verify ? RunDifference.Find(record.Files, files) : null;
        Print(terminal, record, files, request, difference);
        return difference is null ? ExitCode.Done : ExitCode.NegativeVerdict;
    }

    private static void Print(Terminal terminal, RunRecord record, RunFiles files, RerunArguments request, RunDifference? difference)
    {
        if (request.Json)
        {
            string verdict = !request.Verify ? "notCompared" : difference is null ? "sameBits" : "different";
            QueryView.Json(
                terminal,
                new(
                    PrintedJson.Version, record.Name, verdict, difference?.File, difference?.Place, difference?.Recorded,
                    difference?.Computed),
                PrintedJson.Readable.RerunDocument);
            return;
        }

        terminal.Paragraph(0, !request.Verify ? $"{record.Name} was computed again: {files.Path}"
            : difference is null ? $"{record.Name}: same bits ({record.Status.Step} steps: telemetry, checkpoint, spectra)."
            : $"{record.Name}: {difference}.");
    }

    private sealed record RerunArguments(bool Verify, int Threads, bool Json, bool Quiet, IReadOnlyList<string> CommandLine);
}
