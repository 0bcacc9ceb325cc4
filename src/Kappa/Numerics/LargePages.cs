using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>Asks the system to back large arrays with large pages, so that
/// going through them does not wait for address translation.</summary>
/// <remarks>A wish: where the system does not know it or refuses, memory
/// is as usual. Linux knows it as madvise with MADV_HUGEPAGE.</remarks>
internal static partial class LargePages
{
    private const int HugePageAdvice = 14;
    private const nuint SmallPage = 4096;

    // Smaller arrays do not fill one large page.
    private const int LeastBytes = 256 * 1024;

    /// <summary>Advises large pages for <paramref name="bytes"/> bytes from <paramref name="address"/> on.</summary>
    public static unsafe void Advise(void* address, long bytes)
    {
        if (bytes < LeastBytes || !OperatingSystem.IsLinux())
        {
            return;
        }

        nuint start = ((nuint)address + SmallPage - 1) & ~(SmallPage - 1);
        nuint end = ((nuint)address + (nuint)bytes) & ~(SmallPage - 1);
        try
        {
            _ = Advise(start, end - start, HugePageAdvice);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: small pages.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
