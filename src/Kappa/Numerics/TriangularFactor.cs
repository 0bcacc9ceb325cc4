using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The triangular factor R [n, n] of a tall matrix whose rows arrive
/// in chunks: R is replaced by the factor of the stacked (R; B).</summary>
/// <remarks>
/// Q is never formed: R alone has the singular values. Each reflection has one entry in R and a dense tail in the chunk B, so every chunk
/// is a dense problem that stays in cache (sequential tall-skinny QR, Demmel, Grigori, Hoemmen and Langou 2012; the stacked update is
/// LAPACK's tpqrt). Reflections are gathered in panels (<see cref="PanelReduction"/>), and the rest of the chunk is updated by two matrix
/// products (compact WY in the UT form of Joffrin, Low, Quintana-Ortí and van de Geijn 2006: (τ⁻¹ + striu VᵀV)ᵀ Y = VᵀB). Cost 2 rows n²
/// flops. The workspace is owned by the instance: one instance per thread.
/// </remarks>
internal sealed unsafe class TriangularFactor
{
    // Rows of a chunk: a panel of 16 columns by 256 rows is 32 KiB, which stays in the first-level cache while its columns are reduced …
    private const int MostChunkRows = 256;

    // … and a chunk with R and the projections in the second-level cache, where it has far more rows than a panel has columns.
    private const int ChunkElements = 32 * 1024;
    private const int LeastChunkRows = 64;

    private const int Lanes = 8;

    private readonly int _longest;
    private readonly PaddedMemory _factorMemory;
    private readonly PaddedMemory _chunkMemory;
    private readonly PaddedMemory _projectionMemory;
    private readonly PanelReduction _panel;
    private int _columns;

    /// <summary>Reserves the workspace.</summary>
    /// <param name="maximumColumns">Largest n.</param>
    /// <param name="longest">Most rows of a matrix whose factor is wanted.</param>
    public TriangularFactor(int maximumColumns, int longest)
    {
        _longest = longest;

        // Fewer columns have longer chunks, but none has more elements than these.
        int rows = Math.Min(longest, Math.Max(LeastChunkRows, (ChunkElements / PaddedMemory.Stride(maximumColumns)) + 1));
        _factorMemory = new PaddedMemory(maximumColumns, maximumColumns);
        _chunkMemory = new PaddedMemory(rows, maximumColumns);
        _projectionMemory = new PaddedMemory(PanelReduction.Width, maximumColumns);
        _panel = new PanelReduction(ChunkRows(1, longest));
    }

    /// <summary>R [n, n padded to whole vectors]; the padding is zero.</summary>
    public Matrix Factor { get; private set; }

    /// <summary>Where the caller puts the next chunk, [rows of a chunk, n padded];
    /// the padding must be zero. <see cref="Absorb"/> destroys it.</summary>
    public Matrix Chunk { get; private set; }

    /// <summary>Starts a new matrix of <paramref name="columns"/> columns: R ← 0.</summary>
    public void Begin(int columns)
    {
        _columns = columns;
        Factor = _factorMemory.View(columns, columns);
        Factor.Fill(0);
        Chunk = _chunkMemory.View(ChunkRows(columns, _longest), columns);
    }

    /// <summary>R ← the triangular factor of (R; B), B the first <paramref name="rows"/> rows of <see cref="Chunk"/>.</summary>
    public void Absorb(int rows)
    {
        Matrix chunk = Chunk.RowRange(0, rows);
        for (int start = 0; start < _columns; start += PanelReduction.Width)
        {
            int width = Math.Min(PanelReduction.Width, _columns - start);
            _panel.Reduce(Factor, chunk, start, width);
            if (start + width < _columns)
            {
                UpdateTrailing(chunk, start, width);
            }
        }
    }

    private static int ChunkRows(int columns, int longest) =>
        Math.Min(longest, Math.Clamp(ChunkElements / PaddedMemory.Stride(columns), LeastChunkRows, MostChunkRows));

    // The columns after the panel: P = XB, then Y (see SolveStrip), then B ← B − Xᵀ·(InversePivot Y).
    private void UpdateTrailing(in Matrix chunk, int start, int width)
    {
        int rest = start + width;
        int restWidth = chunk.Columns - rest;
        Matrix trailing = chunk.ColumnRange(rest, restWidth);
        Matrix tails = _panel.Tails(width);
        Matrix projections = _projectionMemory.View(width, restWidth);
        Products.Multiply(tails, trailing, projections);
        fixed (double* p = &projections.First, r = &Factor[start, rest])
        {
            int column = 0;
            for (; column + (4 * Lanes) <= restWidth; column += 4 * Lanes)
            {
                SolveWideStrip(width, r + column, Factor.Stride, p + column, projections.Stride);
            }

            for (; column < restWidth; column += Lanes)
            {
                SolveStrip(width, r + column, Factor.Stride, p + column, projections.Stride);
            }
        }

        Products.TransposedMultiply(tails, projections, trailing, alpha: -1, beta: 1);
    }

    // Row by row of (τ⁻¹ + striu VᵀV)ᵀ Y = R + VᵀB: y_k = τ_k (R_k + InversePivot_k P_k − Σ_{i k} v_iᵀv_k y_i), R_k ← R_k − y_k. P_k
    // becomes InversePivot_k y_k, so that coupling (i, k) is x_iᵀx_k·InversePivot_k. Four columns of vectors, whose sums are independent.
    private void SolveWideStrip(int width, double* r, nint rStride, double* p, nint pStride)
    {
        fixed (double* couplings = _panel.Couplings)
        {
            for (int k = 0; k < width; k++, r += rStride)
            {
                Reflector reflector = _panel.Reflectors[k];
                double* own = p + (k * pStride);
                Vector512<double> pivot = Vector512.Create(reflector.InversePivot);
                Vector512<double> r0 = Vector512.Load(r), r1 = Vector512.Load(r + Lanes), r2 = Vector512.Load(r + (2 * Lanes)),
                    r3 = Vector512.Load(r + (3 * Lanes));
                Vector512<double> y0 = Vector512.MultiplyAddEstimate(pivot, Vector512.Load(own), r0);
                Vector512<double> y1 = Vector512.MultiplyAddEstimate(pivot, Vector512.Load(own + Lanes), r1);
                Vector512<double> y2 = Vector512.MultiplyAddEstimate(pivot, Vector512.Load(own + (2 * Lanes)), r2);
                Vector512<double> y3 = Vector512.MultiplyAddEstimate(pivot, Vector512.Load(own + (3 * Lanes)), r3);
                double* before = p;
                for (int i = 0; i < k; i++, before += pStride)
                {
                    Vector512<double> coupling = Vector512.Create(-couplings[(i * PanelReduction.Width) + k]);
                    y0 = Vector512.MultiplyAddEstimate(coupling, Vector512.Load(before), y0);
                    y1 = Vector512.MultiplyAddEstimate(coupling, Vector512.Load(before + Lanes), y1);
                    y2 = Vector512.MultiplyAddEstimate(coupling, Vector512.Load(before + (2 * Lanes)), y2);
                    y3 = Vector512.MultiplyAddEstimate(coupling, Vector512.Load(before + (3 * Lanes)), y3);
                }

                Finish(reflector.Tau, y0, r0, pivot, r, own);
                Finish(reflector.Tau, y1, r1, pivot, r + Lanes, own + Lanes);
                Finish(reflector.Tau, y2, r2, pivot, r + (2 * Lanes), own + (2 * Lanes));
                Finish(reflector.Tau, y3, r3, pivot, r + (3 * Lanes), own + (3 * Lanes));
            }
        }
    }

    private void SolveStrip(int width, double* r, nint rStride, double* p, nint pStride)
    {
        ReadOnlySpan<double> couplings = _panel.Couplings;
        for (int k = 0; k < width; k++, r += rStride)
        {
            Reflector reflector = _panel.Reflectors[k];
            Vector512<double> pivot = Vector512.Create(reflector.InversePivot);
            Vector512<double> factorRow = Vector512.Load(r);
            Vector512<double> y = Vector512.MultiplyAddEstimate(pivot, Vector512.Load(p + (k * pStride)), factorRow);
            for (int i = 0; i < k; i++)
            {
                y = Vector512.MultiplyAddEstimate(
                    Vector512.Create(-couplings[(i * PanelReduction.Width) + k]), Vector512.Load(p + (i * pStride)), y);
            }

            Finish(reflector.Tau, y, factorRow, pivot, r, p + (k * pStride));
        }
    }

    private static void Finish(double tau, Vector512<double> y, Vector512<double> factorRow, Vector512<double> pivot, double* r, double* p)
    {
        y *= tau;
        (factorRow - y).Store(r);
        (pivot * y).Store(p);
    }
}
