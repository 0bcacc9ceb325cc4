using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Kappa.Numerics;

/// <summary>A panel of at most <see cref="Width"/> columns of a chunk, reduced
/// against the rows of R above it by Householder reflections.</summary>
/// <remarks>
/// The panel is held transposed, X [width, rows]: every column lies in one piece, so a reflection loads vectors and broadcasts nothing. X
/// keeps the raw tails x_k; v_k = (1, x_k·InversePivot). A column is read as it came until its turn, and then takes all reflections before
/// it at once, in the compact WY form: stores cost more than arithmetic here. The one pass that gathers its inner products with the tails
/// before it also gathers those of the tail that has just been finished, which are its norm and its column of the triangular matrix of that
/// form. One instance per thread.
/// </remarks>
internal sealed unsafe class PanelReduction
{
    /// <summary>Most columns of a panel.</summary>
    public const int Width = 16;

    private const int Lanes = 8;

    private readonly PaddedMemory _memory;
    private readonly double[] _zeroRow = new double[Width];
    private readonly double[] _tailSums = new double[Width];
    private readonly double[] _nextSums = new double[Width];
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

    /// <summary>Reduces columns <paramref name="start"/> … <paramref name="start"/> + <paramref name="width"/>
    /// − 1 of (R; B): R gets their new entries, X the reflections, B stays.</summary>
    /// <param name="factor">R, its padding zero.</param>
    /// <param name="chunk">B [rows, n padded], its padding zero.</param>
    /// <param name="start">First column, a multiple of <see cref="Width"/>.</param>
    /// <param name="width">Columns.</param>
    public void Reduce(in Matrix factor, in Matrix chunk, int start, int width)
    {
        int padded = PaddedMemory.PaddedLength(width);
        _rows = chunk.Rows;
        Matrix panel = _memory.View(padded, _rows);
        fixed (double* x = &panel.First, tailSums = _tailSums, nextSums = _nextSums, weights = _weights)
        {
            Transpose(chunk, start, padded, x, panel.Stride);
            new Span<double>(weights, Width).Clear();
            for (int k = 0; k < width; k++)
            {
                double* tail = x + ((nint)k * panel.Stride);
                double* next = k + 1 < width ? tail + panel.Stride : tail;
                for (int j = 0; j <= k; j += Lanes)
                {
                    Dots(x + ((nint)j * panel.Stride), panel.Stride, tail, next, panel.Columns, tailSums + j, nextSums + j);
                }

                Reflect(ref factor[start + k, start + k], k);
                if (k + 1 < width)
                {
                    Solve(factor, start, k + 1);
                    for (int j = 0; j <= k; j += Lanes)
                    {
                        Subtract(x + ((nint)j * panel.Stride), panel.Stride, weights + j, next, panel.Columns);
                    }
                }
            }
        }
    }

    // Reflection k of (R_kk, x_k), and its column of couplings.
    private void Reflect(ref double pivot, int k)
    {
        Reflector reflector = Reflector.Of(pivot, _tailSums[k]);
        _reflectors[k] = reflector;
        pivot = reflector.Beta;
        for (int i = 0; i < k; i++)
        {
            _couplings[(i * Width) + k] = _tailSums[i] * reflector.InversePivot;
        }
    }

    // Column j of (τ⁻¹ + striu VᵀV)ᵀ y = R_j + Vᵀb_j: y_i = τ_i (R_ij + InversePivot_i x_iᵀb_j
    // − Σ_{l i} v_lᵀv_i y_l), R_ij ← R_ij − y_i; the weight of x_i is InversePivot_i y_i.
    private void Solve(in Matrix factor, int start, int j)
    {
        for (int i = 0; i < j; i++)
        {
            Reflector reflector = _reflectors[i];
            ref double entry = ref factor[start + i, start + j];
            double y = double.MultiplyAddEstimate(reflector.InversePivot, _nextSums[i], entry);
            for (int l = 0; l < i; l++)
            {
                y = double.MultiplyAddEstimate(-_couplings[(l * Width) + i], _weights[l], y);
            }

            y *= reflector.Tau;
            entry -= y;
            _weights[i] = reflector.InversePivot * y;
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

                if (Octets.AreWhole)
                {
                    LaneTransposition.Copy(sources, 0, columns, WholeOctet.Create(1), x + row, stride);
                }
                else
                {
                    LaneTransposition.Copy(sources, 0, columns, HalvedOctet.Create(1), x + row, stride);
                }
            }
        }
    }

    // x_j·y and x_j·z for eight columns.
    private static void Dots(double* columns, nint stride, double* y, double* z, int length, double* sumsOfY, double* sumsOfZ)
    {
        if (!Octets.AreWhole)
        {
            for (int pair = 0; pair < 8; pair += 2)
            {
                DotsOfTwo(columns + (pair * stride), stride, y, z, length, sumsOfY + pair, sumsOfZ + pair);
            }

            return;
        }

        Vector512<double> y0 = Vector512<double>.Zero, y1 = y0, y2 = y0, y3 = y0, y4 = y0, y5 = y0, y6 = y0, y7 = y0;
        Vector512<double> z0 = y0, z1 = y0, z2 = y0, z3 = y0, z4 = y0, z5 = y0, z6 = y0, z7 = y0;
        double* others = columns + (4 * stride);
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector512<double> yi = Vector512.Load(y + i), zi = Vector512.Load(z + i);
            Vector512<double> x0 = Vector512.Load(columns + i), x1 = Vector512.Load(columns + i + stride);
            (y0, z0) = (Vector512.MultiplyAddEstimate(x0, yi, y0), Vector512.MultiplyAddEstimate(x0, zi, z0));
            (y1, z1) = (Vector512.MultiplyAddEstimate(x1, yi, y1), Vector512.MultiplyAddEstimate(x1, zi, z1));
            Vector512<double> x2 = Vector512.Load(columns + i + (2 * stride)), x3 = Vector512.Load(columns + i + (3 * stride));
            (y2, z2) = (Vector512.MultiplyAddEstimate(x2, yi, y2), Vector512.MultiplyAddEstimate(x2, zi, z2));
            (y3, z3) = (Vector512.MultiplyAddEstimate(x3, yi, y3), Vector512.MultiplyAddEstimate(x3, zi, z3));
            Vector512<double> x4 = Vector512.Load(others + i), x5 = Vector512.Load(others + i + stride);
            (y4, z4) = (Vector512.MultiplyAddEstimate(x4, yi, y4), Vector512.MultiplyAddEstimate(x4, zi, z4));
            (y5, z5) = (Vector512.MultiplyAddEstimate(x5, yi, y5), Vector512.MultiplyAddEstimate(x5, zi, z5));
            Vector512<double> x6 = Vector512.Load(others + i + (2 * stride)), x7 = Vector512.Load(others + i + (3 * stride));
            (y6, z6) = (Vector512.MultiplyAddEstimate(x6, yi, y6), Vector512.MultiplyAddEstimate(x6, zi, z6));
            (y7, z7) = (Vector512.MultiplyAddEstimate(x7, yi, y7), Vector512.MultiplyAddEstimate(x7, zi, z7));
        }

        StoreSums(y0, y1, y2, y3, sumsOfY);
        StoreSums(y4, y5, y6, y7, sumsOfY + 4);
        StoreSums(z0, z1, z2, z3, sumsOfZ);
        StoreSums(z4, z5, z6, z7, sumsOfZ + 4);
    }

    // The same for two columns: with sixteen registers of four numbers the sums
    // of eight columns would lie on the stack. The same sums in the same order.
    private static void DotsOfTwo(double* columns, nint stride, double* y, double* z, int length, double* sumsOfY, double* sumsOfZ)
    {
        Vector256<double> y0 = Vector256<double>.Zero, y0After = y0, y1 = y0, y1After = y0, z0 = y0, z0After = y0, z1 = y0, z1After = y0;
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector256<double> yi = Vector256.Load(y + i), yAfter = Vector256.Load(y + i + 4), zi = Vector256.Load(z + i),
                zAfter = Vector256.Load(z + i + 4);
            Vector256<double> x = Vector256.Load(columns + i), xAfter = Vector256.Load(columns + i + 4);
            (y0, z0) = (Vector256.MultiplyAddEstimate(x, yi, y0), Vector256.MultiplyAddEstimate(x, zi, z0));
            (y0After, z0After) = (
                Vector256.MultiplyAddEstimate(xAfter, yAfter, y0After), Vector256.MultiplyAddEstimate(xAfter, zAfter, z0After));
            (x, xAfter) = (Vector256.Load(columns + stride + i), Vector256.Load(columns + stride + i + 4));
            (y1, z1) = (Vector256.MultiplyAddEstimate(x, yi, y1), Vector256.MultiplyAddEstimate(x, zi, z1));
            (y1After, z1After) = (
                Vector256.MultiplyAddEstimate(xAfter, yAfter, y1After), Vector256.MultiplyAddEstimate(xAfter, zAfter, z1After));
        }

        (sumsOfY[0], sumsOfY[1]) = (SumOf(y0 + y0After), SumOf(y1 + y1After));
        (sumsOfZ[0], sumsOfZ[1]) = (SumOf(z0 + z0After), SumOf(z1 + z1After));
    }

    private static double SumOf(Vector256<double> sums) => sums[0] + sums[1] + (sums[2] + sums[3]);

    // target ← target − Σ_j w_j x_j over eight columns; weights from the target on are zero.
    private static void Subtract(double* columns, nint stride, double* weights, double* target, int length)
    {
        Vector512<double> w0 = Vector512.Create(-weights[0]), w1 = Vector512.Create(-weights[1]), w2 = Vector512.Create(-weights[2]),
            w3 = Vector512.Create(-weights[3]);
        Vector512<double> w4 = Vector512.Create(-weights[4]), w5 = Vector512.Create(-weights[5]), w6 = Vector512.Create(-weights[6]),
            w7 = Vector512.Create(-weights[7]);
        double* others = columns + (4 * stride);
        for (nint i = 0; i < length; i += Lanes)
        {
            Vector512<double> even = Vector512.MultiplyAddEstimate(w0, Vector512.Load(columns + i), Vector512.Load(target + i));
            Vector512<double> odd = w1 * Vector512.Load(columns + i + stride);
            even = Vector512.MultiplyAddEstimate(w2, Vector512.Load(columns + i + (2 * stride)), even);
            odd = Vector512.MultiplyAddEstimate(w3, Vector512.Load(columns + i + (3 * stride)), odd);
            even = Vector512.MultiplyAddEstimate(w4, Vector512.Load(others + i), even);
            odd = Vector512.MultiplyAddEstimate(w5, Vector512.Load(others + i + stride), odd);
            even = Vector512.MultiplyAddEstimate(w6, Vector512.Load(others + i + (2 * stride)), even);
            odd = Vector512.MultiplyAddEstimate(w7, Vector512.Load(others + i + (3 * stride)), odd);
            (even + odd).Store(target + i);
        }
    }

    // The sums of the elements of four vectors: halves first, then neighbours, then the two that are left; in this order on every machine.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSums(Vector512<double> s0, Vector512<double> s1, Vector512<double> s2, Vector512<double> s3, double* sums)
    {
        Vector256<double> h0 = s0.GetLower() + s0.GetUpper(), h1 = s1.GetLower() + s1.GetUpper();
        Vector256<double> h2 = s2.GetLower() + s2.GetUpper(), h3 = s3.GetLower() + s3.GetUpper();
        if (Avx.IsSupported)
        {
            Vector256<double> low = Avx.HorizontalAdd(h0, h1), high = Avx.HorizontalAdd(h2, h3);
            (Avx.Permute2x128(low, high, 0x20) + Avx.Permute2x128(low, high, 0x31)).Store(sums);
            return;
        }

        sums[0] = h0[0] + h0[1] + (h0[2] + h0[3]);
        sums[1] = h1[0] + h1[1] + (h1[2] + h1[3]);
        sums[2] = h2[0] + h2[1] + (h2[2] + h2[3]);
        sums[3] = h3[0] + h3[1] + (h3[2] + h3[3]);
    }
}
