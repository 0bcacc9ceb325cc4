using System.Globalization;
using System.Numerics;

namespace Kappa.Tests.Oracle;

/// <summary>A binary floating-point number m·2^e with a mantissa of 256 bits (77 decimal digits)
/// and no limit of the exponent: the referee of everything that double precision rounds.</summary>
/// <remarks>
/// +, −, ×, ÷ and √ are within 2⁻²⁵⁴ of their own size; an exponential loses 20 bits more (its squarings), so that a chain of some thousand
/// operations without cancellation keeps 65 digits. There is no NaN and no infinity: a division by 0 throws. Slow, obvious, and used by
/// tests alone.
/// </remarks>
internal readonly struct BigReal : IComparable<BigReal>
{
    /// <summary>Bits of a mantissa.</summary>
    public const int Precision = 256;

    private readonly BigInteger _mantissa;
    private readonly long _exponent;

    private BigReal(BigInteger mantissa, long exponent)
    {
        long excess = mantissa.IsZero ? 0 : Length(mantissa) - Precision;
        if (excess > 0)
        {
            mantissa = (mantissa + (BigInteger.One << (int)(excess - 1))) >> (int)excess;
            exponent += excess;
        }

        (_mantissa, _exponent) = (mantissa, mantissa.IsZero ? 0 : exponent);
    }

    /// <summary>0.</summary>
    public static BigReal Zero => default;

    /// <summary>1.</summary>
    public static BigReal One => 1;

    /// <summary>ln 2 = 2 artanh(1/3).</summary>
    public static BigReal Ln2 { get; } = NaturalLogarithmOfTwo();

    /// <summary>−1, 0 or 1.</summary>
    public int Sign => _mantissa.Sign;

    /// <summary>Exact.</summary>
    public static implicit operator BigReal(int value) => new(value, 0);

    /// <summary>Exact; a subnormal too.</summary>
    /// <exception cref="ArgumentException">NaN or infinite.</exception>
    public static implicit operator BigReal(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"The number must be finite but is {value}.", nameof(value));
        }

        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        long fraction = bits & 0xFFFFFFFFFFFFF;
        long mantissa = biased == 0 ? fraction : fraction | (1L << 52);
        return new(bits < 0 ? -mantissa : mantissa, Math.Max(biased, 1) - 1075);
    }

    /// <summary>The nearest double, but for a last bit.</summary>
    public static explicit operator double(BigReal value)
    {
        if (value._mantissa.IsZero)
        {
            return 0;
        }

        int shift = (int)Math.Max(Length(value._mantissa) - 64, 0);
        return Math.ScaleB((double)(value._mantissa >> shift), (int)Math.Clamp(value._exponent + shift, -5000, 5000));
    }

    public static BigReal operator -(BigReal a) => new(-a._mantissa, a._exponent);

    public static BigReal operator +(BigReal a, BigReal b)
    {
        if (a.Sign == 0 || b.Sign == 0)
        {
            return a.Sign == 0 ? b : a;
        }

        // What is below the last bit of the other by a margin only says on which side of it the sum is; the rounding has that error anyway.
        long topOfA = a._exponent + Length(a._mantissa), topOfB = b._exponent + Length(b._mantissa);
        if (Math.Abs(topOfA - topOfB) > Precision + 8)
        {
            return topOfA > topOfB ? a : b;
        }

        long exponent = Math.Min(a._exponent, b._exponent);
        return new((a._mantissa << (int)(a._exponent - exponent)) + (b._mantissa << (int)(b._exponent - exponent)), exponent);
    }

    public static BigReal operator -(BigReal a, BigReal b) => a + (-b);

    public static BigReal operator *(BigReal a, BigReal b) => new(a._mantissa * b._mantissa, a._exponent + b._exponent);

    public static BigReal operator /(BigReal a, BigReal b)
    {
        int shift = (int)Math.Max(Precision + 2 + Length(b._mantissa) - Length(a._mantissa), 0);
        return new((a._mantissa << shift) / b._mantissa, a._exponent - shift - b._exponent);
    }

    public static bool operator <(BigReal a, BigReal b) => a.CompareTo(b) < 0;

    public static bool operator >(BigReal a, BigReal b) => a.CompareTo(b) > 0;

    public static bool operator <=(BigReal a, BigReal b) => a.CompareTo(b) <= 0;

    public static bool operator >=(BigReal a, BigReal b) => a.CompareTo(b) >= 0;

    /// <summary>A decimal number such as <c>2.718</c>.</summary>
    public static BigReal Parse(string digits)
    {
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        BigInteger whole = BigInteger.Parse(digits.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return point < 0 ? new(whole, 0) : new BigReal(whole, 0) / new BigReal(BigInteger.Pow(10, digits.Length - point - 1), 0);
    }

    /// <summary>|a|.</summary>
    public static BigReal Abs(BigReal a) => a.Sign < 0 ? -a : a;

    /// <summary>The larger.</summary>
    public static BigReal Max(BigReal a, BigReal b) => a < b ? b : a;

    /// <summary>The smaller.</summary>
    public static BigReal Min(BigReal a, BigReal b) => a < b ? a : b;

    /// <summary>√a, a ≥ 0.</summary>
    public static BigReal Sqrt(BigReal a)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(a.Sign);
        if (a.Sign == 0)
        {
            return a;
        }

        int shift = (int)Math.Max((2 * Precision) + 2 - Length(a._mantissa), 0);
        shift += (int)((a._exponent - shift) & 1);
        return new(IntegerRoot(a._mantissa << shift), (a._exponent - shift) / 2);
    }

    /// <summary>e^a; 0 for a &lt; −100,000, where it is below 10^−43,000.</summary>
    public static BigReal Exp(BigReal a)
    {
        const int Squarings = 16;
        if (a < -100_000)
        {
            return Zero;
        }

        // a = k ln 2 + 2^16 y with |y| < 1e-5: Taylor at y, squared sixteen times.
        long k = (long)Math.Round((double)a / Math.Log(2));
        BigReal rest = a - (k * Ln2), y = new(rest._mantissa, rest._exponent - Squarings), term = One, power = One;
        for (int n = 1; n <= 16; n++)
        {
            term = term * y / n;
            power += term;
        }

        for (int n = 0; n < Squarings; n++)
        {
            power *= power;
        }

        return new(power._mantissa, power._exponent + k);
    }

    /// <inheritdoc/>
    public int CompareTo(BigReal other) => (this - other).Sign;

    /// <inheritdoc/>
    public override string ToString() => ((double)this).ToString("R", CultureInfo.InvariantCulture);

    private static long Length(BigInteger value) => BigInteger.Abs(value).GetBitLength();

    // ⌊√n⌋ by Newton's method from above.
    private static BigInteger IntegerRoot(BigInteger n)
    {
        int shift = (int)Math.Max((Length(n) - 100) / 2 * 2, 0);
        BigInteger root = (new BigInteger(Math.Sqrt((double)(n >> shift)) * (1 + 1e-15)) + 1) << (shift / 2);
        while (true)
        {
            BigInteger next = (root + (n / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }

    private static BigReal NaturalLogarithmOfTwo()
    {
        BigReal sum = Zero, power = One / 3;
        for (int n = 1; n < 200; n += 2)
        {
            sum += power / n;
            power /= 9;
        }

        return sum + sum;
    }
}
