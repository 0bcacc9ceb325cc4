using System.Diagnostics;
using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Experiments;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Kappa.Models;

namespace Kappa.Lab.Benchmarks;

/// <summary>What a sweep costs beside its runs: reading, freezing, claiming and writing a thousand tiny runs with the telemetry of every step, against the same runs in a bare loop that keeps nothing.</summary>
/// <remarks>Times are per run-step. Both sides draw data and weights, train, and measure all telemetry; the sweep formats and writes it.</remarks>
internal static class SweepStoreSuite
{
    /// <summary>Name of the work.</summary>
    public const string Work = "run-step with telemetry";

    /// <summary>The side that writes.</summary>
    public const string Sweep = "kappa sweep";

    private const int Steps = 300;

    /// <summary>Times both sides on as many cores as asked for at most, at the smallest size.</summary>
    public static void Run(BenchmarkContext context)
    {
        BenchmarkSize size = context.Request.Sizes.MinBy(size => size.Width)!;
        int runs = context.Request.IsQuick ? 100 : 1000, threads = context.Request.Threads.Max();
        string folder = Directory.CreateTempSubdirectory("kappa-sweep-").FullName;
        try
        {
            SweepPlan plan = Plan(size, runs);
            BenchmarkRow like = new() { Suite = "sweep", Work = Work, Size = size.ToString(), Depth = 1, Threads = threads, Side = "bare loop", Microseconds = default };
            context.Hold(like, [new BareLoop(plan, threads), new Stored(size, runs, threads, folder)], operations: null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static SweepPlan Plan(BenchmarkSize size, int runs) => SweepReader.ReadText(
        "benchmark",
        "",
        [
            "depth=1", Word("width", size.Width), Word("ffnWidth", size.FfnWidth), Word("samples", size.Samples), Word("tokens", size.Tokens), Word("steps", Steps), "stepSize=0.001",
            string.Create(CultureInfo.InvariantCulture, $"seed=range(0,{runs})"),
        ]).Plan!;

    private static string Word(string key, int value) => string.Create(CultureInfo.InvariantCulture, $"{key}={value}");

    private sealed class BareLoop(SweepPlan plan, int threads) : IContestant
    {
        private int _next;

        public string Side => "bare loop";

        public double Seconds(int executions)
        {
            _next = 0;
            long start = Stopwatch.GetTimestamp();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(core => new Thread(() => WorkOn(core)))];
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
            return Stopwatch.GetElapsedTime(start).TotalSeconds / plan.Runs.Count / Steps * executions;
        }

        private void WorkOn(int core)
        {
            if (threads > 1)
                _ = CorePinning.TryPin(core);
            ResidualTransformer? evaluator = null;
            for (int index = Interlocked.Increment(ref _next) - 1; index < plan.Runs.Count; index = Interlocked.Increment(ref _next) - 1)
                evaluator = Train(plan.Runs[index].Specification, evaluator);
            evaluator?.Dispose();
        }

        private static ResidualTransformer Train(ExperimentSpecification specification, ResidualTransformer? evaluator)
        {
            TokenData data = ExperimentData.Load(specification);
            using var experiment = Experiment.Prepare(specification, data, 1, null, evaluator);
            TelemetryProbe probe = new(experiment.Model, experiment.Trained);
            double[] row = new double[probe.Columns.Count];
            _ = experiment.Descent.Run(experiment.Start(), step => probe.Measure(step, row));
            return experiment.KeepModel();
        }
    }

    private sealed class Stored(BenchmarkSize size, int runs, int threads, string folder) : IContestant
    {
        private int _sweeps;

        public string Side => Sweep;

        public double Seconds(int executions)
        {
            // All are kept until the end: a file system that has just deleted thousands of files passes their places over, one by one, for each new file.
            string store = Path.Combine(folder, (_sweeps++).ToString(CultureInfo.InvariantCulture));
            long start = Stopwatch.GetTimestamp();
            var sweep = SweepFolder.Freeze(store, Plan(size, runs));
            new SweepWorker(sweep, RunEnvironment.Current([], threads, TimeProvider.System)).Work(threads, (0, 1), null, CancellationToken.None);
            return Stopwatch.GetElapsedTime(start).TotalSeconds / runs / Steps * executions;
        }
    }
}
