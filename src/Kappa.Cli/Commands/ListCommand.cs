using System.CommandLine;
using Kappa.Cli.Completion;
using Kappa.Lab.Specifications;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa list</c>: the runs of a folder; <c>kappa list keys</c>: every
/// key of a specification; <c>kappa list theorems</c>: every theorem.</summary>
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
        Option<string?> filter = new Option<string?>("--filter")
        { Description = "Only these runs: key=value words as for aggregate, or a condition as after WHERE in query." }
            .Completed(Candidates.Settings);
        Option<int?> limit = OptionRange.Integer("--limit", $"Most runs (default: {RunList.DefaultLimit}; all with --json).");
        var command = new Command(
            "list",
            "List runs, newest first; the keys of a specification; or the theorems.") { folder, filter, limit, json, keys, theorems };
        command.SetAction(parsed =>
        {
            OptionRange.Require("--limit", parsed.GetValue(limit), 1, 100_000_000);
            return RunList.Print(
                terminal, RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(filter), parsed.GetValue(limit),
                parsed.GetValue(json));
        });
        return command;
    }

    private static int Keys(Terminal terminal, bool json)
    {
        if (json)
        {
            QueryView.Json(
                terminal,
                new(
                    PrintedJson.Version,
                    SpecificationKeys.All.Select(key => new KeyDocument(key.Path, key.Values, key.Default, key.Documentation))),
                PrintedLine.Default.KeysDocument);
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
}
