using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;

namespace Kappa.Cli;

/// <summary>A certification in one sentence, and what to ask next.</summary>
internal static class CertificationVerdict
{
    private const double MostUsefulSteps = 1e12;

    /// <summary>The sentence that stands first.</summary>
    public static string Of(CertificationReport report)
    {
        if (report.Request.FindsScale && report.Grade != CertificationGrade.Contradicted)
        {
            return OfPrice(report);
        }

        TheoremFinding verdict = report.Verdict;
        Certificate certificate = verdict.Certificate;
        string theorem = $"{certificate.Theorem.Name}, {certificate.Theorem.Label}";
        switch (verdict.Grade)
        {
            case CertificationGrade.Contradicted:
                return $"CONTRADICTED: every hypothesis of {theorem} holds and its conclusion does not. This is a defect of Kappa or of "
                    + $"the theorem; please report it with the specification.";
            case CertificationGrade.NotApplicable:
                return report.Findings.Count == 1
                    ? $"Not applicable: {certificate.Explanation}"
                    : "Not applicable: none of the theorems is about this target.";
            case CertificationGrade.NotCertified:
                return $"Not certified{Where(report, verdict)}: convergence is neither proven nor excluded{Nearest(report)}.";
            default:
                string how = verdict.Grade switch
                {
                    CertificationGrade.Certified => "Certified",
                    CertificationGrade.Guaranteed => "Guaranteed, not observed,",
                    _ => "Consistent, resting on an estimate,",
                };
                Guarantee guarantee = certificate.Guarantee!;
                return $"{how}{Where(report, verdict)} ({theorem}): with η = {PlainText.Number(guarantee.StepSize)} every step removes "
                    + $"at least {PlainText.Percent(guarantee.Rate)} of the loss, to zero{Patience(guarantee)}.";
        }
    }

    /// <summary>What a reader may want to ask next, as commands.</summary>
    public static IEnumerable<string> Hints(CertificationReport report)
    {
        if (report.Verdict.Grade == CertificationGrade.NotCertified && !report.Request.IsSearch && report.HasLaterSteps)
        {
            bool hasScale = !report.Request.FindsScale && report.Verdict.Certificate.Theorem is not KernelAttentionTheorem;
            yield return $"From which step on it is certain: add "
                + $"--from-step.{(!hasScale ? string.Empty : " How the initialisation would have to be scaled: add --find-scale.")}";
        }
    }

    /// <summary>A grade in words.</summary>
    public static string Word(CertificationGrade grade) => grade switch
    {
        CertificationGrade.Certified => "certified",
        CertificationGrade.Guaranteed => "guaranteed, not observed,",
        CertificationGrade.Consistent => "consistent, resting on an estimate,",
        CertificationGrade.NotCertified => "not certified",
        CertificationGrade.NotApplicable => "not applicable",
        _ => "CONTRADICTED",
    };

    private static string Where(CertificationReport report, TheoremFinding finding) =>
        finding.Search is null
            ? finding.Grade == CertificationGrade.NotCertified ? $" at step {finding.Step}"
            : $" from step {finding.Step} on"
        : finding.Search.Found is long found ? $" from step {found} on"
        : $" at any step tried from {report.Request.Step} to {finding.Step}";

    private static string OfPrice(CertificationReport report)
    {
        if (report.Cheapest is not { } cheapest)
        {
            return report.Grade == CertificationGrade.NotApplicable
                ? "Not applicable: "
                    + report.Findings.First(finding =>
                        finding.Price!.Grade == CertificationGrade.NotApplicable).Price!.Found.Certificate.Explanation
                : "Not certified: no scale of the initialisation that was tried is certified.";
        }

        CertifiableInitialisation found = cheapest.Price!.Found;
        Guarantee guarantee = found.Certificate.Guarantee!;
        Theorem theorem = found.Theorem;
        string how = cheapest.Price.Grade == CertificationGrade.Certified ? "Certified" : "Guaranteed, not observed,";
        return $"{how} from {found.Recipe} with c = {PlainText.Number(found.Scale!.Value)} ({theorem.Name}, {theorem.Label}): with η = "
            + $"{PlainText.Number(guarantee.StepSize)} every step removes at least {PlainText.Percent(guarantee.Rate)} of the loss, to "
            + $"zero{Patience(guarantee)}.";
    }

    // A theorem at a rate of 1e-20 is true and of no use: 1e-6 of the loss in more steps than months of the fastest step (10 µs) take.
    private static string Patience(Guarantee guarantee)
    {
        double steps = Math.Min(guarantee.StepsTo(1e-6), double.MaxValue);
        return steps > MostUsefulSteps
            ? $"; but 1e-6 of the loss is certain after {PlainText.Rough(steps)} steps only, more than any run will see"
            : string.Empty;
    }

    // The theorem that misses least, by the residual.
    private static string Nearest(CertificationReport report)
    {
        TheoremFinding? nearest = report.Findings.Where(finding =>
            finding.Certificate.Theorem.CanCertify && finding.ResidualFactor is double factor
            && double.IsFinite(factor)).MinBy(finding => finding.ResidualFactor);
        return nearest is null
            ? string.Empty
            : $"; the nearest is {nearest.Certificate.Theorem.Name}, for a residual about "
                + $"{PlainText.Rough(nearest.ResidualFactor!.Value)} times smaller";
    }
}
