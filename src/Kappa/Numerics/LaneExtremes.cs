using System.Runtime.CompilerServices;

namespace Kappa.Numerics;

/// <summary>The largest and the smallest singular value of eight independent bidiagonal matrices, one per lane.</summary>
/// <remarks>
/// With q_i = d_i², e_i = (superdiagonal)² and n the order, both are found by Laguerre's iteration, which is monotone and cubic at a single
/// value, and linear at a cluster. Smallest: dqds sweeps from below as in <see cref="BidiagonalSingularValues"/>, whose traces S₁ = Σσ⁻²
/// and S₂ = Σσ⁻⁴ give the next shift. Largest: from above, the pivots D_i of yI − BBᵀ with the logarithmic derivatives x_i = D_i'/D_i and
/// z_i = x_i² − D_i''/D_i give Σ(y − σ²)⁻¹ = Σ x_i and Σ(y − σ²)⁻² = Σ z_i in one pass. A lane that has converged keeps its value while the
/// others go on, so no result depends on another lane. Both values are right to a few ε σ_max. The workspace is owned by the instance: one
/// instance per thread.
/// </remarks>
internal sealed unsafe class LaneExtremes<TOctet>
    where TOctet : struct, IOctet<TOctet>
{
    private const int Lanes = Octets.Lanes;

    // Where many values are equal a sweep shortens the distance by about 2/(1 + √n) of itself, and
    // some forty halvings are needed; more sweeps than these mean that the input was not scaled.
    private int MostSweeps => 200 + (int)(40 * Math.Sqrt(_order));

    // ε/8: what may be left out of σ_min is this times σ_max.
    private const double Neglected = 1.0 / (1L << 55);

    // One rounding of the bound y, relative: the iteration from above ends here.
    private const double Resolution = 1.0 / (1L << 52);

    private readonly int _order;
    private readonly double[] _memory;
    private readonly double* _q;
    private readonly double* _e;

    /// <summary>Reserves the workspace for bidiagonal matrices of one order.</summary>
    public LaneExtremes(int order)
    {
        _order = order;
        int length = 2 * order * Lanes;
        _memory = AlignedMemory.Allocate<double>(2 * length, out int offset);

        // The array is pinned and lives as long as this object.
        _q = (double*)Unsafe.AsPointer(ref _memory[offset]);
        _e = _q + length;
    }

    /// <summary>Passes over the bidiagonal used by the last call, from above and from below.</summary>
    public int Sweeps { get; private set; }

    /// <summary>σ_max and σ_min of each lane's B, whose entries are about 1 at most; anything where B is not finite or zero.</summary>
    /// <param name="diagonal">d [n vectors].</param>
    /// <param name="superdiagonal">e [n − 1 vectors].</param>
    public (TOctet Largest, TOctet Smallest) Compute(double* diagonal, double* superdiagonal)
    {
        for (int i = 0; i < _order; i++)
        {
            TOctet d = TOctet.Load(diagonal + (i * Lanes));
            TOctet e = i + 1 < _order ? TOctet.Load(superdiagonal + (i * Lanes)) : default(TOctet);
            (d * d).Store(_q + (i * Lanes));
            (e * e).Store(_e + (i * Lanes));
        }

        Sweeps = 0;
        TOctet largestSquare = LargestSquare();
        TOctet largest = TOctet.Sqrt(largestSquare);
        return (largest, TOctet.Sqrt(SmallestSquare(largest)));
    }

    private TOctet LargestSquare()
    {
        TOctet y = Gershgorin();
        TOctet isActive = TOctet.AllBitsSet;
        for (int sweep = 0; ; sweep++)
        {
            Sweeps++;
            (TOctet sum, TOctet squareSum, TOctet isAbove) = TracesAbove(y);
            TOctet decrement = isAbove & Laguerre(sum, squareSum);

            // A pivot that is not positive says that y is at σ_max² already, to rounding.
            y -= isActive & TOctet.ConditionalSelect(TOctet.GreaterThan(decrement, default(TOctet)), decrement, default(TOctet));
            isActive &= TOctet.GreaterThan(decrement, y * TOctet.Create(Resolution));
            if (TOctet.IsNone(isActive))
            {
                return y;
            }

            RequireSweepsLeft(sweep);
        }
    }

    // max over rows of BBᵀ of the sum of magnitudes, at least σ_max², raised above the rounding of the pivots.
    private TOctet Gershgorin()
    {
        TOctet bound = default(TOctet), before = bound;
        for (int i = 0; i < _order; i++)
        {
            TOctet e = TOctet.Load(_e + (i * Lanes));
            TOctet after = i + 1 < _order ? TOctet.Sqrt(e * TOctet.Load(_q + ((i + 1) * Lanes))) : default(TOctet);
            bound = TOctet.Max(bound, TOctet.Load(_q + (i * Lanes)) + e + before + after);
            before = after;
        }

        return bound * TOctet.Create(1 + (16 * Resolution));
    }

    // D_i = y − q_i − e_i − t_i with the coupling t_i = e_{i−1} q_i/D_{i−1}; x_i = D_i'/D_i =
    // (1 + t_i x_{i−1})/D_i; curvature_i = −D_i''/D_i = t_i (curvature_{i−1} + 2x²_{i−1})/D_i.
    private (TOctet Sum, TOctet SquareSum, TOctet IsAbove) TracesAbove(TOctet y)
    {
        TOctet sum = default(TOctet), squareSum = sum, x = sum, curvature = sum, reciprocal = sum, previousE = sum;
        TOctet isAbove = TOctet.AllBitsSet;
        for (int i = 0; i < _order; i++)
        {
            TOctet q = TOctet.Load(_q + (i * Lanes)), e = TOctet.Load(_e + (i * Lanes));
            TOctet coupling = previousE * q * reciprocal;
            TOctet pivot = y - (q + e) - coupling;
            reciprocal = TOctet.Create(1) / pivot;
            curvature = coupling * (curvature + (x * x) + (x * x)) * reciprocal;
            x = TOctet.FusedMultiplyAdd(coupling, x, TOctet.Create(1)) * reciprocal;
            sum += x;
            squareSum += TOctet.FusedMultiplyAdd(x, x, curvature);
            isAbove &= TOctet.GreaterThan(pivot, default(TOctet));
            previousE = e;
        }

        return (sum, squareSum, isAbove);
    }

    private TOctet SmallestSquare(TOctet largest)
    {
        TOctet neglected = largest * TOctet.Create(Neglected);
        TOctet total = default(TOctet), shift = total, isActive = TOctet.AllBitsSet;
        nint source = 0, target = _order * Lanes;
        for (int sweep = 0; ; sweep++)
        {
            Sweeps++;
            (TOctet sum, TOctet squareSum, TOctet isBelow) = Sweep(source, target, shift);
            if (TOctet.IsAll(isBelow))
            {
                (source, target) = (target, source);
            }
            else
            {
                Accept(source, target, isBelow);
            }

            // A lane whose shift was above σ_min² by rounding tries again with a part of it.
            total += shift & isBelow & isActive;
            TOctet next = TOctet.ConditionalSelect(isBelow, Laguerre(sum, squareSum), shift * TOctet.Create(0.25));

            // σ_min² ≤ total + n/S₁: where √ of that is above √total by more than the neglected part, the lane goes on.
            TOctet room = TOctet.ConditionalSelect(isBelow, TOctet.Create(_order) / sum, next);
            TOctet tolerance = neglected * TOctet.FusedMultiplyAdd(TOctet.Sqrt(total), TOctet.Create(2.0), neglected);
            TOctet goesOn = isActive & TOctet.GreaterThan(room, tolerance) & TOctet.GreaterThan(next, default(TOctet));
            TOctet last = TOctet.AndNot(isActive & isBelow, goesOn) & TOctet.GreaterThan(next, default(TOctet));
            total += next & last;
            isActive = goesOn;
            shift = next & isActive;
            if (TOctet.IsNone(isActive))
            {
                return total;
            }

            RequireSweepsLeft(sweep);
        }
    }

    // As BidiagonalSingularValues.Sweep, with p = x and c = curvature/2; a lane is below while every d is not negative.
    private (TOctet Sum, TOctet SquareSum, TOctet IsBelow) Sweep(nint source, nint target, TOctet shift)
    {
        double* q = _q + source, e = _e + source, newQ = _q + target, newE = _e + target;
        TOctet d = TOctet.Load(q) - shift;
        TOctet sum = default(TOctet), squareSum = sum, p = sum, curvature = sum, previousE = sum;
        TOctet isBelow = TOctet.GreaterThanOrEqual(d, default(TOctet));
        for (nint i = 0; i < _order * Lanes; i += Lanes)
        {
            bool isLast = i == (_order - 1) * Lanes;
            TOctet link = TOctet.Load(e + i);
            TOctet pivot = d + link;
            TOctet reciprocal = TOctet.Create(1) / pivot;
            curvature = previousE * (curvature + (p * p) + (p * p)) * reciprocal;
            p = TOctet.FusedMultiplyAdd(previousE, p, TOctet.Create(1)) * reciprocal;
            sum += p;
            squareSum += TOctet.FusedMultiplyAdd(p, p, curvature);
            pivot.Store(newQ + i);
            TOctet ratio = isLast ? default(TOctet) : TOctet.Load(q + i + Lanes) * reciprocal;
            previousE = link * ratio;
            previousE.Store(newE + i);
            d = isLast ? d : TOctet.FusedMultiplyAdd(d, ratio, -shift);
            isBelow &= TOctet.GreaterThanOrEqual(d, default(TOctet));
        }

        return (sum, squareSum, isBelow);
    }

    // The lanes that passed take the new q and e; the others keep the old ones.
    private void Accept(nint source, nint target, TOctet isBelow)
    {
        for (nint i = 0; i < _order * Lanes; i += Lanes)
        {
            TOctet.ConditionalSelect(isBelow, TOctet.Load(_q + target + i), TOctet.Load(_q + source + i)).Store(_q + source + i);
            TOctet.ConditionalSelect(isBelow, TOctet.Load(_e + target + i), TOctet.Load(_e + source + i)).Store(_e + source + i);
        }
    }

    // n/(S₁ + √((n − 1)(n S₂ − S₁²))), lowered by the rounding of the sums; NaN or 0 where a sum is not finite.
    private TOctet Laguerre(TOctet sum, TOctet squareSum)
    {
        TOctet spread = TOctet.Max(default(TOctet), TOctet.Create(_order - 1) * ((squareSum * TOctet.Create(_order)) - (sum * sum)));
        return TOctet.Create(_order * (1 - (4 * Resolution * _order))) / (sum + TOctet.Sqrt(spread));
    }

    private void RequireSweepsLeft(int sweep)
    {
        if (sweep >= MostSweeps)
        {
            throw new InvalidOperationException(
                $"The extreme singular values of bidiagonal blocks of order {_order} must converge within {MostSweeps} sweeps; the input "
                    + $"is not scaled.");
        }
    }
}
