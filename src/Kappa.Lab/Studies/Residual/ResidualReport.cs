using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Formats;
using Kappa.Lab.Reports;
using Kappa.Lab.Runs.Ladder;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Writes what a reproduction leaves behind: claims.json, runs.csv,
/// rates.csv, prices.csv, figures and one self-contained report.html.</summary>
internal static class ResidualReport
{
    /// <summary>Writes everything into <paramref name="folder"/>.</summary>
    /// <param name="result">What was measured.</param>
    /// <param name="folder">The folder; made if need be.</param>
    /// <param name="command">The command that repeats the reproduction.</param>
    /// <param name="environment">One line about the machine and the program.</param>
    /// <returns>Notices for the user, for example that PNG files were not written.</returns>
    /// <exception cref="BadInputException">The disk refused.</exception>
    public static IReadOnlyList<string> Write(ResidualResult result, string folder, string command, string environment)
    {
        ArgumentNullException.ThrowIfNull(result);
        _ = Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "claims.json"), ClaimsFile.Text("residual", result.Plan.Mode, command, result.Findings, result.Ladders));
        AtomicFile.WriteAllText(Path.Combine(folder, "runs.csv"), ResidualTables.Runs(result.Runs));
        AtomicFile.WriteAllText(Path.Combine(folder, "rates.csv"), ResidualTables.Rates(result.RatePoints));
        AtomicFile.WriteAllText(Path.Combine(folder, "prices.csv"), ResidualTables.Prices(result.Prices));
        IReadOnlyList<Figure> figures = ResidualFigures.All(result);
        IReadOnlyList<string> notices = ClaimReport.WriteFigures(figures, folder);
        Compose(result, figures, command, environment).WriteTo(Path.Combine(folder, "report.html"));
        return notices;
    }

    private static Report Compose(ResidualResult result, IReadOnlyList<Figure> figures, string command, string environment)
    {
        Report report = ClaimReport.Begin(
            "Do residual connections make gradient descent on a Transformer converge linearly?", result.Findings, environment);
        Asked(report.Section("What was asked"), result);
        Ran(report.Section("What was run"), result);
        ReportSection found = report.Section("What came out");
        foreach (Figure figure in figures)
        {
            _ = found.Figure(figure);
        }

        Rates(report.Section("Rates, from guaranteed to measured"), result.Ladders);
        ClaimReport.Measurements(report.Section("Every number behind the verdicts"), result.Findings);
        Rerun(report.Section("How to run it again"), result, command);
        return report;
    }

    private static void Asked(ReportSection section, ResidualResult result)
    {
        _ = ClaimReport.Asked(section, result.Findings).Definitions(
        [
            (
                "H, attention output",
                "H = ρ_a Z + A Z W_V, the attention branch A Z W_V plus ρ_a times the block's input Z; all N·n token rows stacked."),
            (
                "κ(H), σ_M(H)",
                "Largest over smallest singular value of H, and the smallest of its M = N·n singular values; by QR and "
                    + "bidiagonalisation, never from HHᵀ. Values below ε σ_max √M are rounding: κ is then a lower bound."),
            (
                "T(1e-2)",
                "The first step at which the loss is at most one hundredth of its start. A run that does not get there counts with one "
                    + "step more than the budget, as a lower bound (≥)."),
            (
                "own step, same step",
                "Own step: each run at the best of 0.1, 0.3 and 1 times 1/λ_max of its kernel at the start, or the monotone adaptive "
                    + "rule where all three diverge. Same step: the smallest own step of the arms compared (adaptive ones do not count), "
                    + "used by all of them."),
            (
                "linear",
                "log ℒ falls along a line: at least one decade on the window, early and late slopes within a factor 1.5, no point "
                    + "farther from the line than a tenth of the decades covered."),
            (
                "price of a certificate",
                "The smallest c for which the ball certificate guarantees convergence from W_2 = 0 and c W_1 in the last block, the bend "
                    + "of the activation multiplied by c too."),
            (
                "first certified step",
                "The first step of an ordinary run, among those tried, from which the path certificate guarantees convergence to zero "
                    + "loss, at a step size of its own."),
            (
                "kernel rung",
                "1 − max((1 − η λ_min)², (1 − η λ_max)²) with the eigenvalues of the neural tangent kernel J Jᵀ: what the linearised "
                    + "descent would do."),
        ]);
    }

    private static void Ran(ReportSection section, ResidualResult result)
    {
        ResidualPlan plan = result.Plan;
        _ = section.Paragraph(string.Create(
            CultureInfo.InvariantCulture,
            $"Mode {plan.Mode}: {plan.Cases.Count} cases (seed × data × size × depth × query-key scale), each with {Arm.All.Count} arms "
                + $"at two step-size rules, at most {plan.Steps} steps; and {result.RatePoints.Count} runs of the rate grid, at most "
                + $"{plan.Grid.Steps} steps. Singular values of every attention branch, attention output and feed-forward layer were "
                + $"computed at every step of the comparison runs."));
        _ = section.Paragraph(
            "Model R: residual Transformer blocks, smooth leaky ReLU (slope 0.1, smoothing 0.5), LeCun initialisation with W_V and W_2 "
                + "scaled by 1/√L, all blocks trained, full-batch gradient descent on ½‖F − Y‖². Gaussian data: tokens and targets N(0, "
                + "1/d). Teacher data: targets from a model with both connections and weights of its own. Text data: byte windows of the "
                + "program's own documentation, target the embedding of the next byte.");
        _ = section.Table(
            ["arm", "ρ_a", "ρ_f"],
            Arm.All.Select(arm =>
                (IReadOnlyList<string>)[
                    arm.Name, FormattableString.Invariant($"{arm.AttentionResidual}"), FormattableString.Invariant($"{arm.FfnResidual}")]));
    }

    private static void Rates(ReportSection section, IReadOnlyList<RunRates> ladders)
    {
        _ = section.Paragraph(
            "Share of the loss that a step removes, for a few runs that stand for the others (seed 0). Only the a-priori column knows "
                + "nothing of the run.");
        foreach (RunRates run in ladders)
        {
            _ = section.Section(run.Setting).Table(LadderTable.Headers, LadderTable.Rows(run.Ladder)).List(LadderTable.Missing(run.Ladder))
                .Code(run.Command);
        }
    }

    private static void Rerun(ReportSection section, ResidualResult result, string command)
    {
        _ = section.Code(command);
        _ = section.Paragraph("Every comparison run is also an ordinary run; its command stands in runs.csv. For example:");
        _ = section.Code(
            string.Join(
                "\n",
                result.Runs.Where(run =>
                    run.Problem == result.Runs[0].Problem && run.Rule == StepRule.Own).Select(ResidualTables.Command)));
        _ = section.Paragraph(
            "Numbers: claims.json (verdicts), runs.csv (one row a run), rates.csv (the rate grid), prices.csv (the certificates), "
                + "figures/*.csv (the data of each figure).");
    }
}
