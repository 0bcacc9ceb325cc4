using System.Globalization;
using Kappa.Lab.Formats;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Numerics;

namespace Kappa.Lab.Sweeps;

/// <summary>Time, memory and disk of a sweep before it begins: one run of
/// each distinct shape is rehearsed, the others are counted by it.</summary>
/// <param name="Shapes">Distinct shapes of model, data and telemetry.</param>
/// <param name="Rehearsed">Of these, the ones that were rehearsed; the rest take the mean of them.</param>
/// <param name="Seconds">Wall time of all steps of all budgets on
/// <paramref name="Threads"/> cores; runs that stop earlier take less.</param>
/// <param name="Bytes">Memory of the largest runs at the same time.</param>
/// <param name="DiskBytes">Of all run folders at the end.</param>
/// <param name="Threads">Runs at the same time.</param>
internal sealed record SweepForecast(int Shapes, int Rehearsed, double Seconds, long Bytes, long DiskBytes, int Threads)
{
    // A rehearsal takes some tenths of a second at least: more of them would make looking at a sweep a job of its own.
    private const int MostRehearsals = 8;

    // A state is θ and θ_0; the documents and the heads of the files are two pages.
    private const long BytesOfDocuments = 4096;

    /// <summary>Rehearses.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="threads">Runs at the same time.</param>
    /// <exception cref="BadInputException">The data of a run cannot be read.</exception>
    public static SweepForecast Of(SweepPlan plan, int threads)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Group[] groups = [.. plan.Runs.GroupBy(Shape).Select((runs, k) => Group.Of([.. runs], k < MostRehearsals))];
        double mean = groups.Average(group => group.SecondsPerStep) ?? 0;
        double seconds = groups.Sum(group => group.Steps * (group.SecondsPerStep ?? mean));
        int parallel = Math.Min(threads, plan.Runs.Count);
        return new(
            groups.Length, Math.Min(groups.Length, MostRehearsals), seconds / parallel, parallel * groups.Max(group => group.Bytes),
            groups.Sum(group => group.DiskBytes), parallel);
    }

    /// <summary>The forecast in one line.</summary>
    public string Words() => string.Create(
        CultureInfo.InvariantCulture,
        $"at most {DurationText.Of(Seconds)} on {Threads} {(Threads == 1 ? "core" : "cores")}, about "
            + $"{Math.Ceiling(Bytes / 1048576.0):F0} MiB of memory and {Math.Ceiling(DiskBytes / 1048576.0):F0} MiB of disk; {Rehearsed} "
            + $"of {Shapes} {(Shapes == 1 ? "shape" : "shapes")} rehearsed");

    // What time and memory depend on; seeds, scales and step sizes are none of it.
    private static (
        ModelSpecification Model, int Samples, int Tokens, Precision Precision, TelemetrySpecification Telemetry) Shape(SweepRun run)
    {
        ExperimentSpecification one = run.Specification;
        return (one.Model, one.Data.Samples ?? 0, one.Data.Tokens ?? 0, one.Descent.Precision, one.Telemetry);
    }

    private sealed record Group(double? SecondsPerStep, double Steps, long Bytes, long DiskBytes)
    {
        public static Group Of(IReadOnlyList<SweepRun> runs, bool isRehearsed)
        {
            ExperimentSpecification one = runs[0].Specification;
            double steps = runs.Sum(run => (double)run.Specification.Descent.Steps + 1);
            using var experiment = Experiment.Prepare(one, 1, OtherRuns.Rehearsed());
            long columns = new RunTelemetry(experiment).Columns.Count, parameters = experiment.Model.Layout.Length;
            RunForecast forecast = isRehearsed
                ? RunForecast.OfSteps(experiment, (long)steps) : new RunForecast(0, 0, RunForecast.BytesOf(experiment));
            long disk = (long)(steps / one.Telemetry.Every * columns * RunForecast.BytesOfANumber)
                + (runs.Count * ((2 * sizeof(double) * parameters) + BytesOfDocuments));
            return new(isRehearsed ? forecast.SecondsPerStep : null, steps, forecast.Bytes, disk);
        }
    }
}
