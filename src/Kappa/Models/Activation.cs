using System.Numerics;
using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>The kinds of ψ (R.5).</summary>
public enum ActivationKind
{
    /// <summary>ψ(x) = x.</summary>
    Identity,

    /// <summary>ψ(x) = max(x, 0).</summary>
    Relu,

    /// <summary>ψ(x) = x for x &gt; 0, γx otherwise.</summary>
    LeakyRelu,

    /// <summary>ψ(x) = γx + (1−γ)(√(x²+ε²)+x−ε)/2.</summary>
    SmoothLeakyRelu,

    /// <summary>ψ(x) = x P(G ≤ x) for a standard normal G, exact (no tanh approximation).</summary>
    Gelu,
}

/// <summary>The element-wise function ψ of the feed-forward branch (R.3, R.5), its derivatives and their bounds.</summary>
/// <remarks>
/// At the kink of ReLU and leaky ReLU the derivative is the left one (0 and γ). Immutable and thread-safe. A NaN gives NaN, an infinity
/// may. Smooth leaky ReLU is evaluated without cancellation, also where |x| is much smaller or much larger than ε; |x| above 1e154 gives
/// NaN, in single precision |x| above 1e19, where ε must lie in [1e-18, 1e18].
/// </remarks>
/// <param name="Kind">Which function.</param>
/// <param name="Slope">γ, the slope at −∞, in [0, 1]; used by leaky and smooth leaky ReLU.</param>
/// <param name="Smoothing">ε &gt; 0, the half-width of the bend; used by smooth leaky ReLU.</param>
public sealed record Activation(ActivationKind Kind, double Slope = 0.1, double Smoothing = 0.5)
{
    internal const double SmallestSmoothing = 1e-100;
    internal const double LargestSmoothing = 1e100;

    // sup |d/dx x Φ(x)| is taken at x = √2, sup |d²/dx² x Φ(x)| = 2 φ(0) = √(2/π) at x = 0.
    private const double GeluFirstBound = 1.1289041451851549;
    private const double GeluSecondBound = 0.79788456080286536;

    /// <summary>Whether ψ has a bounded second derivative, which the smoothness theorems need.</summary>
    public bool IsSmooth => SecondDerivativeBound is not null;

    /// <summary>γ of the PL bounds (P.5): inf ψ', or <c>null</c> where it is not positive or ψ is not monotone.</summary>
    public double? DerivativeLowerBound => Kind switch
    {
        ActivationKind.Identity => 1,
        ActivationKind.LeakyRelu or ActivationKind.SmoothLeakyRelu when Slope > 0 => Slope,
        _ => null,
    };

    /// <summary>a = sup |ψ'|.</summary>
    public double DerivativeBound => Kind == ActivationKind.Gelu ? GeluFirstBound : 1;

    /// <summary>c = sup |ψ''|; <c>null</c> where ψ' jumps.</summary>
    public double? SecondDerivativeBound => Kind switch
    {
        ActivationKind.Identity => 0,
        ActivationKind.SmoothLeakyRelu => (1 - Slope) / (2 * Smoothing),
        ActivationKind.Gelu => GeluSecondBound,
        ActivationKind.LeakyRelu when Slope == 1 => 0,
        _ => null,
    };

    /// <summary>sup ψ' − inf ψ': the most that ψ' can change.</summary>
    internal double DerivativeRange => Kind switch
    {
        ActivationKind.Identity => 0,
        ActivationKind.Relu => 1,
        ActivationKind.Gelu => (2 * GeluFirstBound) - 1,
        _ => 1 - Slope,
    };

    /// <summary>ψ(x).</summary>
    /// <param name="x">x.</param>
    public double Value(double x) => At(x).Value;

    /// <summary>ψ'(x).</summary>
    /// <param name="x">x.</param>
    public double Derivative(double x) => At(x).Derivative;

    /// <summary>ψ''(x); 0 at the kink of ReLU and leaky ReLU.</summary>
    /// <param name="x">x.</param>
    public double SecondDerivative(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        switch (Kind)
        {
            case ActivationKind.SmoothLeakyRelu:
                double ratio = Smoothing / Math.Sqrt((x * x) + (Smoothing * Smoothing));
                return (1 - Slope) / (2 * Smoothing) * ratio * ratio * ratio;
            case ActivationKind.Gelu:
                return (2 - (x * x)) * ErrorFunction.NormalDensity(x);
            default:
                return 0;
        }
    }

    /// <summary>Φ = ψ(P), element by element.</summary>
    /// <param name="preactivation">P.</param>
    /// <param name="hidden">Φ, of the same length; may be the same memory.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Apply(ReadOnlySpan<double> preactivation, Span<double> hidden) => Apply<double>(preactivation, hidden);

    /// <summary>Φ = ψ(P) and ψ'(P), element by element: for what both share, cheaper than one after the other.</summary>
    /// <param name="preactivation">P.</param>
    /// <param name="hidden">Φ, of the same length.</param>
    /// <param name="derivative">ψ'(P), of the same length; may be the memory of P.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void ApplyWithDerivative(ReadOnlySpan<double> preactivation, Span<double> hidden, Span<double> derivative) =>
        ApplyWithDerivative<double>(preactivation, hidden, derivative);

    /// <summary>dP ← dΦ ∘ ψ'(P), element by element and in place (R.6).</summary>
    /// <param name="preactivation">P.</param>
    /// <param name="gradient">dΦ on entry, dP on return, of the same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void MultiplyByDerivative(ReadOnlySpan<double> preactivation, Span<double> gradient) =>
        MultiplyByDerivative<double>(preactivation, gradient);

    /// <inheritdoc cref="Apply(ReadOnlySpan{double}, Span{double})"/>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    internal void Apply<T>(ReadOnlySpan<T> preactivation, Span<T> hidden, VectorPath? path = null)
        where T : unmanaged, IFloatingPointIeee754<T> => Run<T, ValueOutput>(path ?? VectorPaths.Widest, preactivation, hidden, hidden);

    /// <inheritdoc cref="ApplyWithDerivative(ReadOnlySpan{double}, Span{double}, Span{double})"/>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    internal void ApplyWithDerivative<T>(ReadOnlySpan<T> preactivation, Span<T> hidden, Span<T> derivative, VectorPath? path = null)
        where T : unmanaged,
        IFloatingPointIeee754<T> => Run<T, ValueAndDerivativeOutput>(path ?? VectorPaths.Widest, preactivation, hidden, derivative);

    /// <inheritdoc cref="MultiplyByDerivative(ReadOnlySpan{double}, Span{double})"/>
    /// <typeparam name="T"><c>double</c> or <c>float</c>.</typeparam>
    internal void MultiplyByDerivative<T>(ReadOnlySpan<T> preactivation, Span<T> gradient, VectorPath? path = null)
        where T : unmanaged,
        IFloatingPointIeee754<T> => Run<T, ProductOutput>(path ?? VectorPaths.Widest, preactivation, gradient, gradient);

    /// <summary>max |ψ''| over [x − radius, x + radius] at most, by little; 0 for the functions whose ψ' jumps.</summary>
    /// <remarks>Theory: rounding, C.36. The share 1e-9 exceeds the rounding of what is
    /// computed, of |x| ± radius too; where that underflows, 1e-290 exceeds it.</remarks>
    /// <param name="x">Centre.</param>
    /// <param name="radius">At least 0.</param>
    internal double SecondDerivativeBoundNear(double x, double radius)
    {
        const double Slack = 1e-9, Smallest = 1e-290;
        double size = Math.Abs(x), nearest = Math.Max(size - radius, 0), farthest = size + radius;
        if (Kind is not (ActivationKind.Gelu or ActivationKind.SmoothLeakyRelu) || SecondDerivativeBound == 0 || double.IsNaN(nearest))
        {
            return double.IsNaN(nearest) ? nearest : 0;
        }

        return (Kind == ActivationKind.Gelu ? GeluBoundBetween(nearest, farthest) : SmoothLeakyReluBoundAt(nearest)) * (1 + Slack)
            + Smallest;
    }

    // |ψ''| falls with |x|. Where squares overflow, |x| stands for the root.
    private double SmoothLeakyReluBoundAt(double x)
    {
        const double LargestSquared = 1e150;
        double ratio = Smoothing / (x < LargestSquared ? Math.Sqrt((x * x) + (Smoothing * Smoothing)) : x);
        return (1 - Slope) / (2 * Smoothing) * ratio * ratio * ratio;
    }

    // |2 − x²| φ(x) falls from 0 to √2, rises to its second peak at 2 and falls again.
    private static double GeluBoundBetween(double nearest, double farthest)
    {
        double peak = nearest <= 2 && farthest >= 2 ? GeluBoundAt(2) : 0;
        return Math.Max(peak, Math.Max(GeluBoundAt(nearest), GeluBoundAt(farthest)));
    }

    // Beyond 30 less than 1e-190. The difference cancels near √2; the rounding
    // of it, of x and of the exponent there are less than 1e-12 (2 + x²) φ(x).
    private static double GeluBoundAt(double x)
    {
        const double Largest = 30, Rounding = 1e-12, DensityAtZero = 0.3989422804014327;
        if (!(x < Largest))
        {
            return 1e-190;
        }

        double square = x * x;
        return (Math.Abs(2 - square) + (Rounding * (2 + square))) * DensityAtZero * PreciseExponential.Of(-0.5 * square).High;
    }

    internal void AddProblems(List<string> problems)
    {
        if (!Enum.IsDefined(Kind))
        {
            problems.Add($"The activation must be one of {string.Join(", ", Enum.GetNames<ActivationKind>())} but is {Kind}.");
        }

        if (Kind is ActivationKind.LeakyRelu or ActivationKind.SmoothLeakyRelu && !(Slope is >= 0 and <= 1))
        {
            problems.Add($"The activation's slope γ must lie in [0, 1] but is {Slope}.");
        }

        if (Kind == ActivationKind.SmoothLeakyRelu && !(Smoothing is >= SmallestSmoothing and <= LargestSmoothing))
        {
            problems.Add($"The activation's smoothing ε must lie in [1e-100, 1e100] but is {Smoothing}. For ε = 0 take the leaky ReLU.");
        }
    }

    private (double Value, double Derivative) At(double x)
    {
        Span<double> results = stackalloc double[2];
        ApplyWithDerivative(new ReadOnlySpan<double>(in x), results[..1], results[1..]);
        return (results[0], results[1]);
    }

    private void Run<T, TOutput>(VectorPath path, ReadOnlySpan<T> preactivation, Span<T> first, Span<T> second)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOutput : struct, IElementwiseOutput
    {
        if (preactivation.Length != first.Length || preactivation.Length != second.Length)
        {
            throw new ArgumentException(
                $"The spans must have the same length but have {preactivation.Length}, {first.Length} and {second.Length} elements.");
        }

        ElementwiseActivation.Run<T, TOutput>(path, this, preactivation, first, second);
    }
}
