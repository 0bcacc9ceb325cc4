using Kappa.Lab.Figures;
using Kappa.Lab.Studies.Landscapes;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>The figures of the reproduction, each from the recorded runs alone.</summary>
internal static class KernelsFigures
{
    private const double LeastShown = 1e-16;

    /// <summary>All figures, in the order of the report.</summary>
    public static IReadOnlyList<Figure> All(KernelsResult result) =>
    [
        Curves(
            result, KernelStudy.ValuesOnly, Measured.LossAboveFloor, "values-only", "Loss above the exact floor, only the values trained",
            "(ℒ − floor) / ℒ₀", KernelRunPart.Whole),
        Curves(
            result, KernelStudy.QueriesOnly, Measured.Loss, "queries-only", "Loss with only the queries trained", "ℒ / ℒ₀",
            KernelRunPart.Relative),
        Curves(
            result, KernelStudy.AllTrained, Measured.Loss, "all-trained",
            "Loss with queries, keys and values trained (the kernels begin at different losses)", "ℒ", KernelRunPart.Whole),
        Curves(
            result, KernelStudy.AllTrained, Measured.Loss, "all-trained-relative", "The same relative to the loss at the start", "ℒ / ℒ₀",
            KernelRunPart.Relative),
        Tests(result, "test-accuracy", "Accuracy on the test samples", Measured.TestAccuracy, "test accuracy", guessing: 0.5),
        Tests(result, "test-loss", "Loss on the test samples", Measured.TestLoss, "test cross-entropy [nats]"),
        .. Landscapes(result),
        Intervals(
            result, KernelStudy.Initialisation, Measured.EndFraction, "initialisation", "Initialisations (open question)", "end loss / ℒ₀",
            "Model G, queries, keys and values trained, own step"),
        Intervals(
            result, KernelStudy.Depth, Measured.EndFraction, "depth", "Depth with and without residual connections (open question)",
            "end / first training loss",
            $"{result.Plan.LandscapeTask.Name}, {result.Plan.DepthRecipe.Words}; the end is the mean over the last "
                + $"{OpenStudies.LastSteps} batches"),
        Variance(result),
    ];

    private enum KernelRunPart
    {
        Whole,
        Relative,
    }

    private static Figure Curves(
        KernelsResult result, KernelStudy study, string quantity, string name, string title, string axis, KernelRunPart part)
    {
        var figure = new Figure(name, title, Caption(result, "Model G, Gaussian tokens, full-batch gradient descent"));
        foreach (RunGroup group in RunGroup.Of(result.Runs, study))
        {
            (string Arm, SeedBand Band)[] bands = [
                .. KernelArm.All.Where(arm => group.Of(arm).Length > 0).Select(arm =>
                    (arm.Name, SeedBand.Of(group.Of(arm).Select(Values))))];
            Axes panel = figure.AddPanel(
                Unbroken(group.Setting), Axis.Whole("step k"), Axis.Log(axis, LowerLimit(bands.SelectMany(band => band.Band.Low))));
            foreach ((string arm, SeedBand band) in bands)
            {
                band.DrawOn(panel, arm);
            }
        }

        return figure;

        double[] Values(KernelRun run) =>
            part == KernelRunPart.Relative
                ? [.. run.Series[quantity].Select(value => value / run.Series[quantity][0])]
                : run.Series[quantity];
    }

    // Only where values go below what is shown: an axis down to there would press all others together.
    private static double? LowerLimit(IEnumerable<double> values) => values.Any(value => value is > 0 and < LeastShown) ? LeastShown : null;

    // A percent sign stays with its number.
    private static string Unbroken(string title) => title.Replace(" %", "\u00A0%", StringComparison.Ordinal);

    // Mean and range over the runs, at the steps at which the test was made.
    private static Figure Tests(KernelsResult result, string name, string title, string quantity, string axis, double? guessing = null)
    {
        var figure = new Figure(
            name, title, $"Line: mean, band: range over {result.Plan.Seeds} runs. Two layers, D = 64, two heads, feed-forward 128.");
        foreach (RunGroup group in new[] { KernelStudy.Pathfinder, KernelStudy.Text }.SelectMany(study => RunGroup.Of(result.Runs, study)))
        {
            Axes panel = figure.AddPanel(group.Setting, Axis.Whole("step k"), Axis.Linear(axis));
            foreach (KernelArm arm in KernelArm.All)
            {
                double[][] runs = [.. group.Of(arm).Select(run => run.Series[quantity])];
                if (runs.Length == 0)
                {
                    continue;
                }

                // A run whose loss left the finite numbers is shorter; the mean is taken where all runs are.
                double[] steps = group.Of(arm).Select(run => run.Series[Measured.Step]).MinBy(values => values.Length)!;
                _ = panel.Band(
                    arm.Name, steps, At(steps.Length, k => runs.Min(run => run[k])), At(steps.Length, k => runs.Max(run => run[k])));
                _ = panel.Line(arm.Name, steps, At(steps.Length, k => runs.Average(run => run[k])));
            }

            if (guessing is double chance)
            {
                _ = panel.HorizontalLine(chance, "guessing");
            }
        }

        return figure;
    }

    private static IEnumerable<Figure> Landscapes(KernelsResult result)
    {
        KernelRun[] runs = [.. result.Runs.Where(run => run.Study == KernelStudy.Landscape && run.Seed == 0)];
        if (runs.Length == 0)
        {
            yield break;
        }

        var figure = new Figure(
            "landscape", "Loss after two-stage training on a plane of two random directions",
            $"{runs[0].Setting}; row-normalised directions, the same draw for both kernels; seed 0. Centre: the end of the training.");

        // The same colours for the same losses in both panels: which surface is flatter is what the figure is looked at for.
        double[] finite = [.. runs.SelectMany(run => run.Series[Measured.Grid]).Where(double.IsFinite)];
        (double least, double most) = (finite.Min(), finite.Max());
        foreach (KernelRun run in runs)
        {
            LandscapeGrid grid = LandscapeGrid.Around((int)run[Measured.GridPoints], run[Measured.GridReach]);
            double[] flat = run.Series[Measured.Grid];
            double[,] values = new double[grid.Second.Length, grid.First.Length];
            Buffer.BlockCopy(flat, 0, values, 0, flat.Length * sizeof(double));
            figure.AddPanel(run.Arm, Axis.Linear("α"), Axis.Linear("β")).HeatMap(
                grid.First, grid.Second, values, "cross-entropy [nats]", minimum: least, maximum: most);
        }

        yield return figure;
    }

    private static Figure Intervals(
        KernelsResult result, KernelStudy study, string quantity, string name, string title, string axis, string definition)
    {
        var figure = new Figure(name, title, $"{definition}. Point: median, bar: range over {result.Plan.Seeds} seeds.");
        Axes panel = figure.AddPanel(string.Empty, Axis.Categories(string.Empty), Axis.Log(axis));
        RunGroup[] groups = [.. RunGroup.Of(result.Runs, study).Where(group => group.IsComplete)];
        foreach (KernelArm arm in KernelArm.All)
        {
            SeedSummary[] summaries = [.. groups.Select(group => group.Summary(arm, quantity))];
            _ = panel.Intervals(
                [.. groups.Select(group => Short(group.Setting))], [.. summaries.Select(s => s.Median)], [.. summaries.Select(s => s.Low)],
                [.. summaries.Select(s => s.High)], arm.Name);
        }

        return figure;
    }

    private static Figure Variance(KernelsResult result)
    {
        var figure = new Figure(
            "initial-variance", "Smallest eigenvalue of B₀B₀ᵀ against the gain of queries and keys (open question)",
            Caption(result, "Model G, N = 2, n = 4, D = 16, two heads; zero is below rounding"));
        RunGroup[] groups = [.. RunGroup.Of(result.Runs, KernelStudy.Variance).Where(group => group.IsComplete)];
        Axes panel = figure.AddPanel(
            string.Empty, Axis.Log("gain of W_Q and W_K"),
            Axis.Log("λ_B", LowerLimit(groups.SelectMany(group => group.Runs).Select(run => run[Measured.LambdaB]))));
        foreach (KernelArm arm in KernelArm.All)
        {
            double[] gains = [.. groups.Select(group => group.Runs[0][Measured.Scale])];
            SeedSummary[] values = [.. groups.Select(group => group.Summary(arm, Measured.LambdaB))];
            _ = panel.Band(arm.Name, gains, [.. values.Select(v => v.Low)], [.. values.Select(v => v.High)]);
            _ = panel.Line(arm.Name, gains, [.. values.Select(v => v.Median)]);
        }

        return figure;
    }

    private static double[] At(int count, Func<int, double> of) => [.. Enumerable.Range(0, count).Select(of)];

    // The name of the task, which says what data it is, stands in the caption.
    private static string Short(string setting) => setting.Split(", text", 2)[0];

    private static string Caption(KernelsResult result, string definition) =>
        $"{definition}. Line: median, band: range over {result.Plan.Seeds} seeds.";
}
