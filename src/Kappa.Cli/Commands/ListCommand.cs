using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Kappa.Lab.Experiments;
using Kappa.Lab.Store;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa list</c>: the runs of a folder; <c>kappa list keys</c>: every key of a specification; <c>kappa list theorems</c>: every theorem.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json") { Description = "Print as JSON.", Recursive = true };
        var keys = new Command("keys", "Every key of a specification, with type, default and meaning.");
        keys.SetAction(parsed => Keys(terminal, parsed.GetValue(json)));
        var theorems = new Command("theorems", "Every theorem that can be asked for a certificate, with statement, proof and sources.");
        theorems.SetAction(parsed => TheoremList.Print(terminal, parsed.GetValue(json)));
        var command = new Command("list", "List runs, the keys of a specification, or the theorems.") { folder, json, keys, theorems };
        command.SetAction(parsed => Runs(terminal, parsed.GetValue(folder)!, parsed.GetValue(json)));
        return command;
    }

    private static int Runs(Terminal terminal, string folder, bool json)
    {
        RunListing listing = new RunStore(RunsFolder.Require(folder)).List();
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                runs = listing.Runs.Select(run => new { name = run.Name, state = JsonNamingPolicy.CamelCase.ConvertName(run.Status.State.ToString()), step = run.Status.Step, loss = Finite(run.Status.Loss), stopReason = run.Status.StopReason }),
                damaged = listing.Damaged.Select(run => new { name = run.Name, reason = run.Reason }),
            }));
            return ExitCode.Done;
        }

        var table = new ResultTable(
            "run", "state", new ResultColumn("step", 9), new ResultColumn("loss", 10), new ResultColumn("model", 2), new ResultColumn("depth", 7), new ResultColumn("width", 6), new ResultColumn("data", 1),
            new ResultColumn("ρ_a", 5), new ResultColumn("step size", 4), new ResultColumn("seed", 8));
        foreach (RunRecord run in listing.Runs)
        {
            ExperimentSpecification specification = run.Specification;
            string[] cells =
            [
                run.Name, run.Status.StopReason ?? run.Status.State.ToString(), Shown(run.Status.Step), Shown(run.Status.Loss), Kind(specification), Where(specification, specification.Model.Depth), Shown(specification.Model.Width),
                specification.Data.Source.ToString(), Where(specification, specification.Model.AttentionResidual), specification.Descent.StepSize.ToString(), Shown(specification.Seed),
            ];
            _ = table.Rows([cells]);
        }

        table.Print(terminal);
        foreach (DamagedRun run in listing.Damaged)
        {
            terminal.Messages.WriteLine($"kappa: {run.Name} cannot be read: {run.Reason}");
        }

        terminal.Results.WriteLine($"{listing.Runs.Count} runs in {folder}.");
        return ExitCode.Done;
    }

    private static int Keys(Terminal terminal, bool json)
    {
        if (json)
        {
            terminal.Results.WriteLine(JsonSerializer.Serialize(new
            {
                schemaVersion = 1,
                keys = SpecificationKeys.All.Select(key => new { key = key.Path, type = key.Values, @default = key.Default, meaning = key.Documentation }),
            }));
            return ExitCode.Done;
        }

        var table = new ResultTable("key", new ResultColumn("type", 1), new ResultColumn("default", 2), "meaning");
        foreach (SpecificationKey key in SpecificationKeys.All)
        {
            _ = table.Row(key.Path, key.Values, key.Default, key.Documentation);
        }

        table.Print(terminal);
        return ExitCode.Done;
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string Kind(ExperimentSpecification specification) => JsonNamingPolicy.CamelCase.ConvertName(specification.Model.Kind.ToString());

    // Depth and residual are of the models that have blocks.
    private static string Where(ExperimentSpecification specification, IFormattable value) =>
        specification.Model.Kind is ModelKind.Residual or ModelKind.Classifier ? Shown(value) : string.Empty;

    private static string Shown(IFormattable? value) => value?.ToString(value is double ? "G4" : null, CultureInfo.InvariantCulture) ?? string.Empty;
}
