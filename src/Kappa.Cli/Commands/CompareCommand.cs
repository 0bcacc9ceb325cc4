using System.CommandLine;
using System.Globalization;
using Kappa.Cli.Completion;
using Kappa.Lab.Index;
using Kappa.Lab.Runs;

namespace Kappa.Cli.Commands;

/// <summary><c>kappa compare A B</c>: what differs between two runs; with
/// <c>key=value</c> words, groups of runs over their seeds.</summary>
internal static class CompareCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> what = new Argument<string[]>("what")
        {
            Description = "Two runs (name, beginning of it, or folder), or two or more groups, each in quotes: 'depth=1 gain=2'.",
            Arity = new ArgumentArity(2, 100),
        }.Completed(Candidates.Runs);
        Option<string> folder = RunsFolder.Option();
        var json = new Option<bool>("--json") { Description = "Print as JSON." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        Option<bool> exitCode = VerdictOption.Create("two runs differ in their specification, results or losses");
        var command = new Command(
            "compare",
            "Say what differs between two runs: specification, then results, then the first step at which the losses part.")
            { what, folder, json, quiet, exitCode };
        command.SetAction(parsed =>
        {
            string[] words = parsed.GetValue(what)!;
            string store = parsed.GetValue(folder)!;
            bool[] areGroups = [.. words.Select(word => word.Contains('=', StringComparison.Ordinal))];
            if (areGroups.All(isGroup => isGroup))
            {
                return Groups(terminal, words, RunsFolder.Require(store), parsed.GetValue(json), parsed.GetValue(quiet));
            }

            return areGroups.Any(isGroup => isGroup) || words.Length > 2
                ? throw new UsageException("compare takes two runs, or groups of the form 'key=value key=value'; it cannot mix them.")
                : Runs(
                    terminal, RunComparison.Of(Target.Find(store, words[0]), Target.Find(store, words[1])), parsed.GetValue(json),
                    parsed.GetValue(exitCode));
        });
        return command;
    }

    private static int Groups(Terminal terminal, string[] words, string store, bool json, bool quiet)
    {
        using RunIndex index = IndexCommand.Refresh(terminal, store, quiet, anew: false, out _);
        SeedGroup[] groups = [.. words.Select(word => SeedGroups.Together(new RunQuery(index), word))];
        AggregateCommand.Print(terminal, groups, json ? RowFormat.Json : RowFormat.Table);
        return ExitCode.Done;
    }

    private static int Runs(Terminal terminal, RunComparison comparison, bool json, bool isVerdictAsked)
    {
        bool differs = comparison.Specification.Count > 0 || comparison.Losses is not null
            || comparison.Results.Any(pair => !Equals(pair.First, pair.Second));
        Print(terminal, comparison, json);
        return VerdictOption.Code(differs, isVerdictAsked);
    }

    private static void Print(Terminal terminal, RunComparison comparison, bool json)
    {
        if (json)
        {
            QueryView.Json(terminal, ComparisonDocument.Of(comparison), PrintedJson.Readable.ComparisonDocument);
            return;
        }

        terminal.Results.WriteLine(
            comparison.Specification.Count == 0 ? "The specifications are equal." : "Specification, the keys that differ:");
        if (comparison.Specification.Count > 0)
        {
            Print(terminal, comparison, comparison.Specification);
        }

        terminal.Results.WriteLine("Results:");
        Print(terminal, comparison, comparison.Results);
        if (comparison.Level is { } level)
        {
            terminal.Paragraph(
                0,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"At the same relative loss: both reach ℒ/ℒ_0 = {PlainText.Number(level.Relative)}, {comparison.First} at step "
                        + $"{level.First} and {comparison.Second} at step {level.Second}."));
        }

        terminal.Paragraph(0, Parting(comparison));
    }

    private static string Parting(RunComparison comparison) => comparison.CommonSteps == 0
        ? "No step was recorded by both, so the losses cannot be compared step by step."
        : comparison.Losses is { } difference
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The losses differ first at step {difference.Step}: {difference.First:R} and {difference.Second:R}.")
            : string.Create(CultureInfo.InvariantCulture, $"The losses have the same bits at all {comparison.CommonSteps} common steps.");

    private static void Print(Terminal terminal, RunComparison comparison, IReadOnlyList<Pairing> pairs) => QueryView.PrintCells(
        terminal, ["", comparison.First, comparison.Second],
        pairs.Select(pair => new[] { pair.Name, Shown(pair.Name, pair.First), Shown(pair.Name, pair.Second) }));

    private static string Shown(string name, object? value) =>
        value is string word && (name is "outcome" or "rateOutcome") ? OutcomeWords.Of(word) : QueryView.Shown(value);
}
