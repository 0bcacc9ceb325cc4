using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>What is to be measured.</summary>
/// <remarks>Immutable.</remarks>
internal sealed record BenchmarkRequest
{
    /// <summary>The suites there are, in the order they run.</summary>
    public static IReadOnlyList<string> AllSuites { get; } = [
        "step", "spectra", "products", "elementwise", "certificates", "sweep", "kernel", "models"];

    /// <summary>Which of them.</summary>
    public IReadOnlyList<string> Suites { get; init; } = AllSuites;

    /// <summary>Sizes of the step.</summary>
    public IReadOnlyList<BenchmarkSize> Sizes { get; init; } = BenchmarkSize.Standard;

    /// <summary>Depths of the step.</summary>
    public IReadOnlyList<int> Depths { get; init; } = [1, 6];

    /// <summary>Types of number.</summary>
    public IReadOnlyList<Precision> Precisions { get; init; } = SupportedPrecisions;

    /// <summary>Numbers of threads of one step.</summary>
    public IReadOnlyList<int> Threads { get; init; } = Environment.ProcessorCount > 1 ? [1, 2] : [1];

    /// <summary>Most rounds of a contest; null for the default.</summary>
    public int? Rounds { get; init; }

    /// <summary>Fewer and shorter rounds: a look, not a result.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether PyTorch takes part when it is installed.</summary>
    public bool WithTorch { get; init; } = true;

    /// <summary>Types of number that a step can be computed in.</summary>
    public static IReadOnlyList<Precision> SupportedPrecisions { get; } = [Precision.Double, Precision.Single];
}
