using Kappa.Lab.Store;

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
}
