using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Reports;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Phases;

/// <summary>Lays the report of a sweep out.</summary>
internal static class SweepDocument
{
    private const int MostListed = 200;

    /// <summary>The report.</summary>
    public static Report Compose(SweepContent content, IReadOnlyList<Figure> figures)
    {
        var report = new Report($"Sweep {content.Sweep.Plan.Name}") { Footer = Footer(content) };
        _ = report.Lead(content.Summary());
        if (!content.IsFinished)
            _ = report.Verdict(
                BadgeTone.Undecided, "unfinished",
                $"{content.Count(OutcomeState.Unfinished)} of {content.Outcomes.Count} runs are missing; shares and medians are over the "
                    + $"finished ones.");
        if (content.Count(OutcomeState.Failed) + content.Count(OutcomeState.Damaged) is > 0 and var broken)
            _ = report.Verdict(
                BadgeTone.Negative, "failed", $"{broken} runs failed or cannot be read; they count in no share. They are named below.");
        ReportSection pictures = report.Section("What came out");
        foreach (Figure figure in figures)
            _ = pictures.Figure(figure);
        _ = pictures.List(content.Notices());
        _ = report.Section("Groups").Table(
            [.. content.Keys.Select(key => key.Key.Name), .. SweepGroup.Headers],
            content.Groups.Select(group => group.Row()),
            SweepGroup.Legend);
        AddOutcomes(report, content);
        AddClasses(report);
        AddOrigin(report, content);
        return report;
    }

    private static void AddOutcomes(Report report, SweepContent content)
    {
        RunOutcome[] told = [
            .. content.Outcomes.Where(outcome => outcome.State != OutcomeState.Finished || outcome.Phase == RunPhase.Diverges)];
        ReportSection section = report.Section("Failed, diverged and missing runs");
        if (told.Length == 0)
        {
            _ = section.Paragraph("None.");
            return;
        }

        string more = told.Length > MostListed ? $" The first {MostListed} of {told.Length}; summary.json counts all." : string.Empty;
        _ = section.Table(
            ["run", "values", "state", "reason"],
            told.Take(MostListed).Select(outcome =>
                (IReadOnlyList<string>)[
                    outcome.Run.Name, Values(outcome), outcome.Phase is null ? outcome.State.ToString().ToLowerInvariant() : "diverged",
                    outcome.Reason]),
            $"One row a run.{more}");
    }

    private static string Values(RunOutcome outcome) => string.Join(" ", outcome.Run.Values.Select(pair => $"{pair.Key}={pair.Value}"));

    private static void AddClasses(Report report) =>
        _ = report.Section("What the classes mean").Paragraph("The first rule that holds decides.").Definitions(
    [
        ("diverges", "A loss or gradient is not finite, or the median of the last tenth of the recorded losses exceeds ℒ_0."),
        (
            "converges",
            string.Create(
                CultureInfo.InvariantCulture,
                $"The last loss is at most {NumberText.Of(PhaseRule.ArrivedShare, 1)} ℒ_0, or the run's own loss floor if that is "
                    + $"larger, or rounding; or the fit of the rate is linear or accelerating and the curve does not level off.")),
        (
            "stalls",
            string.Create(
                CultureInfo.InvariantCulture,
                $"The curve levels off above rounding, or the run ended as stationary, or the loss falls by less than "
                    + $"{PhaseRule.LeastDecades} decades over the last decade of steps, from T/10 to T.")),
        ("slow", "Everything else: it falls, and has neither arrived nor one rate."),
    ]);

    private static void AddOrigin(Report report, SweepContent content)
    {
        ExperimentSpecification first = content.Sweep.Plan.Runs[0].Specification;
        ReportSection what = report.Section("What was run");
        _ = what.Definitions(
            content.Keys.Select(key => (key.Key.Path, string.Join(", ", key.Texts))).Append(
                ("runs of a group", string.Join(", ", content.Groups.Select(group => group.Cell.Outcomes.Count).Distinct().Order()))));
        _ = what.Details("Specification of the first run").Code(SpecificationWriter.Write(first));
        RunEnvironment[] sessions = [.. content.Outcomes.SelectMany(outcome => outcome.Sessions).DistinctBy(Machine)];
        _ = report.Section("Where").List(sessions.Length == 0 ? ["No run has an environment."] : sessions.Select(Machine));
        string[] commands = [
            .. content.Outcomes.SelectMany(outcome => outcome.Sessions).Select(session => session.CommandLine)
                .Where(words => words is ["sweep", ..]).Select(words => $"kappa {string.Join(' ', words.Select(ShellWord.Of))}").Distinct()
                .Take(5)];
        _ = report.Section("How to run it again").Code(string.Join('\n',
        [
            .. commands,
            $"{content.Sweep.ResumeCommand}    # as frozen",
            $"kappa report {content.Sweep.Plan.Name} --out {ShellWord.Of(content.Sweep.Store)}",
        ]));
    }

    private static string Footer(SweepContent content) =>
        content.Outcomes.SelectMany(outcome => outcome.Sessions).Take(1).ToArray() is [var session]
            ? $"Kappa {session.KappaVersion}{(session.Commit is { } commit ? $", commit {commit}" : string.Empty)}, numerics "
                + $"{RunName.NumericsVersion}."
            : "No run yet.";

    private static string Machine(RunEnvironment session) =>
        $"{session.Host}: {session.Processor}, {session.Cores} cores, {session.SimdBits}-bit vectors, {session.OperatingSystem}, "
            + $"{session.Runtime}, Kappa {session.KappaVersion}";
}
