using Kappa.Descent;
using Kappa.Lab.Runs.Evaluation;
using Kappa.Lab.Studies.Landscapes;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Two-stage training on text, of which only the second stage's kernel differs, then the
/// loss on a plane of two row-normalised random directions, the same draw for both kernels.</summary>
internal static class LandscapeStudy
{
    private const int Samples = 32;
    private const double Reach = 0.5;

    public static IEnumerable<LandscapeJob> Jobs(KernelsPlan plan) =>
        from seed in Enumerable.Range(0, plan.Seeds)
        from arm in KernelArm.All
        select Job(plan, arm, seed);

    private static LandscapeJob Job(KernelsPlan plan, KernelArm arm, long seed)
    {
        LandscapeJob job = null!;
        TrainingRecipe recipe = plan.LandscapeRecipe;
        string identity = $"{recipe.Words} {plan.LandscapePoints} {plan.LandscapeTask.Fingerprint}";
        job = new LandscapeJob(
            KernelStudy.Landscape, $"{plan.LandscapeTask.Name}, {recipe.Steps} + {recipe.Steps} steps", arm.Name, seed, identity,
            context => Run(job, plan, arm, context));
        return job;
    }

    private static KernelRun Run(LandscapeJob job, KernelsPlan plan, KernelArm arm, KernelJobContext context)
    {
        ClassifierTask task = plan.LandscapeTask;
        TransformerShape first = task.Shape(AttentionKernel.Softmax), second = task.Shape(arm.Kernel);
        ModelParameters start = ModelInitialisation.Create(first, job.Seed);
        (_, ModelParameters middle) = ClassifierTraining.Run(
            task, first, plan.LandscapeRecipe, start, job.Seed, context with { Key = context.Key + "-first" });
        ModelParameters carried = ModelInitialisation.Create(second, job.Seed);
        middle.Vector.CopyTo(carried.Vector.AsSpan());
        (Dictionary<string, double[]> series, ModelParameters end) = ClassifierTraining.Run(
            task, second, plan.LandscapeRecipe, carried, job.Seed + 1, context);
        LandscapeGrid grid = LandscapeGrid.Around(plan.LandscapePoints, Reach);
        double[,] values = Sweep(task, second, end, grid, job.Seed, context.Cancellation);
        return job.Measured(
            Numbers(grid, values, plan.LandscapePoints, series),
            new Dictionary<string, double[]>(series, StringComparer.Ordinal) { [Quantity.Grid] = [.. values.Cast<double>()] });
    }

    private static double[,] Sweep(
        ClassifierTask task, TransformerShape shape, ModelParameters end, LandscapeGrid grid, long seed, CancellationToken cancellation)
    {
        int[] batch = [.. Enumerable.Range(0, Math.Min(Samples, task.Train.Labels.Length))];
        ILandscapeLoss Loss() => new ModelLoss(ClassifierTask.Model(task.Train, shape, Precision.Double), end, TrainedSet.All, batch);
        using ILandscapeLoss centre = Loss();
        LandscapePlane plane = RandomDirections.Of(
            centre.Coordinates, centre.Coordinates.Gather(end.Vector), DirectionNormalisation.Row, seed);
        return LandscapeSweep.Run(Loss, plane, grid, threads: 1, cancellation: cancellation);
    }

    private static Dictionary<string, double> Numbers(LandscapeGrid grid, double[,] values, int points, Dictionary<string, double[]> series)
    {
        var numbers = LandscapeNumbers.Of(grid, values);
        CurvatureQuantiles curvature = Curvature(grid, values);
        return new(StringComparer.Ordinal)
        {
            [Quantity.GridPoints] = points,
            [Quantity.GridReach] = Reach,
            [Quantity.LocalMinima] = numbers.LocalMinima,
            [Quantity.Curvature] = curvature.Median,
            [Quantity.HighCurvature] = curvature.High,
            [Quantity.Roughness] = numbers.RoughnessMedian,
            [Quantity.NonConvex] = numbers.NonConvexShare,
            [Quantity.TestAccuracy] = series[Quantity.TestAccuracy][^1],
            [Quantity.TestLoss] = series[Quantity.TestLoss][^1],
        };
    }

    /// <summary>max(|λ₁|, |λ₂|) of the Hessian [2, 2] in α and β over the interior points: a ridge is no flatter than a valley.</summary>
    internal static CurvatureQuantiles Curvature(LandscapeGrid grid, double[,] values) =>
        CurvatureQuantiles.Of(GridCurvature.Of(grid, values).Select(at => Math.Max(Math.Abs(at.Larger), Math.Abs(at.Smaller))));
}
