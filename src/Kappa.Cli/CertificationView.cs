using System.Globalization;
using Kappa.Certificates;
using Kappa.Lab.Runs.Certification;
using Kappa.Numerics;

namespace Kappa.Cli;

/// <summary>A certification on the terminal: the verdict, then for each theorem its guarantee,
/// its conditions, its constants and how it was searched; or all of it as JSON.</summary>
internal static class CertificationView
{
    public static void Print(Terminal terminal, CertificationReport report, bool json)
    {
        if (json)
        {
            terminal.Results.WriteLine(CertificationDocument.Text(report));
            return;
        }

        terminal.Paragraph(0, CertificationVerdict.Of(report));
        terminal.Paragraph(0, report.Origin);
        terminal.Paragraph(0, report.PrecisionRemark);
        foreach (
            TheoremFinding finding in report.Findings.Where(finding =>
                report.Findings.Count > 1 || finding.Grade != CertificationGrade.NotApplicable))
        {
            terminal.Results.WriteLine();
            Print(terminal, report, finding);
        }

        foreach (string hint in CertificationVerdict.Hints(report))
        {
            terminal.Results.WriteLine();
            terminal.Paragraph(0, hint);
        }
    }

    private static void Print(Terminal terminal, CertificationReport report, TheoremFinding finding)
    {
        Certificate certificate = finding.Certificate;
        terminal.Paragraph(
            0,
            $"{certificate.Theorem.Name} ({certificate.Theorem.Label}): {CertificationVerdict.Word(finding.Grade)}{At(report, finding)}. "
                + $"{certificate.Explanation}",
            hanging: 2);
        if (finding.Grade == CertificationGrade.NotApplicable)
        {
            return;
        }

        // Where the theorem itself says by which factor, it is not said twice.
        if (finding.ResidualFactor is double factor && !(Math.Abs(Math.Log(certificate.Shortfall / factor)) < 0.05)
            && !certificate.Shortfall.Equals(factor))
        {
            terminal.Paragraph(2, double.IsPositiveInfinity(factor)
                ? "No smaller residual would do either."
                : $"With these weights the residual would have to be about {PlainText.Rough(factor)} times smaller, the loss "
                    + $"{PlainText.Rough(factor * factor)} times.");
        }

        if (certificate.Guarantee is Guarantee guarantee)
        {
            Print(terminal, finding, guarantee);
        }

        if (certificate.Conditions.Count > 0)
        {
            Conditions(certificate).Print(terminal);
        }

        if (certificate.Constants.Count > 0)
        {
            terminal.Paragraph(
                2, "Constants: " + string.Join(" · ", certificate.Constants.GroupBy(constant => constant.Symbol).Select(Constants)) + ".",
                hanging: 2);
        }

        Print(terminal, finding.Search);
        Print(terminal, finding.Price);
    }

    private static void Print(Terminal to, InitialisationPrice? price)
    {
        if (price is null)
        {
            return;
        }

        to.Paragraph(
            2,
            $"Price of a certificate (C.11; "
                + $"{price.Found.Recipe}{(price.Found.Theorem is ShallowEncoderTheorem ? string.Empty : ", bend scaled alike")}): "
                + $"{price.Found.Explanation} Found by doubling and bisection in {price.Found.Tries} evaluations.",
            hanging: 2);
        if (price.Found is { Scale: not null, Certificate.Guarantee: { } guarantee })
        {
            to.Paragraph(
                4,
                $"there: step size η = {PlainText.Number(guarantee.StepSize)}, rate ≥ {PlainText.Percent(guarantee.Rate)} of the loss a "
                    + $"step",
                hanging: 2);
        }

        if (price.Check is { } check)
        {
            to.Paragraph(4, Observation(check), hanging: 2);
        }
    }

    private static void Print(Terminal to, TheoremFinding finding, Guarantee guarantee)
    {
        string largest = guarantee.LargestStepSize > guarantee.StepSize
            ? $" (up to {PlainText.Number(guarantee.LargestStepSize)} is proven)"
            : string.Empty;
        to.Paragraph(
            2,
            $"step size η = {PlainText.Number(guarantee.StepSize)}{largest}, rate ≥ {PlainText.Percent(guarantee.Rate)} of the loss a "
                + $"step, PL constant μ = {PlainText.Number(guarantee.PlConstant)}",
            hanging: 2);
        double steps = Math.Min(guarantee.StepsTo(1e-6), double.MaxValue);
        string most = steps < 1e15 ? steps.ToString("F0", CultureInfo.InvariantCulture) : PlainText.Rough(steps);
        to.Paragraph(2, $"at most {most} steps to 1e-6 of the loss at step {finding.Step}; {Radii(guarantee)}", hanging: 2);
        foreach (BoundObservation observation in new[] { finding.Record, finding.Check }.OfType<BoundObservation>())
        {
            to.Paragraph(2, Observation(observation), hanging: 2);
        }

        if (finding.CheckOmission is { } reason)
        {
            to.Paragraph(2, $"not descended to see the bound hold: {reason} (--check STEPS)", hanging: 2);
        }

        if (finding.LookAhead is LookAhead ahead)
        {
            long from = finding.Step - ahead.Steps;
            to.Paragraph(
                2,
                $"looking ahead (C.19): from step {from} on ‖e‖ stays below {PlainText.Number(ahead.Constant)} · "
                    + $"{NumberText.Of(ahead.Factor, 6)}^k · ‖e_{from}‖, if the certified step size is used from step {finding.Step} on; "
                    + $"the first {ahead.Steps} steps are observation, the rest is theorem",
                hanging: 2);
        }
    }

    private static string Observation(BoundObservation observation)
    {
        string what = observation.IsRecord
            ? $"the run's record, {observation.Steps} steps on"
            : $"{observation.Steps} steps with this step size";
        what += observation.Precision == Precision.Single ? " in single precision" : string.Empty;
        return observation is
        {
            Violation: { } departure, Precision: Precision.Single,
        } ? $"not kept to in {what}, which the theorem is not about: {departure}"
            : observation.Violation is { } violation ? $"CONTRADICTED by {what}: {violation}"
            : $"observed in {what}: the bound held at every step; measured rate {PlainText.Percent(observation.MeasuredRate)}, "
                + $"{PlainText.Factor(observation.Ratio)} times as fast as guaranteed";
    }

    private static string Radii(Guarantee guarantee)
    {
        var groups = guarantee.Radii.GroupBy(radius => PlainText.Number(radius.Radius)).ToList();
        return groups.Count == 1 ? $"no trained matrix moves by more than {groups[0].Key}"
            : "no matrix moves by more than " + string.Join(", ", groups.Select(group =>
                $"{group.Key} ({(group.Count() > 4 ? "the others" : string.Join(", ", group.Select(radius => radius.Block.Name)))})"));
    }

    private static ResultTable Conditions(Certificate certificate)
    {
        var table = new ResultTable("condition", "value", "must be", new ResultColumn("margin", 1), "");
        foreach (Condition condition in certificate.Conditions)
        {
            string verdict = condition.Holds
                ? "holds"
                : double.IsPositiveInfinity(condition.Shortfall) ? "fails"
                : $"fails by {PlainText.Factor(condition.Shortfall)}×";
            string[] cells =
            [
                $"{condition.Name}, {condition.Symbol} ({condition.Label})", PlainText.Number(condition.Value),
                $"{Relation(condition.Relation)} {PlainText.Number(condition.Bound)}",
                PlainText.Number(condition.Margin), verdict,
            ];
            _ = table.Rows([cells]);
        }

        return table;
    }

    private static void Print(Terminal terminal, StepSearch? search)
    {
        if (search is null)
        {
            return;
        }

        terminal.Paragraph(2, $"Searched: {search.Schedule}", hanging: 2);
        ConditionHistory[] changing = [.. search.Conditions.Where(history => history.FirstFails is not null)];
        foreach (ConditionHistory history in changing)
        {
            string holds = history.FirstHolds is long first ? $"first held at step {first}" : "held at none";
            terminal.Paragraph(
                2,
                $"{history.Name} ({history.Symbol}): first failed at step {history.FirstFails}, last at {history.LastFails}, {holds}, of "
                    + $"the {history.Evaluated} evaluated",
                hanging: 2);
        }
    }

    private static string At(CertificationReport report, TheoremFinding finding)
    {
        string loss = double.IsFinite(finding.RelativeLoss) && finding.Step > 0
            ? $", ℒ/ℒ_0 = {PlainText.Number(finding.RelativeLoss)}"
            : string.Empty;
        return finding.Search is null ? $" at step {finding.Step}{loss}"
            : finding.Search.Found is long found ? $" from step {found} on{loss}"
            : finding.Grade == CertificationGrade.NotApplicable ? $" at step {finding.Step}{loss}"
            : $" at any of the {finding.Search.Tried.Count} steps tried from {report.Request.Step} to {finding.Step}{loss}";
    }

    // One symbol may stand for several blocks.
    private static string Constants(IGrouping<string, Constant> group) => $"{group.Key} " + string.Join(
        ", ",
        group.Select(constant =>
            $"{PlainText.Number(constant.Value)}{(constant.Grade == ConstantGrade.Estimated ? " (estimated)" : string.Empty)}").Distinct());

    private static string Relation(ConditionRelation relation) => relation switch
    {
        ConditionRelation.AtLeast => "≥",
        ConditionRelation.AtMost => "≤",
        ConditionRelation.Below => "<",
        _ => ">",
    };
}
