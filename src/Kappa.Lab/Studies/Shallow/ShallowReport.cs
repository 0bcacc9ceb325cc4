using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Reports;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Writes what the reproduction leaves behind: claims.json, tables, figures and one self-contained report.html.</summary>
internal static class ShallowReport
{
    public static IReadOnlyList<string> Write(ShallowResult result, ReportTarget target)
    {
        string folder = target.Folder;
        _ = Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "claims.json"),
            ClaimsFile.Text("shallow", result.Plan.Mode, target.Command, result.Findings, questions: OpenAnswers.Questions(result.Open)));
        AtomicFile.WriteAllText(Path.Combine(folder, "runs.csv"), ShallowTables.Runs(result));
        AtomicFile.WriteAllText(Path.Combine(folder, "points.csv"), ShallowTables.Points(result.Points));
        AtomicFile.WriteAllText(Path.Combine(folder, "smallest-widths.csv"), ShallowTables.Searches(result.Searches));
        AtomicFile.WriteAllText(Path.Combine(folder, "digits.csv"), ShallowTables.Digits(result.Digits));
        IReadOnlyList<Figure> figures = ShallowFigures.All(result);
        IReadOnlyList<string> notices = ClaimReport.WriteFigures(figures, folder);
        Compose(result, figures, target).WriteTo(Path.Combine(folder, "report.html"));
        return notices;
    }

    private static Report Compose(ShallowResult result, IReadOnlyList<Figure> figures, ReportTarget target)
    {
        IReadOnlyList<ClaimFinding> findings = result.Findings;
        Report report = ClaimReport.Begin(
            "When does gradient descent on an encoder-only shallow Transformer converge?", findings, target.Environment);
        Define(ClaimReport.Asked(report.Section("What was asked"), findings));
        Ran(report.Section("What was run"), result);
        ReportSection found = report.Section("What came out");
        foreach (Figure figure in figures)
        {
            _ = found.Figure(figure);
        }

        ClaimReport.Questions(report.Section("Open questions, measured"), OpenAnswers.Questions(result.Open));
        ClaimReport.Measurements(report.Section("Every number behind the verdicts"), findings);
        _ = report.Section("How to run it again").Code(target.Command)
            .Paragraph(
                "Numbers: claims.json (verdicts), runs.csv (one row a run), points.csv (limiting kernel and conditions), "
                    + "smallest-widths.csv, digits.csv, figures/*.csv (the data of each figure).");
        return report;
    }

    private static void Define(ReportSection section) => _ = section.Definitions(
    [
        (
            "normalisation",
            $"What the description of the experiment leaves open. {Normalisation.Literal.Name}. {Normalisation.MeanLoss.Name}. "
                + $"{Normalisation.Stable.Name}. All claims but the one about the literal setting use the stable one."),
        (
            "T(1e-2)",
            "The first step at which the loss is at most one hundredth of its start. A run that does not get there counts with one step "
                + "more than the budget, as a lower bound (≥)."),
        (
            "own step, same step",
            "Own step: each run at the best of 0.1, 0.3 and 1 times 1/λ_max of the kernel of its loss at the start (for the mean loss "
                + "K_0/N). Same step: the smallest own step of the arms compared, used by all of them."),
        (
            "linear",
            "log ℓ falls along a line: at least one decade on the window, early and late slopes within a factor 1.5, no point farther "
                + "from the line than a tenth of the decades covered."),
        ("relative movement", "‖W_T − W_0‖/‖W_0‖ of a matrix, and ‖K_T − K_0‖/‖K_0‖ of the neural tangent kernel K = J Jᵀ."),
        (
            "shortfall factor",
            "The factor by which the value or the bound of a theorem's worst condition would have to change for it to hold; 1 when it "
                + "holds."),
    ]);

    private static void Ran(ReportSection section, ShallowResult result)
    {
        ShallowPlan plan = result.Plan;
        _ = section.Paragraph(
            $"Mode {plan.Mode}, {plan.Seeds} seeds of every "
                + $"setting{(plan.Seeds < ShallowPlan.FullSeeds ? $" (the full version has {ShallowPlan.FullSeeds})" : string.Empty)}. "
                + $"{plan.Describe()}");
        _ = section.Paragraph(
            "Model S: softmax attention with one head, ReLU, pooled tokens, a linear read-out; all four matrices trained by full-batch "
                + "gradient descent on the squared error of a scalar label. Labels: N(0, 1), or labels that only attention can find.");
        _ = section.Paragraph(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Digits: {result.DigitName}, {plan.DigitCount} pictures to train on, patches of 7 × 7, one pre-normalised block with "
                    + $"one head, mini-batches of 50 with momentum."));
    }
}
