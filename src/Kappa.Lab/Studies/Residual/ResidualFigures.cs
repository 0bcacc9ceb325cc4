using System.Globalization;
using Kappa.Lab.Figures;
using Kappa.Lab.Specifications;
using Kappa.Spectra;

namespace Kappa.Lab.Studies.Residual;

/// <summary>The figures of the reproduction, each from the recorded runs alone.</summary>
internal static class ResidualFigures
{
    private const int MostColumns = 200;

    /// <summary>All figures, in the order of the report.</summary>
    public static IReadOnlyList<Figure> All(ResidualResult result) =>
    [
        Loss(result), ConditionNumbers(result), SigmaMin(result), .. HeatMap(result), Rate(result), Stall(result), PriceFigure.Of(result),
    ];

    /// <summary>ℒ/ℒ_0 against the step, one panel per depth.</summary>
    public static Figure Loss(ResidualResult result)
    {
        var figure = new Figure(
            "loss", "Loss with and without residual connections", Caption(result, "Each arm at its own best stable step"));
        foreach (SettingGroup group in Shown(result))
        {
            Axes panel = figure.AddPanel($"depth {group.Key.Depth}", Axis.Whole("step k"), Axis.Log("ℒ / ℒ₀", minimum: 1e-12));
            foreach (Arm arm in Arm.All)
            {
                SeedBand.Of(group.Of(arm).Select(run => Relative(run.Path.Loss))).DrawOn(panel, arm.Name);
            }

            panel.HorizontalLine(ArmRun.Target, "1e-2");
        }

        return figure;
    }

    /// <summary>κ(H) of the last layer against the step, one panel per depth.</summary>
    public static Figure ConditionNumbers(ResidualResult result)
    {
        var figure = new Figure(
            "condition-number", "Condition number of the attention output along the path",
            Caption(result, "κ(H) of the last layer, all arms at the same step size; values at the rounding floor are lower bounds"));
        foreach (SettingGroup group in Shown(result, StepRule.Same))
        {
            Axes panel = figure.AddPanel($"depth {group.Key.Depth}", Axis.Whole("step k"), Axis.Log("κ(H)"));
            foreach (Arm arm in Arm.All)
            {
                SeedBand.Of(group.Of(arm).Select(run => run.Path.ConditionNumber)).DrawOn(panel, arm.Name);
            }
        }

        return figure;
    }

    /// <summary>σ_M(H) over its start, residual runs.</summary>
    public static Figure SigmaMin(ResidualResult result)
    {
        var figure = new Figure(
            "sigma-min", "Smallest singular value of the attention output, residual runs",
            Caption(result, "Smallest over layers of σ_M(H) over its value at the start, own step"));
        Axes panel = figure.AddPanel("residual runs", Axis.Whole("step k"), Axis.Linear("σ_M(H) / σ_M(H₀)", minimum: 0));
        foreach (SettingGroup group in Shown(result))
        {
            SeedBand.Of(group.Of(Arm.Residual).Select(run => run.Path.SigmaMinRatio)).DrawOn(panel, $"depth {group.Key.Depth}");
        }

        panel.HorizontalLine(0.1, "refuted below 0.1");
        return figure;
    }

    /// <summary>σ_M(H) by layer and step for the deepest case, with and without; none when it was not kept.</summary>
    public static IEnumerable<Figure> HeatMap(ResidualResult result)
    {
        ArmRun[] kept = [
            .. result.Runs.Where(run => run.Path.LayerSigmaMin is not null && run.Rule == StepRule.Same && run.Arm != Arm.NoResiduals)];
        if (kept.Length < 2)
        {
            yield break;
        }

        var figure = new Figure(
            "layers", "Smallest singular value of each layer's attention output",
            $"{kept[0].Problem.Setting}, seed {kept[0].Problem.Seed}, same step size. Grey: below the rounding floor. At most "
                + $"{MostColumns} steps are drawn, evenly chosen.");
        foreach (ArmRun run in kept)
        {
            double[][] layers = run.Path.LayerSigmaMin!;
            int[] steps = SampledSteps(run.Steps);
            double[,] values = new double[layers.Length, steps.Length];
            for (int layer = 0; layer < layers.Length; layer++)
            {
                for (int column = 0; column < steps.Length; column++)
                {
                    values[layer, column] = layers[layer][steps[column]];
                }
            }

            Axes panel = figure.AddPanel(run.Arm.Name, Axis.Whole("step k"), Axis.Whole("layer"));
            panel.HeatMap(
                [.. steps.Select(step => (double)step)], [.. Enumerable.Range(0, layers.Length).Select(layer => (double)layer)], values,
                "σ_M(H)");
        }

        yield return figure;
    }

    /// <summary>Late rate against κ(H) and against the kernel rung at the end.</summary>
    public static Figure Rate(ResidualResult result)
    {
        var figure = new Figure(
            "rate", "What sets the late rate",
            $"One point per run of the grid, {result.Plan.Seeds} seeds, all blocks trained, η = 0.1/λ_max(K₀). Late rate: last third of "
                + $"the fitted window. Kernel rung: two-sided, linearised.");
        Axes condition = figure.AddPanel("against κ(H)", Axis.Log("κ(H) at the start"), Axis.Log("late rate per step"));
        AddPoints(condition, RateClaim.Predictors[0], result);
        Axes kernel = figure.AddPanel("against the kernel at the end", Axis.Log("kernel rung at the end"), Axis.Log("late rate per step"));
        AddPoints(kernel, RateClaim.Predictors.Single(p => p.Name == "kernel rung at the end"), result);
        kernel.Identity();
        return figure;
    }

    /// <summary>End loss over the stall level, per depth and query-key scale.</summary>
    public static Figure Stall(ResidualResult result)
    {
        var figure = new Figure(
            "stall", "Where descent without the attention residual ends",
            "End loss over ½ Σ‖Y_i − token mean of Y_i‖², median and range over seeds, Gaussian data, own step. 1 is the best output "
                + "that is constant over tokens.");
        Axes panel = figure.AddPanel("depth 2 and more", Axis.Categories("depth, query-key scale"), Axis.Linear("end loss / stall level"));
        SettingGroup[] groups = [
            .. RunGroups.BySetting(result.Runs)
                .Where(g => g.Key is { Source: DataSource.Gaussian, Depth: > 1, Rule: StepRule.Own } && g.Key.Size == result.Plan.SmallSize)
                .OrderBy(g => g.Key.Depth).ThenBy(g => g.Key.QueryKeyScale)];
        foreach (Arm arm in RunGroups.Without)
        {
            SeedSummary[] ratios = [.. groups.Select(group => SeedSummary.Of(group.Of(arm).Select(run => run.FinalOverStallLevel)))];
            panel.Intervals(
                [.. groups.Select(g => string.Create(CultureInfo.InvariantCulture, $"L={g.Key.Depth}, {g.Key.QueryKeyScale}"))],
                [.. ratios.Select(r => r.Median)], [.. ratios.Select(r => r.Low)], [.. ratios.Select(r => r.High)], arm.Name);
        }

        panel.HorizontalLine(1, "stall level");
        return figure;
    }

    private static void AddPoints(Axes panel, Predictor predictor, ResidualResult result)
    {
        RatePoint[] usable = predictor.Usable(result.RatePoints);
        foreach (double residual in usable.Select(point => point.AttentionResidual).Distinct().Order())
        {
            RatePoint[] points = [.. usable.Where(point => point.AttentionResidual == residual)];
            panel.Scatter(
                FormattableString.Invariant($"ρ_a = {residual}"), [.. points.Select(predictor.Value)],
                [.. points.Select(point => point.Rate.LateRate)]);
        }

        Regression fit = predictor.Fit(result.RatePoints);
        panel.Fit(
            fit.Slope, fit.Intercept,
            FormattableString.Invariant(
                $"slope {fit.Slope:F2} [{fit.SlopeLow:F2}, {fit.SlopeHigh:F2}], R² {fit.CoefficientOfDetermination:F2}"));
    }

    // The panels of a paper figure: Gaussian data, the small size, query-key scale 1, by depth.
    private static IEnumerable<SettingGroup> Shown(ResidualResult result, StepRule rule = StepRule.Own) =>
        RunGroups.BySetting(result.Runs, scale: 1)
        .Where(group => group.Key.Source == DataSource.Gaussian && group.Key.Size == result.Plan.SmallSize && group.Key.Rule == rule)
        .OrderBy(group => group.Key.Depth);

    private static string Caption(ResidualResult result, string definition) =>
        $"{definition}. Gaussian data, {result.Plan.SmallSize}; line: median, band: range over {result.Plan.Seeds} seeds.";

    private static double[] Relative(double[] losses) => [.. losses.Select(loss => loss / losses[0])];

    // A heat map wider than a few hundred cells only blurs; the columns are steps as recorded, evenly spread.
    private static int[] SampledSteps(int count)
    {
        return count <= MostColumns
            ? [.. Enumerable.Range(0, count)]
            : [.. Enumerable.Range(0, MostColumns).Select(k => (int)((long)k * (count - 1) / (MostColumns - 1)))];
    }
}
