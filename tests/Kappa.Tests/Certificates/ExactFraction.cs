using System.Numerics;

namespace Kappa.Tests.Certificates;

/// <summary>A number as an integer over 2^400: doubles between 2^-340 and
/// 2^340 are exact, quotients and roots are right to 2^-400.</summary>
internal readonly record struct ExactFraction(BigInteger Scaled)
{
    private const int Bits = 400;

    public static ExactFraction Of(double value)
    {
        if (value == 0)
        {
            return default;
        }

        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        int shift = Math.Max(exponent, 1) - 1075 + Bits;
        BigInteger magnitude = shift >= 0 ? mantissa << shift : mantissa >> -shift;
        return new ExactFraction(bits < 0 ? -magnitude : magnitude);
    }

    public static ExactFraction operator +(ExactFraction a, ExactFraction b) => new(a.Scaled + b.Scaled);

    public static ExactFraction operator -(ExactFraction a, ExactFraction b) => new(a.Scaled - b.Scaled);

    public static ExactFraction operator *(ExactFraction a, ExactFraction b) => new((a.Scaled * b.Scaled) >> Bits);

    public static ExactFraction operator /(ExactFraction a, ExactFraction b) => new((a.Scaled << Bits) / b.Scaled);

    public ExactFraction Absolute() => new(BigInteger.Abs(Scaled));

    public double ToDouble() => Math.Exp(BigInteger.Log(BigInteger.Abs(Scaled)) - (Bits * Math.Log(2))) * Scaled.Sign;

    /// <summary>√a by Newton's iteration on integers.</summary>
    public static ExactFraction Sqrt(ExactFraction a)
    {
        if (a.Scaled.IsZero)
        {
            return a;
        }

        BigInteger target = a.Scaled << Bits;
        BigInteger root = BigInteger.One << (int)((target.GetBitLength() + 1) / 2);
        for (BigInteger next = (root + (target / root)) >> 1; next < root; next = (root + (target / root)) >> 1)
        {
            root = next;
        }

        return new ExactFraction(root);
    }

    /// <summary>e^x for x ≤ 0: halved 16 times, sixty terms, squared as often; 0 below 2^-400.</summary>
    public static ExactFraction Exp(ExactFraction x)
    {
        const int Halvings = 16;
        if (x.Scaled < Of(-280).Scaled)
        {
            return default;
        }

        var y = new ExactFraction(x.Scaled >> Halvings);
        ExactFraction one = Of(1), sum = one, term = one;
        for (int k = 1; k <= 60; k++)
        {
            term = term * y / Of(k);
            sum += term;
        }

        for (int k = 0; k < Halvings; k++)
        {
            sum *= sum;
        }

        return sum;
    }
}
