using System.CommandLine;
using Kappa.Lab.Index;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa query "SQL"</c>: asks the runs of a folder, reading only.</summary>
internal static class QueryCommand
{
    public static Command Create(Terminal terminal)
    {
        var sql = new Argument<string?>("sql")
        {
            Description = "One SELECT on the views runs, telemetry_summary, claims, sweeps, sweep_runs, damaged.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> folder = RunsFolder.Option();
        var schema = new Option<bool>("--schema") { Description = "Print the views and their columns." };
        Option<RowFormat?> format = OptionWord.Optional<RowFormat>("--format", "table, csv or json.");
        var json = new Option<bool>("--json") { Description = "The same as --format json." };
        Option<int?> limit = OptionRange.Integer("--limit", $"Most rows (default: {RunQuery.DefaultRows}).");
        Option<int?> timeout = OptionRange.Integer("--timeout", $"Most seconds (default: {RunQuery.DefaultSeconds}).");
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "query", "Ask the runs of a folder in SQL, reading only.") { sql, folder, schema, format, json, limit, timeout, quiet };
        command.SetAction(parsed =>
        {
            OptionRange.Require("--limit", parsed.GetValue(limit), 1, 100_000_000);
            OptionRange.Require("--timeout", parsed.GetValue(timeout), 1, 86_400);
            RowFormat rows = QueryView.Format(parsed.GetValue(format), parsed.GetValue(json));
            string? statement = parsed.GetValue(sql);
            if (parsed.GetValue(schema))
            {
                QueryView.Print(terminal, IndexViews.Columns(), rows);
                return ExitCode.Done;
            }

            if (string.IsNullOrWhiteSpace(statement))
            {
                throw new UsageException("query needs a SELECT, for example \"SELECT name, rate FROM runs\", or --schema.");
            }

            using RunIndex index = IndexCommand.Refresh(
                terminal, RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(quiet), anew: false, out _);
            QueryResult result = new RunQuery(index).Answer(
                statement, parsed.GetValue(limit) ?? RunQuery.DefaultRows, parsed.GetValue(timeout) ?? RunQuery.DefaultSeconds);
            QueryView.Print(terminal, result, rows);
            if (result.IsCut)
            {
                terminal.Messages.WriteLine($"kappa: only the first {result.Rows.Count} rows are shown; raise --limit for more.");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
