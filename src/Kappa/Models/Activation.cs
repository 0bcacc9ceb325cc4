using System.Runtime.Intrinsics;
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
/// At the kink of ReLU and leaky ReLU the derivative is the left one (0 and γ). Immutable and thread-safe. A NaN gives NaN.
/// Smooth leaky ReLU is evaluated without cancellation, also where |x| is much smaller or much larger than ε; |x| and ε above 1e154 overflow.
/// </remarks>
/// <param name="Kind">Which function.</param>
/// <param name="Slope">γ, the slope at −∞, in [0, 1]; used by leaky and smooth leaky ReLU.</param>
/// <param name="Smoothing">ε &gt; 0, the half-width of the bend; used by smooth leaky ReLU.</param>
public sealed record Activation(ActivationKind Kind, double Slope = 0.1, double Smoothing = 0.5)
{
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

    /// <summary>ψ(x).</summary>
    /// <param name="x">x.</param>
    public double Value(double x)
    {
        double result = 0;
        Apply(new ReadOnlySpan<double>(in x), new Span<double>(ref result));
        return result;
    }

    /// <summary>ψ'(x).</summary>
    /// <param name="x">x.</param>
    public double Derivative(double x)
    {
        double result = 1;
        MultiplyByDerivative(new ReadOnlySpan<double>(in x), new Span<double>(ref result));
        return result;
    }

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
    public void Apply(ReadOnlySpan<double> preactivation, Span<double> hidden)
    {
        RequireSameLength(preactivation.Length, hidden.Length);
        switch (Kind)
        {
            case ActivationKind.Identity:
                preactivation.CopyTo(hidden);
                break;
            case ActivationKind.Relu:
                ElementwiseActivation.Apply(new LeakyRelu(0), preactivation, hidden);
                break;
            case ActivationKind.LeakyRelu:
                ElementwiseActivation.Apply(new LeakyRelu(Slope), preactivation, hidden);
                break;
            case ActivationKind.SmoothLeakyRelu:
                ElementwiseActivation.Apply(new SmoothLeakyRelu(Slope, Smoothing), preactivation, hidden);
                break;
            default:
                ElementwiseActivation.Apply(default(Gelu), preactivation, hidden);
                break;
        }
    }

    /// <summary>dP ← dΦ ∘ ψ'(P), element by element and in place (R.6).</summary>
    /// <param name="preactivation">P.</param>
    /// <param name="gradient">dΦ on entry, dP on return, of the same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void MultiplyByDerivative(ReadOnlySpan<double> preactivation, Span<double> gradient)
    {
        RequireSameLength(preactivation.Length, gradient.Length);
        switch (Kind)
        {
            case ActivationKind.Identity:
                break;
            case ActivationKind.Relu:
                ElementwiseActivation.MultiplyByDerivative(new LeakyRelu(0), preactivation, gradient);
                break;
            case ActivationKind.LeakyRelu:
                ElementwiseActivation.MultiplyByDerivative(new LeakyRelu(Slope), preactivation, gradient);
                break;
            case ActivationKind.SmoothLeakyRelu:
                ElementwiseActivation.MultiplyByDerivative(new SmoothLeakyRelu(Slope, Smoothing), preactivation, gradient);
                break;
            default:
                ElementwiseActivation.MultiplyByDerivative(default(Gelu), preactivation, gradient);
                break;
        }
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

        if (Kind == ActivationKind.SmoothLeakyRelu && !(Smoothing is > 0 and < 1e150))
        {
            problems.Add($"The activation's smoothing ε must lie in (0, 1e150) but is {Smoothing}. For ε = 0 take the leaky ReLU.");
        }
    }

    private static void RequireSameLength(int preactivation, int other)
    {
        if (preactivation != other)
        {
            throw new ArgumentException($"Both spans must have the same length but have {preactivation} and {other} elements.");
        }
    }
}

/// <summary>A function of the form and derivative that <see cref="ElementwiseActivation"/> applies.</summary>
internal interface IActivationFunction
{
    /// <summary>ψ(x) in each lane.</summary>
    Vector512<double> Value(Vector512<double> x);

    /// <summary>ψ'(x) in each lane.</summary>
    Vector512<double> Derivative(Vector512<double> x);
}

/// <summary>ReLU (γ = 0) and leaky ReLU; NaN fails the comparison and stays NaN.</summary>
internal readonly struct LeakyRelu(double slope) : IActivationFunction
{
    private readonly Vector512<double> _slope = Vector512.Create(slope);

    public Vector512<double> Value(Vector512<double> x) => Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<double>.Zero), _slope * x, x);

    public Vector512<double> Derivative(Vector512<double> x) =>
        Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<double>.Zero), _slope, Vector512.ConditionalSelect(Vector512.Equals(x, x), Vector512<double>.One, x));
}

/// <summary>Smooth leaky ReLU: ψ = γx + (1−γ)(r+x−ε)/2, ψ' = γ + (1−γ)(1+x/r)/2 with r = √(x²+ε²).</summary>
/// <remarks>
/// r + x − ε cancels for |x| ≪ ε and r + x for x ≪ −ε. With a = |x|: r − ε = x²/(r+ε) and r − a = ε²/(r+a) give
/// r + x − ε = x (a+r+ε)/(r+ε) · s and 1 + x/r = (r+a)/r · s·t, where s = ε/(r+a) and t = s for x &lt; 0, both 1 otherwise: no difference left.
/// </remarks>
internal readonly struct SmoothLeakyRelu(double slope, double smoothing) : IActivationFunction
{
    private readonly Vector512<double> _slope = Vector512.Create(slope);
    private readonly Vector512<double> _halfRest = Vector512.Create((1 - slope) / 2);
    private readonly Vector512<double> _smoothing = Vector512.Create(smoothing);

    public Vector512<double> Value(Vector512<double> x)
    {
        Vector512<double> magnitude = Vector512.Abs(x);
        Vector512<double> root = Vector512.Sqrt((x * x) + (_smoothing * _smoothing));
        Vector512<double> negative = Vector512.LessThan(x, Vector512<double>.Zero);
        Vector512<double> numerator = Vector512.ConditionalSelect(negative, _smoothing, root + magnitude);
        return (_slope * x) + (_halfRest * (x * (((magnitude + root + _smoothing) * numerator) / ((root + _smoothing) * (root + magnitude)))));
    }

    public Vector512<double> Derivative(Vector512<double> x)
    {
        Vector512<double> root = Vector512.Sqrt((x * x) + (_smoothing * _smoothing));
        Vector512<double> sum = root + Vector512.Abs(x);
        Vector512<double> negative = Vector512.LessThan(x, Vector512<double>.Zero);
        Vector512<double> numerator = Vector512.ConditionalSelect(negative, _smoothing * (_smoothing / sum), sum);
        return _slope + (_halfRest * (numerator / root));
    }
}

/// <summary>Exact GELU: ψ = x Φ(x), ψ' = Φ(x) + x φ(x) with the standard normal distribution Φ and density φ.</summary>
internal readonly struct Gelu : IActivationFunction
{
    public Vector512<double> Value(Vector512<double> x) => x * ErrorFunction.NormalDistribution(x);

    public Vector512<double> Derivative(Vector512<double> x) => ErrorFunction.NormalDistribution(x) + (x * ErrorFunction.NormalDensity(x));
}
