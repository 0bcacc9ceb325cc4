namespace Kappa.Numerics;

/// <summary>The largest and the smallest singular value of every one of
/// many small matrices of one shape, eight matrices at a time.</summary>
/// <remarks>
/// The route of <see cref="SingularValues"/> (P.1: reflections to triangular, then to bidiagonal form; never through AᵀA) with one matrix
/// per lane. A matrix that is wide is transposed, and every one is multiplied by a power of two of its own first. Both values are right to
/// a few ε σ_max √n and depend on their matrix alone, not on the others or their number. NaN or infinity in a matrix gives NaN in its two
/// values. Owns its workspace, allocates nothing per call; one instance per thread.
/// </remarks>
internal sealed class ExtremeSingularValues
{
    private readonly int _rows;
    private readonly int _columns;
    private readonly ILaneBatch _batch;

    /// <summary>Reserves the workspace for matrices [rows, columns].</summary>
    /// <param name="rows">Rows of each matrix.</param>
    /// <param name="columns">Columns of each matrix.</param>
    /// <param name="areWhole">Whether one vector holds all eight lanes; by default
    /// where the machine has such vectors. The bits do not depend on it.</param>
    public ExtremeSingularValues(int rows, int columns, bool? areWhole = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        (_rows, _columns) = (rows, columns);
        _batch = areWhole ?? Octets.AreWhole ? new LaneBatch<WholeOctet>(rows, columns) : new LaneBatch<HalvedOctet>(rows, columns);
    }

    /// <summary>Writes σ_max and σ_min, the last of the min(rows, columns) values, of each matrix.</summary>
    /// <param name="stacked">The matrices [count · rows, columns], one below the other.</param>
    /// <param name="largest">σ_max [count].</param>
    /// <param name="smallest">σ_min [count].</param>
    public void Compute(in Matrix stacked, Span<double> largest, Span<double> smallest)
    {
        if (stacked.Rows != largest.Length * _rows || stacked.Columns != _columns || smallest.Length != largest.Length)
        {
            throw new ArgumentException(
                $"The stack must be [{largest.Length * _rows}, {_columns}] for {largest.Length} and {smallest.Length} values but is "
                    + $"{stacked}.",
                nameof(stacked));
        }

        for (int start = 0; start < largest.Length; start += Octets.Lanes)
        {
            int count = Math.Min(Octets.Lanes, largest.Length - start);
            _batch.Compute(stacked.RowRange(start * _rows, count * _rows), largest.Slice(start, count), smallest.Slice(start, count));
        }
    }
}

/// <summary>Up to eight matrices at a time.</summary>
internal interface ILaneBatch
{
    /// <summary>σ_max and σ_min of each of one to eight matrices, one below the other.</summary>
    void Compute(in Matrix stacked, Span<double> largest, Span<double> smallest);
}

/// <summary>The same with the lanes of one kind of vector.</summary>
internal sealed unsafe class LaneBatch<TOctet> : ILaneBatch
    where TOctet : struct, IOctet<TOctet>
{
    private const int Lanes = Octets.Lanes;

    private readonly int _rows;
    private readonly int _columns;
    private readonly LaneFactorisation<TOctet> _factorisation;
    private readonly LaneExtremes<TOctet> _extremes;
    private readonly double[] _bidiagonal;
    private readonly MatrixScale[] _scales = new MatrixScale[Lanes];

    /// <summary>Reserves the workspace for matrices [rows, columns].</summary>
    public LaneBatch(int rows, int columns)
    {
        (_rows, _columns) = (rows, columns);
        int order = Math.Min(rows, columns);
        _factorisation = new LaneFactorisation<TOctet>(Math.Max(rows, columns), order);
        _extremes = new LaneExtremes<TOctet>(order);
        _bidiagonal = new double[2 * order * Lanes];
    }

    /// <inheritdoc/>
    public void Compute(in Matrix stacked, Span<double> largest, Span<double> smallest)
    {
        int count = largest.Length;
        for (int lane = 0; lane < count; lane++)
        {
            _scales[lane] = MatrixScale.Of(stacked.RowRange(lane * _rows, _rows));
        }

        Factorise(stacked, count);
        double* values = stackalloc double[2 * Lanes];
        fixed (double* bidiagonal = _bidiagonal)
        {
            double* superdiagonal = bidiagonal + (_bidiagonal.Length / 2);
            _factorisation.Bidiagonalise(bidiagonal, superdiagonal);
            (TOctet largestOfLanes, TOctet smallestOfLanes) = _extremes.Compute(bidiagonal, superdiagonal);
            largestOfLanes.Store(values);
            smallestOfLanes.Store(values + Lanes);
        }

        for (int lane = 0; lane < count; lane++)
        {
            largest[lane] = Unscaled(_scales[lane], values[lane]);
            smallest[lane] = Unscaled(_scales[lane], Math.Min(values[Lanes + lane], values[lane]));
        }
    }

    private static double Unscaled(MatrixScale scale, double value) =>
        !scale.IsFinite ? double.NaN : scale.IsZero ? 0 : Math.ScaleB(value, -scale.Exponent);

    // Lanes without a matrix repeat the last one.
    private void Factorise(in Matrix stacked, int count)
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
                sources[lane] = first + (taken * _rows * stride);
            }

            _factorisation.Begin();
            int longest = Math.Max(_rows, _columns);
            for (int chunk = 0; chunk < longest; chunk += _factorisation.ChunkRows)
            {
                int rows = Math.Min(_factorisation.ChunkRows, longest - chunk);
                CopyChunk(sources, stride, chunk, rows, TOctet.Load(factors));
                _factorisation.Absorb(rows);
            }
        }
    }

    // Vector (i, j) of the chunk ← element (start + i, j) of the tall form: of A, or of Aᵀ where A is wide.
    private void CopyChunk(double** sources, nint stride, int start, int rows, TOctet factor)
    {
        bool isWide = _columns > _rows;
        int order = Math.Min(_rows, _columns);
        for (int line = 0; line < (isWide ? order : rows); line++)
        {
            if (isWide)
            {
                LaneTransposition.Copy(
                    sources, (line * stride) + start, rows, factor, _factorisation.Chunk + (line * Lanes), _factorisation.RowStep);
            }
            else
            {
                LaneTransposition.Copy(
                    sources, (start + line) * stride, order, factor, _factorisation.Chunk + (line * _factorisation.RowStep), Lanes);
            }
        }
    }
}
