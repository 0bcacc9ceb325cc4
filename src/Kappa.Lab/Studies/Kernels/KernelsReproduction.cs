using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Kernels;

/// <summary>Everything that the reproduction of the kernel paper measured, and what follows from it.</summary>
/// <param name="Plan">What was run.</param>
/// <param name="Runs">The runs, in the order of the plan.</param>
/// <param name="Findings">A finding for each claim.</param>
/// <param name="Questions">Open questions with their answers.</param>
internal sealed record KernelsResult(
    KernelsPlan Plan, IReadOnlyList<KernelRun> Runs, IReadOnlyList<ClaimFinding> Findings, IReadOnlyList<OpenQuestion> Questions);

/// <summary>Tests the claims of the kernel paper [B]: the main path reads plan → runs → findings.</summary>
/// <remarks>Every run is single-threaded and determined by its settings; the cores
/// share the list of runs, so the result does not depend on their number.</remarks>
internal static class KernelsReproduction
{
    /// <summary>The entry of the list of reproductions.</summary>
    public static Reproduction Entry { get; } = new(
        "kernels",
        "Softmax against Gaussian attention: which parameters suffice for convergence, and which kernel trains better (arXiv 2411.07538).",
        "fewer seeds and steps, patches instead of pixels, short texts",
        KernelsPlan.FullSeeds,
        KernelsPlan.QuickSeeds,
        choices => Planned(choices.Quick ? KernelsPlan.Quick(choices) : KernelsPlan.Full(choices)))
    {
        DataFolders =
        [
            new DataFolder(
                TaskSources.TextFolder,
                "IMDb reviews: train/pos, train/neg, test/pos, test/neg with a .txt a text (default: stand-in reviews of our own)."),
            new DataFolder(
                TaskSources.PathfinderFolderName,
                "Pathfinder pictures of one difficulty: imgs/<batch>/*.png, metadata/<batch>.npy (default: our own generator)."),
        ],
    };

    /// <summary>Makes the runs of a plan, those that start from the end of others last, and judges the claims.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="work">Threads, progress, folder, cancellation.</param>
    /// <exception cref="BadInputException">A run failed, or the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was made is kept.</exception>
    public static KernelsResult Run(KernelsPlan plan, ReproductionWork work)
    {
        KernelJob[] jobs = [.. plan.Jobs()];
        ExperimentSpecification[] planned = [
            .. jobs.AsParallel().AsOrdered().WithDegreeOfParallelism(work.Threads).Select(job => job.Plan())];
        int starts = jobs.Count(job => job.Before is not null);
        var made = new StudyRuns(work, (jobs.Length + starts, jobs.Length + starts));
        made.Make(jobs.Zip(planned, (job, run) => Of(job, job.Before ?? run)));
        for (int k = 0; k < jobs.Length; k++)
        {
            if (jobs[k].Before is { } before)
                planned[k] = planned[k] with { Initialisation = new() { From = StartingPoint.OfRun(made[before].Name) } };
        }

        made.Make(jobs.Zip(planned).Where(pair => pair.First.Before is not null).Select(pair => Of(pair.First, pair.Second)));
        KernelRun[] runs = made.Select(jobs.Zip(planned), pair => pair.First.Read(made[pair.Second]));
        return new KernelsResult(plan, runs, Judge(runs), KernelQuestions.Answer(runs));
    }

    private static StudyRun Of(KernelJob job, ExperimentSpecification run) => new($"{job.Setting}, {job.Arm}", run, 1);

    /// <summary>A finding for each claim.</summary>
    public static IReadOnlyList<ClaimFinding> Judge(IReadOnlyList<KernelRun> runs) =>
    [
        ValuesOnlyClaim.Judge(runs),
        QueriesOnlyClaim.Judge(runs),
        ComparisonClaims.JudgeAllTrained(runs),
        ComparisonClaims.JudgeAccuracy(runs),
        ComparisonClaims.JudgeFlatness(runs),
    ];

    private static PlannedReproduction Planned(KernelsPlan plan) =>
        new(plan.Mode, plan.Describe(), threads => KernelsForecast.Words(plan, threads), work =>
    {
        KernelsResult result = Run(plan, work);
        return new MeasuredReproduction(
            result.Findings, [], target => KernelsReport.Write(result, target))
        { Questions = result.Questions };
    });
}
