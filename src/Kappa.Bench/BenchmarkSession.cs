using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>What a benchmark run found.</summary>
/// <param name="Machine">Where and with what.</param>
/// <param name="Rows">The measurements.</param>
/// <param name="Findings">Sentences: what the other side computed and how well it agrees, and what it failed to do.</param>
internal sealed record BenchmarkResult(BenchmarkMachine Machine, IReadOnlyList<BenchmarkRow> Rows, IReadOnlyList<string> Findings);

/// <summary>Runs benchmark suites, Kappa and PyTorch in turns.</summary>
internal static class BenchmarkSession
{
    private const double SettlingSeconds = 1;

    /// <summary>Measures.</summary>
    /// <param name="request">What.</param>
    /// <param name="time">The clock of the date; times are taken from the machine's own counter.</param>
    /// <param name="progress">Told of every row, or null.</param>
    /// <exception cref="ArgumentException">A suite is not known, or a list is empty.</exception>
    public static BenchmarkResult Run(BenchmarkRequest request, TimeProvider time, IProgress<BenchmarkRow>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(time);
        Require(request);
        using TorchPeers peers = request.WithTorch ? TorchPeers.Start() : TorchPeers.None("not asked for");
        BenchmarkContext context = new(request, peers, progress);
        Settle(context.Clock);
        foreach (string suite in request.Suites)
        {
            Run(suite, context);
        }

        context.Conclude();
        return new BenchmarkResult(BenchmarkMachine.Of(context.Clock, peers, time), context.Rows, context.Findings);
    }

    /// <summary>Runs steps of the smallest size on one thread and measures nothing: for a counter of instructions
    /// around the process, where what two numbers of steps differ by is the cost of the steps alone.</summary>
    /// <param name="steps">How many.</param>
    public static void RunSmallestSteps(int steps)
    {
        using StepWork work = new(BenchmarkSize.Standard[0], depth: 1, threads: 1, StepMeasure.None);
        _ = work.Seconds(steps);
    }

    // The kernels that every suite uses are compiled with full optimisation before the first contest.
    private static void Settle(ContestClock clock)
    {
        using StepWork work = new(BenchmarkSize.Standard[0], depth: 1, threads: 1, StepMeasure.SingularValues);
        _ = new Contest(
            clock with { WarmUp = SettlingSeconds, Rounds = 1, FewestRounds = 1 }).Hold([work], operations: null, Precision.Double, []);
    }

    private static void Run(string suite, BenchmarkContext context)
    {
        switch (suite)
        {
            case "step":
                StepSuite.Run(context, spectra: false);
                break;
            case "spectra":
                StepSuite.Run(context, spectra: true);
                FactorisationSuite.Run(context);
                break;
            case "products":
                ProductSuite.Run(context);
                break;
            case "elementwise":
                ElementwiseSuite.Run(context);
                break;
            case "certificates":
                CertificateSuite.Run(context);
                break;
            case ModelSuite.Name:
                ModelSuite.Run(context);
                break;
            case "sweep":
                SweepSuite.Run(context);
                SweepStoreSuite.Run(context);
                break;
            default:
                KernelSuite.Run(context);
                break;
        }
    }

    private static void Require(BenchmarkRequest request)
    {
        string? unknown = request.Suites.FirstOrDefault(suite => !BenchmarkRequest.AllSuites.Contains(suite));
        if (unknown is not null)
        {
            throw new ArgumentException(
                $"A suite must be one of {string.Join(", ", BenchmarkRequest.AllSuites)} but is '{unknown}'.", nameof(request));
        }

        if (request.Sizes.Count == 0 || request.Depths.Count == 0 || request.Threads.Count == 0 || request.Precisions.Count == 0)
        {
            throw new ArgumentException(
                "Sizes, depths, threads and precisions must each name at least one but one of them is empty.", nameof(request));
        }
    }
}
