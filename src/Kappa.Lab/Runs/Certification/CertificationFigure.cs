using System.Globalization;
using Kappa.Certificates;
using Kappa.Lab.Figures;
using Kappa.Numerics;

namespace Kappa.Lab.Runs.Certification;

/// <summary>A certification as a figure: the steps that were tried, the descent
/// with the certified step size, and the bound that it may not cross.</summary>
internal static class CertificationFigure
{
    private const int MostPoints = 400;

    /// <summary>One panel for each theorem that guarantees something and was observed.</summary>
    /// <param name="report">The certification.</param>
    /// <returns><see langword="null"/> when there is no such theorem.</returns>
    public static Figure? Of(CertificationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var figure = new Figure(
            "certificate", "What is guaranteed and what happens",
            $"{char.ToUpperInvariant(report.Target[0])}{report.Target[1..]}. The bound is a theorem from the first step of its line on; "
                + $"the descent is made with the step size that the theorem is about. At most {MostPoints} of its steps are drawn, "
                + $"evenly chosen.");
        int panels = 0;
        foreach (TheoremFinding finding in report.Findings)
        {
            if (finding.Check is { } check && finding.Certificate.Guarantee is { } guarantee)
            {
                panels++;
                Axes panel = figure.AddPanel(
                    $"{finding.Certificate.Theorem.Name}, from step {finding.Step} on", Axis.Linear("step"), Axis.Log("ℒ/ℒ_0"));
                AddTried(panel, finding);
                AddDescent(panel, check, guarantee, finding.Step, finding.RelativeLoss);
            }

            if (finding.Price is { Check: { } priceCheck } price && price.Found.Certificate.Guarantee is { } priceGuarantee)
            {
                panels++;
                Axes panel = figure.AddPanel(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{finding.Certificate.Theorem.Name}, {price.Found.Recipe} with c = "
                            + $"{NumberText.Of(price.Found.Scale ?? double.NaN)}"),
                    Axis.Linear("step"), Axis.Log("ℒ/ℒ_0"));
                AddDescent(panel, priceCheck, priceGuarantee, step: 0, relativeLoss: 1);
            }
        }

        return panels > 0 ? figure : null;
    }

    private static void AddTried(Axes panel, TheoremFinding finding)
    {
        TriedStep[] failed = [.. (finding.Search?.Tried ?? []).Where(tried => tried.Outcome == CertificateOutcome.NotCertified)];
        if (failed.Length > 0)
        {
            _ = panel.Scatter(
                "tried, not certified", [.. failed.Select(tried => (double)tried.Step)], [.. failed.Select(tried => tried.RelativeLoss)]);
        }
    }

    private static void AddDescent(Axes panel, BoundObservation check, Guarantee guarantee, long step, double relativeLoss)
    {
        int count = check.Losses.Count;
        int[] shown = [.. Enumerable.Range(0, count).Where(k => k % Math.Max(1, count / MostPoints) == 0 || k == count - 1)];
        double[] steps = [.. shown.Select(k => (double)(step + k))];
        _ = panel.Line("descent", steps, [.. shown.Select(k => check.Losses[k] / check.Losses[0] * relativeLoss)]);
        _ = panel.Line("guaranteed", steps, [.. shown.Select(k => relativeLoss * Math.Exp(k * Logarithm.OfOnePlus(-guarantee.Rate)))]);
    }
}
