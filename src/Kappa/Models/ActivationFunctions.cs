using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A function and its derivative, eight arguments at a time.</summary>
internal interface IActivationFunction
{
    /// <summary>The first half of the work on x: what <see cref="Evaluate"/> takes as <c>prepared</c>.</summary>
    Vector512<double> Prepare(Vector512<double> x);

    /// <summary>ψ(x) and ψ'(x) in each lane; what is not used costs nothing once inlined.</summary>
    (Vector512<double> Value, Vector512<double> Derivative) Evaluate(Vector512<double> x, Vector512<double> prepared);
}

/// <summary>Identity (γ = 1), ReLU (γ = 0) and leaky ReLU; NaN fails the comparison and stays NaN.</summary>
internal readonly struct LeakyRelu(double slope) : IActivationFunction
{
    private readonly Vector512<double> _slope = Vector512.Create(slope);

    public Vector512<double> Prepare(Vector512<double> x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector512<double> Value, Vector512<double> Derivative) Evaluate(Vector512<double> x, Vector512<double> prepared)
    {
        Vector512<double> isLow = Vector512.LessThanOrEqual(x, Vector512<double>.Zero);
        Vector512<double> oneOrNaN = Vector512.ConditionalSelect(Vector512.Equals(x, x), Vector512<double>.One, x);
        return (Vector512.ConditionalSelect(isLow, _slope * x, x), Vector512.ConditionalSelect(isLow, _slope, oneOrNaN));
    }
}

/// <summary>Smooth leaky ReLU: ψ = γx + (1−γ)(r+x−ε)/2, ψ' = γ + (1−γ)(1+x/r)/2 with r = √(x²+ε²).</summary>
/// <remarks>
/// r + x − ε cancels for |x| ≪ ε and r + x for x ≪ −ε. With a = |x|, r − ε = x²/(r+ε) and r − a = ε²/(r+a) they become
/// r + x − ε = x (a+r+ε) c/((r+ε)(r+a)) and 1 + x/r = c²/(r (r+a)), where c = ε for x &lt; 0 and c = r + a otherwise: no difference is left.
/// Both come from one root and one reciprocal w = 1/(r (r+a) (r+ε)), which are what the function costs.
/// </remarks>
internal readonly struct SmoothLeakyRelu(double slope, double smoothing) : IActivationFunction
{
    private readonly Vector512<double> _slope = Vector512.Create(slope);
    private readonly Vector512<double> _halfRest = Vector512.Create((1 - slope) / 2);
    private readonly Vector512<double> _smoothing = Vector512.Create(smoothing);
    private readonly Vector512<double> _squaredSmoothing = Vector512.Create(smoothing * smoothing);

    /// <summary>r = √(x²+ε²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Prepare(Vector512<double> x) => Reciprocals.SquareRoot(Vector512.FusedMultiplyAdd(x, x, _squaredSmoothing));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Vector512<double> Value, Vector512<double> Derivative) Evaluate(Vector512<double> x, Vector512<double> prepared)
    {
        Vector512<double> magnitude = Vector512.Abs(x);
        Vector512<double> rootAndMagnitude = prepared + magnitude;
        Vector512<double> rootAndSmoothing = prepared + _smoothing;
        Vector512<double> c = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), _smoothing, rootAndMagnitude);
        Vector512<double> reciprocal = Reciprocals.Reciprocal(prepared * rootAndMagnitude * rootAndSmoothing);
        Vector512<double> value = (_slope * x) + (_halfRest * x * ((magnitude + rootAndSmoothing) * c * (prepared * reciprocal)));
        Vector512<double> ratio = c * c * (rootAndSmoothing * reciprocal);

        // 1 + x/r is at most 2: its last bit must not lift ψ' above 1. A NaN compares false and stays.
        Vector512<double> two = Vector512.Create(2.0);
        Vector512<double> derivative = _slope + (_halfRest * Vector512.ConditionalSelect(Vector512.GreaterThan(ratio, two), two, ratio));
        return (value, derivative);
    }
}

/// <summary>Exact GELU: ψ = x Φ(x), ψ' = Φ(x) + x φ(x) with the standard normal distribution Φ and density φ.</summary>
internal readonly struct Gelu : IActivationFunction
{
    public Vector512<double> Prepare(Vector512<double> x) => x;

    public (Vector512<double> Value, Vector512<double> Derivative) Evaluate(Vector512<double> x, Vector512<double> prepared)
    {
        Vector512<double> distribution = ErrorFunction.NormalDistribution(x);
        return (x * distribution, distribution + (x * ErrorFunction.NormalDensity(x)));
    }
}
