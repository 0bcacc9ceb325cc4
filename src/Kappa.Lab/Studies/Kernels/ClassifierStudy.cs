namespace Kappa.Lab.Studies.Kernels;

/// <summary>The experiments of [B]: Pathfinder with Adam and text with SGD, two
/// layers, D = 64, two heads, feed-forward 128, softmax against Gaussian.</summary>
internal static class ClassifierStudy
{
    public static IEnumerable<KernelJob> Jobs(KernelsPlan plan) =>
        from study in new[]
        {
            (Kind: KernelStudy.Pathfinder, Task: plan.Pathfinder, Recipe: plan.PathfinderRecipe),
            (Kind: KernelStudy.Text, Task: plan.Text, Recipe: plan.TextRecipe),
        }
        from seed in Enumerable.Range(0, plan.Seeds)
        from arm in KernelArm.All
        select Job(study.Kind, study.Task, study.Recipe, arm, seed);

    private static KernelJob Job(KernelStudy study, ClassifierTask task, TrainingRecipe recipe, KernelArm arm, long seed) => new(
        study, task.Name, arm.Name, seed,
        () => KernelSpecifications.Classifier(arm, task.Data, recipe, seed),
        run =>
        {
            Dictionary<string, double[]> series = KernelReading.OfTraining(run);
            return new KernelReading(
                new Dictionary<string, double>(StringComparer.Ordinal)
                {
                    [Measured.TestSamples] = task.Test.Labels.Length,
                    [Measured.TestAccuracy] = series[Measured.TestAccuracy][^1],
                    [Measured.TestLoss] = series[Measured.TestLoss][^1],
                    [Measured.EndFraction] = series[Measured.Loss][^1] / series[Measured.Loss][0],
                    [Measured.StepSize] = recipe.StepSize,
                    [Measured.Budget] = recipe.Steps,
                },
                series);
        });
}
