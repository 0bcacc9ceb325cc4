using System.Runtime.InteropServices;

namespace Kappa.Cli;

/// <summary>What the system allows this process, looked at before anything is begun that would end in the middle.</summary>
internal static partial class ProcessLimits
{
    // The runtime keeps two for every library that it has loaded: about 110, then those of the runs.
    private const int FewestFiles = 192;

    private const int AddressSpace = 9; // RLIMIT_AS of Linux

    private const int FileSizeSignal = 25; // SIGXFSZ, the same on Linux and macOS

    /// <summary>From now on a write beyond <c>ulimit -f</c> fails like one on a full disk, instead of ending the process.</summary>
    /// <returns>To be kept while that should hold.</returns>
    public static IDisposable? TakeFileSizeAsAnError() =>
        OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)FileSizeSignal, context => context.Cancel = true);

    /// <summary>What the limits forbid, in one line; null when they suffice.</summary>
    public static string? Problem() =>
        !OperatingSystem.IsWindows() && OpenFiles() is { } most && most < FewestFiles
            ? FormattableString.Invariant(
                $"at least {FewestFiles} files must be allowed to be open at a time but the limit is {most}. Raise it: ulimit -n 1024")
            : null;

    /// <summary>Most bytes of arrays under <c>ulimit -v</c>; null where it is not set. The runtime reserves half
    /// of the addresses for them, and one that finds none when it reports that may end the process.</summary>
    public static long? Heap() =>
        OperatingSystem.IsLinux() && GetLimit(AddressSpace, out Limit limit) == 0 && limit.Current < long.MaxValue
            ? (long)(limit.Current / 2)
            : null;

    private static ulong? OpenFiles()
    {
        int ofOpenFiles = OperatingSystem.IsMacOS() ? 8 : 7;
        return GetLimit(ofOpenFiles, out Limit limit) == 0 ? limit.Current : null;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    // The runtime has raised the current one to the hard one.
    private struct Limit
    {
        public nuint Current;
        public nuint Hard;
    }
}
