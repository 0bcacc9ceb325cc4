using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;

namespace Kappa.Lab.Experiments;

/// <summary>Looks up the step size of an earlier run, for <c>stepSize: same(RUN)</c>.</summary>
public static class StepSizes
{
    /// <summary>A lookup in a folder of runs: the step size in the first row of the named run; of an adaptive run that is the one it tried first.</summary>
    /// <param name="store">The folder of runs.</param>
    public static Func<string, double> Of(RunStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return name =>
        {
            var files = new RunFiles(store.Find(name));
            TelemetryTable telemetry = TelemetryReader.Read(files.Telemetry);
            return telemetry.Rows > 0
                ? telemetry["stepSize"][0]
                : throw new BadInputException(files.Telemetry, $"the step size of run {name} is in its first row, but there is none. Run it first.");
        };
    }

    /// <summary>What hinders each <c>same(RUN)</c> of a sweep: runs are there before its first one, or they are runs of the sweep.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="store">The folder of runs.</param>
    public static IReadOnlyList<Problem> ProblemsOf(SweepPlan plan, RunStore store)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Func<string, double> stepSizeOf = Of(store);
        var problems = new List<Problem>();
        foreach (string name in plan.Runs.Select(run => run.Specification.Descent.StepSize.Run).OfType<string>().Distinct().Where(name => !plan.Runs.Any(run => run.Name.StartsWith(name, StringComparison.Ordinal))))
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
