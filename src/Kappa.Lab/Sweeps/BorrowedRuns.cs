using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>What the runs of a sweep take from earlier runs and files: <c>stepSize: same(RUN)</c> and <c>initialisation.from</c>.</summary>
internal static class BorrowedRuns
{
    /// <summary>What hinders each of them. A step size may be that of a run of
    /// the sweep; what is started from is done before the first run begins.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="store">The folder of runs.</param>
    public static IReadOnlyList<Problem> Problems(SweepPlan plan, RunStore store)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(store);
        return [.. StepSizes(plan, store), .. Starts(plan, store)];
    }

    private static IEnumerable<Problem> StepSizes(SweepPlan plan, RunStore store)
    {
        Func<string, double> stepSizeOf = Runs.StepSizes.Of(store);
        IEnumerable<string> names = plan.Runs.Select(run => run.Specification.Descent.StepSize.Run).OfType<string>().Distinct()
            .Where(name => !plan.Runs.Any(run => run.Name.StartsWith(name, StringComparison.Ordinal)));
        return from name in names
               let missing = Refusal(() => stepSizeOf(name))
               where missing is not null
               select new Problem("descent.stepSize", $"same({name}) must name a run that has begun, but {missing.Message}");
    }

    // Whether parameters fit is asked once for each start and shape.
    private static IEnumerable<Problem> Starts(SweepPlan plan, RunStore store) =>
        from run in plan.Runs
            .Where(run => run.Specification.Initialisation.From is not null)
            .DistinctBy(run => (
                run.Specification.Initialisation.From, run.Specification.Model, run.Specification.Data with { Seed = null }))
        let refusal = Refusal(() =>
        {
            using var experiment = Experiment.Prepare(run.Specification, 1, store);
            return experiment.InitialLoss;
        })
        where refusal is not null
        select new Problem(refusal.Location, refusal.Reason);

    private static BadInputException? Refusal(Func<double> ask)
    {
        try
        {
            _ = ask();
            return null;
        }
        catch (BadInputException refusal)
        {
            return refusal;
        }
    }
}
