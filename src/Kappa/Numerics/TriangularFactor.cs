using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The triangular factor R [n, n] of a tall matrix whose rows arrive in chunks: R is replaced by the factor of the stacked (R; B).</summary>
/// <remarks>
/// Q is never formed: R alone has the singular values. Each reflection has one entry in R and a dense tail in the chunk B, so every chunk is a
/// dense problem that stays in cache (sequential tall-skinny QR, Demmel, Grigori, Hoemmen and Langou 2012; the stacked update is LAPACK's tpqrt).
/// Reflections are gathered in panels of <see cref="PanelWidth"/> columns, and the rest of the chunk is updated by two matrix products
/// (compact WY in the UT form of Joffrin, Low, Quintana-Ortí and van de Geijn 2006: (τ⁻¹ + striu VᵀV)ᵀ Y = VᵀB). Cost 2 rows n² flops.
/// The workspace is owned by the instance: one instance per thread.
/// </remarks>
internal sealed class TriangularFactor
{
    /// <summary>Columns per panel: a panel row is two 512-bit vectors, few enough to keep the panel's sums in registers.</summary>
    internal const int PanelWidth = 16;

    // Up to this width the whole chunk is one panel: the products would be too thin to pay.
    private const int SinglePanelWidth = 32;

    // A chunk and R share the second-level cache; a chunk has far more rows than a panel has columns.
    private const int ChunkElements = 16 * 1024;
    private const int LeastChunkRows = 64;

    private readonly int _longest;
    private readonly PaddedMemory _factorMemory;
    private readonly PaddedMemory _chunkMemory;
    private readonly PaddedMemory _projectionMemory;
    private readonly double[] _vectors;
    private readonly int _sumsOffset;
    private readonly int _weightsOffset;
    private readonly Reflector[] _reflectors = new Reflector[SinglePanelWidth];
    private int _columns;
    private Matrix _projections;

    /// <summary>Reserves the workspace.</summary>
    /// <param name="maximumColumns">Largest n.</param>
    /// <param name="longest">Most rows of a matrix whose factor is wanted.</param>
    public TriangularFactor(int maximumColumns, int longest)
    {
        _longest = longest;
        int stride = PaddedMemory.Stride(maximumColumns);
        int chunkRows = Math.Min(longest, Math.Max(LeastChunkRows, (ChunkElements / stride) + 1));
        _factorMemory = new PaddedMemory(maximumColumns, maximumColumns);
        _chunkMemory = new PaddedMemory(chunkRows, maximumColumns);
        _projectionMemory = new PaddedMemory(PanelWidth, maximumColumns);
        _vectors = AlignedMemory.Allocate<double>(2 * stride, out _sumsOffset);
        _weightsOffset = _sumsOffset + stride;
    }

    /// <summary>R [n, n padded to whole vectors]; the padding is zero.</summary>
    public Matrix Factor { get; private set; }

    /// <summary>Where the caller puts the next chunk, [rows of a chunk, n padded]; the padding must be zero. <see cref="Absorb"/> destroys it.</summary>
    public Matrix Chunk { get; private set; }

    /// <summary>Starts a new matrix of <paramref name="columns"/> columns: R ← 0.</summary>
    public void Begin(int columns)
    {
        _columns = columns;
        Factor = _factorMemory.View(columns, columns);
        Factor.Fill(0);
        Chunk = _chunkMemory.View(Math.Min(_longest, Math.Max(LeastChunkRows, ChunkElements / PaddedMemory.Stride(columns))), columns);
        _projections = _projectionMemory.View(PanelWidth, columns);
    }

    /// <summary>R ← the triangular factor of (R; B), B the first <paramref name="rows"/> rows of <see cref="Chunk"/>.</summary>
    public void Absorb(int rows)
    {
        Matrix chunk = Chunk.RowRange(0, rows);
        if (_columns <= SinglePanelWidth)
        {
            ReducePanel(chunk, 0, _columns);
            return;
        }

        for (int start = 0; start < _columns; start += PanelWidth)
        {
            int width = Math.Min(PanelWidth, _columns - start);
            ReducePanel(chunk, start, width);
            if (start + width < _columns)
            {
                UpdateTrailing(chunk, start, width);
            }
        }
    }

    // Columns start … start + width: reflection k zeroes column k of the chunk. The chunk keeps the raw columns x_k; v_k = (1, x_k·InversePivot).
    // The sums g = x_kᵀ B of the next column are gathered in the same pass that applies the reflection of this one.
    private void ReducePanel(in Matrix chunk, int start, int width)
    {
        int end = start + PaddedMemory.PaddedLength(width);
        ref double sums = ref _vectors[_sumsOffset];
        ref double weights = ref _vectors[_weightsOffset];
        _vectors.AsSpan(_weightsOffset + start, end - start).Clear();
        GatherAndReflect(chunk, start, end, ref weights, ref sums, start, start);
        for (int k = start; k < start + width; k++)
        {
            ref double pivotRow = ref Factor[k, 0];
            Reflector reflector = Reflector.Of(Unsafe.Add(ref pivotRow, k), Unsafe.Add(ref sums, k));
            _reflectors[k - start] = reflector;
            Unsafe.Add(ref pivotRow, k) = reflector.Beta;
            if (k + 1 < start + width)
            {
                ReflectPivotRow(reflector, k, end, ref pivotRow, ref weights, ref sums);
                GatherAndReflect(chunk, AlignDown(k + 1), end, ref weights, ref sums, k, k + 1);
            }
        }
    }

    private static int AlignDown(int index) => index & -Vector512<double>.Count;

    // p_j = τ (v_kᵀ(R; B))_j = τ (R_kj + InversePivot·g_j) for j > k: R_kj ← R_kj − p_j, and w_j = −InversePivot·p_j is what x_k is to be multiplied by.
    // Both are zero up to k, so whole vectors can be used.
    private static void ReflectPivotRow(Reflector reflector, int k, int end, ref double pivotRow, ref double w, ref double sums)
    {
        Vector512<double> pivot = Vector512.Create((double)k);
        Vector512<double> index = Vector512<double>.Indices + Vector512.Create((double)AlignDown(k));
        for (int j = AlignDown(k); j < end; j += Vector512<double>.Count)
        {
            Vector512<double> entry = Vector512.LoadUnsafe(ref pivotRow, (nuint)j);
            Vector512<double> projection = reflector.Tau * Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref sums, (nuint)j), Vector512.Create(reflector.InversePivot), entry);
            projection = Vector512.ConditionalSelect(Vector512.GreaterThan(index, pivot), projection, Vector512<double>.Zero);
            (projection * -reflector.InversePivot).StoreUnsafe(ref w, (nuint)j);
            (entry - projection).StoreUnsafe(ref pivotRow, (nuint)j);
            index += Vector512.Create((double)Vector512<double>.Count);
        }
    }

    // One pass over the chunk: B_i ← B_i + x_i w for the reflected column x, and g ← Σ_i y_i B_i for the column y that comes next.
    private static void GatherAndReflect(in Matrix chunk, int first, int end, ref double w, ref double sums, int column, int next)
    {
        for (int j = first; j < end; j += Vector512<double>.Count)
        {
            Vector512<double>.Zero.StoreUnsafe(ref sums, (nuint)j);
        }

        nint stride = chunk.Stride;
        double nextWeight = Unsafe.Add(ref w, next);
        int i = 0;
        for (; i + 4 <= chunk.Rows; i += 4)
        {
            ref double r0 = ref Unsafe.Add(ref chunk.First, i * stride);
            ref double r1 = ref Unsafe.Add(ref r0, stride);
            ref double r2 = ref Unsafe.Add(ref r1, stride);
            ref double r3 = ref Unsafe.Add(ref r2, stride);
            Vector512<double> x0 = Vector512.Create(Unsafe.Add(ref r0, column));
            Vector512<double> x1 = Vector512.Create(Unsafe.Add(ref r1, column));
            Vector512<double> x2 = Vector512.Create(Unsafe.Add(ref r2, column));
            Vector512<double> x3 = Vector512.Create(Unsafe.Add(ref r3, column));
            Vector512<double> y0 = Vector512.Create(Math.FusedMultiplyAdd(Unsafe.Add(ref r0, column), nextWeight, Unsafe.Add(ref r0, next)));
            Vector512<double> y1 = Vector512.Create(Math.FusedMultiplyAdd(Unsafe.Add(ref r1, column), nextWeight, Unsafe.Add(ref r1, next)));
            Vector512<double> y2 = Vector512.Create(Math.FusedMultiplyAdd(Unsafe.Add(ref r2, column), nextWeight, Unsafe.Add(ref r2, next)));
            Vector512<double> y3 = Vector512.Create(Math.FusedMultiplyAdd(Unsafe.Add(ref r3, column), nextWeight, Unsafe.Add(ref r3, next)));
            for (nuint j = (nuint)first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                Vector512<double> weights = Vector512.LoadUnsafe(ref w, j);
                Vector512<double> b0 = Vector512.FusedMultiplyAdd(x0, weights, Vector512.LoadUnsafe(ref r0, j));
                Vector512<double> b1 = Vector512.FusedMultiplyAdd(x1, weights, Vector512.LoadUnsafe(ref r1, j));
                Vector512<double> b2 = Vector512.FusedMultiplyAdd(x2, weights, Vector512.LoadUnsafe(ref r2, j));
                Vector512<double> b3 = Vector512.FusedMultiplyAdd(x3, weights, Vector512.LoadUnsafe(ref r3, j));
                b0.StoreUnsafe(ref r0, j);
                b1.StoreUnsafe(ref r1, j);
                b2.StoreUnsafe(ref r2, j);
                b3.StoreUnsafe(ref r3, j);
                Vector512<double> even = Vector512.FusedMultiplyAdd(y0, b0, y2 * b2);
                Vector512<double> odd = Vector512.FusedMultiplyAdd(y1, b1, y3 * b3);
                (Vector512.LoadUnsafe(ref sums, j) + (even + odd)).StoreUnsafe(ref sums, j);
            }
        }

        for (; i < chunk.Rows; i++)
        {
            ref double r = ref Unsafe.Add(ref chunk.First, i * stride);
            Vector512<double> x = Vector512.Create(Unsafe.Add(ref r, column));
            Vector512<double> y = Vector512.Create(Math.FusedMultiplyAdd(Unsafe.Add(ref r, column), nextWeight, Unsafe.Add(ref r, next)));
            for (nuint j = (nuint)first; j < (nuint)end; j += (nuint)Vector512<double>.Count)
            {
                Vector512<double> b = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref w, j), Vector512.LoadUnsafe(ref r, j));
                b.StoreUnsafe(ref r, j);
                Vector512.FusedMultiplyAdd(y, b, Vector512.LoadUnsafe(ref sums, j)).StoreUnsafe(ref sums, j);
            }
        }
    }

    // The columns after the panel: Y solves (τ⁻¹ + striu VᵀV)ᵀ Y = R + Xᵀ·InversePivot B row by row; R ← R − Y, B ← B − V Y.
    private void UpdateTrailing(in Matrix chunk, int start, int width)
    {
        Matrix panel = chunk.ColumnRange(start, width);
        int rest = start + width;
        int restWidth = chunk.Columns - rest;

        // Xᵀ (X, B): the panel's own Gram matrix comes with the same product.
        Matrix projections = _projections.RowRange(0, width).ColumnRange(start, width + restWidth);
        Products.TransposedMultiply(panel, chunk.ColumnRange(start, width + restWidth), projections);
        for (int k = 0; k < width; k++)
        {
            Reflector reflector = _reflectors[k];
            Span<double> y = projections.Row(k)[width..];
            Span<double> factorRow = Factor.Row(start + k)[rest..];
            Scale(y, reflector.InversePivot, factorRow);
            for (int i = 0; i < k; i++)
            {
                // Row i holds InversePivot_i·Y_i by now, and X_iᵀX_k·InversePivot_k is the rest of v_iᵀv_k.
                AddScaled(y, -projections[i, k] * reflector.InversePivot, projections.Row(i)[width..]);
            }

            Finish(y, reflector, factorRow);
        }

        Products.Multiply(panel, projections.ColumnRange(width, restWidth), chunk.ColumnRange(rest, restWidth), alpha: -1, beta: 1);
    }

    // y ← R_k + InversePivot·y
    private static void Scale(Span<double> y, double inversePivot, ReadOnlySpan<double> factorRow) =>
        TensorPrimitives.MultiplyAdd(y, inversePivot, factorRow, y);

    // y ← y + factor·x
    private static void AddScaled(Span<double> y, double factor, ReadOnlySpan<double> x) =>
        TensorPrimitives.MultiplyAdd(x, factor, y, y);

    // R_k ← R_k − τ y, then y ← InversePivot·τ·y, ready for B ← B − X y.
    private static void Finish(Span<double> y, Reflector reflector, Span<double> factorRow)
    {
        TensorPrimitives.MultiplyAdd(y, -reflector.Tau, factorRow, factorRow);
        TensorPrimitives.Multiply(y, reflector.Tau * reflector.InversePivot, y);
    }
}
