using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Reports;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Writes what a reproduction leaves behind: claims.json, kernel-runs.csv,
/// kernel-curves.csv, figures and one self-contained report.html.</summary>
internal static class KernelsReport
{
    /// <summary>Writes everything and returns notices for the user.</summary>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static IReadOnlyList<string> Write(KernelsResult result, ReportTarget target)
    {
        _ = Directory.CreateDirectory(target.Folder);
        AtomicFile.WriteAllText(
            Path.Combine(target.Folder, "claims.json"),
            ClaimsFile.Text("kernels", result.Plan.Mode, target.Command, result.Findings, [], result.Questions));
        AtomicFile.WriteAllText(Path.Combine(target.Folder, "kernel-runs.csv"), KernelsTables.Runs(result.Runs));
        AtomicFile.WriteAllText(Path.Combine(target.Folder, "kernel-curves.csv"), KernelsTables.Curves(result.Runs));
        IReadOnlyList<Figure> figures = KernelsFigures.All(result);
        IReadOnlyList<string> notices = ClaimReport.WriteFigures(figures, target.Folder);
        Compose(result, figures, target).WriteTo(Path.Combine(target.Folder, "report.html"));
        return notices;
    }

    private static Report Compose(KernelsResult result, IReadOnlyList<Figure> figures, ReportTarget target)
    {
        Report report = ClaimReport.Begin(
            "Does attention with a Gaussian kernel train better than with softmax?", result.Findings, target.Environment);
        _ = ClaimReport.Asked(report.Section("What was asked"), result.Findings).Definitions(
        [
            (
                "B_h, B_0",
                "The features S_h X of a head, stacked over samples, and those of all heads at the start: M = N·n rows. With only the "
                    + "values trained the model is linear in them."),
            ("floor", "The least-squares minimum of that linear problem, by a factorisation with column pivoting, not by descent."),
            (
                "certified share",
                "What theorem G.4 guarantees that every step removes of the loss, from the start alone, at η = 1/β; the slowest measured "
                    + "share is the smallest over the path."),
            (
                "rank window",
                "H(n−1) < D ≤ H n: the Jacobian in the queries can have full rank with the Gaussian kernel and cannot with softmax "
                    + "(G.5). The targets lie within 3 and 10 % of F_0."),
            (
                "own step, same step",
                "Own step: each run at the best of 0.1, 0.3 and 1 times 1/λ_max(K_0). Same step: 0.3 times 1/λ_max(K_0) of the kernel "
                    + "with the larger eigenvalue, for both."),
            (
                "landscape",
                "The loss on a plane of two random directions with row normalisation through the end of a training whose first half used "
                    + "softmax for both; curvatures by second differences on the grid."),
        ]);
        Ran(report.Section("What was run"), result.Plan);
        ReportSection found = report.Section("What came out");
        foreach (Figure figure in figures)
        {
            _ = found.Figure(figure);
        }

        ClaimReport.Questions(report.Section("Open questions"), result.Questions);
        ClaimReport.Measurements(report.Section("Every number behind the verdicts"), result.Findings);
        _ = report.Section("How to run it again").Code(target.Command).Paragraph(
            "Numbers: claims.json (verdicts), kernel-runs.csv (a number of a run a row), kernel-curves.csv (raw curves), figures/*.csv "
                + "(the data of each figure).");
        return report;
    }

    private static void Ran(ReportSection section, KernelsPlan plan)
    {
        _ = section.Paragraph(plan.Describe());
        _ = section.Table(
            ["task", "training", "samples to train on", "samples to test on"],
            new[]
            {
                (plan.Pathfinder, plan.PathfinderRecipe), (plan.Text, plan.TextRecipe), (plan.LandscapeTask, plan.LandscapeRecipe),
                (plan.LandscapeTask, plan.DepthRecipe),
            }.Select(row =>
                (IReadOnlyList<string>)[
                    row.Item1.Name, row.Item2.Words, FormattableString.Invariant($"{row.Item1.Train.Labels.Length}"),
                    FormattableString.Invariant($"{row.Item1.Test.Labels.Length}")]),
            "The Transformer of the experiments: two layers, D = 64, two heads, feed-forward 128, normalisation before each part, "
                + "residual connections, learned positions, mean pooling. Rates warm up over the first twentieth and fall linearly to "
                + "zero. Batch, step sizes and counts are ours: those of the paper are not known here.");
        _ = section.Paragraph("A task called a stand-in is not the data of the paper; its accuracies say nothing about accuracies there.");
    }
}
