using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Benchmarks;

/// <summary>The fused multiply-add peak of one core in double precision: independent chains in registers, no memory.</summary>
internal static class FmaPeak
{
    // Twelve chains hide a latency of up to 6 cycles on 2 units.
    private const int Chains = 12;

    private static double s_sink;

    /// <summary>GFLOP/s over about <paramref name="iterations"/> · 12 multiply-adds of one vector.</summary>
    public static double Measure(VectorPath path, int iterations)
    {
        long start = Stopwatch.GetTimestamp();
        int lanes;
        switch (path)
        {
            case VectorPath.Bits512:
                s_sink += Run<Vector512<double>, Lanes512<double>>(iterations);
                lanes = Lanes512<double>.Count;
                break;
            case VectorPath.Bits256:
                s_sink += Run<Vector256<double>, Lanes256<double>>(iterations);
                lanes = Lanes256<double>.Count;
                break;
            default:
                s_sink += Run<Vector128<double>, Lanes128<double>>(iterations);
                lanes = Lanes128<double>.Count;
                break;
        }

        return 2.0 * Chains * lanes * iterations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe double Run<TVector, TLanes>(int iterations)
        where TVector : struct
        where TLanes : struct, ILanes<TVector, double>
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
        double* lanes = stackalloc double[8];
        TLanes.Store(lanes, sum);
        return lanes[0];
    }
}
