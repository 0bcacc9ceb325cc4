using System.Diagnostics;
using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Models;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Time and memory of the reproduction before it begins: a step of
/// each training is timed on this machine, the steps are counted.</summary>
internal static class KernelsForecast
{
    // A forward pass of a sample over a forward and backward one.
    private const double ForwardShare = 1.0 / 3;

    // Double over single precision in the landscape's evaluations.
    private const double DoubleOverSingle = 2;

    private const int Rehearsed = 200;

    // For an own step the studies of model G try three, and then make the run.
    private const int Tries = 4;

    /// <summary>The forecast in one line.</summary>
    public static string Words(KernelsPlan plan, int threads)
    {
        double seconds = Seconds(plan) / threads;
        double mebibytes = plan.Jobs().Count * 8.0 * Math.Max(plan.PathfinderRecipe.Steps, plan.QuerySteps) / (1 << 20);
        return string.Create(
            CultureInfo.InvariantCulture, $"About {Formats.DurationText.Of(seconds)} and {Math.Ceiling(mebibytes):F0} MiB of memory.");
    }

    /// <summary>Processor seconds of everything.</summary>
    internal static double Seconds(KernelsPlan plan)
    {
        double arms = KernelArm.All.Count * (double)plan.Seeds;
        double pathfinder = Training(plan.Pathfinder, plan.PathfinderRecipe, depth: 2),
            text = Training(plan.Text, plan.TextRecipe, depth: 2);
        double perSample = StepSeconds(plan.LandscapeTask, plan.LandscapeRecipe, depth: 2) / plan.LandscapeRecipe.BatchSize;
        double grid = plan.LandscapePoints * plan.LandscapePoints * 32.0 * perSample * ForwardShare * DoubleOverSingle;

        // Both kernels start from the end of one first stage.
        double landscape = (1.5 * Training(plan.LandscapeTask, plan.LandscapeRecipe, depth: 2)) + grid;
        double depths = plan.Depths.Sum(depth => 2 * Training(plan.LandscapeTask, plan.DepthRecipe, depth));
        return arms * (pathfinder + text + landscape + depths + SmallModels(plan));
    }

    // Model G: values at three widths, queries at four settings, all trained at every scale under two rules, five initialisations.
    private static double SmallModels(KernelsPlan plan)
    {
        double perQuery = StepSeconds(KernelSpecifications.QueriesOnly(KernelArm.Softmax, 10, 0.1, Rehearsed + 1, 0));
        double perAll = StepSeconds(KernelSpecifications.AllTrained(KernelArm.Softmax, 1, Rehearsed + 1, 0));
        double perValue = StepSeconds(KernelSpecifications.Attention(KernelArm.Softmax, ValuesOnlyStudy.Size, 16, 2, Rehearsed + 1, 0));
        return (3 * plan.ValueSteps * perValue) + (4 * plan.QuerySteps * perQuery)
            + (plan.AllSteps * perAll * (((Tries + 1) * plan.TokenScales.Count) + (Tries * Enum.GetValues<StartKind>().Length)));
    }

    private static double StepSeconds(ExperimentSpecification run)
    {
        using var experiment = Experiment.Prepare(run with { Descent = run.Descent with { StepSize = StepSizeSpecification.Fixed(1e-6) } });
        _ = experiment.Descent.Run(experiment.Start());
        long start = Stopwatch.GetTimestamp();
        _ = experiment.Descent.Run(experiment.Start());
        return Stopwatch.GetElapsedTime(start).TotalSeconds / Rehearsed;
    }

    private static double Training(ClassifierTask task, TrainingRecipe recipe, int depth)
    {
        double step = StepSeconds(task, recipe, depth);
        double tests = (recipe.Steps / recipe.EvaluateEvery) + 1;

        // A test passes the samples forward twice: for the logits and for the loss.
        return (recipe.Steps * step) + (tests * 2 * task.Test.Labels.Length * ForwardShare * step / recipe.BatchSize);
    }

    private static double StepSeconds(ClassifierTask task, TrainingRecipe recipe, int depth)
    {
        TransformerShape shape = task.Shape(AttentionKernel.Gaussian) with { Depth = depth };
        using Transformer model = ClassifierTask.Model(task.Train, shape, recipe.Precision);
        var descent = new GradientDescent(model, new DescentOptions
        {
            Method = recipe.Method,
            StepSize = StepSizeRule.Fixed(recipe.StepSize),
            BatchSize = recipe.BatchSize,
            MaximumSteps = long.MaxValue,
        });
        using var enough = new CancellationTokenSource();
        var times = new List<long>();
        DescentState state = descent.Start(ModelInitialisation.Create(shape, 0));
        _ = descent.Run(
            state,
            _ =>
            {
                times.Add(Stopwatch.GetTimestamp());
                if (times.Count == 3)
                {
                    enough.Cancel();
                }
            },
            cancellation: enough.Token);
        return times.Count < 3 ? 0 : Stopwatch.GetElapsedTime(times[1], times[2]).TotalSeconds;
    }
}
