using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Kappa.Numerics;

namespace Kappa.Bench;

/// <summary>The fused multiply-add peak of one core: independent chains in
/// registers, no memory. A multiply-add counts as two operations.</summary>
internal static class FmaPeak
{
    // Twelve chains hide a latency of up to 6 cycles on 2 units.
    private const int Chains = 12;

    private static double s_sink;

    /// <summary>Bits of the widest registers with a fused multiply-add that this machine has.</summary>
    /// <remarks>The instruction set is asked for: the runtime calls 512-bit vectors
    /// "not accelerated" on processors that may lower their clock for them.</remarks>
    public static int WidestBits => Avx512F.IsSupported ? 512 : Fma.IsSupported ? 256 : 128;

    /// <summary>GFLOP/s over <paramref name="iterations"/> · 12 multiply-adds of one vector.</summary>
    /// <param name="bits">128, 256 or 512.</param>
    /// <param name="precision">The type of the lanes.</param>
    /// <param name="iterations">Turns of the loop.</param>
    public static double Measure(int bits, Precision precision, int iterations) => (bits, precision) switch
    {
        (512, Precision.Double) => Rate<Vector512<double>, Doubles512>(iterations),
        (512, _) => Rate<Vector512<float>, Singles512>(iterations),
        (256, Precision.Double) => Rate<Vector256<double>, Doubles256>(iterations),
        (256, _) => Rate<Vector256<float>, Singles256>(iterations),
        (_, Precision.Double) => Rate<Vector128<double>, Doubles128>(iterations),
        _ => Rate<Vector128<float>, Singles128>(iterations),
    };

    private static double Rate<TVector, TLanes>(int iterations)
        where TVector : struct
        where TLanes : struct, IFusedLanes<TVector>
    {
        // Compiled before it is timed.
        s_sink += Run<TVector, TLanes>(1);
        long start = Stopwatch.GetTimestamp();
        s_sink += Run<TVector, TLanes>(iterations);
        return 2.0 * Chains * TLanes.Count * iterations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static double Run<TVector, TLanes>(int iterations)
        where TVector : struct
        where TLanes : struct, IFusedLanes<TVector>
    {
        // x ← 0.5 x + y stays near 2 y: neither subnormal nor infinite.
        TVector half = TLanes.Broadcast(0.5), y = TLanes.Broadcast(1);
        TVector x0 = y, x1 = y, x2 = y, x3 = y, x4 = y, x5 = y, x6 = y, x7 = y, x8 = y, x9 = y, x10 = y, x11 = y;
        for (int i = 0; i < iterations; i++)
        {
            x0 = TLanes.MultiplyAdd(x0, half, y);
            x1 = TLanes.MultiplyAdd(x1, half, y);
            x2 = TLanes.MultiplyAdd(x2, half, y);
            x3 = TLanes.MultiplyAdd(x3, half, y);
            x4 = TLanes.MultiplyAdd(x4, half, y);
            x5 = TLanes.MultiplyAdd(x5, half, y);
            x6 = TLanes.MultiplyAdd(x6, half, y);
            x7 = TLanes.MultiplyAdd(x7, half, y);
            x8 = TLanes.MultiplyAdd(x8, half, y);
            x9 = TLanes.MultiplyAdd(x9, half, y);
            x10 = TLanes.MultiplyAdd(x10, half, y);
            x11 = TLanes.MultiplyAdd(x11, half, y);
        }

        // The sum keeps every chain alive.
        TVector one = TLanes.Broadcast(1);
        TVector sum = TLanes.MultiplyAdd(one, x0, TLanes.MultiplyAdd(one, x1, TLanes.MultiplyAdd(one, x2, x3)));
        sum = TLanes.MultiplyAdd(one, x4, TLanes.MultiplyAdd(one, x5, TLanes.MultiplyAdd(one, x6, TLanes.MultiplyAdd(one, x7, sum))));
        sum = TLanes.MultiplyAdd(one, x8, TLanes.MultiplyAdd(one, x9, TLanes.MultiplyAdd(one, x10, TLanes.MultiplyAdd(one, x11, sum))));
        return TLanes.First(sum);
    }
}
