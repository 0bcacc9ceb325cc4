using System.Runtime.InteropServices;

namespace Kappa.Bench;

/// <summary>The processor's own count of retired user instructions of one thread, where the system offers one.</summary>
/// <remarks>Linux on x86-64 only, through perf_event_open. Virtual machines seldom pass the
/// counter through: then <see cref="IsAvailable"/> is false and nothing is counted.</remarks>
internal sealed partial class InstructionCounter : IDisposable
{
    // perf_event_open(2): the first version of its structure has 64 bytes.
    private const long PerfEventOpen = 298;
    private const int AttributeBytes = 64;
    private const uint HardwareType = 0, SoftwareType = 1;
    private const ulong InstructionsEvent = 1, TaskClockEvent = 1;
    private const ulong ExcludeKernelAndHypervisor = (1UL << 5) | (1UL << 6);

    private readonly int _descriptor;

    private InstructionCounter(int descriptor) => _descriptor = descriptor;

    /// <summary>Whether instructions can be counted here.</summary>
    public static bool IsAvailable { get; } = Probe();

    /// <summary>Counts instructions of the calling thread.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no counter.</exception>
    public static InstructionCounter OfThisThread() =>
        Open(HardwareType, InstructionsEvent)
            ?? throw new PlatformNotSupportedException(
                "This machine must offer a counter of instructions but does not; ask IsAvailable first.");

    /// <summary>Counts nanoseconds on the processor of the calling thread by
    /// the same way: null where the system has no counters at all.</summary>
    internal static InstructionCounter? ProcessorTimeOfThisThread() => Open(SoftwareType, TaskClockEvent);

    /// <summary>How much the counter grows during <paramref name="work"/>.</summary>
    public double Count(Action work)
    {
        ulong before = Read();
        work();
        return Read() - before;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Close(_descriptor);

    private static bool Probe()
    {
        using InstructionCounter? counter = Open(HardwareType, InstructionsEvent);
        return counter is not null;
    }

    private static InstructionCounter? Open(uint type, ulong configuration)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return null;
        }

        // type, size, config; flags stand at byte 40.
        byte[] attributes = new byte[AttributeBytes];
        _ = BitConverter.TryWriteBytes(attributes.AsSpan(0), type);
        _ = BitConverter.TryWriteBytes(attributes.AsSpan(4), AttributeBytes);
        _ = BitConverter.TryWriteBytes(attributes.AsSpan(8), configuration);
        _ = BitConverter.TryWriteBytes(attributes.AsSpan(40), ExcludeKernelAndHypervisor);
        long descriptor = SystemCall(PerfEventOpen, attributes, 0, -1, -1, 0);
        return descriptor >= 0 ? new InstructionCounter((int)descriptor) : null;
    }

    private ulong Read()
    {
        byte[] value = new byte[8];
        return Read(_descriptor, value, value.Length) == value.Length
            ? BitConverter.ToUInt64(value)
            : throw new IOException("A counter must give 8 bytes but did not.");
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, byte[] attributes, int process, int processor, int group, ulong flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
