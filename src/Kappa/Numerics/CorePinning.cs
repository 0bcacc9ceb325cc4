using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>Binds threads to processor cores, one each, where the system allows it: without,
/// a thread is now and then stopped for milliseconds while its team waits.</summary>
/// <remarks>A wish: where the system does not know it (it is a call of Linux) or refuses, threads run where they are put.</remarks>
public static partial class CorePinning
{
    // Bits of the mask that the system writes: 1,024 cores.
    private const int Words = 16;

    private static readonly ulong[] s_allowed = ReadAllowed();

    /// <summary>Numbers of the cores that the process may use; empty where the system does not say.</summary>
    internal static int[] Allowed { get; } = [
        .. Enumerable.Range(0, 64 * s_allowed.Length).Where(core => (s_allowed[core / 64] >> (core % 64) & 1) != 0)];

    /// <summary>Binds the calling thread to one of the cores that the process may use.</summary>
    /// <param name="index">Its place among them, from 0.</param>
    /// <returns>Whether it is bound; not where there are fewer cores or the system does not know it.</returns>
    public static bool TryBindCurrentThread(int index) => (uint)index < (uint)Allowed.Length && BindCurrentThread(Allowed[index]);

    /// <summary>Binds the calling thread to one core.</summary>
    /// <param name="core">One of <see cref="Allowed"/>.</param>
    /// <returns>Whether it is bound; <see cref="Release"/> undoes it.</returns>
    internal static unsafe bool BindCurrentThread(int core)
    {
        ulong* one = stackalloc ulong[Words];
        new Span<ulong>(one, Words).Clear();
        one[core / 64] = 1UL << (core % 64);
        return SetAffinity(0, Words * sizeof(ulong), one) == 0;
    }

    /// <summary>Lets the calling thread run on all cores that the process may
    /// use: a new thread starts with what its maker was bound to.</summary>
    internal static unsafe void Release()
    {
        if (s_allowed.Length > 0)
        {
            fixed (ulong* allowed = s_allowed)
            {
                _ = SetAffinity(0, Words * sizeof(ulong), allowed);
            }
        }
    }

    /// <summary>The core that the calling thread runs on at this moment; only
    /// where <see cref="Allowed"/> is not empty. Some ten nanoseconds.</summary>
    internal static int CurrentCore() => CoreOfCaller();

    // Read once, before any thread is bound.
    private static unsafe ulong[] ReadAllowed()
    {
        ulong[] mask = new ulong[Words];
        try
        {
            fixed (ulong* first = mask)
            {
                return OperatingSystem.IsLinux() && CoreOfCaller() >= 0 && GetAffinity(0, Words * sizeof(ulong), first) == 0 ? mask : [];
            }
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            return [];
        }
    }

    // Of the calling thread (0).
    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static unsafe partial int GetAffinity(int thread, nint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static unsafe partial int SetAffinity(int thread, nint bytes, ulong* mask);

    // Reads a register or a page of the process: no call of the system.
    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    [SuppressGCTransition]
    private static partial int CoreOfCaller();
}
