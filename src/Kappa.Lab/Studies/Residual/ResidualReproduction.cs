using Kappa.Lab.Specifications;

namespace Kappa.Lab.Studies.Residual;

/// <summary>Everything that the reproduction of the residual paper measured, and what follows from it.</summary>
/// <param name="Plan">What was run.</param>
/// <param name="Runs">The comparison runs.</param>
/// <param name="RatePoints">The runs of the rate grid.</param>
/// <param name="Prices">What certificates cost.</param>
/// <param name="Ladders">The rates of a few runs that stand for the others.</param>
/// <param name="Findings">A finding for each claim.</param>
internal sealed record ResidualResult(
    ResidualPlan Plan, IReadOnlyList<ArmRun> Runs, IReadOnlyList<RatePoint> RatePoints, IReadOnlyList<PricePoint> Prices,
    IReadOnlyList<RunRates> Ladders, IReadOnlyList<ClaimFinding> Findings);

/// <summary>Tests the claims of the residual paper [A]: the main path reads plan → runs → findings.</summary>
/// <remarks>Every run is single-threaded and determined by its specification; the cores
/// share the list of runs, so the result does not depend on their number.</remarks>
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
    /// <param name="work">How it is carried out.</param>
    /// <exception cref="BadInputException">A run failed, or the disk refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was made is kept.</exception>
    public static ResidualResult Run(ResidualPlan plan, ReproductionWork work)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(work);
        Comparison[] comparisons = [.. plan.Cases.Select(problem => new Comparison(problem, plan.Steps))];
        var rates = new RateStudy(plan);
        var prices = new PriceStudy(plan);
        RateSetting[] rateSettings = [.. rates.Settings()];
        PriceSetting[] priceSettings = [.. prices.Settings()];
        (string Setting, ExperimentSpecification Specification)[] ladders = [.. LadderStudy.Runs(plan)];
        StudyRun[] first =
        [
            .. comparisons.SelectMany(comparison => Arm.All.Select(arm => Of(comparison, comparison.Own(arm)))),
            .. rateSettings.Select(setting => new StudyRun(RateStudy.Name, rates.Specification(setting), plan.Grid.Steps)),
            .. priceSettings.Select(setting => new StudyRun(PriceStudy.Name, prices.Specification(setting), plan.Price.LastStep)),
            .. ladders.Select(run => new StudyRun("rate ladder", run.Specification, plan.Steps)),
        ];

        // What is measured of runs, and the runs at the shared step, count as work too.
        double same = comparisons.Sum(comparison => Arm.All.Count * Weight(comparison));
        double measured = (rateSettings.Length * (double)plan.Steps) + (priceSettings.Length * (double)plan.Grid.Steps)
            + (ladders.Length * (double)plan.Steps);
        var runs = new StudyRuns(work, (
            first.Length + (comparisons.Length * Arm.All.Count) + rateSettings.Length + priceSettings.Length + ladders.Length,
            first.Sum(run => run.Weight) + same + measured));

        // The longest first, so that they do not end up alone at the end.
        runs.Make(first.OrderByDescending(run => run.Weight));
        LearningProblem? kept = plan.Cases.OrderByDescending(problem => problem.Depth * problem.Size.Width)
            .FirstOrDefault(problem => problem.Source == DataSource.Gaussian && problem.QueryKeyScale == 1);
        IReadOnlyList<ArmRun>[] own = runs.Select(
            comparisons, comparison => comparison.ReadOwn(one => runs[one], comparison.Problem == kept));
        StudyRun[] again = [.. comparisons.Zip(own, Again).SelectMany(run => run)];
        for (int spared = again.Length; spared < comparisons.Length * Arm.All.Count; spared++)
            runs.Spare(first[0] with { Weight = same / (comparisons.Length * Arm.All.Count) });
        runs.Make(again.OrderByDescending(run => run.Weight));
        PricePoint[] pricePoints = runs.Measure(
            PriceStudy.Name, plan.Grid.Steps, priceSettings,
            setting => prices.Measure(setting, runs[prices.Specification(setting)], work.Cancellation));
        RatePoint[] ratePoints = runs.Measure(
            RateStudy.Name, plan.Steps, rateSettings, setting => RateStudy.Measure(setting, runs[rates.Specification(setting)]));
        RunRates[] ladder = runs.Measure(
            "rate ladder", plan.Steps, ladders, run => LadderStudy.Of(run.Setting, runs[run.Specification], work.Cancellation));
        ArmRun[] arms = [
            .. runs.Select(
                comparisons.Zip(own), pair => pair.First.ReadBoth(pair.Second, one => runs[one]).ToArray()).SelectMany(pair => pair)];
        return new ResidualResult(plan, arms, ratePoints, pricePoints, ladder, Judge(arms, ratePoints, pricePoints));

        double Weight(Comparison comparison) => ResidualForecast.Weight(plan, comparison.Problem) / Arm.All.Count;

        StudyRun Of(Comparison comparison, ExperimentSpecification specification) =>
            new(comparison.Problem.Setting, specification, Weight(comparison));

        IEnumerable<StudyRun> Again(Comparison comparison, IReadOnlyList<ArmRun> arms)
        {
            double shared = Comparison.SharedStep(arms);
            return Comparison.NotShared(arms, shared).Select(arm => Of(comparison, comparison.Same(arm, shared)));
        }
    }

    private static PlannedReproduction Planned(ResidualPlan plan) =>
        new(plan.Mode, plan.Describe(), threads => ResidualForecast.Of(plan, threads).Words(), work =>
    {
        ResidualResult result = Run(plan, work);
        return new MeasuredReproduction(
            result.Findings, result.Ladders, target => ResidualReport.Write(result, target.Folder, target.Command, target.Environment));
    });

    private static ClaimFinding[] Judge(
        IReadOnlyList<ArmRun> runs, IReadOnlyList<RatePoint> ratePoints, IReadOnlyList<PricePoint> prices) =>
    [
        LinearConvergenceClaim.Judge(runs),
        ConditionNumberClaim.Judge(runs),
        RateClaim.Judge(ratePoints),
        SmallestSingularValueClaim.Judge(runs),
        CertificatePriceClaim.Judge(prices),
        StallLevelClaim.Judge(runs),
    ];
}
