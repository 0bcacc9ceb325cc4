namespace Kappa.Numerics;

/// <summary>A number as the unevaluated sum of two doubles, High + Low with |Low| ≤ u|High|, u = 2⁻⁵³: about 106 bits.</summary>
/// <remarks>
/// Theory: rounding, C.31. With δ = <see cref="Unit"/> = 2⁻¹⁰⁰ a sum is within δ(|a| + |b|) of a + b, a product, quotient or root within δ
/// of its own size, as long as nothing over- or underflows; products of numbers below 2⁻⁴⁰⁰ also lose up to <see cref="Underflow"/>. An
/// overflow gives NaN or infinity. Built on the error-free sum of Knuth (1969) and the error-free product by a fused multiply-add.
/// </remarks>
/// <param name="High">The nearest double.</param>
/// <param name="Low">What is left.</param>
internal readonly record struct DoubleDouble(double High, double Low)
{
    /// <summary>δ = 2⁻¹⁰⁰: the relative error of one operation at most.</summary>
    public const double Unit = 7.888609052210118e-31;

    /// <summary>2⁻¹⁰²²: far more than one product can lose to underflow (2⁻¹⁰⁷²).</summary>
    public const double Underflow = 2.2250738585072014e-308;

    public static implicit operator DoubleDouble(double value) => new(value, 0);

    /// <summary>a + b exactly.</summary>
    public static DoubleDouble ExactSum(double a, double b)
    {
        double sum = a + b, other = sum - a;
        return new DoubleDouble(sum, (a - (sum - other)) + (b - other));
    }

    /// <summary>a b exactly, where the product is not below 2⁻⁹⁶⁹.</summary>
    public static DoubleDouble ExactProduct(double a, double b)
    {
        double product = a * b;
        return new DoubleDouble(product, Math.FusedMultiplyAdd(a, b, -product));
    }

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        DoubleDouble sum = ExactSum(a.High, b.High);
        return ExactSum(sum.High, sum.Low + (a.Low + b.Low));
    }

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low);

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + (-b);

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        DoubleDouble product = ExactProduct(a.High, b.High);
        return ExactSum(product.High, product.Low + ((a.High * b.Low) + (a.Low * b.High)));
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        double first = a.High / b.High;
        DoubleDouble rest = a - (b * first);
        return ExactSum(first, rest.High / b.High);
    }

    /// <summary>2ᵏ a, exactly while nothing underflows.</summary>
    public DoubleDouble Scaled(int exponent) => new(Math.ScaleB(High, exponent), Math.ScaleB(Low, exponent));

    /// <summary>√a for a ≥ 2⁻⁹⁰⁰, or 0; NaN for a negative a.</summary>
    public static DoubleDouble Sqrt(DoubleDouble a)
    {
        if (a.High == 0)
        {
            return a;
        }

        double first = Math.Sqrt(a.High);
        DoubleDouble rest = a - ExactProduct(first, first);
        return ExactSum(first, rest.High / (2 * first));
    }
}
