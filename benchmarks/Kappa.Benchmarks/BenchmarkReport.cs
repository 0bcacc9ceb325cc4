using System.Runtime.InteropServices;
using System.Text.Json;

namespace Kappa.Benchmarks;

/// <summary>What a benchmark run measured, with the machine it ran on.</summary>
/// <param name="Machine">Processor and runtime.</param>
/// <param name="VectorPath">Vector width of the product kernels.</param>
/// <param name="MedianPeakGflops">Median of the fused multiply-add peaks of one core measured during the run.</param>
/// <param name="HighestPeakGflops">Highest of them.</param>
/// <param name="Measurements">The timed pieces of work.</param>
internal sealed record BenchmarkReport(string Machine, string VectorPath, double MedianPeakGflops, double HighestPeakGflops, IReadOnlyList<Measurement> Measurements)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The machine: processor, cores, runtime.</summary>
    public static string DescribeMachine() => $"{ProcessorName()}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}";

    /// <summary>Header line of the table.</summary>
    public static string TableHeader => $"{"",-44} {"median us",12} {"best us",12} {"GFLOP/s",9} {"of peak",8} {"bytes",8}";

    /// <summary>One line of the table.</summary>
    public static string TableLine(Measurement m) =>
        $"{m.Name,-44} {m.Microseconds,12:F2} {m.BestMicroseconds,12:F2} {m.Gflops,9:F1} {m.ShareOfPeak,8:P0} {m.BytesPerExecution,8:F0}";

    /// <summary>Everything as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        string? line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
