using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Kappa.Numerics;

/// <summary>A double that a non-negative real number does not exceed, whatever was done to it: every operation rounds up.</summary>
/// <remarks>
/// Theory: rounding, C.34. A sum, product, quotient or root is taken to the next double above the nearest one, so it is at least the exact
/// one also where that is below the smallest double: a positive bound never becomes 0. 0 is exact, and 0 times anything is 0, for the
/// numbers that are bounded are finite. What is not a number bounds nothing and is infinite. A double enters by a cast, which takes its
/// size, and
/// leaves by <see cref="Value"/>: no product of bounds can be formed in plain double by mistake.
/// </remarks>
internal readonly record struct UpperBound : IComparable<UpperBound>
{
    /// <summary>u = 2⁻⁵³.</summary>
    public const double UnitRoundoff = 1.1102230246251565e-16;

    /// <summary>2⁻¹⁰⁷⁴: more than one product can lose to underflow.</summary>
    public const double LostProduct = double.Epsilon;

    // More than four million additions of numbers of one sign can lose of their sum.
    private const double ManyRoundings = 1 + 1e-9;

    // Between these no square that matters has lost digits to underflow, and none has overflowed.
    private const double LeastSquares = 1e-270;
    private const double MostSquares = 1e300;

    private UpperBound(double value) => Value = double.IsNaN(value) ? double.PositiveInfinity : value;

    /// <summary>The double.</summary>
    public double Value { get; }

    /// <summary>Bounds nothing.</summary>
    public static UpperBound Infinity { get; } = new(double.PositiveInfinity);

    /// <summary>Whether it bounds anything.</summary>
    public bool IsFinite => double.IsFinite(Value);

    /// <summary>|x|, exactly.</summary>
    public static explicit operator UpperBound(double x) => new(Math.Abs(x));

    public static implicit operator UpperBound(int count) => new(Math.Abs((double)count));

    public static UpperBound operator +(UpperBound a, UpperBound b) => a.Value == 0 ? b : b.Value == 0 ? a : Above(a.Value + b.Value);

    public static UpperBound operator *(UpperBound a, UpperBound b) => a.Value == 0 || b.Value == 0 ? default : Above(a.Value * b.Value);

    /// <summary>a/b; infinite where b is not known to be positive.</summary>
    public static UpperBound operator /(UpperBound a, LowerBound b) => a.Value == 0 ? default : Above(a.Value / b.Value);

    /// <summary>[a − b]₊ at least.</summary>
    public static LowerBound operator -(LowerBound a, UpperBound b) => LowerBound.Difference(a, b);

    /// <summary>a/b at least.</summary>
    public static LowerBound operator /(LowerBound a, UpperBound b) => LowerBound.Quotient(a, b);

    public static bool operator <(UpperBound a, UpperBound b) => a.Value < b.Value;

    public static bool operator >(UpperBound a, UpperBound b) => a.Value > b.Value;

    public static bool operator <=(UpperBound a, UpperBound b) => a.Value <= b.Value;

    public static bool operator >=(UpperBound a, UpperBound b) => a.Value >= b.Value;

    /// <summary>The better of two bounds of one number.</summary>
    public static UpperBound Min(UpperBound a, UpperBound b) => a.Value <= b.Value ? a : b;

    /// <summary>A bound of the larger of two numbers.</summary>
    public static UpperBound Max(UpperBound a, UpperBound b) => a.Value >= b.Value ? a : b;

    /// <summary>A bound of the largest of some numbers; 0 for none.</summary>
    public static UpperBound Max(ReadOnlySpan<UpperBound> bounds)
    {
        UpperBound largest = default;
        foreach (UpperBound bound in bounds)
        {
            largest = Max(largest, bound);
        }

        return largest;
    }

    /// <summary>max_k x_k y_k at most.</summary>
    public static UpperBound MaxProduct(ReadOnlySpan<UpperBound> x, ReadOnlySpan<UpperBound> y)
    {
        UpperBound largest = default;
        for (int k = 0; k < x.Length; k++)
        {
            largest = Max(largest, x[k] * y[k]);
        }

        return largest;
    }

    /// <summary>√x at most.</summary>
    public static UpperBound Sqrt(UpperBound x) => x.Value == 0 ? default : Above(Math.Sqrt(x.Value));

    /// <summary>x² at most.</summary>
    public static UpperBound Square(UpperBound x) => x * x;

    /// <summary>For |x| computed in plain double from numbers of one sign with fewer than four million
    /// roundings of its own size, none of them of a number below the smallest normal one.</summary>
    public static UpperBound OfComputed(double x) => x == 0 ? default : Above(Math.Abs(x) * ManyRoundings);

    /// <summary>The exact double that this bound exceeds another number by, at most; 0 where it does not.</summary>
    public UpperBound Excess(UpperBound other) => Value > other.Value ? Above(Value - other.Value) : default;

    /// <summary>2ᵏ x at most.</summary>
    public UpperBound Scaled(int exponent) => Value == 0 ? default : Above(Math.ScaleB(Value, exponent));

    /// <summary>‖x‖ (Euclidean) at most, scaled first where squares would leave the range of doubles.</summary>
    public static UpperBound Norm(ReadOnlySpan<double> x)
    {
        double squares = Vectors.SquaredNorm(x);
        if (squares is > LeastSquares and < MostSquares)
        {
            return OfComputed(Math.Sqrt(squares));
        }

        // A maximum of magnitudes keeps what is not a number.
        double largest = x.Length == 0 ? 0 : TensorPrimitives.MaxMagnitude(x);
        if (largest == 0 || !double.IsFinite(largest))
        {
            return (UpperBound)largest;
        }

        int exponent = Math.ILogB(largest);
        squares = 0;
        foreach (double element in x)
        {
            double scaled = Math.ScaleB(element, -exponent);
            squares += scaled * scaled;
        }

        return OfComputed(Math.Sqrt(squares)).Scaled(exponent);
    }

    /// <summary>‖x‖ (Euclidean) at most.</summary>
    public static UpperBound Norm(ReadOnlySpan<UpperBound> x) => Norm(Values(x));

    /// <summary>‖X‖ (Frobenius) at most.</summary>
    public static UpperBound FrobeniusNorm(in Matrix matrix)
    {
        if (matrix.IsContiguous)
        {
            return Norm(matrix.Span);
        }

        var rows = new UpperBound[matrix.Rows];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row] = Norm(matrix.Row(row));
        }

        return Norm(rows);
    }

    /// <summary>γ_k = ku/(1 − ku): the error of a sum of k products in double, in any order
    /// and with or without fused additions, relative to the sum of their sizes.</summary>
    public static UpperBound Gamma(int terms) => OfComputed(terms * UnitRoundoff / (1 - (terms * UnitRoundoff)));

    /// <summary>What so many products can lose to underflow together.</summary>
    public static UpperBound Lost(double products) => (UpperBound)products * (UpperBound)LostProduct;

    /// <summary>The doubles of bounds.</summary>
    public static ReadOnlySpan<double> Values(ReadOnlySpan<UpperBound> bounds) => MemoryMarshal.Cast<UpperBound, double>(bounds);

    /// <inheritdoc/>
    public int CompareTo(UpperBound other) => Value.CompareTo(other.Value);

    // The nearest double is off by less than the distance to its neighbour, also where it is subnormal or 0.
    private static UpperBound Above(double nearest) => new(Math.BitIncrement(nearest));
}

/// <summary>A double that a non-negative real number is not below, whatever was done
/// to it: every operation rounds down, and 0 is what nothing is known about.</summary>
/// <remarks>Theory: rounding, C.34. The counterpart of <see cref="UpperBound"/>. What is not a number is 0.</remarks>
internal readonly record struct LowerBound : IComparable<LowerBound>
{
    private LowerBound(double value) => Value = value > 0 ? Math.Min(value, double.MaxValue) : 0;

    /// <summary>The double.</summary>
    public double Value { get; }

    /// <summary>x, exactly; 0 for a negative one.</summary>
    public static explicit operator LowerBound(double x) => new(x);

    public static implicit operator LowerBound(int count) => new(count);

    public static LowerBound operator +(LowerBound a, LowerBound b) => a.Value == 0 ? b : b.Value == 0 ? a : Below(a.Value + b.Value);

    public static LowerBound operator *(LowerBound a, LowerBound b) => Below(a.Value * b.Value);

    public static bool operator <(LowerBound a, LowerBound b) => a.Value < b.Value;

    public static bool operator >(LowerBound a, LowerBound b) => a.Value > b.Value;

    public static bool operator <=(LowerBound a, LowerBound b) => a.Value <= b.Value;

    public static bool operator >=(LowerBound a, LowerBound b) => a.Value >= b.Value;

    /// <summary>The better of two bounds of one number.</summary>
    public static LowerBound Max(LowerBound a, LowerBound b) => a.Value >= b.Value ? a : b;

    /// <summary>[a − b]₊ at least.</summary>
    public static LowerBound Difference(LowerBound a, UpperBound b) => b.Value == 0 ? a : Below(a.Value - b.Value);

    /// <summary>a/b at least.</summary>
    public static LowerBound Quotient(LowerBound a, UpperBound b) => Below(a.Value / b.Value);

    /// <summary>√x at least.</summary>
    public static LowerBound Sqrt(LowerBound x) => Below(Math.Sqrt(x.Value));

    /// <summary>x² at least.</summary>
    public static LowerBound Square(LowerBound x) => x * x;

    /// <summary>2ᵏ x at least.</summary>
    public LowerBound Scaled(int exponent) => Below(Math.ScaleB(Value, exponent));

    /// <inheritdoc/>
    public int CompareTo(LowerBound other) => Value.CompareTo(other.Value);

    private static LowerBound Below(double nearest) => new(Math.BitDecrement(nearest));
}
