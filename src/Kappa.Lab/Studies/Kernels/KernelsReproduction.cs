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

    /// <summary>Runs the plan and judges the claims.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="work">Threads, progress, folder of finished jobs, cancellation.</param>
    /// <exception cref="OperationCanceledException">The reproduction was cancelled;
    /// finished jobs and the states of long trainings are in the folder.</exception>
    public static KernelsResult Run(KernelsPlan plan, ReproductionWork work)
    {
        KernelJob[] jobs = [.. plan.Jobs()];
        LandscapeJob[] landscapes = [.. plan.Landscapes()];
        IReadOnlyList<ExperimentSpecification>[] planned = [
            .. jobs.AsParallel().AsOrdered().WithDegreeOfParallelism(work.Threads).Select(job => job.Plan())];
        StudyRun[] wanted = [
            .. jobs.Zip(
                planned, (job, tried) => tried.Select(run => new StudyRun($"{job.Setting}, {job.Arm}", run, 1))).SelectMany(runs => runs)];
        var made = new StudyRuns(work, (wanted.Length, wanted.Length));
        made.Make(wanted);
        KernelRun[] ordinary = made.Select(jobs.Zip(planned), pair => pair.First.Read([.. pair.Second.Select(run => made[run])]));
        KernelRun[] runs = [.. ordinary, .. Surfaces(landscapes, work)];
        return new KernelsResult(plan, runs, Judge(runs), KernelQuestions.Answer(runs));
    }

    // Their second stage begins where the first ended with another kernel, which no specification says.
    private static IEnumerable<KernelRun> Surfaces(LandscapeJob[] landscapes, ReproductionWork work)
    {
        JobStore? store = work.Jobs is null ? null : new JobStore(work.Jobs);
        var list = new JobList(work.Threads, work.Progress, work.Cancellation);
        Job<KernelRun>[] made = [.. landscapes.Select(job => list.Add($"{job.Setting}, {job.Arm}", token => job.FindOrRun(store, token)))];
        list.Run();
        return made.Select(job => job.Result);
    }

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
