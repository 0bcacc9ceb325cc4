namespace Kappa.Numerics;

/// <summary>Singular values of an upper bidiagonal matrix B by the differential
/// quotient-difference algorithm with shifts (dqds), Laguerre's bound as shift.</summary>
/// <remarks>
/// <para>Source: Fernando and Parlett, "Accurate singular values and differential qd algorithms" (1994). With q_i = d_i², e_i =
/// (superdiagonal)², one sweep turns (q, e) of B into those of B' with B'ᵀB' = BBᵀ − sI; every intermediate is positive as long as s ≤
/// σ_min², so nothing cancels.</para>
/// <para>Shift. Writing p_j for the diagonal of (BBᵀ)⁻¹, p_j = (1 + e_{j−1}p_{j−1})/q_j and the squared off-diagonals of column j sum to
/// c_j = (c_{j−1} + p²_{j−1}) e_{j−1}/q_j. So each sweep also delivers S₁ = Σ p_j = Σ σ⁻² and S₂ = Σ (p_j² + 2c_j) = Σ σ⁻⁴, at the cost of
/// the reciprocals it needs anyway, and Laguerre's bound n/(S₁ + √((n−1)(nS₂ − S₁²))) ≤ σ_min² is the next shift: from below, and cubically
/// convergent. Should rounding put it above σ_min², the sweep shows a
/// negative number, is thrown away and repeated with a smaller shift.</para>
/// <para>Convergence. (a) An e_i with √e_i ≤ (ε/8) σ_max(B) is set to zero: B' loses an entry of that size, and σ = √(s + σ'²) moves by no
/// more. (b) B'B'ᵀ ends in q, coupled to its leading part by β² = e q; with a gap between q and a lower bound of the leading part's
/// spectrum, dropping β moves no eigenvalue by more than β²/gap. This is done once β²/gap ≤ (ε/4) √(s + q) σ_max, so that no σ moves by
/// more than (ε/8) σ_max. The e itself stays, as an addition to the last diagonal element of the leading part, which the next sweep takes
/// up.</para>
/// <para>The same gap gives a second lower bound, q − β²/gap; the larger of the two is the shift.
/// The error is a small multiple of ε σ_max; small values of a graded B are usually far better than that.</para>
/// </remarks>
internal sealed class BidiagonalSingularValues
{
    // ε/8 = 2⁻⁵⁵: a few neglected entries together stay below the error that rounding the input makes.
    private const double NeglectFactor = 1.0 / (1L << 55);

    // A value takes two to three sweeps; an order of magnitude more than that means that the input was not finite.
    private const int SweepsPerValue = 40;

    private readonly double[][] _q;
    private readonly double[][] _e;
    private double _largestSquare;
    private int _current;
    private int _sweepsLeft;

    /// <summary>Reserves the workspace for up to <paramref name="maximumOrder"/> values.</summary>
    public BidiagonalSingularValues(int maximumOrder)
    {
        _q = [new double[maximumOrder], new double[maximumOrder]];
        _e = [new double[maximumOrder], new double[maximumOrder]];
    }

    /// <summary>Sweeps used by the last call, failed ones included.</summary>
    public int Sweeps { get; private set; }

    /// <summary>Replaces <paramref name="diagonal"/> by the singular values, largest first.</summary>
    /// <param name="diagonal">d [n], any signs, magnitudes about 1.</param>
    /// <param name="superdiagonal">e [n − 1].</param>
    /// <exception cref="InvalidOperationException">The sweeps do not converge, which finite input never causes.</exception>
    public void Compute(Span<double> diagonal, ReadOnlySpan<double> superdiagonal)
    {
        int order = diagonal.Length;
        if (order == 0)
        {
            return;
        }

        _current = 0;
        _largestSquare = 0;
        for (int i = 0; i < order; i++)
        {
            _q[0][i] = diagonal[i] * diagonal[i];
            _e[0][i] = i + 1 < order ? superdiagonal[i] * superdiagonal[i] : 0;

            // The largest row or column norm is at most σ_max and at least σ_max/√2.
            _largestSquare = Math.Max(_largestSquare, _q[0][i] + _e[0][i]);
        }

        int budget = SweepsPerValue * (order + 1);
        _sweepsLeft = budget;
        Solve(0, order - 1, default, 0, diagonal);
        Sweeps = budget - _sweepsLeft;
        SortDescending(diagonal);
    }

    // The values of the block first … last of the current buffers, whose squares are those of B less `shift`. The block's B'B'ᵀ has `tail`
    // added to its last diagonal element: what is left of the coupling to a value split off below.
    private void Solve(int first, int last, CompensatedSum shift, double tail, Span<double> values)
    {
        if (tail == 0)
        {
            OrientSmallToTheEnd(first, last);
        }

        double neglected = NeglectFactor * NeglectFactor * _largestSquare;
        int split = LastNeglected(_e[_current], first, last, neglected);
        var traces = default(InverseTraces);
        while (last > first)
        {
            double[] q = _q[_current];
            double[] e = _e[_current];
            if (split == last - 1 || (tail == 0 && IsDecoupled(q[last], e[last - 1], shift.Value, traces.LeadingBound(last - first))))
            {
                values[last] = Math.Sqrt(shift.Value + q[last] + tail);
                last--;
                tail = split == last ? 0 : e[last];
                split = LastNeglected(e, first, last, neglected);
                traces = traces.WithoutLast();
            }
            else if (split >= first)
            {
                int buffer = _current;
                Solve(split + 1, last, shift, tail, values);
                _current = buffer;
                last = split;
                tail = 0;
                split = LastNeglected(e, first, last, neglected);
                traces = default;
            }
            else if (last == first + 1)
            {
                SolvePair(q[first], e[first], q[last], tail, shift.Value, values[first..]);
                return;
            }
            else
            {
                traces = Step(first, last, tail, traces, ref shift);
                tail = 0;
                split = LastNeglected(_e[_current], first, last, neglected);
            }
        }

        values[first] = Math.Sqrt(shift.Value + _q[_current][first] + tail);
    }

    // One sweep with the best shift known, or with a smaller one where rounding made that one too large. No shift never fails.
    private InverseTraces Step(int first, int last, double tail, in InverseTraces traces, ref CompensatedSum shift)
    {
        int order = last - first + 1;
        double coupled = tail == 0 ? CoupledBound(_q[_current][last], _e[_current][last - 1], traces.LeadingBound(order - 1)) : 0;
        Span<double> candidates = [Math.Max(traces.LaguerreBound(order), coupled), traces.NewtonBound(order), 0];
        foreach (double candidate in candidates)
        {
            if (--_sweepsLeft < 0)
            {
                throw new InvalidOperationException(
                    $"The singular values of a bidiagonal block of order {order} must converge within {SweepsPerValue} sweeps a value; "
                        + $"the input is not finite or not scaled.");
            }

            if (Sweep(first, last, candidate, tail, out InverseTraces next))
            {
                shift = shift.Add(candidate);
                _current ^= 1;
                return next;
            }
        }

        throw new InvalidOperationException(
            "A sweep without shift must keep every q and e non-negative but did not; the input is not finite.");
    }

    // dqds: q'_i = d_i + e_i, e'_i = e_i q_{i+1}/q'_i, d_{i+1} = d_i q_{i+1}/q'_i − s. False when a d is negative: s > σ_min².
    private bool Sweep(int first, int last, double shift, double tail, out InverseTraces traces)
    {
        int order = last - first + 1;
        ReadOnlySpan<double> q = _q[_current].AsSpan(first, order);
        ReadOnlySpan<double> e = _e[_current].AsSpan(first, order);
        Span<double> newQ = _q[_current ^ 1].AsSpan(first, order);
        Span<double> newE = _e[_current ^ 1].AsSpan(first, order);
        traces = default;
        double d = q[0] - shift;
        double p = 0;
        double c = 0;
        double previousE = 0;
        double sum = 0;
        double squareSum = 0;
        for (int i = 0; i + 1 < q.Length; i++)
        {
            if (!(d >= 0))
            {
                return false;
            }

            double pivot = d + e[i];
            double reciprocal = 1 / pivot;
            double ratio = q[i + 1] * reciprocal;
            d = double.MultiplyAddEstimate(d, ratio, -shift);
            c = (c + (p * p)) * previousE * reciprocal;
            p = double.MultiplyAddEstimate(previousE, p, 1) * reciprocal;
            sum += p;
            squareSum += (p * p) + (2 * c);
            previousE = e[i] * ratio;
            newQ[i] = pivot;
            newE[i] = previousE;
        }

        d += tail;
        if (!(d >= 0))
        {
            return false;
        }

        newQ[order - 1] = d;
        c = (c + (p * p)) * previousE / d;
        p = double.MultiplyAddEstimate(previousE, p, 1) / d;
        traces = new InverseTraces(sum + p, squareSum + (p * p) + (2 * c), sum, squareSum);
        return true;
    }

    // With gap ≤ λ_min(leading) − q, dropping the coupling β, β² = e q, moves no eigenvalue by more than β²/gap.
    private bool IsDecoupled(double q, double e, double shift, double leadingBound)
    {
        double gap = leadingBound - q;
        return gap > 0 && e * q <= gap * 2 * NeglectFactor * Math.Sqrt((shift + q) * _largestSquare);
    }

    // With the same gap, σ_min² ≥ q − β²/gap: the Schur complement q − λ = β²((leading − λ)⁻¹)_ll is at most β²/gap for λ ≤ q.
    private static double CoupledBound(double q, double e, double leadingBound)
    {
        double gap = leadingBound - q;
        return gap > 0 ? q - (e * q / gap) : 0;
    }

    private static int LastNeglected(ReadOnlySpan<double> e, int first, int last, double neglected)
    {
        int i = last - 1;
        while (i >= first && e[i] > neglected)
        {
            i--;
        }

        return i;
    }

    // Reading B backwards transposes it. Sweeps bring the smallest value to the end, quickly when it is near already.
    private void OrientSmallToTheEnd(int first, int last)
    {
        if (_q[_current][first] < _q[_current][last])
        {
            _q[_current].AsSpan(first, last - first + 1).Reverse();
            _e[_current].AsSpan(first, last - first).Reverse();
        }
    }

    // The eigenvalues of ((q₀ + e, √(e q₁)), (√(e q₁), q₁ + tail)): the larger by the quadratic formula, the smaller from the determinant.
    private static void SolvePair(double q0, double e, double q1, double tail, double shift, Span<double> values)
    {
        double difference = q0 + e - (q1 + tail);
        double larger = (q0 + e + q1 + tail + Math.Sqrt((difference * difference) + (4 * e * q1))) / 2;
        double smaller = larger == 0 ? 0 : ((q0 * (q1 / larger)) + ((q0 + e) * (tail / larger)));
        values[0] = Math.Sqrt(shift + larger);
        values[1] = Math.Sqrt(shift + smaller);
    }

    // Insertion sort: deflation leaves the values nearly in order.
    private static void SortDescending(Span<double> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            double value = values[i];
            int j = i;
            for (; j > 0 && values[j - 1] < value; j--)
            {
                values[j] = values[j - 1];
            }

            values[j] = value;
        }
    }

    /// <summary>S₁ = Σσ⁻² and S₂ = Σσ⁻⁴ of a block, and of the block without its last row and column.</summary>
    private readonly record struct InverseTraces(double Sum, double SquareSum, double LeadingSum, double LeadingSquareSum)
    {
        // The sums are relatively accurate to a few n ε; the bounds are lowered by as much.
        private const double Rounding = 4 * 2.220446049250313e-16;

        /// <summary>The traces after the last value has been split off; unknown (0) when this has been done before.</summary>
        public InverseTraces WithoutLast() => new(LeadingSum, LeadingSquareSum, 0, 0);

        /// <summary>Laguerre's bound for the block without its last row and column, of this order; 0 when unknown.</summary>
        public double LeadingBound(int order) => WithoutLast().LaguerreBound(order);

        /// <summary>1/S₁, at most the smallest σ²; 0 when unknown.</summary>
        public double NewtonBound(int order) => Sum > 0 ? (1 - (Rounding * order)) / Sum : 0;

        /// <summary>Laguerre's lower bound of the smallest σ²; Newton's where S₂ overflows.</summary>
        public double LaguerreBound(int order)
        {
            double spread = (order - 1) * ((order * SquareSum) - (Sum * Sum));
            return Sum > 0 && double.IsFinite(spread)
                ? (1 - (Rounding * order)) * order / (Sum + Math.Sqrt(Math.Max(0, spread)))
                : NewtonBound(order);
        }
    }

    /// <summary>A running sum with the rounding error of every addition carried along (Knuth's two-sum).</summary>
    private readonly record struct CompensatedSum(double High, double Low)
    {
        public double Value => High + Low;

        public CompensatedSum Add(double term)
        {
            double sum = High + term;
            double part = sum - High;
            double error = (High - (sum - part)) + (term - part);
            return new CompensatedSum(sum, Low + error);
        }
    }
}
