using Kappa.Numerics;

namespace Kappa.Certificates.Ball;

/// <summary>Upper bounds of a matrix Z(θ) and its derivatives that hold at every point
/// of a ball of weights: v ≥ ‖Z‖₂, ℓ_b ≥ ‖∂Z/∂W_b‖ and q_bc ≥ ‖∂²Z/∂W_b∂W_c‖.</summary>
/// <remarks>
/// Theory: ball certificate, C.1–C.4. A derivative is measured from Frobenius norm to Frobenius norm: ℓ_b is the largest ‖DZ[u]‖ over
/// changes u of block b with ‖u‖ = 1, q_bc the largest ‖D²Z[u, w]‖ with w in block c. A block that is not trained has zeros. A value; its
/// arrays are not written after it is made.
/// </remarks>
/// <param name="Value">v.</param>
/// <param name="First">ℓ [B].</param>
/// <param name="Second">q [B, B] row by row, symmetric; empty where only first derivatives are asked for.</param>
internal sealed record DerivativeBounds(UpperBound Value, UpperBound[] First, UpperBound[] Second)
{
    /// <summary>The same quantity with another bound of its norm, for example that of its largest sample.</summary>
    public DerivativeBounds WithValue(UpperBound value) => new(value, First, Second);
}

/// <summary>The rules by which bounds of a quantity follow from bounds of those that it is made of, on one ball (C.1–C.4).</summary>
/// <remarks>
/// A layer is bounded by writing it down in these rules, with rules of its own for what is special about it; nothing here knows a model.
/// Every result is non-decreasing in the radii and in the bounds that go in, which makes the map of C.10 monotone. They are upper bounds by
/// their type, so none is lost to rounding; overflow gives infinity, which proves nothing.
/// </remarks>
/// <param name="ball">Where the bounds hold.</param>
/// <param name="isTrained">For each block, whether it is a variable.</param>
/// <param name="withSecond">Whether second derivatives are wanted; they cost B² for each operation.</param>
internal sealed class BoundCalculus(ParameterBall ball, IReadOnlyList<bool> isTrained, bool withSecond)
{
    private readonly UpperBound[] _noFirst = new UpperBound[ball.Blocks];
    private readonly UpperBound[] _noSecond = withSecond ? new UpperBound[ball.Blocks * ball.Blocks] : [];

    /// <summary>Where the bounds hold.</summary>
    public ParameterBall Ball => ball;

    /// <summary>A parameter matrix (C.1): v = ‖W_b⁰‖₂ + C_b, ℓ_b = 1; a constant when the block is not trained.</summary>
    /// <param name="block">b.</param>
    /// <param name="centreNorm">‖W_b⁰‖₂.</param>
    public DerivativeBounds Parameter(int block, UpperBound centreNorm)
    {
        if (!isTrained[block])
        {
            return Constant(centreNorm);
        }

        var first = new UpperBound[ball.Blocks];
        first[block] = 1;
        return new DerivativeBounds(centreNorm + ball[block], first, _noSecond);
    }

    /// <summary>A matrix that does not depend on the parameters (C.1).</summary>
    /// <param name="norm">Its norm.</param>
    public DerivativeBounds Constant(UpperBound norm) => new(norm, _noFirst, _noSecond);

    /// <summary>Centre plus radius (C.2): v = ‖Z⁰‖₂ + Σ_b ℓ_b C_b in place of what the rules gave.</summary>
    /// <param name="centreNorm">‖Z⁰‖₂.</param>
    /// <param name="z">Z.</param>
    public DerivativeBounds About(UpperBound centreNorm, DerivativeBounds z) => z.WithValue(centreNorm + ball.Reach(z.First));

    /// <summary>U V (C.3): ℓ = ℓ(U) v(V) + v(U) ℓ(V), q = q(U) v(V) + ℓ(U)ℓ(V)ᵀ + ℓ(V)ℓ(U)ᵀ + v(U) q(V).</summary>
    public static DerivativeBounds Product(DerivativeBounds u, DerivativeBounds v)
    {
        UpperBound[] first = Combine(v.Value, u.First, u.Value, v.First);
        UpperBound[] second = Combine(v.Value, u.Second, u.Value, v.Second);
        AddOuter(second, 1, u.First, v.First);
        AddOuter(second, 1, v.First, u.First);
        return new DerivativeBounds(u.Value * v.Value, first, second);
    }

    /// <summary>α U + V (C.3): bounds add, with |α|.</summary>
    public static DerivativeBounds Sum(double factor, DerivativeBounds u, DerivativeBounds v)
    {
        var size = (UpperBound)factor;
        return new DerivativeBounds((size * u.Value) + v.Value, Combine(size, u.First, 1, v.First), Combine(size, u.Second, 1, v.Second));
    }

    /// <summary>f(Z) for a map f with ‖Df‖ ≤ a and ‖D²f‖ ≤ c (C.4, C.5): ℓ = a ℓ, q = a q + c ℓℓᵀ. The value becomes that of C.2.</summary>
    /// <param name="z">Z.</param>
    /// <param name="firstBound">a.</param>
    /// <param name="secondBound">c.</param>
    /// <param name="centreNorm">‖f(Z⁰)‖₂.</param>
    public DerivativeBounds Map(DerivativeBounds z, UpperBound firstBound, UpperBound secondBound, UpperBound centreNorm)
    {
        UpperBound[] first = Combine(firstBound, z.First, 0, _noFirst);
        UpperBound[] second = Combine(firstBound, z.Second, 0, _noSecond);
        AddOuter(second, secondBound, z.First, z.First);
        return About(centreNorm, new DerivativeBounds(default, first, second));
    }

    /// <summary>α x + β y; y is not looked at where β is 0.</summary>
    internal static UpperBound[] Combine(UpperBound alpha, UpperBound[] x, UpperBound beta, UpperBound[] y)
    {
        var sum = new UpperBound[x.Length];
        for (int k = 0; k < sum.Length; k++)
        {
            sum[k] = (alpha * x[k]) + (beta * y[k]);
        }

        return sum;
    }

    /// <summary>matrix += factor · x yᵀ; nothing when second derivatives are not wanted.</summary>
    internal static void AddOuter(UpperBound[] matrix, UpperBound factor, UpperBound[] x, UpperBound[] y)
    {
        for (int k = 0; k < matrix.Length; k++)
        {
            (int row, int column) = Math.DivRem(k, y.Length);
            matrix[k] += factor * x[row] * y[column];
        }
    }
}
