using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>A panel of at most <see cref="Width"/> columns of a chunk, reduced against the rows of R above it by Householder reflections.</summary>
/// <remarks>
/// The panel is held transposed, X [width, rows]: every column lies in one piece, so a reflection loads vectors and broadcasts nothing. X keeps the raw tails
/// x_k; v_k = (1, x_k·InversePivot). The pass that applies reflection k to the columns after it also gathers the inner products of column k + 1 with all others:
/// with later ones for the next reflection, with earlier ones for the triangular matrix of the compact WY form. One instance per thread.
/// </remarks>
internal sealed unsafe class PanelReduction
{
    /// <summary>Most columns of a panel.</summary>
    public const int Width = 16;

    private const int Lanes = 8;
    private const int Group = 8;

    private readonly PaddedMemory _memory;
    private readonly double[] _zeroRow = new double[Width];
    private readonly double[] _sums = new double[Width];
    private readonly double[] _weights = new double[Width];
    private readonly double[] _couplings = new double[Width * Width];
    private readonly Reflector[] _reflectors = new Reflector[Width];
    private int _rows;

    /// <summary>Reserves the workspace for chunks of up to <paramref name="maximumRows"/> rows.</summary>
    public PanelReduction(int maximumRows)
    {
        _memory = new PaddedMemory(Width, maximumRows);
    }

    /// <summary>The reflections of the last panel.</summary>
    public ReadOnlySpan<Reflector> Reflectors => _reflectors;

    /// <summary>x_iᵀx_k·InversePivot_k for i &lt; k, at [i · <see cref="Width"/> + k].</summary>
    public ReadOnlySpan<double> Couplings => _couplings;

    /// <summary>X [width, rows] of the last panel.</summary>
    public Matrix Tails(int width) => _memory.View(width, _rows).ColumnRange(0, _rows);

    /// <summary>Reduces columns <paramref name="start"/> … <paramref name="start"/> + <paramref name="width"/> − 1 of (R; B): R gets their new entries, X the reflections, B stays.</summary>
    /// <param name="factor">R, its padding zero.</param>
    /// <param name="chunk">B [rows, n padded], its padding zero.</param>
    /// <param name="start">First column, a multiple of <see cref="Width"/>.</param>
    /// <param name="width">Columns.</param>
    public void Reduce(in Matrix factor, in Matrix chunk, int start, int width)
    {
        int padded = PaddedMemory.PaddedLength(width);
        _rows = chunk.Rows;
        Matrix panel = _memory.View(padded, _rows);
        fixed (double* x = &panel.First, sums = _sums, weights = _weights)
        {
            Transpose(chunk, start, padded, x, panel.Stride);
            new Span<double>(weights, Width).Clear();
            GatherSums(x, panel.Stride, panel.Columns, 0, padded, weights, sums);
            for (int k = 0; k < width; k++)
            {
                fixed (double* pivotRow = &factor[start + k, start])
                {
                    Reflector reflector = Reflector.Of(pivotRow[k], sums[k]);
                    _reflectors[k] = reflector;
                    pivotRow[k] = reflector.Beta;
                    for (int i = 0; i < k; i++)
                    {
                        _couplings[(i * Width) + k] = sums[i] * reflector.InversePivot;
                    }

                    ReflectPivotRow(reflector, k, padded, pivotRow, weights, sums);
                }

                if (k + 1 < width)
                {
                    double* column = x + ((nint)k * panel.Stride);
                    AddScaled(column + panel.Stride, weights[k + 1], column, panel.Columns);
                    weights[k + 1] = 0;
                    GatherSums(x, panel.Stride, panel.Columns, k + 1, padded, weights, sums);
                }
            }
        }
    }

    // X ← (columns of B)ᵀ, rows padded with zeros to whole vectors.
    private void Transpose(in Matrix chunk, int start, int columns, double* x, nint stride)
    {
        double** sources = stackalloc double*[Lanes];
        fixed (double* first = &chunk[0, start], zeros = _zeroRow)
        {
            for (int row = 0; row < chunk.Rows; row += Lanes)
            {
                for (int lane = 0; lane < Lanes; lane++)
                {
                    sources[lane] = row + lane < chunk.Rows ? first + ((nint)(row + lane) * chunk.Stride) : zeros;
                }

                LaneTransposition.Copy(sources, 0, columns, Vector512<double>.One, x + row, stride);
            }
        }
    }

    // p_j = τ (v_kᵀ(R; B))_j = τ (R_kj + InversePivot·g_j) for j > k: R_kj ← R_kj − p_j, and w_j = −InversePivot·p_j is what x_k is to be multiplied by.
    private static void ReflectPivotRow(Reflector reflector, int k, int padded, double* pivotRow, double* weights, double* sums)
    {
        weights[k] = 0;
        for (int j = k + 1; j < padded; j++)
        {
            double projection = reflector.Tau * Math.FusedMultiplyAdd(sums[j], reflector.InversePivot, pivotRow[j]);
            pivotRow[j] -= projection;
            weights[j] = -reflector.InversePivot * projection;
        }
    }

    private static void AddScaled(double* target, double factor, double* source, int length)
    {
        Vector512<double> factors = Vector512.Create(factor);
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector512.FusedMultiplyAdd(factors, Vector512.Load(source + i), Vector512.Load(target + i)).Store(target + i);
        }
    }

    // x_j ← x_j + w_j x_{next−1} for the columns after `next`, and g_j = x_j·x_next for all. Weights up to `next` are zero.
    private static void GatherSums(double* x, nint stride, int length, int next, int padded, double* weights, double* sums)
    {
        double* y = x + (next * stride);
        double* reflected = next == 0 ? y : y - stride;
        for (int j = 0; j < padded; j += Group)
        {
            double* column = x + (j * stride);
            if (j + Group <= next + 1 || next == 0)
            {
                Dot(column, stride, y, length, sums + j);
            }
            else
            {
                AddAndDot(column, stride, reflected, weights + j, y, length, sums + j);
            }
        }
    }

    private static void Dot(double* columns, nint stride, double* y, int length, double* sums)
    {
        Vector512<double> s0 = Vector512<double>.Zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        double* others = columns + (4 * stride);
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector512<double> head = Vector512.Load(y + i);
            s0 = Vector512.FusedMultiplyAdd(head, Vector512.Load(columns + i), s0);
            s1 = Vector512.FusedMultiplyAdd(head, Vector512.Load(columns + i + stride), s1);
            s2 = Vector512.FusedMultiplyAdd(head, Vector512.Load(columns + i + (2 * stride)), s2);
            s3 = Vector512.FusedMultiplyAdd(head, Vector512.Load(columns + i + (3 * stride)), s3);
            s4 = Vector512.FusedMultiplyAdd(head, Vector512.Load(others + i), s4);
            s5 = Vector512.FusedMultiplyAdd(head, Vector512.Load(others + i + stride), s5);
            s6 = Vector512.FusedMultiplyAdd(head, Vector512.Load(others + i + (2 * stride)), s6);
            s7 = Vector512.FusedMultiplyAdd(head, Vector512.Load(others + i + (3 * stride)), s7);
        }

        StoreSums(s0, s1, s2, s3, sums);
        StoreSums(s4, s5, s6, s7, sums + 4);
    }

    private static void AddAndDot(double* columns, nint stride, double* x, double* weights, double* y, int length, double* sums)
    {
        Vector512<double> w0 = Vector512.Create(weights[0]), w1 = Vector512.Create(weights[1]), w2 = Vector512.Create(weights[2]), w3 = Vector512.Create(weights[3]);
        Vector512<double> w4 = Vector512.Create(weights[4]), w5 = Vector512.Create(weights[5]), w6 = Vector512.Create(weights[6]), w7 = Vector512.Create(weights[7]);
        Vector512<double> s0 = Vector512<double>.Zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        double* others = columns + (4 * stride);
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector512<double> tail = Vector512.Load(x + i);
            Vector512<double> head = Vector512.Load(y + i);
            s0 = AddAndDot(columns + i, tail, w0, head, s0);
            s1 = AddAndDot(columns + i + stride, tail, w1, head, s1);
            s2 = AddAndDot(columns + i + (2 * stride), tail, w2, head, s2);
            s3 = AddAndDot(columns + i + (3 * stride), tail, w3, head, s3);
            s4 = AddAndDot(others + i, tail, w4, head, s4);
            s5 = AddAndDot(others + i + stride, tail, w5, head, s5);
            s6 = AddAndDot(others + i + (2 * stride), tail, w6, head, s6);
            s7 = AddAndDot(others + i + (3 * stride), tail, w7, head, s7);
        }

        StoreSums(s0, s1, s2, s3, sums);
        StoreSums(s4, s5, s6, s7, sums + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> AddAndDot(double* column, Vector512<double> tail, Vector512<double> weight, Vector512<double> head, Vector512<double> sum)
    {
        Vector512<double> updated = Vector512.FusedMultiplyAdd(tail, weight, Vector512.Load(column));
        updated.Store(column);
        return Vector512.FusedMultiplyAdd(head, updated, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(Vector512<double> s0, Vector512<double> s1, Vector512<double> s2, Vector512<double> s3, double* sums)
    {
        sums[0] = Vector512.Sum(s0);
        sums[1] = Vector512.Sum(s1);
        sums[2] = Vector512.Sum(s2);
        sums[3] = Vector512.Sum(s3);
    }
}
