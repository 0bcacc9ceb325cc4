using System.Runtime.InteropServices;

namespace Kappa.Lab.Benchmarks;

/// <summary>Binds the calling thread to one core where the system can; elsewhere the thread goes where the scheduler likes.</summary>
internal static partial class CorePinning
{
    // The mask of the first 1024 processors, as the C library has it.
    private const int MaskBytes = 128;

    /// <summary>Whether the calling thread now runs on the <paramref name="index"/>-th processor that the process may use.</summary>
    public static bool TryPin(int index)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        byte[] mask = new byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, mask) != 0)
        {
            return false;
        }

        int[] allowed = [.. Enumerable.Range(0, MaskBytes * 8).Where(processor => (mask[processor / 8] >> (processor % 8) & 1) != 0)];
        if (index >= allowed.Length)
        {
            return false;
        }

        Array.Clear(mask);
        mask[allowed[index] / 8] = (byte)(1 << (allowed[index] % 8));
        return SetAffinity(0, MaskBytes, mask) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int process, nint bytes, byte[] mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int process, nint bytes, byte[] mask);
}
