using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Kappa.Lab.Store;

/// <summary>Where and how a process computed (a part of) a run: facts about the machine, which never belong into the telemetry.</summary>
public sealed record RunEnvironment
{
    /// <summary>Name of the machine.</summary>
    public required string Host { get; init; }

    /// <summary>Operating system and version.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Model of the processor, or its architecture where the system does not say.</summary>
    public required string Processor { get; init; }

    /// <summary>Logical processors this process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>Width of the widest vectors the runtime uses, in bits.</summary>
    public required int SimdBits { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string Runtime { get; init; }

    /// <summary>Version of Kappa.</summary>
    public required string KappaVersion { get; init; }

    /// <summary>The commit Kappa was built from; <see langword="null"/> when the build did not know.</summary>
    public string? Commit { get; init; }

    /// <summary>The words of the command line after the program's name.</summary>
    public required IReadOnlyList<string> CommandLine { get; init; }

    /// <summary>Number of threads asked for.</summary>
    public required int Threads { get; init; }

    /// <summary>When the process began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The facts of this process.</summary>
    /// <param name="commandLine">The words of the command line.</param>
    /// <param name="threads">Number of threads asked for.</param>
    /// <param name="time">The clock.</param>
    public static RunEnvironment Current(IReadOnlyList<string> commandLine, int threads, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        string version = typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown";
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        return new()
        {
            Host = Environment.MachineName,
            OperatingSystem = RuntimeInformation.OSDescription,
            Processor = ProcessorModel("/proc/cpuinfo") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Cores = Environment.ProcessorCount,
            SimdBits = System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated
                ? 512
                : Vector.IsHardwareAccelerated ? Vector<byte>.Count * 8
                : 64,
            Runtime = RuntimeInformation.FrameworkDescription,
            KappaVersion = plus < 0 ? version : version[..plus],
            Commit = plus < 0 ? null : version[(plus + 1)..],
            CommandLine = [.. commandLine],
            Threads = threads,
            Started = time.GetUtcNow(),
        };
    }

    // Linux lists every processor; the first is enough. Elsewhere the file does not exist.
    private static string? ProcessorModel(string path)
    {
        try
        {
            string? line = File.ReadLines(path).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
