using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>What a benchmark measured of one side of one case.</summary>
/// <remarks>Immutable. Times are of one execution: a step, a factorisation, a product, a run-step of a sweep.</remarks>
internal sealed record BenchmarkRow
{
    /// <summary>Which suite: one of <see cref="BenchmarkRequest.AllSuites"/>.</summary>
    public required string Suite { get; init; }

    /// <summary>What was executed, for example <c>step</c> or <c>step and singular values</c>.</summary>
    public required string Work { get; init; }

    /// <summary>Its sizes: N x n x d x m of a step, the shape of a matrix.</summary>
    public required string Size { get; init; }

    /// <summary>Blocks L of the model; 0 where there is no model.</summary>
    public int Depth { get; init; }

    /// <summary>The type of number.</summary>
    public Precision Precision { get; init; }

    /// <summary>Threads that Kappa used.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Who executed it: <c>kappa</c>, or another program with its number of threads.</summary>
    public required string Side { get; init; }

    /// <summary>Time in microseconds.</summary>
    public required Quartiles Microseconds { get; init; }

    /// <summary>Counted floating-point operations over the median time, in 10⁹ a second; null when they are not counted.</summary>
    public double? Gflops { get; init; }

    /// <summary>The rate over the fused multiply-add peak of as many cores as threads,
    /// the peak measured right before and after; median over rounds.</summary>
    public double? ShareOfPeak { get; init; }

    /// <summary>The time of this side over that of Kappa in the same round; null in Kappa's own rows.</summary>
    public Quartiles? Ratio { get; init; }

    /// <summary>Managed bytes allocated by one steady execution; null when not measured.</summary>
    public double? Bytes { get; init; }

    /// <summary>Retired instructions of one execution; null where there is no counter.</summary>
    public double? Instructions { get; init; }

    /// <summary>Rounds that were timed.</summary>
    public int Rounds { get; init; }
}
