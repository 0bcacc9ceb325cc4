using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Kappa.Numerics;

/// <summary>The largest and the smallest singular value of eight independent bidiagonal matrices, one per lane.</summary>
/// <remarks>
/// With q_i = d_i², e_i = (superdiagonal)² and n the order, both are found by Laguerre's iteration, which is monotone and cubic at a single value, and
/// linear at a cluster. Smallest: dqds sweeps from below as in <see cref="BidiagonalSingularValues"/>, whose traces S₁ = Σσ⁻² and S₂ = Σσ⁻⁴ give the next shift.
/// Largest: from above, the pivots D_i of yI − BBᵀ with the logarithmic derivatives x_i = D_i'/D_i and z_i = x_i² − D_i''/D_i give Σ(y − σ²)⁻¹ = Σ x_i and
/// Σ(y − σ²)⁻² = Σ z_i in one pass. A lane that has converged keeps its value while the others go on, so no result depends on another lane.
/// Both values are right to a few ε σ_max. The workspace is owned by the instance: one instance per thread.
/// </remarks>
internal sealed unsafe class LaneExtremes
{
    private const int Lanes = LaneReflector.Lanes;

    // Where many values are equal a sweep shortens the distance by about 2/(1 + √n) of itself, and some forty halvings are needed; more sweeps than these mean that the input was not scaled.
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
    public (Vector512<double> Largest, Vector512<double> Smallest) Compute(double* diagonal, double* superdiagonal)
    {
        for (int i = 0; i < _order; i++)
        {
            Vector512<double> d = Vector512.Load(diagonal + (i * Lanes));
            Vector512<double> e = i + 1 < _order ? Vector512.Load(superdiagonal + (i * Lanes)) : Vector512<double>.Zero;
            (d * d).Store(_q + (i * Lanes));
            (e * e).Store(_e + (i * Lanes));
        }

        Sweeps = 0;
        Vector512<double> largestSquare = LargestSquare();
        Vector512<double> largest = Vector512.Sqrt(largestSquare);
        return (largest, Vector512.Sqrt(SmallestSquare(largest)));
    }

    private Vector512<double> LargestSquare()
    {
        Vector512<double> y = Gershgorin();
        Vector512<double> isActive = Vector512<double>.AllBitsSet;
        for (int sweep = 0; ; sweep++)
        {
            Sweeps++;
            (Vector512<double> sum, Vector512<double> squareSum, Vector512<double> isAbove) = TracesAbove(y);
            Vector512<double> decrement = isAbove & Laguerre(sum, squareSum);

            // A pivot that is not positive says that y is at σ_max² already, to rounding.
            y -= isActive & Vector512.ConditionalSelect(Vector512.GreaterThan(decrement, Vector512<double>.Zero), decrement, Vector512<double>.Zero);
            isActive &= Vector512.GreaterThan(decrement, y * Resolution);
            if (isActive == Vector512<double>.Zero)
            {
                return y;
            }

            RequireSweepsLeft(sweep);
        }
    }

    // max over rows of BBᵀ of the sum of magnitudes, at least σ_max², raised above the rounding of the pivots.
    private Vector512<double> Gershgorin()
    {
        Vector512<double> bound = Vector512<double>.Zero, before = bound;
        for (int i = 0; i < _order; i++)
        {
            Vector512<double> e = Vector512.Load(_e + (i * Lanes));
            Vector512<double> after = i + 1 < _order ? Vector512.Sqrt(e * Vector512.Load(_q + ((i + 1) * Lanes))) : Vector512<double>.Zero;
            bound = Vector512.Max(bound, Vector512.Load(_q + (i * Lanes)) + e + before + after);
            before = after;
        }

        return bound * (1 + (16 * Resolution));
    }

    // D_i = y − q_i − e_i − t_i with the coupling t_i = e_{i−1} q_i/D_{i−1}; x_i = D_i'/D_i = (1 + t_i x_{i−1})/D_i; curvature_i = −D_i''/D_i = t_i (curvature_{i−1} + 2x²_{i−1})/D_i.
    private (Vector512<double> Sum, Vector512<double> SquareSum, Vector512<double> IsAbove) TracesAbove(Vector512<double> y)
    {
        Vector512<double> sum = Vector512<double>.Zero, squareSum = sum, x = sum, curvature = sum, reciprocal = sum, previousE = sum;
        Vector512<double> isAbove = Vector512<double>.AllBitsSet;
        for (int i = 0; i < _order; i++)
        {
            Vector512<double> q = Vector512.Load(_q + (i * Lanes)), e = Vector512.Load(_e + (i * Lanes));
            Vector512<double> coupling = previousE * q * reciprocal;
            Vector512<double> pivot = y - (q + e) - coupling;
            reciprocal = Vector512<double>.One / pivot;
            curvature = coupling * (curvature + (x * x) + (x * x)) * reciprocal;
            x = Vector512.FusedMultiplyAdd(coupling, x, Vector512<double>.One) * reciprocal;
            sum += x;
            squareSum += Vector512.FusedMultiplyAdd(x, x, curvature);
            isAbove &= Vector512.GreaterThan(pivot, Vector512<double>.Zero);
            previousE = e;
        }

        return (sum, squareSum, isAbove);
    }

    private Vector512<double> SmallestSquare(Vector512<double> largest)
    {
        Vector512<double> neglected = largest * Neglected;
        Vector512<double> total = Vector512<double>.Zero, shift = total, isActive = Vector512<double>.AllBitsSet;
        nint source = 0, target = _order * Lanes;
        for (int sweep = 0; ; sweep++)
        {
            Sweeps++;
            (Vector512<double> sum, Vector512<double> squareSum, Vector512<double> isBelow) = Sweep(source, target, shift);
            if (isBelow == Vector512<double>.AllBitsSet)
            {
                (source, target) = (target, source);
            }
            else
            {
                Accept(source, target, isBelow);
            }

            // A lane whose shift was above σ_min² by rounding tries again with a part of it.
            total += shift & isBelow & isActive;
            Vector512<double> next = Vector512.ConditionalSelect(isBelow, Laguerre(sum, squareSum), shift * 0.25);

            // σ_min² ≤ total + n/S₁: where √ of that is above √total by more than the neglected part, the lane goes on.
            Vector512<double> room = Vector512.ConditionalSelect(isBelow, Vector512.Create((double)_order) / sum, next);
            Vector512<double> tolerance = neglected * Vector512.FusedMultiplyAdd(Vector512.Sqrt(total), Vector512.Create(2.0), neglected);
            Vector512<double> goesOn = isActive & Vector512.GreaterThan(room, tolerance) & Vector512.GreaterThan(next, Vector512<double>.Zero);
            Vector512<double> last = Vector512.AndNot(isActive & isBelow, goesOn) & Vector512.GreaterThan(next, Vector512<double>.Zero);
            total += next & last;
            isActive = goesOn;
            shift = next & isActive;
            if (isActive == Vector512<double>.Zero)
            {
                return total;
            }

            RequireSweepsLeft(sweep);
        }
    }

    // As BidiagonalSingularValues.Sweep, with p = x and c = curvature/2; a lane is below while every d is not negative.
    private (Vector512<double> Sum, Vector512<double> SquareSum, Vector512<double> IsBelow) Sweep(nint source, nint target, Vector512<double> shift)
    {
        double* q = _q + source, e = _e + source, newQ = _q + target, newE = _e + target;
        Vector512<double> d = Vector512.Load(q) - shift;
        Vector512<double> sum = Vector512<double>.Zero, squareSum = sum, p = sum, curvature = sum, previousE = sum;
        Vector512<double> isBelow = Vector512.GreaterThanOrEqual(d, Vector512<double>.Zero);
        for (nint i = 0; i < _order * Lanes; i += Lanes)
        {
            bool isLast = i == (_order - 1) * Lanes;
            Vector512<double> link = Vector512.Load(e + i);
            Vector512<double> pivot = d + link;
            Vector512<double> reciprocal = Vector512<double>.One / pivot;
            curvature = previousE * (curvature + (p * p) + (p * p)) * reciprocal;
            p = Vector512.FusedMultiplyAdd(previousE, p, Vector512<double>.One) * reciprocal;
            sum += p;
            squareSum += Vector512.FusedMultiplyAdd(p, p, curvature);
            pivot.Store(newQ + i);
            Vector512<double> ratio = isLast ? Vector512<double>.Zero : Vector512.Load(q + i + Lanes) * reciprocal;
            previousE = link * ratio;
            previousE.Store(newE + i);
            d = isLast ? d : Vector512.FusedMultiplyAdd(d, ratio, -shift);
            isBelow &= Vector512.GreaterThanOrEqual(d, Vector512<double>.Zero);
        }

        return (sum, squareSum, isBelow);
    }

    // The lanes that passed take the new q and e; the others keep the old ones.
    private void Accept(nint source, nint target, Vector512<double> isBelow)
    {
        for (nint i = 0; i < _order * Lanes; i += Lanes)
        {
            Vector512.ConditionalSelect(isBelow, Vector512.Load(_q + target + i), Vector512.Load(_q + source + i)).Store(_q + source + i);
            Vector512.ConditionalSelect(isBelow, Vector512.Load(_e + target + i), Vector512.Load(_e + source + i)).Store(_e + source + i);
        }
    }

    // n/(S₁ + √((n − 1)(n S₂ − S₁²))), lowered by the rounding of the sums; NaN or 0 where a sum is not finite.
    private Vector512<double> Laguerre(Vector512<double> sum, Vector512<double> squareSum)
    {
        Vector512<double> spread = Vector512.Max(Vector512<double>.Zero, (_order - 1) * ((squareSum * _order) - (sum * sum)));
        return Vector512.Create(_order * (1 - (4 * Resolution * _order))) / (sum + Vector512.Sqrt(spread));
    }

    private void RequireSweepsLeft(int sweep)
    {
        if (sweep >= MostSweeps)
        {
            throw new InvalidOperationException($"The extreme singular values of bidiagonal blocks of order {_order} must converge within {MostSweeps} sweeps; the input is not scaled.");
        }
    }
}
