using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>Softmax and its gradient, four rows side by side, for one vector path.</summary>
/// <remarks>
/// The waiting times of one row's reductions are filled by the others. A row of one vector stays in registers; the powers of a longer one
/// are kept in the result. Rows of half a vector are taken as halves of a row of one vector. Each row goes through the same operations
/// whatever stands beside it.
/// </remarks>
internal readonly unsafe struct SoftmaxKernel<TQuad, T>
    where TQuad : struct, IVectorQuad<TQuad>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _scale;

    // The lanes of the last vector of a row, which starts at _last.
    private readonly TQuad _mask;
    private readonly int _last;
    private readonly bool _isPartial;
    private readonly bool _areHalves;

    private SoftmaxKernel(int columns, double scale, bool areHalves)
    {
        int width = TQuad.Lanes;
        _last = (columns - 1) / width * width;
        _isPartial = columns - _last < width;
        _mask = TQuad.FirstLanes(columns - _last);
        _scale = T.CreateTruncating(scale);
        _areHalves = areHalves;
    }

    /// <summary>A from L: <see cref="RowSoftmax.Apply{T}(in Matrix{T}, double, in Matrix{T})"/>, at least one element.</summary>
    public static void Apply(Rows logits, double scale, Rows attention, int rows, int columns)
    {
        int paired = PairedRows(rows, columns, logits.Stride, attention.Stride, columns);
        if (paired > 0)
        {
            new SoftmaxKernel<TQuad, T>(2 * columns, scale, areHalves: true).ApplyShort(logits.Pairs, attention.Pairs, paired / 2);
        }

        SoftmaxKernel<TQuad, T> kernel = new(columns, scale, areHalves: false);
        if (columns <= TQuad.Lanes)
        {
            kernel.ApplyShort(logits.From(paired), attention.From(paired), rows - paired);
        }
        else
        {
            kernel.ApplyLong(logits, attention, rows);
        }
    }

    /// <summary>dL from A and dA: <see cref="RowSoftmax.Backward{T}(in Matrix{T}, in Matrix{T}, double, in Matrix{T})"/>,
    /// at least one element.</summary>
    public static void Backward(Rows attention, Rows dAttention, double scale, Rows dLogits, int rows, int columns)
    {
        int paired = PairedRows(rows, columns, attention.Stride, dAttention.Stride, dLogits.Stride);
        if (paired > 0)
        {
            new SoftmaxKernel<TQuad, T>(2 * columns, scale, areHalves: true).BackwardShort(
                attention.Pairs, dAttention.Pairs, dLogits.Pairs, paired / 2);
        }

        SoftmaxKernel<TQuad, T> kernel = new(columns, scale, areHalves: false);
        if (columns <= TQuad.Lanes)
        {
            kernel.BackwardShort(attention.From(paired), dAttention.From(paired), dLogits.From(paired), rows - paired);
        }
        else
        {
            kernel.BackwardLong(attention, dAttention, dLogits, rows);
        }
    }

    // Rows that can go two to a vector: half a vector each, and no gap between them.
    private static int PairedRows(int rows, int columns, nint first, nint second, nint third) =>
        2 * columns == TQuad.Lanes && first == columns && second == columns && third == columns ? rows & ~1 : 0;

    // The maximum may drop a NaN; its exponential then makes the sum, and so the whole row, NaN all the same. The product s L is rounded
    // before the subtraction, as it was for the maximum: a fused one would not be exactly 0 there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ApplyShort(Rows logits, Rows attention, int rows)
    {
        for (int row = 0; row < rows; row += 4)
        {
            FourRows from = logits.Four(row, rows), to = attention.Four(row, rows);
            TQuad x = ScaledLogits(from, 0);
            TQuad power = Exponential.OfNonPositive(x - LaneReduction.Each<TQuad, LaneMaximum>(x, _areHalves));
            TQuad sum = LaneReduction.Each<TQuad, LaneSum>(power, _areHalves);
            Store(to, 0, power / sum);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ApplyLong(Rows logits, Rows attention, int rows)
    {
        for (int row = 0; row < rows; row += 4)
        {
            FourRows from = logits.Four(row, rows), to = attention.Four(row, rows);
            TQuad maximum = double.NegativeInfinity, sum = 0.0;
            for (int j = 0; j <= _last; j += TQuad.Lanes)
            {
                maximum = TQuad.Maximum(maximum, ScaledLogits(from, j));
            }

            maximum = LaneReduction.Each<TQuad, LaneMaximum>(maximum, areHalves: false);
            for (int j = 0; j <= _last; j += TQuad.Lanes)
            {
                TQuad power = Exponential.OfNonPositive(ScaledLogits(from, j) - maximum);
                Store(to, j, power);
                sum += power;
            }

            TQuad inverse = 1.0 / LaneReduction.Each<TQuad, LaneSum>(sum, areHalves: false);
            for (int j = 0; j <= _last; j += TQuad.Lanes)
            {
                Store(to, j, inverse * Load(to, j));
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BackwardShort(Rows attention, Rows dAttention, Rows dLogits, int rows)
    {
        TQuad scale = TQuad.Broadcast(_scale);
        for (int row = 0; row < rows; row += 4)
        {
            TQuad weights = Load(attention.Four(row, rows), 0), gradient = Load(dAttention.Four(row, rows), 0);
            TQuad mean = LaneReduction.Each<TQuad, LaneSum>(weights * gradient, _areHalves);
            Store(dLogits.Four(row, rows), 0, scale * weights * (gradient - mean));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BackwardLong(Rows attention, Rows dAttention, Rows dLogits, int rows)
    {
        for (int row = 0; row < rows; row += 4)
        {
            FourRows weights = attention.Four(row, rows), gradient = dAttention.Four(row, rows), to = dLogits.Four(row, rows);
            TQuad scale = TQuad.Broadcast(_scale), sum = 0.0;
            for (int j = 0; j <= _last; j += TQuad.Lanes)
            {
                sum = TQuad.MultiplyAdd(Load(weights, j), Load(gradient, j), sum);
            }

            TQuad mean = LaneReduction.Each<TQuad, LaneSum>(sum, areHalves: false);
            for (int j = 0; j <= _last; j += TQuad.Lanes)
            {
                Store(to, j, scale * Load(weights, j) * (Load(gradient, j) - mean));
            }
        }
    }

    // s L, −∞ beyond the end of the row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TQuad ScaledLogits(FourRows logits, int j)
    {
        TQuad scale = TQuad.Broadcast(_scale);
        TQuad scaled = scale * Load(logits, j);
        return IsPartial(j) ? TQuad.Select(_mask, scaled, double.NegativeInfinity) : scaled;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TQuad Load(FourRows rows, int j) => IsPartial(j) ? rows.Load(j, _mask) : rows.Load(j);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(FourRows rows, int j, TQuad value)
    {
        if (IsPartial(j))
        {
            rows.Store(j, value, _mask);
        }
        else
        {
            rows.Store(j, value);
        }
    }

    private bool IsPartial(int j) => j == _last && _isPartial;

    /// <summary>Rows in memory.</summary>
    /// <param name="first">The first element of the first row.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    internal readonly struct Rows(T* first, nint stride)
    {
        private readonly T* _first = first;

        /// <summary>Elements from one row to the next.</summary>
        public readonly nint Stride = stride;

        /// <summary>Two rows without a gap taken as one.</summary>
        public Rows Pairs => new(_first, 2 * Stride);

        /// <summary>The rows from <paramref name="row"/> on.</summary>
        public Rows From(int row) => new(_first + (row * Stride), Stride);

        /// <summary>Four rows; where fewer than four are left, the last one again: its results are written more than once.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public FourRows Four(int row, int rows)
        {
            T* at = _first + (row * Stride);
            nint last = (rows - 1 - row) * Stride;
            return new(at, at + Math.Min(Stride, last), at + Math.Min(2 * Stride, last), at + Math.Min(3 * Stride, last));
        }
    }

    /// <summary>Four rows in memory.</summary>
    internal readonly struct FourRows(T* first, T* second, T* third, T* fourth)
    {
        private readonly T* _first = first, _second = second, _third = third, _fourth = fourth;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TQuad Load(int at) => TQuad.Load(_first + at, _second + at, _third + at, _fourth + at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TQuad Load(int at, TQuad mask) => TQuad.Load(_first + at, _second + at, _third + at, _fourth + at, mask);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store(int at, TQuad value) => TQuad.Store(value, _first + at, _second + at, _third + at, _fourth + at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store(int at, TQuad value, TQuad mask) =>
            TQuad.Store(value, _first + at, _second + at, _third + at, _fourth + at, mask);
    }
}
