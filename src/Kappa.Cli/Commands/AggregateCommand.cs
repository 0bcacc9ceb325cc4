using System.CommandLine;
using System.Globalization;
using Kappa.Cli.Completion;
using Kappa.Lab.Index;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa aggregate</c>: median, quartiles and interval of the median over the seeds of equal specifications.</summary>
internal static class AggregateCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> words = new Argument<string[]>("words")
        {
            Description = "Which runs: key=value, key=a,b or key=range(0,20); all runs when there is none.",
            Arity = ArgumentArity.ZeroOrMore,
        }.Completed(Candidates.Settings);
        Option<string> folder = RunsFolder.Option();
        var of = new Option<string[]>("--of")
        {
            Description = "Number columns of the view runs, or telemetry COLUMN:first, :last, :min, :max, :at(STEP), with commas between "
                + "(default: rate,lateRate,stepsToHundredth,finalLoss).",
        };
        of.Aliases.Add("--quantity");
        var first = new Option<string[]>("--first")
        {
            Description = "First step at which a condition holds, as 'l1.output.sigmaMin < 0.5*first', or fails, as 'not l1.output.kappa "
                + "< 1e3'; may be repeated.",
        };
        Option<string?> by = new Option<string?>("--by")
        { Description = "Keys that tell groups apart, with commas between (default: all but the seeds)." }.Completed(Candidates.Keys);
        Option<string?> sweep = new Option<string?>("--sweep") { Description = "Only the runs of this sweep." }
            .Completed(Candidates.Sweeps);
        Option<RowFormat?> format = OptionWord.Optional<RowFormat>("--format", "table, csv or json.");
        var json = new Option<bool>("--json") { Description = "The same as --format json." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command(
            "aggregate",
            "Summarise runs over their seeds: median, quartiles, interval of the median.")
            { words, folder, of, first, by, sweep, format, json, quiet };
        command.SetAction(parsed =>
        {
            RowFormat rows = QueryView.Format(parsed.GetValue(format), parsed.GetValue(json));
            using RunIndex index = IndexCommand.Refresh(
                terminal, RunsFolder.Require(parsed.GetValue(folder)!), parsed.GetValue(quiet), anew: false, out _);
            var question = new SeedQuestion
            {
                Words = parsed.GetValue(words)!,
                Quantities = [.. (parsed.GetValue(of) ?? []).SelectMany(List)],
                Firsts = parsed.GetValue(first) ?? [],
                By = List(parsed.GetValue(by)),
                Sweep = parsed.GetValue(sweep),
            };
            SeedAnswer answer = SeedGroups.Of(new RunQuery(index), question);
            Print(terminal, answer.Groups, rows);
            foreach (string notice in answer.Notices)
                terminal.Messages.WriteLine(notice);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Prints groups in a row each for a reader, in a row for each quantity as CSV.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<SeedGroup> groups, RowFormat format)
    {
        if (format == RowFormat.Csv)
        {
            QueryView.Print(terminal, Rows(groups), format);
        }
        else if (format == RowFormat.Json)
        {
            QueryView.Json(terminal, GroupsDocument.Of(groups), PrintedJson.Readable.GroupsDocument);
        }
        else
        {
            QueryView.PrintCells(
                terminal,
                [
                    .. groups[0].Values.Select(value => value.Column), "runs",
                    .. groups[0].Statistics.Select(statistic => statistic.Quantity), "outcomes"],
                groups.Select(group =>
                    (IReadOnlyList<string>)[
                        .. group.Values.Select(value => QueryView.Shown(value.Value)), Count(group.Runs),
                        .. group.Statistics.Select(statistic => Cell(statistic.Statistics)), Outcomes(group)]));
            terminal.Paragraph(
                0,
                "median {interval of the median, at 75 % for n = 3, 93.75 % for n = 5, 95 % or more from n = 6 on} [quartiles] n; ∞: not "
                    + "reached; lateRate: of the last third of the window, also of a curve that bends");
        }
    }

    private static string Cell(SeedStatistics statistics) => statistics.Count == 0 ? "in no run" : string.Create(
        CultureInfo.InvariantCulture,
        $"{PlainText.Number(statistics.Median)} {{{PlainText.Number(statistics.IntervalLow)}, "
            + $"{PlainText.Number(statistics.IntervalHigh)}}} [{PlainText.Number(statistics.Lower)}, "
            + $"{PlainText.Number(statistics.Upper)}] n={statistics.Count}");

    private static string Outcomes(SeedGroup group) =>
        string.Join(", ", group.Outcomes.Select(outcome => $"{Kappa.Lab.Runs.OutcomeWords.Of(outcome.Key)}: {Count(outcome.Value)}"));

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static QueryResult Rows(IReadOnlyList<SeedGroup> groups) => new(
        [
            .. groups[0].Values.Select(value => value.Column), "quantity", "runs", "count", "missing", "notReached", "median",
            "intervalLow", "intervalHigh", "intervalLevel", "lowerQuartile", "upperQuartile"],
        [
            .. from @group in groups
               from statistic in @group.Statistics
               let s = statistic.Statistics
               select new List<object?>(
                   [
                       .. @group.Values.Select(value => value.Value), statistic.Quantity, (long)@group.Runs, (long)s.Count, (long)s.Missing,
                       (long)s.NotReached, s.Median, s.IntervalLow, s.IntervalHigh, s.IntervalLevel, s.Lower, s.Upper]),
        ],
        false);

    private static string[] List(string? words) =>
        words?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
