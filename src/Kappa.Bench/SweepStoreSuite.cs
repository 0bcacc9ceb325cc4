using System.Diagnostics;
using System.Globalization;
using Kappa.Descent;
using Kappa.Lab.Data;
using Kappa.Lab.Runs;
using Kappa.Lab.Specifications;
using Kappa.Lab.Store;
using Kappa.Lab.Sweeps;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>What a sweep costs beside its runs: reading, freezing, claiming and writing a thousand tiny runs
/// with the telemetry of every step, against the same runs in a bare loop that keeps nothing.</summary>
/// <remarks>
/// Times are per run-step. Both sides draw data and weights, train, and measure all telemetry; the sweep formats and writes it. A turn is a
/// tenth of the sweep, with a tenth of what freezing it took: a shared machine changes its speed within the time of a thousand runs.
/// </remarks>
internal static class SweepStoreSuite
{
    /// <summary>Name of the work.</summary>
    public const string Work = "run-step with telemetry";

    /// <summary>The side that writes.</summary>
    public const string Sweep = "kappa sweep";

    private const int Steps = 300;
    private const int Turns = 10;

    // A few sweeps: their files are kept until the end.
    private const double Budget = 90;

    /// <summary>Times both sides on as many cores as asked for at most, at the smallest size.</summary>
    public static void Run(BenchmarkContext context)
    {
        BenchmarkSize size = context.Request.Sizes.MinBy(size => size.Width)!;
        int runs = context.Request.IsQuick ? 100 : 1000, threads = context.Request.Threads.Max();
        string folder = Directory.CreateTempSubdirectory("kappa-sweep-").FullName;
        try
        {
            SweepPlan plan = Plan(size, runs);
            BenchmarkRow like = new()
            {
                Suite = "sweep",
                Work = Work,
                Size = size.ToString(),
                Depth = 1,
                Threads = threads,
                Side = "bare loop",
                Microseconds = default,
            };
            ContestClock clock = context.Request.IsQuick ? context.Clock : context.Clock with { Budget = Budget };
            context.Hold(like, [new BareLoop(plan, threads), new Stored(size, runs, threads, folder)], operations: null, clock);
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
            "depth=1", Word("width", size.Width), Word("ffnWidth", size.FfnWidth), Word("samples", size.Samples),
            Word("tokens", size.Tokens), Word("steps", Steps), "stepSize=0.001",
            string.Create(CultureInfo.InvariantCulture, $"seed=range(0,{runs})"),
        ]).Plan!;

    private static string Word(string key, int value) => string.Create(CultureInfo.InvariantCulture, $"{key}={value}");

    private sealed class BareLoop(SweepPlan plan, int threads) : IContestant
    {
        private int _turn;
        private int _next;

        public string Side => "bare loop";

        public double Seconds(int executions)
        {
            _next = _turn++ % Turns;
            long start = Stopwatch.GetTimestamp();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(core => new Thread(() => WorkOn(core)))];
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
            return Stopwatch.GetElapsedTime(start).TotalSeconds * Turns / plan.Runs.Count / Steps * executions;
        }

        private void WorkOn(int core)
        {
            if (threads > 1)
                _ = CorePinning.TryBindCurrentThread(core);
            ResidualTransformer? evaluator = null;
            for (int index = Next(); index < plan.Runs.Count; index = Next())
                evaluator = Train(plan.Runs[index].Specification, evaluator);
            evaluator?.Dispose();
        }

        private int Next() => Interlocked.Add(ref _next, Turns) - Turns;

        private static ResidualTransformer Train(ExperimentSpecification specification, ResidualTransformer? evaluator)
        {
            TokenData data = ExperimentData.Load(specification);
            using var experiment = Experiment.Prepare(specification, data, 1, OtherRuns.Rehearsed(), evaluator);
            TelemetryProbe probe = new(experiment.Model, experiment.Trained);
            double[] row = new double[probe.Columns.Count];
            _ = experiment.Descent.Run(experiment.Start(), step => probe.Measure(step, row), probe.Record);
            return experiment.KeepModel()!;
        }
    }

    private sealed class Stored(BenchmarkSize size, int runs, int threads, string folder) : IContestant
    {
        private int _turn;
        private double _freezing;
        private SweepFolder? _sweep;

        public string Side => Sweep;

        public double Seconds(int executions)
        {
            (int sweep, int share) = Math.DivRem(_turn++, Turns);
            if (share == 0)
                Freeze(sweep);
            long start = Stopwatch.GetTimestamp();
            new SweepWorker(_sweep!, RunEnvironment.Current([], threads, TimeProvider.System))
                .Work(threads, (share, Turns), null, CancellationToken.None);
            return ((Stopwatch.GetElapsedTime(start).TotalSeconds * Turns) + _freezing) / runs / Steps * executions;
        }

        // All are kept until the end: a file system that has just deleted thousands
        // of files passes their places over, one by one, for each new file.
        private void Freeze(int sweep)
        {
            long start = Stopwatch.GetTimestamp();
            _sweep = SweepFolder.Freeze(Path.Combine(folder, sweep.ToString(CultureInfo.InvariantCulture)), Plan(size, runs));
            _freezing = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
