using System.Diagnostics;
using System.Globalization;
using Kappa.Lab.Runs;
using Kappa.Models;

namespace Kappa.Lab.Studies.Shallow;

/// <summary>Time and memory of a reproduction before it begins: operations are counted, one small and one large step are timed.</summary>
/// <param name="Seconds">Of everything, with the given number of jobs at a time on cores of their own.</param>
/// <param name="Bytes">Gradients and kernels of the jobs at a time.</param>
internal sealed record ShallowForecast(double Seconds, long Bytes)
{
    // The part of the step budgets that is made: runs stop at a hundredth of the loss.
    private const double TakenPart = 0.35;

    // What is tried for an own step and its run take about three, the shared step is another.
    private const int RunsPerArm = 4;

    public static ShallowForecast Of(ShallowPlan plan, int threads)
    {
        EncoderRun paper = plan.PaperRuns().MaxBy(run => run.Width)!;
        double large = SecondsPerOperation(paper with { Width = Math.Min(paper.Width, 1000) }),
            small = SecondsPerOperation(plan.MovementRuns().First() with { Width = plan.OpenWidth });
        double bytes = Math.Min(1 << 28, plan.PaperSizes.Samples * Parameters(paper) * sizeof(double))
            + (4 * Parameters(paper) * sizeof(double));
        return new ShallowForecast(((large * PaperOperations(plan)) + (small * SmallOperations(plan))) / threads, (long)(threads * bytes));
    }

    public string Words() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"About {Formats.DurationText.Of(Seconds)} and {Math.Ceiling(Bytes / 1048576.0):F0} MiB of memory.");

    /// <summary>Multiply-adds of all steps of the paper's experiment in the stable
    /// normalisation, and of its kernels; the others end at once.</summary>
    internal static double PaperOperations(ShallowPlan plan) =>
        plan.PaperRuns().Where(run => run.Normalisation == Normalisation.Stable)
            .Sum(run => (run.Steps * Step(run)) + (2.0 * run.Sizes.Samples * run.Sizes.Samples * Parameters(run)));

    /// <summary>Multiply-adds of everything else.</summary>
    internal static double SmallOperations(ShallowPlan plan)
    {
        double comparisons = plan.SchemeComparisons().Concat(plan.LogitComparisons()).SelectMany(comparison => comparison.Arms)
            .Sum(arm => RunsPerArm * TakenPart * arm.Run.Steps * Step(arm.Run));
        double single = plan.MovementRuns().Concat(plan.OpenRuns()).Sum(run => TakenPart * run.Steps * Step(run));
        double searches = plan.Searches().Sum(search =>
            search.Widths.Where(width => width <= search.Template.Sizes.Samples).Sum(width =>
                (double)search.Template.Steps * Step(search.Template with { Width = width })));
        double digits = plan.DigitRuns().Sum(run => plan.DigitCount * (double)run.Epochs * DigitOperations(run.Width));
        return comparisons + single + searches + digits;
    }

    // Forward and backward: three products with W_V, and the logits by the cheaper route.
    private static double Step(EncoderRun run)
    {
        double rows = run.Sizes.Samples * run.Sizes.Tokens, d = run.Sizes.InputWidth, m = run.Width;
        return 3 * ((rows * d * m) + Math.Min((rows * d * (d + run.Sizes.Tokens)) + (d * d * m), rows * m * ((2 * d) + run.Sizes.Tokens)));
    }

    // 16 tokens; embedding, four square matrices, and two of twice the width.
    private static double DigitOperations(int width) => 3.0 * 16 * width * (49 + (8 * width));

    /// <summary>What a progress line weighs a run by: multiply-adds.</summary>
    internal static double Weight(EncoderRun run) => TakenPart * run.Steps * Step(run);

    /// <summary>The same of a training on digits.</summary>
    internal static double Weight(DigitRun run, int count) => count * (double)run.Epochs * DigitOperations(run.Width);

    private static double Parameters(EncoderRun run) => ((3.0 * run.Sizes.InputWidth) + 1) * run.Width;

    private static double SecondsPerOperation(EncoderRun run)
    {
        const int Steps = 5;
        using var experiment = Experiment.Prepare(ShallowSpecifications.Of(run));
        IModel model = experiment.Model;
        var gradient = new ModelParameters(model.Layout);
        _ = model.LossAndGradient(experiment.Initial, model.AllSamples, gradient, TrainedSet.All);
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < Steps; step++)
        {
            _ = model.LossAndGradient(experiment.Initial, model.AllSamples, gradient, TrainedSet.All);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / Steps / Step(run);
    }
}
