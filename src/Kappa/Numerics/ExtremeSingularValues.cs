using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The largest and the smallest singular value of every one of many small matrices of one shape, eight matrices at a time.</summary>
/// <remarks>
/// The route of <see cref="SingularValues"/> (P.1: reflections to triangular, then to bidiagonal form; never through AᵀA) with one matrix per lane. A matrix that is wide is
/// transposed, and every one is multiplied by a power of two of its own first. Both values are right to a few ε σ_max √n and depend on their matrix alone, not on the
/// others or their number. NaN or infinity in a matrix gives NaN in its two values. Owns its workspace, allocates nothing per call; one instance per thread.
/// </remarks>
internal sealed unsafe class ExtremeSingularValues
{
    private const int Lanes = LaneReflector.Lanes;

    private readonly int _rows;
    private readonly int _columns;
    private readonly LaneFactorisation _factorisation;
    private readonly LaneExtremes _extremes;
    private readonly double[] _bidiagonal;
    private readonly MatrixScale[] _scales = new MatrixScale[Lanes];

    /// <summary>Reserves the workspace for matrices [rows, columns].</summary>
    public ExtremeSingularValues(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_rows, _columns) = (rows, columns);
        int order = Math.Min(rows, columns);
        _factorisation = new LaneFactorisation(Math.Max(rows, columns), order);
        _extremes = new LaneExtremes(order);
        _bidiagonal = new double[2 * order * Lanes];
    }

    /// <summary>Writes σ_max and σ_min, the last of the min(rows, columns) values, of each matrix.</summary>
    /// <param name="stacked">The matrices [count · rows, columns], one below the other.</param>
    /// <param name="largest">σ_max [count].</param>
    /// <param name="smallest">σ_min [count].</param>
    public void Compute(in Matrix stacked, Span<double> largest, Span<double> smallest)
    {
        if (stacked.Rows != largest.Length * _rows || stacked.Columns != _columns || smallest.Length != largest.Length)
        {
            throw new ArgumentException($"The stack must be [{largest.Length * _rows}, {_columns}] for {largest.Length} and {smallest.Length} values but is {stacked}.", nameof(stacked));
        }

        for (int start = 0; start < largest.Length; start += Lanes)
        {
            ComputeBatch(stacked, start, Math.Min(Lanes, largest.Length - start), largest, smallest);
        }
    }

    private void ComputeBatch(in Matrix stacked, int start, int count, Span<double> largest, Span<double> smallest)
    {
        for (int lane = 0; lane < count; lane++)
        {
            _scales[lane] = MatrixScale.Of(stacked.RowRange((start + lane) * _rows, _rows));
        }

        Factorise(stacked, start, count);
        fixed (double* bidiagonal = _bidiagonal)
        {
            double* superdiagonal = bidiagonal + (_bidiagonal.Length / 2);
            _factorisation.Bidiagonalise(bidiagonal, superdiagonal);
            (Vector512<double> largestOfLanes, Vector512<double> smallestOfLanes) = _extremes.Compute(bidiagonal, superdiagonal);
            for (int lane = 0; lane < count; lane++)
            {
                largest[start + lane] = Unscaled(_scales[lane], largestOfLanes[lane]);
                smallest[start + lane] = Unscaled(_scales[lane], Math.Min(smallestOfLanes[lane], largestOfLanes[lane]));
            }
        }
    }

    private static double Unscaled(MatrixScale scale, double value) => !scale.IsFinite ? double.NaN : scale.IsZero ? 0 : Math.ScaleB(value, -scale.Exponent);

    // Lanes without a matrix repeat the last one.
    private void Factorise(in Matrix stacked, int start, int count)
    {
        double* factors = stackalloc double[Lanes];
        double** sources = stackalloc double*[Lanes];
        fixed (double* first = &stacked.First)
        {
            nint stride = stacked.Stride;
            for (int lane = 0; lane < Lanes; lane++)
            {
                int taken = Math.Min(lane, count - 1);
                factors[lane] = _scales[taken].IsFinite ? _scales[taken].Factor : 1;
                sources[lane] = first + ((start + taken) * _rows * stride);
            }

            _factorisation.Begin();
            int longest = Math.Max(_rows, _columns);
            for (int chunk = 0; chunk < longest; chunk += _factorisation.ChunkRows)
            {
                int rows = Math.Min(_factorisation.ChunkRows, longest - chunk);
                CopyChunk(sources, stride, chunk, rows, Vector512.Load(factors));
                _factorisation.Absorb(rows);
            }
        }
    }

    // Vector (i, j) of the chunk ← element (start + i, j) of the tall form: of A, or of Aᵀ where A is wide.
    private void CopyChunk(double** sources, nint stride, int start, int rows, Vector512<double> factor)
    {
        bool isWide = _columns > _rows;
        int order = Math.Min(_rows, _columns);
        for (int line = 0; line < (isWide ? order : rows); line++)
        {
            if (isWide)
            {
                LaneTransposition.Copy(sources, (line * stride) + start, rows, factor, _factorisation.Chunk + (line * Lanes), _factorisation.RowStep);
            }
            else
            {
                LaneTransposition.Copy(sources, (start + line) * stride, order, factor, _factorisation.Chunk + (line * _factorisation.RowStep), Lanes);
            }
        }
    }
}
