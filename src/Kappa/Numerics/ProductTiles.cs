using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>Register tiles of a product: 8 or 4 rows by one strip of columns, summed over k in order, one rounding per term.</summary>
/// <remarks>Every element is the same chain of fused multiply-adds on
/// every path and in every tile, so its bits depend on neither.</remarks>
[SkipLocalsInit]
internal static unsafe class ProductTiles<TVector, TLanes, TStrip, T>
    where TVector : struct
    where TLanes : struct, ILanes<TVector, T>
    where TStrip : struct, IStrip<TStrip, TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Fewer terms are added up before a line of C could arrive, and the requests would be a noticeable part of the work.
    private const int PrefetchDepth = 32;

    // Terms between the request for a line of Aᵀ and its use: no hardware prefetcher follows steps of a row.
    private const int LinesAhead = 12;

    private const int CacheLine = 64;

    /// <summary>All rows of all samples of a panel.</summary>
    /// <remarks>Two methods, for the compiler counts the locals of a tile that is
    /// never reached, and beyond some number it keeps sums on the stack.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(in PanelTask<T> task)
    {
        if (TLanes.HasManyRegisters)
        {
            RunEights(task);
        }
        else
        {
            RunFours(task);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunFours(in PanelTask<T> task)
    {
        TVector mask = TLanes.FirstLanes(task.Columns - ((TStrip.Vectors - 1) * TLanes.Count));
        T* a = task.A;
        T* b = task.B;
        T* c = task.C;
        T* d = task.D;
        for (int sample = 0; sample < task.Samples; sample++)
        {
            for (int row = 0; row < task.Rows; row += 4)
            {
                FourRows(
                    task, a + ((row >> 3) * task.ATile) + ((row & 7) * task.ARow), b, c + (row * task.CRow), d + (row * task.DRow),
                    task.Rows - row, mask);
            }

            a += task.ASample;
            b += task.BSample;
            c += task.CSample;
            d += task.DSample;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunEights(in PanelTask<T> task)
    {
        TVector mask = TLanes.FirstLanes(task.Columns - ((TStrip.Vectors - 1) * TLanes.Count));
        T* a = task.A;
        T* b = task.B;
        T* c = task.C;
        T* d = task.D;
        for (int sample = 0; sample < task.Samples; sample++)
        {
            int row = 0;
            byte* next = (byte*)task.NextB;
            nint share = next == null || !Sse.IsSupported ? 0 : ShareOfNextPanel(task);
            for (; row <= task.Rows - 8; row += 8)
            {
                for (byte* end = next + share; next != end; next += CacheLine)
                {
                    Sse.Prefetch1(next);
                }

                EightRows(task, a + ((row >> 3) * task.ATile), b, c + (row * task.CRow), d + (row * task.DRow), mask);
            }

            for (; row < task.Rows; row += 4)
            {
                FourRows(
                    task, a + ((row >> 3) * task.ATile) + ((row & 7) * task.ARow), b, c + (row * task.CRow), d + (row * task.DRow),
                    task.Rows - row, mask);
            }

            a += task.ASample;
            b += task.BSample;
            c += task.CSample;
            d += task.DSample;
        }
    }

    // While one panel serves many tiles, each of them asks for a part of the next,
    // in whole cache lines; in deep models it comes from the third-level cache.
    private static nint ShareOfNextPanel(in PanelTask<T> task) =>
        ((task.Depth * task.BStep * sizeof(T) / Math.Max(1, task.Rows / 8)) + CacheLine - 1) / CacheLine * CacheLine;

    // One pointer and four strides reach all eight rows by scaled addressing; the end of B counts the terms. Eight pointers and a counter
    // would neither fit the registers nor leave room beside 16 multiply-adds, 10 loads and 4 instructions a cycle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightRows(in PanelTask<T> task, T* a, T* b, T* c, T* d, TVector mask)
    {
        nint one = task.ARow * sizeof(T), three = 3 * one, five = 5 * one, seven = 7 * one, aStep = task.AStep * sizeof(T),
            bStep = task.BStep;
        if (Sse.IsSupported && task.Depth >= PrefetchDepth)
        {
            Prefetch(c, task.CRow);
            if (task.Result != ProductResult.Product && d != c)
            {
                Prefetch(d, task.DRow);
            }
        }

        nint ahead = LinesAhead * aStep;
        byte* row = (byte*)a;
        T* end = b + (task.Depth * bStep);
        TStrip sum0 = default, sum1 = default, sum2 = default, sum3 = default, sum4 = default, sum5 = default, sum6 = default,
            sum7 = default;
        do
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(row + ahead);
            }

            TStrip strip = TStrip.Load(b);
            TStrip.Accumulate(ref sum0, TLanes.Broadcast(*(T*)row), strip);
            TStrip.Accumulate(ref sum1, TLanes.Broadcast(*(T*)(row + one)), strip);
            TStrip.Accumulate(ref sum2, TLanes.Broadcast(*(T*)(row + (2 * one))), strip);
            TStrip.Accumulate(ref sum3, TLanes.Broadcast(*(T*)(row + three)), strip);
            TStrip.Accumulate(ref sum4, TLanes.Broadcast(*(T*)(row + (4 * one))), strip);
            TStrip.Accumulate(ref sum5, TLanes.Broadcast(*(T*)(row + five)), strip);
            TStrip.Accumulate(ref sum6, TLanes.Broadcast(*(T*)(row + (2 * three))), strip);
            TStrip.Accumulate(ref sum7, TLanes.Broadcast(*(T*)(row + seven)), strip);
            row += aStep;
            b += bStep;
        }
        while (b != end);

        if (task.Alpha != T.One)
        {
            TVector alpha = TLanes.Broadcast(task.Alpha);
            Scale(alpha, ref sum0, ref sum1, ref sum2, ref sum3);
            Scale(alpha, ref sum4, ref sum5, ref sum6, ref sum7);
        }

        StoreFour(task, sum0, sum1, sum2, sum3, c, d, 4, mask);
        StoreFour(task, sum4, sum5, sum6, sum7, c + (4 * task.CRow), d + (4 * task.DRow), 4, mask);
    }

    // Lines of C and D come from a farther cache while their sums are being formed; loads and stores at the end would wait for them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(T* tile, nint stride)
    {
        for (int row = 0; row < 8; row++)
        {
            for (int vector = 0; vector < TStrip.Vectors; vector++)
            {
                Sse.Prefetch0(tile + (vector * TLanes.Count));
            }

            tile += stride;
        }
    }

    // Rows past the end repeat the last one and are not stored: cheaper than a kernel for each number of rows. One pointer, three strides
    // and the end of B leave every address of the loop in a register: with sixteen, a pointer a row and a counter do not, and a reload from
    // the stack in each turn halves the speed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows(in PanelTask<T> task, T* a, T* b, T* c, T* d, int rows, TVector mask)
    {
        nint aStep = task.AStep * sizeof(T), bStep = task.BStep;
        nint one = rows > 1 ? task.ARow * sizeof(T) : 0, two = rows > 2 ? 2 * one : one, three = rows > 3 ? two + one : two;
        byte* row = (byte*)a;
        T* end = b + (task.Depth * bStep);
        TStrip sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        do
        {
            TStrip strip = TStrip.Load(b);
            TStrip.Accumulate(ref sum0, TLanes.Broadcast(*(T*)row), strip);
            TStrip.Accumulate(ref sum1, TLanes.Broadcast(*(T*)(row + one)), strip);
            TStrip.Accumulate(ref sum2, TLanes.Broadcast(*(T*)(row + two)), strip);
            TStrip.Accumulate(ref sum3, TLanes.Broadcast(*(T*)(row + three)), strip);
            row += aStep;
            b += bStep;
        }
        while (b != end);

        if (task.Alpha != T.One)
        {
            Scale(TLanes.Broadcast(task.Alpha), ref sum0, ref sum1, ref sum2, ref sum3);
        }

        StoreFour(task, sum0, sum1, sum2, sum3, c, d, rows, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale(TVector alpha, ref TStrip sum0, ref TStrip sum1, ref TStrip sum2, ref TStrip sum3)
    {
        sum0 = TStrip.Scale(sum0, alpha);
        sum1 = TStrip.Scale(sum1, alpha);
        sum2 = TStrip.Scale(sum2, alpha);
        sum3 = TStrip.Scale(sum3, alpha);
    }

    // The first `rows` of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(
        in PanelTask<T> task, in TStrip sum0, in TStrip sum1, in TStrip sum2, in TStrip sum3, T* c, T* d, int rows, TVector mask)
    {
        nint cRow = task.CRow, dRow = task.DRow;
        StoreRow(task, sum0, c, d, mask);
        if (rows > 1)
        {
            StoreRow(task, sum1, c + cRow, d + dRow, mask);
        }

        if (rows > 2)
        {
            StoreRow(task, sum2, c + (2 * cRow), d + (2 * dRow), mask);
        }

        if (rows > 3)
        {
            StoreRow(task, sum3, c + (3 * cRow), d + (3 * dRow), mask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(in PanelTask<T> task, in TStrip sum, T* c, T* d, TVector mask)
    {
        TStrip result = sum;
        if (task.Result != ProductResult.Product)
        {
            if (task.Result == ProductResult.Masked)
            {
                result = TStrip.Multiply(result, Load(task, d, mask));
            }
            else
            {
                if (task.Result == ProductResult.Branch)
                {
                    Store(task, result, c, mask);
                    c += task.SecondOffset;
                }

                TStrip.Accumulate(ref result, TLanes.Broadcast(task.Beta), Load(task, d, mask));
            }
        }

        Store(task, result, c, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in PanelTask<T> task, in TStrip strip, T* target, TVector mask)
    {
        if (task.Columns == TStrip.Vectors * TLanes.Count)
        {
            TStrip.Store(strip, target);
        }
        else
        {
            TStrip.Store(strip, target, mask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TStrip Load(in PanelTask<T> task, T* source, TVector mask) =>
        task.Columns == TStrip.Vectors * TLanes.Count ? TStrip.Load(source) : TStrip.Load(source, mask);
}
