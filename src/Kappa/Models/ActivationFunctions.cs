using System.Numerics;
using System.Runtime.CompilerServices;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>A function and its derivative, four vectors of arguments at a time.</summary>
/// <typeparam name="TQuad">The width and precision.</typeparam>
internal interface IActivationFunction<TQuad>
    where TQuad : struct, IVectorQuad<TQuad>
{
    /// <summary>The first half of the work on x: what <see cref="Evaluate"/> takes as <c>prepared</c>.</summary>
    TQuad Prepare(TQuad x);

    /// <summary>ψ(x) and ψ'(x) in each lane; what is not used costs nothing once inlined.</summary>
    (TQuad Value, TQuad Derivative) Evaluate(TQuad x, TQuad prepared);
}

/// <summary>Identity (γ = 1), ReLU (γ = 0) and leaky ReLU; NaN fails the comparison and stays NaN.</summary>
internal readonly struct LeakyRelu<TQuad, T>(double slope) : IActivationFunction<TQuad>
    where TQuad : struct, IVectorQuad<TQuad>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _slope = T.CreateTruncating(slope);

    public TQuad Prepare(TQuad x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (TQuad Value, TQuad Derivative) Evaluate(TQuad x, TQuad prepared)
    {
        TQuad one = 1.0, slope = TQuad.Broadcast(_slope);
        TQuad oneOrNaN = TQuad.Minimum(one, one + x);
        return (TQuad.IfAtMost(x, 0.0, slope * x, x), TQuad.IfAtMost(x, 0.0, slope, oneOrNaN));
    }
}

/// <summary>Smooth leaky ReLU: ψ = γx + (1−γ)(r+x−ε)/2, ψ' = γ + (1−γ)(1+x/r)/2 with r = √(x²+ε²).</summary>
/// <remarks>
/// r + x − ε cancels for |x| ≪ ε and r + x for x ≪ −ε. With u = ε/r, t = |x|/r (u² + t² = 1), c = u for x &lt; 0 and c = 1 + t otherwise,
/// and v = c/(1+u+t) they become r + x − ε = 2 x v and 1 + x/r = 2 v² (1+u): one reciprocal root, one quotient, no difference.
/// </remarks>
internal readonly struct SmoothLeakyRelu<TQuad, T>(double slope, double smoothing) : IActivationFunction<TQuad>
    where TQuad : struct, IVectorQuad<TQuad>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _slope = T.CreateTruncating(slope);
    private readonly T _rest = T.CreateTruncating(1 - slope);
    private readonly T _smoothing = T.CreateTruncating(smoothing);
    private readonly T _squaredSmoothing = T.CreateTruncating(smoothing * smoothing);

    /// <summary>1/r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TQuad Prepare(TQuad x) => Reciprocals.SquareRoot(TQuad.MultiplyAdd(x, x, TQuad.Broadcast(_squaredSmoothing)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (TQuad Value, TQuad Derivative) Evaluate(TQuad x, TQuad prepared)
    {
        TQuad one = 1.0, slope = TQuad.Broadcast(_slope);
        TQuad u = TQuad.Broadcast(_smoothing) * prepared;
        TQuad onePlusT = TQuad.MultiplyAdd(TQuad.Abs(x), prepared, one);
        TQuad c = TQuad.IfAtMost(x, 0.0, u, onePlusT);
        TQuad v = c / (onePlusT + u);
        TQuad share = TQuad.Broadcast(_rest) * v;
        TQuad value = x * (slope + share);

        // 2 v² (1+u) is at most 2: its last bit must not lift ψ' above 1.
        TQuad derivative = TQuad.MultiplyAdd(share, TQuad.MultiplyAdd(v, u, v), slope);
        return (value, TQuad.Minimum(one, derivative));
    }
}

/// <summary>Exact GELU: ψ = x Φ(x), ψ' = Φ(x) + x φ(x) with the standard normal distribution Φ and density φ.</summary>
internal readonly struct Gelu<TQuad> : IActivationFunction<TQuad>
    where TQuad : struct, IVectorQuad<TQuad>
{
    public TQuad Prepare(TQuad x) => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (TQuad Value, TQuad Derivative) Evaluate(TQuad x, TQuad prepared)
    {
        (TQuad distribution, TQuad density) = NormalDistribution.At(x);
        return (x * distribution, TQuad.MultiplyAdd(x, density, distribution));
    }
}
