using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>What the tiles of one column panel compute: C ← α A B + β D for <see cref="Samples"/> independent samples.</summary>
/// <remarks>A is read as A(8t + i, k) = A[t·ATile + i·ARow + k·AStep], which serves A, Aᵀ and packed rows alike. B(k, j) = B[k·BStep + j] with whole vectors readable at every k.</remarks>
internal unsafe struct PanelTask
{
    /// <summary>First element of A.</summary>
    public double* A;

    /// <summary>Elements from row i to row i + 1 of A within eight rows.</summary>
    public nint ARow;

    /// <summary>Elements from one group of eight rows of A to the next.</summary>
    public nint ATile;

    /// <summary>Elements from k to k + 1 in A.</summary>
    public nint AStep;

    /// <summary>First element of the panel of B.</summary>
    public double* B;

    /// <summary>Elements from row k to row k + 1 of B.</summary>
    public nint BStep;

    /// <summary>First element of the panel of C.</summary>
    public double* C;

    /// <summary>Elements from row to row of C.</summary>
    public nint CRow;

    /// <summary>Elements from C to D, which has the row stride of C; 0 when D is C.</summary>
    public nint AddendOffset;

    /// <summary>Rows of C.</summary>
    public int Rows;

    /// <summary>Terms k of each sum, at least 1.</summary>
    public nint Depth;

    /// <summary>Columns of C in the panel: more than one vector less than the strip holds, at most the strip.</summary>
    public int Columns;

    /// <summary>α.</summary>
    public double Alpha;

    /// <summary>β; with 0 D is not read.</summary>
    public double Beta;

    /// <summary>Number of samples.</summary>
    public int Samples;

    /// <summary>Elements from sample to sample in A, B and C.</summary>
    public nint ASample, BSample, CSample;
}

/// <summary>Register tiles of a product: 8 or 4 rows by one strip of columns, summed over k in order, one rounding per term.</summary>
/// <remarks>Every element is the same chain of fused multiply-adds on every path and in every tile, so its bits depend on neither.</remarks>
internal static unsafe class ProductTiles<TVector, TLanes, TStrip>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TStrip : struct, IStrip<TStrip, TVector>
{
    // Fewer terms are added up before a line of C could arrive, and the requests would be a noticeable part of the work.
    private const int PrefetchDepth = 32;

    // Terms between the request for a line of Aᵀ and its use: no hardware prefetcher follows steps of a row.
    private const int LinesAhead = 12;

    /// <summary>All rows of all samples of a panel.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(in PanelTask task)
    {
        TVector mask = TLanes.FirstLanes(task.Columns - ((TStrip.Vectors - 1) * TLanes.Count));
        double* a = task.A;
        double* b = task.B;
        double* c = task.C;
        for (int sample = 0; sample < task.Samples; sample++)
        {
            int row = 0;
            if (TLanes.HasManyRegisters)
            {
                for (; row <= task.Rows - 8; row += 8)
                {
                    EightRows(task, a + ((row >> 3) * task.ATile), b, c + (row * task.CRow), mask);
                }
            }

            for (; row < task.Rows; row += 4)
            {
                FourRows(task, a + ((row >> 3) * task.ATile) + ((row & 7) * task.ARow), b, c + (row * task.CRow), task.Rows - row, mask);
            }

            a += task.ASample;
            b += task.BSample;
            c += task.CSample;
        }
    }

    // One pointer and four strides reach all eight rows by scaled addressing; the end of B counts the terms. Eight pointers and a counter would
    // neither fit the registers nor leave room beside 16 multiply-adds, 10 loads and 4 instructions a cycle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightRows(in PanelTask task, double* a, double* b, double* c, TVector mask)
    {
        nint one = task.ARow * sizeof(double), three = 3 * one, five = 5 * one, seven = 7 * one, aStep = task.AStep * sizeof(double), bStep = task.BStep;
        Prefetch(task, c);
        nint ahead = LinesAhead * aStep;
        byte* row = (byte*)a;
        double* end = b + (task.Depth * bStep);
        TStrip sum0 = default, sum1 = default, sum2 = default, sum3 = default, sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        do
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(row + ahead);
            }

            TStrip strip = TStrip.Load(b);
            TStrip.Accumulate(ref sum0, TLanes.Broadcast(*(double*)row), strip);
            TStrip.Accumulate(ref sum1, TLanes.Broadcast(*(double*)(row + one)), strip);
            TStrip.Accumulate(ref sum2, TLanes.Broadcast(*(double*)(row + (2 * one))), strip);
            TStrip.Accumulate(ref sum3, TLanes.Broadcast(*(double*)(row + three)), strip);
            TStrip.Accumulate(ref sum4, TLanes.Broadcast(*(double*)(row + (4 * one))), strip);
            TStrip.Accumulate(ref sum5, TLanes.Broadcast(*(double*)(row + five)), strip);
            TStrip.Accumulate(ref sum6, TLanes.Broadcast(*(double*)(row + (2 * three))), strip);
            TStrip.Accumulate(ref sum7, TLanes.Broadcast(*(double*)(row + seven)), strip);
            row += aStep;
            b += bStep;
        }
        while (b != end);

        StoreFour(task, sum0, sum1, sum2, sum3, c, 4, mask);
        StoreFour(task, sum4, sum5, sum6, sum7, c + (4 * task.CRow), 4, mask);
    }

    // Lines of C come from a farther cache while their sums are being formed; loads and stores at the end would wait for them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(in PanelTask task, double* c)
    {
        if (Sse.IsSupported && task.Depth >= PrefetchDepth)
        {
            nint cRow = task.CRow;
            for (int row = 0; row < 8; row++)
            {
                for (int vector = 0; vector < TStrip.Vectors; vector++)
                {
                    Sse.Prefetch0(c + (vector * TLanes.Count));
                }

                c += cRow;
            }
        }
    }

    // Rows past the end repeat the last one and are not stored: cheaper than a kernel for each number of rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows(in PanelTask task, double* a0, double* b, double* c, int rows, TVector mask)
    {
        nint aRow = task.ARow, aStep = task.AStep, bStep = task.BStep;
        double* a1 = rows > 1 ? a0 + aRow : a0;
        double* a2 = rows > 2 ? a1 + aRow : a1;
        double* a3 = rows > 3 ? a2 + aRow : a2;
        TStrip sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        nint at = 0;
        for (nint k = task.Depth; k > 0; k--)
        {
            TStrip strip = TStrip.Load(b);
            TStrip.Accumulate(ref sum0, TLanes.Broadcast(a0[at]), strip);
            TStrip.Accumulate(ref sum1, TLanes.Broadcast(a1[at]), strip);
            TStrip.Accumulate(ref sum2, TLanes.Broadcast(a2[at]), strip);
            TStrip.Accumulate(ref sum3, TLanes.Broadcast(a3[at]), strip);
            at += aStep;
            b += bStep;
        }

        StoreFour(task, sum0, sum1, sum2, sum3, c, rows, mask);
    }

    // C ← α sum + β D for the first `rows` of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(in PanelTask task, in TStrip sum0, in TStrip sum1, in TStrip sum2, in TStrip sum3, double* c, int rows, TVector mask)
    {
        TVector alpha = TLanes.Broadcast(task.Alpha), beta = TLanes.Broadcast(task.Beta);
        bool reads = task.Beta != 0;
        nint cRow = task.CRow, offset = task.AddendOffset;
        StoreRow(sum0, c, alpha, beta, reads, offset, mask);
        if (rows > 1)
        {
            StoreRow(sum1, c + cRow, alpha, beta, reads, offset, mask);
        }

        if (rows > 2)
        {
            StoreRow(sum2, c + (2 * cRow), alpha, beta, reads, offset, mask);
        }

        if (rows > 3)
        {
            StoreRow(sum3, c + (3 * cRow), alpha, beta, reads, offset, mask);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(in TStrip sum, double* c, TVector alpha, TVector beta, bool reads, nint offset, TVector mask)
    {
        if (reads)
        {
            TStrip.Store(sum, c, alpha, beta, c + offset, mask);
        }
        else
        {
            TStrip.Store(sum, c, alpha, mask);
        }
    }
}
