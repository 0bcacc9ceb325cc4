using Kappa.Lab.Runs;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Store;
using Kappa.Lab.Studies.Landscapes;
using Kappa.Models;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Two-stage training on text, of which only the second stage's kernel differs, then the
/// loss on a plane of two row-normalised random directions, the same draw for both kernels.</summary>
internal static class LandscapeStudy
{
    private const int Samples = 32;
    private const double Reach = 0.5;

    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from seed in Enumerable.Range(0, plan.Seeds)
        from arm in KernelArm.All
        select Job(plan, arm, seed);

    private static KernelJob Job(KernelsPlan plan, KernelArm arm, long seed)
    {
        TrainingRecipe recipe = plan.LandscapeRecipe;
        return new KernelJob(
            KernelStudy.Landscape, $"{plan.LandscapeTask.Name}, {recipe.Steps} + {recipe.Steps} steps", arm.Name, seed,
            () => KernelSpecifications.Classifier(arm, plan.LandscapeTask.Data, recipe, seed + 1),
            run =>
            {
                Dictionary<string, double[]> series = KernelReading.OfTraining(run);
                var grid = LandscapeGrid.Around(plan.LandscapePoints, Reach);
                double[,] values = Losses(run, grid, seed);
                series.Add(Measured.Grid, [.. values.Cast<double>()]);
                return new KernelReading(Numbers(grid, values, plan.LandscapePoints, series), series);
            })
        { Before = KernelSpecifications.Classifier(KernelArm.Softmax, plan.LandscapeTask.Data, recipe, seed) };
    }

    private static double[,] Losses(RunRecord run, LandscapeGrid grid, long seed)
    {
        using ModelLoss centre = Loss(run, out double[] end);
        LandscapePlane plane = RandomDirections.Of(centre.Coordinates, end, DirectionNormalisation.Row, seed);
        string fingerprint = LandscapeSweep.Fingerprint(plane, grid, $"{run.Name}, {Samples} samples");
        using var rows = LandscapeRows.Open(Path.Combine(run.Files.Path, "landscape-kernels"), fingerprint, grid);
        return LandscapeSweep.Run(() => Loss(run, out _), plane, grid, threads: 1, rows);
    }

    // Always in double precision: a single one would round away the curvature.
    private static ModelLoss Loss(RunRecord run, out double[] end)
    {
        var loaded = LoadedRun.Of(run with { Specification = Experiment.InDouble(run.Specification) });
        int[] batch = [.. Enumerable.Range(0, Math.Min(Samples, loaded.Model.Samples))];
        var loss = new ModelLoss(loaded.Model, loaded.Parameters, TrainedSet.All, batch);
        end = loss.Coordinates.Gather(loaded.Parameters.Vector);
        return loss;
    }

    private static Dictionary<string, double> Numbers(LandscapeGrid grid, double[,] values, int points, Dictionary<string, double[]> series)
    {
        var numbers = LandscapeNumbers.Of(grid, values);
        CurvatureQuantiles curvature = Curvature(grid, values);
        return new(StringComparer.Ordinal)
        {
            [Measured.GridPoints] = points,
            [Measured.GridReach] = Reach,
            [Measured.LocalMinima] = numbers.LocalMinima,
            [Measured.Curvature] = curvature.Median,
            [Measured.HighCurvature] = curvature.High,
            [Measured.Roughness] = numbers.RoughnessMedian,
            [Measured.NonConvex] = numbers.NonConvexShare,
            [Measured.TestAccuracy] = series[Measured.TestAccuracy][^1],
            [Measured.TestLoss] = series[Measured.TestLoss][^1],
        };
    }

    /// <summary>max(|λ₁|, |λ₂|) of the Hessian [2, 2] in α and β over the interior points: a ridge is no flatter than a valley.</summary>
    internal static CurvatureQuantiles Curvature(LandscapeGrid grid, double[,] values) =>
        CurvatureQuantiles.Of(GridCurvature.Of(grid, values).Select(at => Math.Max(Math.Abs(at.Larger), Math.Abs(at.Smaller))));
}
