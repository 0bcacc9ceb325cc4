using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs.Exports;
using Kappa.Lab.Sweeps;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa export</c>: runs, or all runs of a sweep, in formats of other programs.</summary>
internal static class ExportCommand
{
    private const string DefaultFolder = "exports";

    public static Command Create(Terminal terminal)
    {
        Argument<string> what = new Argument<string>("what")
        { Description = "A run (name, beginning of it, or folder) or a sweep (name or its beginning)." }
            .Completed(Candidates.Runs, Candidates.Sweeps);
        Option<ExportFormat> format = OptionWord.Required<ExportFormat>("--as", "csv, npz, safetensors, tensorboard or mlflow.");
        Option<string> to = new Option<string>("--to") { Description = "Where to write.", DefaultValueFactory = _ => DefaultFolder }
            .Completed(Candidates.Folders);
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON." };
        var command = new Command(
            "export",
            "Write a run or a sweep for other programs: table, arrays, weights, TensorBoard, MLflow.")
            { what, format, to, folder, new MemoryOption(), json };
        command.SetAction(parsed =>
        {
            string target = RunsFolder.Require(parsed.GetValue(to)!, "--to");
            return Export(
                terminal, RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(what)!, parsed.GetValue(format), target,
                parsed.GetValue(json));
        });
        return command;
    }

    private static int Export(Terminal terminal, string store, string what, ExportFormat format, string target, bool json)
    {
        List<string> written;
        if (Target.FindSweep(store, what) is { } sweep)
        {
            written = Sweep(terminal, sweep, format, target);
        }
        else
        {
            written = [RunExport.Write(Target.Find(store, what), format, target)];
        }

        if (json)
        {
            QueryView.Json(terminal, new(PrintedJson.Version, written), PrintedJson.Readable.WrittenDocument);
        }
        else
        {
            written.ForEach(terminal.Results.WriteLine);
        }

        return ExitCode.Done;
    }

    // Which file is which arm and seed.
    private static string Overview(string folder, List<(string File, SweepRun Run)> exported)
    {
        string[] keys = [.. exported[0].Run.Values.Keys];
        IEnumerable<IEnumerable<string>> rows = exported.Select(one =>
            new[] { Path.GetRelativePath(folder, one.File), one.Run.Name }.Concat(
                keys.Select(key => one.Run.Values.GetValueOrDefault(key, string.Empty))));
        return string.Concat(rows.Prepend(["file", "run", .. keys]).Select(row => string.Join(',', row.Select(CsvField.Of)) + "\n"));
    }

    // A run that cannot be exported is named and does not hold up the others.
    private static List<string> Sweep(Terminal terminal, SweepFolder sweep, ExportFormat format, string target)
    {
        var written = new List<string>();
        var exported = new List<(string File, SweepRun Run)>();
        string folder = format is ExportFormat.Mlflow or ExportFormat.Tensorboard ? target : Path.Combine(target, sweep.Plan.Name);
        for (int index = 0; index < sweep.Plan.Runs.Count; index++)
        {
            try
            {
                written.Add(RunExport.Write(sweep.Files(index).Path, format, folder, sweep.Plan.Name));
                exported.Add((written[^1], sweep.Plan.Runs[index]));
            }
            catch (BadInputException reason)
            {
                terminal.Messages.WriteLine($"kappa: {sweep.Plan.Runs[index].Name} was left out: {reason.Message}");
            }
        }

        if (written.Count > 0)
        {
            string table = Path.Combine(
                folder, format is ExportFormat.Mlflow or ExportFormat.Tensorboard ? $"{sweep.Plan.Name}.csv" : "runs.csv");
            AtomicFile.WriteAllText(table, Overview(folder, exported));
            written.Add(table);
        }

        return written.Count > 0
            ? written
            : throw new BadInputException(sweep.Path, "must have a run that can be exported but has none. Run it: " + sweep.ResumeCommand);
    }
}
