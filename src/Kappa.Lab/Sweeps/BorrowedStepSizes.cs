using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Store;

namespace Kappa.Lab.Sweeps;

/// <summary>Step sizes that the runs of a sweep take from earlier runs, <c>stepSize: same(RUN)</c>.</summary>
internal static class BorrowedStepSizes
{
    /// <summary>What hinders each <c>same(RUN)</c> of a sweep: runs are
    /// there before its first one, or they are runs of the sweep.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="store">The folder of runs.</param>
    public static IReadOnlyList<Problem> Problems(SweepPlan plan, RunStore store)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(store);
        Func<string, double> stepSizeOf = StepSizes.Of(store);
        var problems = new List<Problem>();
        IEnumerable<string> names = plan.Runs.Select(run => run.Specification.Descent.StepSize.Run).OfType<string>().Distinct();
        foreach (string name in names.Where(name => !plan.Runs.Any(run => run.Name.StartsWith(name, StringComparison.Ordinal))))
        {
            try
            {
                _ = stepSizeOf(name);
            }
            catch (BadInputException missing)
            {
                problems.Add(new("descent.stepSize", $"same({name}) must name a run that has begun, but {missing.Message}"));
            }
        }

        return problems;
    }
}
