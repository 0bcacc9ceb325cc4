using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Eight independent tall matrices of one shape, one per lane, reduced
/// together to triangular and then to bidiagonal form by reflections.</summary>
/// <remarks>
/// Lane l of vector (i, j) is element (i, j) of matrix l, so sums run along vectors and no lane ever meets another: a result depends on its
/// own matrix alone. Rows arrive in chunks that stay in the first-level cache, as in <see cref="TriangularFactor"/>; the bidiagonal
/// reduction is that of Golub and Kahan 1965 without blocking. Meant for small n, where one matrix alone spends its time on latencies. Cost
/// 2 rows n² + 8n³/3 flops a matrix. One instance per thread.
/// </remarks>
internal sealed unsafe class LaneFactorisation<TOctet>
    where TOctet : struct, IOctet<TOctet>
{
    private const int Lanes = Octets.Lanes;

    // 24 KiB: a chunk and the part of R that is in use share a first-level cache of 32 to 48 KiB.
    private const int ChunkElements = 3072;
    private const int LeastChunkRows = 16;

    private readonly int _columns;
    private readonly nint _rowStep;
    private readonly int _chunkRows;
    private readonly double[] _factor;
    private readonly double[] _chunk;
    private readonly double* _r;
    private readonly double* _b;

    /// <summary>Reserves the workspace for matrices [rows, columns].</summary>
    /// <param name="rows">Most rows, at least <paramref name="columns"/>.</param>
    /// <param name="columns">n.</param>
    public LaneFactorisation(int rows, int columns)
    {
        _columns = columns;
        int padded = (columns + LaneColumns.Group - 1) & -LaneColumns.Group;
        _rowStep = padded * Lanes;
        int most = Math.Max(LeastChunkRows, (ChunkElements / (padded * Lanes)) & -Lanes);
        _chunkRows = Math.Min(most, (rows + Lanes - 1) & -Lanes);
        _factor = AlignedMemory.Allocate<double>(columns * padded * Lanes, out int factorOffset);
        _chunk = AlignedMemory.Allocate<double>(_chunkRows * padded * Lanes, out int chunkOffset);

        // The arrays are pinned and live as long as this object.
        _r = (double*)Unsafe.AsPointer(ref _factor[factorOffset]);
        _b = (double*)Unsafe.AsPointer(ref _chunk[chunkOffset]);
    }

    /// <summary>Rows of a chunk, a multiple of eight.</summary>
    public int ChunkRows => _chunkRows;

    /// <summary>Where the caller puts vector (i, j) of the next chunk: at i · <see cref="RowStep"/> + 8j.</summary>
    public double* Chunk => _b;

    /// <summary>Doubles from one row of vectors to the next.</summary>
    public nint RowStep => _rowStep;

    /// <summary>Starts eight new matrices: R ← 0.</summary>
    public void Begin() => _factor.AsSpan().Clear();

    /// <summary>R ← the triangular factor of (R; B), B the first <paramref name="rows"/> rows of the chunk, which is destroyed.</summary>
    public void Absorb(int rows)
    {
        nint rowStep = _rowStep;
        for (int k = 0; k < _columns; k += 2)
        {
            double* pivot = _r + (k * rowStep);
            double* column = _b + (k * Lanes);
            LaneReflector<TOctet> first = Reflect(pivot + (k * Lanes), column, rows, rowStep);
            if (k + 1 == _columns)
            {
                return;
            }

            // Two reflections go through the other columns together.
            LaneReflector<TOctet>.Apply(first.Tau, pivot, _b, column, rows, rowStep, Lanes, Lanes, k + 1, k + 2);
            LaneReflector<TOctet> second = Reflect(pivot + rowStep + ((k + 1) * Lanes), column + Lanes, rows, rowStep);
            LaneReflector<TOctet>.ApplyPair(first.Tau, second.Tau, pivot, _b, column, rows, rowStep, k + 2, _columns);
        }
    }

    /// <summary>Reduces R to bidiagonal form, destroying it.</summary>
    /// <param name="diagonal">d [n vectors], signs as they fall.</param>
    /// <param name="superdiagonal">e [n − 1 vectors].</param>
    public void Bidiagonalise(double* diagonal, double* superdiagonal)
    {
        nint rowStep = _rowStep;
        for (int k = 0; k < _columns; k++)
        {
            double* corner = _r + (k * (rowStep + Lanes));
            int rest = _columns - k - 1;
            if (k > 0)
            {
                LaneReflector<TOctet> left = Reflect(corner, corner + rowStep, rest, rowStep);
                LaneReflector<TOctet>.Apply(left.Tau, corner, corner + rowStep, corner + rowStep, rest, rowStep, Lanes, Lanes, 1, rest + 1);
            }

            TOctet.Load(corner).Store(diagonal + (k * Lanes));
            if (rest == 0)
            {
                break;
            }

            // The same from the right: rows and columns change places, and the pivots are column k + 1.
            double* head = corner + Lanes;
            LaneReflector<TOctet> right = Reflect(head, head + Lanes, rest - 1, Lanes);
            LaneReflector<TOctet>.Apply(right.Tau, head, head + Lanes, head + Lanes, rest - 1, Lanes, rowStep, rowStep, 1, rest + 1);
            right.Beta.Store(superdiagonal + (k * Lanes));
        }
    }

    // The reflection of (α, x): α ← β, x ← x·InversePivot.
    private static LaneReflector<TOctet> Reflect(double* alpha, double* x, int count, nint step)
    {
        TOctet even = default(TOctet), odd = even;
        int i = 0;
        for (; i + 2 <= count; i += 2)
        {
            TOctet first = TOctet.Load(x + (i * step)), second = TOctet.Load(x + ((i + 1) * step));
            even = TOctet.FusedMultiplyAdd(first, first, even);
            odd = TOctet.FusedMultiplyAdd(second, second, odd);
        }

        if (i < count)
        {
            TOctet last = TOctet.Load(x + (i * step));
            even = TOctet.FusedMultiplyAdd(last, last, even);
        }

        LaneReflector<TOctet> reflector = LaneReflector<TOctet>.Of(TOctet.Load(alpha), even + odd);
        reflector.Beta.Store(alpha);
        for (i = 0; i < count; i++)
        {
            (TOctet.Load(x + (i * step)) * reflector.InversePivot).Store(x + (i * step));
        }

        return reflector;
    }
}
