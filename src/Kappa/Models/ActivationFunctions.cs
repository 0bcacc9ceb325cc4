using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A function and its derivative, four vectors of arguments at a time.</summary>
/// <typeparam name="T">The precision: <c>double</c> or <c>float</c>.</typeparam>
internal interface IActivationFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The first half of the work on x: what <see cref="Evaluate"/> takes as <c>prepared</c>.</summary>
    VectorQuad<T> Prepare(VectorQuad<T> x);

    /// <summary>ψ(x) and ψ'(x) in each lane; what is not used costs nothing once inlined.</summary>
    (VectorQuad<T> Value, VectorQuad<T> Derivative) Evaluate(VectorQuad<T> x, VectorQuad<T> prepared);
}

/// <summary>Identity (γ = 1), ReLU (γ = 0) and leaky ReLU; NaN fails the comparison and stays NaN.</summary>
internal readonly struct LeakyRelu<T>(double slope) : IActivationFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Vector512<T> _slope = VectorArithmetic.Broadcast<T>(slope);

    public VectorQuad<T> Prepare(VectorQuad<T> x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (VectorQuad<T> Value, VectorQuad<T> Derivative) Evaluate(VectorQuad<T> x, VectorQuad<T> prepared)
    {
        VectorQuad<T> one = Vector512<T>.One, slope = _slope;
        VectorQuad<T> oneOrNaN = VectorQuad<T>.Minimum(one, one + x);
        return (VectorQuad<T>.IfAtMost(x, Vector512<T>.Zero, slope * x, x), VectorQuad<T>.IfAtMost(x, Vector512<T>.Zero, slope, oneOrNaN));
    }
}

/// <summary>Smooth leaky ReLU: ψ = γx + (1−γ)(r+x−ε)/2, ψ' = γ + (1−γ)(1+x/r)/2 with r = √(x²+ε²).</summary>
/// <remarks>
/// r + x − ε cancels for |x| ≪ ε and r + x for x ≪ −ε. With u = ε/r, t = |x|/r (u² + t² = 1), c = u for x &lt; 0 and c = 1 + t otherwise, and v = c/(1+u+t) they become
/// r + x − ε = 2 x v and 1 + x/r = 2 v² (1+u): one reciprocal root, one quotient, no difference.
/// </remarks>
internal readonly struct SmoothLeakyRelu<T>(double slope, double smoothing) : IActivationFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Vector512<T> _slope = VectorArithmetic.Broadcast<T>(slope);
    private readonly Vector512<T> _rest = VectorArithmetic.Broadcast<T>(1 - slope);
    private readonly Vector512<T> _smoothing = VectorArithmetic.Broadcast<T>(smoothing);
    private readonly Vector512<T> _squaredSmoothing = VectorArithmetic.Broadcast<T>(smoothing * smoothing);

    /// <summary>1/r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VectorQuad<T> Prepare(VectorQuad<T> x) => Reciprocals.SquareRoot(VectorQuad<T>.MultiplyAdd(x, x, _squaredSmoothing));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (VectorQuad<T> Value, VectorQuad<T> Derivative) Evaluate(VectorQuad<T> x, VectorQuad<T> prepared)
    {
        VectorQuad<T> one = Vector512<T>.One, slope = _slope;
        VectorQuad<T> u = _smoothing * prepared;
        VectorQuad<T> onePlusT = VectorQuad<T>.MultiplyAdd(VectorQuad<T>.Abs(x), prepared, one);
        VectorQuad<T> c = VectorQuad<T>.IfAtMost(x, Vector512<T>.Zero, u, onePlusT);
        VectorQuad<T> v = c / (onePlusT + u);
        VectorQuad<T> share = _rest * v;
        VectorQuad<T> value = x * (slope + share);

        // 2 v² (1+u) is at most 2: its last bit must not lift ψ' above 1.
        VectorQuad<T> derivative = VectorQuad<T>.MultiplyAdd(share, VectorQuad<T>.MultiplyAdd(v, u, v), slope);
        return (value, VectorQuad<T>.Minimum(one, derivative));
    }
}

/// <summary>Exact GELU: ψ = x Φ(x), ψ' = Φ(x) + x φ(x) with the standard normal distribution Φ and density φ.</summary>
internal readonly struct Gelu<T> : IActivationFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public VectorQuad<T> Prepare(VectorQuad<T> x) => x;

    public (VectorQuad<T> Value, VectorQuad<T> Derivative) Evaluate(VectorQuad<T> x, VectorQuad<T> prepared)
    {
        (Vector512<T> v0, Vector512<T> d0) = EvaluateOne(x.First);
        (Vector512<T> v1, Vector512<T> d1) = EvaluateOne(x.Second);
        (Vector512<T> v2, Vector512<T> d2) = EvaluateOne(x.Third);
        (Vector512<T> v3, Vector512<T> d3) = EvaluateOne(x.Fourth);
        return (new(v0, v1, v2, v3), new(d0, d1, d2, d3));
    }

    // Single precision through double, half of the lanes at a time: its error is that of the final rounding.
    private static (Vector512<T> Value, Vector512<T> Derivative) EvaluateOne(Vector512<T> x)
    {
        if (typeof(T) == typeof(double))
        {
            (Vector512<double> value, Vector512<double> derivative) = InDouble(x.AsDouble());
            return (value.As<double, T>(), derivative.As<double, T>());
        }

        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(x.AsSingle());
        (Vector512<double> lowValue, Vector512<double> lowDerivative) = InDouble(low);
        (Vector512<double> highValue, Vector512<double> highDerivative) = InDouble(high);
        return (Vector512.Narrow(lowValue, highValue).As<float, T>(), Vector512.Narrow(lowDerivative, highDerivative).As<float, T>());
    }

    private static (Vector512<double> Value, Vector512<double> Derivative) InDouble(Vector512<double> x)
    {
        Vector512<double> distribution = ErrorFunction.NormalDistribution(x);
        return (x * distribution, distribution + (x * ErrorFunction.NormalDensity(x)));
    }
}
