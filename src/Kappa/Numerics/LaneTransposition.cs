using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Copies rows of eight matrices into vectors across them: target(t), lane l ← factor_l · source_l(t).</summary>
internal static unsafe class LaneTransposition
{
    private const int Lanes = Octets.Lanes;

    /// <summary>Takes <paramref name="count"/> contiguous elements of each of the eight sources.</summary>
    /// <param name="sources">Eight first elements.</param>
    /// <param name="offset">Elements to skip in every source.</param>
    /// <param name="count">Elements of each source.</param>
    /// <param name="factor">One factor per lane.</param>
    /// <param name="target">First destination vector.</param>
    /// <param name="step">Doubles from one destination vector to the next.</param>
    public static void Copy<TOctet>(double** sources, nint offset, int count, TOctet factor, double* target, nint step)
        where TOctet : struct, IOctet<TOctet>
    {
        int i = 0;
        if (typeof(TOctet) == typeof(WholeOctet))
        {
            for (; i + Lanes <= count; i += Lanes)
            {
                CopyBlock(sources, offset + i, ((WholeOctet)(object)factor).Lanes, target + (i * step), step);
            }
        }
        else if (Avx.IsSupported)
        {
            for (; i + 4 <= count; i += 4)
            {
                CopyFourByFour(sources, offset + i, target + (i * step), step);
                CopyFourByFour(sources + 4, offset + i, target + (i * step) + 4, step);
                for (double* row = target + (i * step), end = row + (4 * step); row != end; row += step)
                {
                    (TOctet.Load(row) * factor).Store(row);
                }
            }
        }

        for (; i < count; i++)
        {
            double* lane = target + (i * step);
            for (int l = 0; l < Lanes; l++)
            {
                lane[l] = sources[l][offset + i];
            }

            (TOctet.Load(lane) * factor).Store(lane);
        }
    }

    // Four sources by four elements in two rounds: pairs of lanes, then halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyFourByFour(double** sources, nint offset, double* target, nint step)
    {
        const byte LowHalves = 0x20, HighHalves = 0x31;
        Vector256<double> r0 = Vector256.Load(sources[0] + offset), r1 = Vector256.Load(sources[1] + offset);
        Vector256<double> r2 = Vector256.Load(sources[2] + offset), r3 = Vector256.Load(sources[3] + offset);
        Vector256<double> a0 = Avx.UnpackLow(r0, r1), a1 = Avx.UnpackHigh(r0, r1), a2 = Avx.UnpackLow(r2, r3), a3 = Avx.UnpackHigh(r2, r3);
        Avx.Permute2x128(a0, a2, LowHalves).Store(target);
        Avx.Permute2x128(a1, a3, LowHalves).Store(target + step);
        Avx.Permute2x128(a0, a2, HighHalves).Store(target + (2 * step));
        Avx.Permute2x128(a1, a3, HighHalves).Store(target + (3 * step));
    }

    // Eight by eight in three rounds: pairs of lanes, pairs of pairs, halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyBlock(double** sources, nint offset, Vector512<double> factor, double* target, nint step)
    {
        Vector512<double> r0 = Vector512.Load(sources[0] + offset), r1 = Vector512.Load(sources[1] + offset);
        Vector512<double> r2 = Vector512.Load(sources[2] + offset), r3 = Vector512.Load(sources[3] + offset);
        Vector512<double> r4 = Vector512.Load(sources[4] + offset), r5 = Vector512.Load(sources[5] + offset);
        Vector512<double> r6 = Vector512.Load(sources[6] + offset), r7 = Vector512.Load(sources[7] + offset);
        Vector512<double> a0 = Avx512F.UnpackLow(r0, r1), a1 = Avx512F.UnpackHigh(r0, r1);
        Vector512<double> a2 = Avx512F.UnpackLow(r2, r3), a3 = Avx512F.UnpackHigh(r2, r3);
        Vector512<double> a4 = Avx512F.UnpackLow(r4, r5), a5 = Avx512F.UnpackHigh(r4, r5);
        Vector512<double> a6 = Avx512F.UnpackLow(r6, r7), a7 = Avx512F.UnpackHigh(r6, r7);

        // Blocks of 128 bits: even rows hold columns 0, 2, 4, 6, odd rows 1, 3, 5, 7.
        StoreFour(a0, a2, a4, a6, factor, target, step);
        StoreFour(a1, a3, a5, a7, factor, target + step, step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(
        Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, Vector512<double> factor, double* target,
        nint step)
    {
        const byte EvenBlocks = 0b10_00_10_00, OddBlocks = 0b11_01_11_01;
        Vector512<double> abEven = Avx512F.Shuffle4x128(a, b, EvenBlocks), abOdd = Avx512F.Shuffle4x128(a, b, OddBlocks);
        Vector512<double> cdEven = Avx512F.Shuffle4x128(c, d, EvenBlocks), cdOdd = Avx512F.Shuffle4x128(c, d, OddBlocks);
        (Avx512F.Shuffle4x128(abEven, cdEven, EvenBlocks) * factor).Store(target);
        (Avx512F.Shuffle4x128(abOdd, cdOdd, EvenBlocks) * factor).Store(target + (2 * step));
        (Avx512F.Shuffle4x128(abEven, cdEven, OddBlocks) * factor).Store(target + (4 * step));
        (Avx512F.Shuffle4x128(abOdd, cdOdd, OddBlocks) * factor).Store(target + (6 * step));
    }
}
