using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>One training step, without and with all singular values, against PyTorch's.</summary>
internal static class StepSuite
{
    /// <summary>Name of the work without singular values.</summary>
    public const string Plain = "step";

    /// <summary>Name of the work with all singular values of the attention branch and output of every layer.</summary>
    public const string WithSingularValues = "step and singular values";

    /// <summary>How PyTorch gets the gradient: by itself, or written out by hand and fused where it can fuse.</summary>
    public static IReadOnlyList<string> Variants { get; } = ["autograd", "hand"];

    // Sums of up to 10⁶ terms in another order differ by about √terms roundings.
    private const double DoubleTolerance = 1e-10;
    private const double SingleTolerance = 1e-4;

    /// <summary>Runs every size, depth, precision and number of threads.</summary>
    public static void Run(BenchmarkContext context, bool spectra)
    {
        foreach (int depth in context.Request.Depths)
        {
            foreach (BenchmarkSize size in context.Request.Sizes)
            {
                foreach (Precision precision in context.Request.Precisions)
                {
                    foreach (int threads in context.Request.Threads)
                    {
                        Compare(context, size, depth, precision, threads, spectra);
                    }
                }
            }
        }
    }

    private static void Compare(BenchmarkContext context, BenchmarkSize size, int depth, Precision precision, int threads, bool spectra)
    {
        using StepWork kappa = new(size, depth, threads, spectra ? StepMeasure.SingularValues : StepMeasure.None, precision);
        using StepWork? telemetry = spectra
            ? new StepWork(size, depth, threads, StepMeasure.Telemetry, precision, "kappa telemetry")
            : null;
        using StepWork? plain = spectra ? new StepWork(size, depth, threads, StepMeasure.None, precision, "kappa plain") : null;
        List<IContestant> contestants = [kappa];
        contestants.AddRange(new[] { telemetry, plain }.OfType<IContestant>());
        (double loss, double norm) = kappa.Check();
        foreach (TorchPeer peer in context.PeersAgainst(threads))
        {
            foreach (string variant in Variants)
            {
                TorchWork? torch = context.Prepare($"torch {variant}", peer, StepWork.Request(size, depth, precision, spectra, variant));
                double tolerance = precision == Precision.Double ? DoubleTolerance : SingleTolerance;
                if (torch is not null
                    && context.Agrees(
                        torch, [("loss", loss), ("gradientNorm", norm)], tolerance, $"loss and gradient norm at {size}, depth {depth},"))
                {
                    contestants.Add(torch);
                }
            }
        }

        BenchmarkRow like = new()
        {
            Suite = spectra ? "spectra" : "step",
            Work = spectra ? WithSingularValues : Plain,
            Size = size.ToString(),
            Depth = depth,
            Precision = precision,
            Threads = threads,
            Side = kappa.Side,
            Microseconds = default,
            Bytes = kappa.SteadyBytes(),
            Instructions = Instructions(kappa, threads),
        };
        context.Hold(like, contestants, spectra ? null : size.StepOperations(depth));
    }

    // The counter follows the calling thread only.
    private static double? Instructions(StepWork work, int threads)
    {
        const int few = 10, many = 30;
        if (threads > 1 || !InstructionCounter.IsAvailable)
        {
            return null;
        }

        using InstructionCounter counter = InstructionCounter.OfThisThread();
        double of(int steps) => counter.Count(() => _ = work.Seconds(steps));
        _ = of(few);
        double first = of(few);
        return (of(many) - first) / (many - few);
    }
}
