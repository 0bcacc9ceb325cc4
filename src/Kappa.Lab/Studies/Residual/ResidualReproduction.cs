namespace Kappa.Lab.Studies.Residual;

/// <summary>Everything that the reproduction of the residual paper measured, and what follows from it.</summary>
/// <param name="Plan">What was run.</param>
/// <param name="Runs">The comparison runs.</param>
/// <param name="RatePoints">The runs of the rate grid.</param>
/// <param name="Prices">What certificates cost.</param>
/// <param name="Ladders">The rates of a few runs that stand for the others.</param>
/// <param name="Findings">A finding for each claim.</param>
internal sealed record ResidualResult(
    ResidualPlan Plan, IReadOnlyList<ArmRun> Runs, IReadOnlyList<RatePoint> RatePoints, IReadOnlyList<PricePoint> Prices, IReadOnlyList<RunRates> Ladders, IReadOnlyList<ClaimFinding> Findings);

/// <summary>Tests the claims of the residual paper [A]: the main path reads plan → runs → findings.</summary>
/// <remarks>Every run is single-threaded and determined by its specification; the cores share the list of runs, so the result does not depend on their number.</remarks>
internal static class ResidualReproduction
{
    /// <summary>The entry of the list of reproductions.</summary>
    public static Reproduction Entry { get; } = new(
        "residual",
        "Residual connections keep the attention output well conditioned, so that gradient descent converges linearly (arXiv 2506.05249).",
        "fewer seeds, one size, depths to 4",
        ResidualPlan.FullSeeds,
        ResidualPlan.QuickSeeds,
        choices => Planned(choices.Quick ? ResidualPlan.Quick(choices.Seeds) : ResidualPlan.Full(choices.Seeds)));

    /// <summary>Runs the plan and judges the claims.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="threads">Runs at a time.</param>
    /// <param name="progress">Told of every finished job, or null.</param>
    /// <param name="workFolder">Where finished jobs are kept until the whole is complete, so that an interrupted reproduction goes on where it was; null keeps nothing.</param>
    /// <param name="cancellation">Stops between and inside runs.</param>
    /// <exception cref="OperationCanceledException">The reproduction was cancelled.</exception>
    public static ResidualResult Run(ResidualPlan plan, int threads, IProgress<ReproductionProgress>? progress = null, string? workFolder = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        JobStore? store = workFolder is null ? null : new JobStore(workFolder);
        var jobs = new JobList(threads, progress, cancellation);

        // Deep cases first: the longest jobs then do not end up alone at the end.
        LearningProblem[] cases = [.. plan.Cases.OrderByDescending(problem => problem.Depth * problem.Size.Width)];
        LearningProblem? kept = cases.FirstOrDefault(problem => problem.Source == Specifications.DataSource.Gaussian && problem.QueryKeyScale == 1);
        var comparisons = cases.Select(problem => jobs.Add(problem.Setting, token => new Comparison(problem, plan.Steps, keepsLayers: problem == kept).FindOrRun(store, token), ResidualForecast.Weight(plan, problem))).ToArray();
        var points = new RateStudy(plan, store).Runs().Select(run => jobs.Add("rate grid", run, plan.Grid.Steps)).ToArray();
        var prices = new PriceStudy(plan, store).Points().Select(point => jobs.Add("certificate price", point, plan.Grid.Steps)).ToArray();
        var ladders = LadderStudy.Runs(plan).Select(run => jobs.Add("rate ladder", run, plan.Steps)).ToArray();
        jobs.Run();

        ArmRun[] runs = [.. comparisons.SelectMany(job => job.Result).OrderBy(run => Array.IndexOf([.. plan.Cases], run.Problem))];
        RatePoint[] ratePoints = [.. points.Select(job => job.Result)];
        PricePoint[] pricePoints = [.. prices.Select(job => job.Result)];
        return new ResidualResult(plan, runs, ratePoints, pricePoints, [.. ladders.Select(job => job.Result)], Judge(runs, ratePoints, pricePoints));
    }

    private static PlannedReproduction Planned(ResidualPlan plan) => new(plan.Mode, plan.Describe(), threads => ResidualForecast.Of(plan, threads).Words(), work =>
    {
        ResidualResult result = Run(plan, work.Threads, work.Progress, work.Jobs, work.Cancellation);
        return new MeasuredReproduction(result.Findings, result.Ladders, target => ResidualReport.Write(result, target.Folder, target.Command, target.Environment));
    });

    private static ClaimFinding[] Judge(IReadOnlyList<ArmRun> runs, IReadOnlyList<RatePoint> ratePoints, IReadOnlyList<PricePoint> prices) =>
    [
        LinearConvergenceClaim.Judge(runs),
        ConditionNumberClaim.Judge(runs),
        RateClaim.Judge(ratePoints),
        SmallestSingularValueClaim.Judge(runs),
        CertificatePriceClaim.Judge(prices),
        StallLevelClaim.Judge(runs),
    ];
}
