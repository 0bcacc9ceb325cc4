using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Kappa.Lab.Store;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>Where, when and with which versions a benchmark was measured.</summary>
/// <remarks>Immutable.</remarks>
internal sealed partial record BenchmarkMachine
{
    /// <summary>Model of the processor.</summary>
    public required string Processor { get; init; }

    /// <summary>Logical processors of the process.</summary>
    public required int Cores { get; init; }

    /// <summary>Bits of the vectors that the peak was measured with.</summary>
    public required int VectorBits { get; init; }

    /// <summary>Median fused multiply-add peak of one core in double precision during the measurement, GFLOP/s.</summary>
    public required double PeakDouble { get; init; }

    /// <summary>The same in single precision.</summary>
    public required double PeakSingle { get; init; }

    /// <summary>Version and commit of Kappa.</summary>
    public required string Kappa { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string Runtime { get; init; }

    /// <summary>Operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Versions of PyTorch and the libraries below it, or why it did not take part.</summary>
    public required string Torch { get; init; }

    /// <summary>Whether the processor's counter of instructions could be read.</summary>
    public required bool CountsInstructions { get; init; }

    /// <summary>The day, UTC, as yyyy-MM-dd.</summary>
    public required string Date { get; init; }

    /// <summary>A name for a folder: processor, cores and vector width.</summary>
    public string Slug() => NotWord().Replace($"{Processor} {Cores} cores {VectorBits} bit".ToLowerInvariant(), "-").Trim('-');

    internal static BenchmarkMachine Of(ContestClock clock, TorchPeers peers, TimeProvider time)
    {
        RunEnvironment environment = RunEnvironment.Current([], 1, time);
        return new BenchmarkMachine
        {
            Processor = environment.Processor,
            Cores = environment.Cores,
            VectorBits = clock.VectorBits,
            PeakDouble = Peak(Precision.Double),
            PeakSingle = Peak(Precision.Single),
            Kappa = environment.KappaVersion + (environment.Commit is string commit ? $" ({commit[..Math.Min(10, commit.Length)]})" : ""),
            Runtime = environment.Runtime,
            OperatingSystem = environment.OperatingSystem,
            Torch = Versions(peers),
            CountsInstructions = InstructionCounter.IsAvailable,
            Date = time.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        };

        double Peak(Precision precision)
        {
            List<double> peaks = clock.Peaks[precision];
            return Math.Round(peaks.Count > 0 ? Quartiles.Of(peaks).Median : FmaPeak.Measure(clock.VectorBits, precision, 1_000_000), 1);
        }
    }

    private static string Versions(TorchPeers peers) => peers.Versions is JsonObject versions
        ? $"torch {versions["torch"]}, numpy {versions["numpy"]}, scipy {versions["scipy"]?.ToString() ?? "none"}, Python "
            + $"{versions["python"]}, {versions["blas"]}"
        : $"skipped: {peers.Reason}";

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotWord();
}
