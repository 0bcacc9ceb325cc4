using System.Globalization;
using System.Runtime.InteropServices;
using Kappa.Lab;
using Kappa.Lab.Cluster;
using Kappa.Lab.Formats;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli;

/// <summary>Submits a sweep to a cluster and says what was submitted and how to watch it.</summary>
internal static class SlurmView
{
    /// <summary>Submits, or shows what would be submitted.</summary>
    /// <param name="terminal">Where to print.</param>
    /// <param name="store">The folder of runs.</param>
    /// <param name="prepare">Makes the sweep ready; not called when Slurm is missing and needed.</param>
    /// <param name="options">What the user asks of the cluster.</param>
    /// <param name="isDryRun">Submit nothing.</param>
    /// <param name="json">Print JSON.</param>
    public static int Submit(Terminal terminal, string store, Func<SweepFolder> prepare, SlurmOptions options, bool isDryRun, bool json)
    {
        if (!isDryRun)
        {
            SlurmSweep.RequireSlurm();
        }

        SlurmSweep.RequireStore(store);
        SweepFolder sweep = prepare();
        var cluster = new SlurmSweep(sweep);
        SlurmSubmission submission = isDryRun ? cluster.Show(Command(), options)
            : cluster.Submit(
                Command(), options,
                job =>
                    terminal.Messages.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"submitted job {job.Job}: {job.Tasks} tasks, array {job.Array}, offset {job.Offset}")));
        if (json)
        {
            QueryView.Json(terminal, Document(sweep, submission), PrintedLine.Default.SlurmDocument);
        }
        else if (isDryRun)
        {
            Show(terminal, submission);
        }
        else
        {
            Say(terminal, sweep, submission);
        }

        return ExitCode.Done;
    }

    /// <summary>Cancels the arrays of a sweep that is cancelled already, then prints its status.</summary>
    public static int Cancel(Terminal terminal, SweepFolder sweep, Func<int> print)
    {
        try
        {
            _ = new SlurmSweep(sweep).Cancel();
        }
        catch (BadInputException failure)
        {
            _ = print();
            throw new BadInputException(
                sweep.Path,
                $"the sweep is cancelled, and its running tasks save and stop, but its jobs stay in the queue: {failure.Message}", failure);
        }

        return print();
    }

    private static void Say(Terminal terminal, SweepFolder sweep, SlurmSubmission submission)
    {
        string summary = string.Create(
            CultureInfo.InvariantCulture,
            $"sweep {sweep.Plan.Name}: {sweep.Plan.Runs.Count} runs in {submission.Tasks} tasks; {submission.Ended} have ended, "
                + $"{submission.Queued} were queued already, {submission.Arrays.Sum(job => job.Tasks)} submitted");
        terminal.Paragraph(0, summary);
        string store = OutOption(sweep.Store);
        if (submission.Arrays.Count > 0)
        {
            string jobs = string.Join(',', submission.Arrays.Select(job => job.Job));
            terminal.Results.WriteLine($"jobs {jobs}");
            terminal.Results.WriteLine($"watch:  squeue --jobs={jobs}");
        }

        terminal.Results.WriteLine($"status: {CommandName.Here} sweep status {sweep.Plan.Name}{store}");
        terminal.Results.WriteLine($"cancel: {CommandName.Here} sweep cancel {sweep.Plan.Name}{store}");
        terminal.Paragraph(0, $"logs:   {Path.Combine(sweep.Path, "logs")}");
    }

    private static void Show(Terminal terminal, SlurmSubmission submission)
    {
        terminal.Results.Write(File.ReadAllText(submission.Script));
        terminal.Results.WriteLine();
        terminal.Results.WriteLine($"# {submission.Script} and tasks.jsonl beside it are written, nothing is submitted.");
        terminal.Results.WriteLine(submission.MaxArraySize is { } size
            ? string.Create(CultureInfo.InvariantCulture, $"# MaxArraySize of this cluster is {size}. It would be submitted as:")
            : "# Slurm does not answer here; with the usual MaxArraySize of 1001 it would be submitted as:");
        foreach (SlurmArrayJob job in submission.Arrays)
        {
            terminal.Results.WriteLine($"# {job.CommandLine}");
        }
    }

    private static SlurmDocument Document(SweepFolder sweep, SlurmSubmission submission) => new(
        PrintedJson.Version, sweep.Plan.Name, submission.Script, submission.Tasks, submission.Ended, submission.Queued,
        submission.MaxArraySize,
        submission.Arrays.Select(job => new ArrayDocument(job.Job, job.Array, job.Offset, job.Tasks, job.CommandLine)));

    private static string OutOption(string store) => store == RunsFolder.Default ? string.Empty : $" --out {ShellWord.Of(store)}";

    // The nodes call the program as it was called here: by its own file, or by the runtime with its library.
    private static string[] Command()
    {
        string program = Environment.ProcessPath ?? string.Empty;
        return Path.GetFileNameWithoutExtension(program) is "Kappa.Cli" or "kappa" ? [program]
            : [
                Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), "exec",
                Path.Combine(AppContext.BaseDirectory, "Kappa.Cli.dll")];
    }
}
