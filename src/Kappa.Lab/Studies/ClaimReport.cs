using Kappa.Lab.Figures;
using Kappa.Lab.Reports;

namespace Kappa.Lab.Studies;

/// <summary>The parts that the reports of all reproductions share: verdicts first,
/// claims with the numbers that refute them, every number behind the verdicts.</summary>
internal static class ClaimReport
{
    private static readonly Verdict[] Order = [
        Verdict.NotReproduced, Verdict.Partly, Verdict.NotDecided, Verdict.NotMeasured, Verdict.Reproduced];

    /// <summary>The first line of the report and of the terminal: what does not reproduce comes first.</summary>
    /// <param name="findings">The findings.</param>
    public static string Headline(IReadOnlyList<ClaimFinding> findings)
    {
        string[] parts = [
            .. WorstFirst(findings).GroupBy(finding => finding.Verdict)
                .Select(group => $"{Capital(Word(group.Key))}: {string.Join(", ", group.Select(finding => finding.Claim.Id))}.")];
        return string.Join(" ", parts);
    }

    /// <summary>The findings with those that contradict the paper in front.</summary>
    /// <param name="findings">The findings.</param>
    public static IEnumerable<ClaimFinding> WorstFirst(IReadOnlyList<ClaimFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        return findings.OrderBy(finding => Array.IndexOf(Order, finding.Verdict));
    }

    /// <summary>A verdict in words.</summary>
    /// <param name="verdict">The verdict.</param>
    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => "reproduced",
        Verdict.Partly => "partly reproduced",
        Verdict.NotReproduced => "not reproduced",
        Verdict.NotDecided => "not decided",
        _ => "not measured",
    };

    /// <summary>A report that begins with its verdicts.</summary>
    internal static Report Begin(string question, IReadOnlyList<ClaimFinding> findings, string environment)
    {
        var report = new Report(question) { Footer = environment };
        _ = report.Lead(Headline(findings));
        foreach (ClaimFinding finding in WorstFirst(findings))
        {
            _ = report.Verdict(Tone(finding.Verdict), Word(finding.Verdict), $"{finding.Claim.Statement} {finding.Reason}");
        }

        return report;
    }

    /// <summary>The claims as they were written down before anything ran.</summary>
    internal static ReportSection Asked(ReportSection section, IReadOnlyList<ClaimFinding> findings)
    {
        _ = section.Paragraph("Each claim was written down before anything ran, together with the observation that would refute it.");
        return section.Table(
            ["claim", "source", "refuted if"],
            findings.Select(finding => (IReadOnlyList<string>)[finding.Claim.Statement, finding.Claim.Source, finding.Claim.RefutedIf]),
            "Claims and the numbers that would refute them.");
    }

    /// <summary>Every number behind the verdicts.</summary>
    internal static void Measurements(ReportSection section, IReadOnlyList<ClaimFinding> findings)
    {
        foreach (ClaimFinding finding in findings)
        {
            Numbers(section, finding.Claim.Id, finding.Measurements);
        }
    }

    /// <summary>The open questions with their answers and numbers.</summary>
    internal static void Questions(ReportSection section, IReadOnlyList<OpenQuestion> questions)
    {
        _ = section.Paragraph("Questions that the paper leaves open: a measured answer, no verdict.");
        foreach (OpenQuestion question in questions)
        {
            _ = section.Verdict(BadgeTone.Neutral, "open question", $"{question.Question} {question.Answer}");
            Numbers(section, question.Id, question.Measurements);
        }
    }

    /// <summary>Writes the figures and returns notices, each once.</summary>
    internal static IReadOnlyList<string> WriteFigures(IReadOnlyList<Figure> figures, string folder)
    {
        var notices = new HashSet<string>(StringComparer.Ordinal);
        foreach (Figure figure in figures)
        {
            notices.UnionWith(FigureFiles.Write(figure, Path.Combine(folder, "figures")).Notices);
        }

        return [.. notices];
    }

    private static void Numbers(ReportSection section, string name, IReadOnlyList<Measurement> measurements) =>
        section.Details($"{name}: {measurements.Count} numbers").Table(
        ["setting", "quantity", "median [low, high]", "refutes", "note"],
        measurements.Select(m => (IReadOnlyList<Cell>)[m.Setting, m.Quantity, m.Value.ToString(), RefutesCell(m), m.Note ?? string.Empty]));

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static BadgeTone Tone(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => BadgeTone.Positive,
        Verdict.Partly or Verdict.NotDecided => BadgeTone.Undecided,
        Verdict.NotReproduced => BadgeTone.Negative,
        _ => BadgeTone.Neutral,
    };

    private static Cell RefutesCell(Measurement measurement) => measurement.Refutes switch
    {
        true => new Cell("yes", BadgeTone.Negative),
        false => new Cell("no", BadgeTone.Positive),
        null => new Cell(measurement.IsUndecided ? "undecided" : "informs"),
    };
}
