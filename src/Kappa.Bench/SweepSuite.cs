using System.Diagnostics;
using System.Globalization;
using Kappa.Descent;
using Kappa.Models;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>Many tiny independent runs, each with its own data and weights, on one
/// and on two cores, against PyTorch with the runs as one batch dimension.</summary>
/// <remarks>One single-threaded run per core. Times are per run-step of the whole sweep: wall
/// time over runs times steps. The telemetry of a run is its losses, kept in memory.</remarks>
internal static class SweepSuite
{
    /// <summary>Name of the work.</summary>
    public const string Work = "run-step of a sweep";

    /// <summary>Steps of a run.</summary>
    public const int Steps = 100;

    // Torch batches best somewhere between fitting the cache and amortising its calls.
    private static readonly int[] s_batches = [50, 200, 1000];

    /// <summary>Times the sweep at the smallest size.</summary>
    public static void Run(BenchmarkContext context)
    {
        BenchmarkSize size = context.Request.Sizes.MinBy(size => size.Width)!;
        int runs = context.Request.IsQuick ? 200 : 1000;
        int[] threads = [.. context.Request.Threads.Order()];
        List<IContestant> contestants = [.. threads.Select(count => new Sweep(size, runs, count))];
        foreach (TorchPeer peer in context.PeersAgainst(threads[^1]))
        {
            foreach (int batch in s_batches.Where(batch => batch <= runs))
            {
                if (
                    context.Prepare(
                        $"torch hand, batches of {batch},", peer,
                        StepWork.Request(size, 1, Precision.Double, spectra: false, "hand", batch)) is TorchWork torch)
                {
                    contestants.Add(new Batched(torch, batch));
                }
            }
        }

        BenchmarkRow like = new()
        {
            Suite = "sweep",
            Work = Work,
            Size = size.ToString(),
            Depth = 1,
            Threads = threads[0],
            Side = "kappa",
            Microseconds = default,
            Bytes = Memory(context, size, runs),
        };
        context.Hold(like, contestants, size.StepOperations(1));
    }

    // Live bytes after few and after many runs: what stays is what grows.
    private static double Memory(BenchmarkContext context, BenchmarkSize size, int runs)
    {
        Sweep few = new(size, runs / 10, 1), many = new(size, runs, 1);
        _ = few.Seconds(1);
        long afterFew = PeakOf(few), afterMany = PeakOf(many);
        context.Findings.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"sweep: live managed memory rose by {afterFew / 1024.0:F0} KiB during {runs / 10} runs and by {afterMany / 1024.0:F0} KiB "
                + $"during {runs} runs, beside the recorded losses."));
        return afterMany;
    }

    private static long PeakOf(Sweep sweep)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true), peak = 0;
        sweep.RunFinished = () => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
        _ = sweep.Seconds(1);
        return Math.Max(0, Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true)) - before);
    }

    // Time of one run-step, so that both sides speak of the same unit: a step of a batch of R runs is R run-steps.
    private sealed class Batched(TorchWork torch, int batch) : IContestant
    {
        public string Side => torch.Side;

        public double Seconds(int executions)
        {
            int steps = Math.Max(1, executions / batch);
            return torch.Seconds(steps) / steps / batch * executions;
        }
    }

    private sealed class Sweep(BenchmarkSize size, int runs, int threads) : IContestant
    {
        private readonly double[][] _losses = [.. Enumerable.Range(0, runs).Select(_ => new double[Steps])];
        private int _next;

        public string Side => threads == 1 ? "kappa" : $"kappa on {threads} cores";

        public Action? RunFinished { get; set; }

        // One execution is a run-step, but a sweep is all or nothing: it is run whole and its mean is scaled.
        public double Seconds(int executions)
        {
            _next = 0;
            long start = Stopwatch.GetTimestamp();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(core => new Thread(() => Work(core)))];
            Array.ForEach(workers, worker => worker.Start());
            Array.ForEach(workers, worker => worker.Join());
            return Stopwatch.GetElapsedTime(start).TotalSeconds / runs / Steps * executions;
        }

        private void Work(int core)
        {
            if (threads > 1)
            {
                _ = CorePinning.TryBindCurrentThread(core);
            }

            using Runner runner = new(size);
            for (int run = Interlocked.Increment(ref _next) - 1; run < runs; run = Interlocked.Increment(ref _next) - 1)
            {
                runner.Run(run, _losses[run]);
                RunFinished?.Invoke();
            }
        }
    }

    // What one core needs for one run after the other: a run's data are copied into the memory of the last.
    private sealed class Runner(BenchmarkSize size) : IDisposable
    {
        private readonly ResidualTransformerShape _shape = size.Shape(depth: 1);
        private readonly int _rows = size.Samples * size.Tokens;
        private ResidualTransformer? _model;

        public void Run(int run, double[] losses)
        {
            int stream = 1000 + (run * 10);
            double scale = 1 / Math.Sqrt(size.Width);
            Matrix inputs = BenchmarkContent.NewMatrix(stream, _rows, size.Width, scale);
            Matrix targets = BenchmarkContent.NewMatrix(stream + 1, _rows, size.Width, scale);
            ResidualTransformer model = _model ??= new ResidualTransformer(_shape, inputs, targets, size.Samples);
            model.SetData(inputs, targets);
            ResidualTransformerWeights weights = new Initialisation { Scheme = InitialisationScheme.LeCun }.Create(_shape, run);
            GradientDescent descent = new(model, new DescentOptions { StepSize = StepSizeRule.Fixed(1e-3), MaximumSteps = Steps - 1 });
            _ = descent.Run(descent.Start(weights), step => losses[step.Step] = step.Loss);
        }

        public void Dispose() => _model?.Dispose();
    }
}
