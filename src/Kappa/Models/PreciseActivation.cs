using Kappa.Numerics;

namespace Kappa.Models;

/// <summary>ψ and ψ' of (R.5) in <see cref="DoubleDouble"/> arithmetic with a proven error.</summary>
/// <remarks>
/// Theory: rounding, C.36. The smooth leaky ReLU is a root and a few sums. GELU is x Φ(x) with Φ(x) = ½ + φ(x) Σ_k x^{2k+1}/(1·3⋯(2k+1)),
/// whose terms all have the sign of x; beyond |x| = 12 it is 0 or x to 2.2e-32. At a kink the derivative is the left one, and no error is
/// given for it.
/// </remarks>
internal sealed class PreciseActivation
{
    /// <summary>Both errors are at most this times (|x| + ε) for ψ and this for ψ'; ε = 1 for GELU.</summary>
    private const double RootUnit = 64 * DoubleDouble.Unit;
    private const double GeluUnit = 64 * PreciseExponential.RelativeError;

    private const double GeluLargest = 12;
    private const int MostTerms = 2000;

    private static readonly DoubleDouble DensityAtZero = new(0.3989422804014327, -2.49232720227773e-17);

    private readonly Activation _activation;
    private readonly DoubleDouble _half;
    private readonly DoubleDouble _squaredSmoothing;

    public PreciseActivation(Activation activation)
    {
        _activation = activation;
        _half = (1 - (DoubleDouble)activation.Slope) * 0.5;
        _squaredSmoothing = DoubleDouble.ExactProduct(activation.Smoothing, activation.Smoothing);
    }

    /// <summary>Relative to |x| + <see cref="Offset"/>, the error of ψ at most; for ψ' the absolute error at most.</summary>
    public double Unit => _activation.Kind switch
    {
        ActivationKind.SmoothLeakyRelu => RootUnit,
        ActivationKind.Gelu => GeluUnit,
        _ => DoubleDouble.Unit,
    };

    /// <summary>What |x| is measured with: ε, or 1 for GELU.</summary>
    public double Offset => _activation.Kind switch
    {
        ActivationKind.SmoothLeakyRelu => _activation.Smoothing,
        ActivationKind.Gelu => 1,
        _ => 0,
    };

    /// <summary>ψ(x) and ψ'(x).</summary>
    public (DoubleDouble Value, DoubleDouble Derivative) At(DoubleDouble x)
    {
        switch (_activation.Kind)
        {
            case ActivationKind.SmoothLeakyRelu:
                // (R.5)  γx + (1−γ)(r + x − ε)/2,  γ + (1−γ)(1 + x/r)/2,  r = √(x² + ε²)
                DoubleDouble root = DoubleDouble.Sqrt((x * x) + _squaredSmoothing);
                return (
                    (x * _activation.Slope) + (_half * (root + x - _activation.Smoothing)), _activation.Slope + (_half * (1 + (x / root))));
            case ActivationKind.Gelu:
                return Gelu(x);
            case ActivationKind.Identity:
                return (x, 1);
            default:
                double slope = _activation.Kind == ActivationKind.Relu ? 0 : _activation.Slope;
                return x.High > 0 ? (x, 1) : (x * slope, slope);
        }
    }

    private static (DoubleDouble Value, DoubleDouble Derivative) Gelu(DoubleDouble x)
    {
        if (Math.Abs(x.High) > GeluLargest)
        {
            return x.High > 0 ? (x, 1) : (0, 0);
        }

        DoubleDouble square = x * x, term = x, sum = x;
        int k = 0;
        for (double odd = 3; Math.Abs(term.High) > 1e-40 * Math.Abs(sum.High) || square.High > 0.5 * odd; odd += 2, k++)
        {
            if (k == MostTerms || double.IsNaN(term.High))
            {
                return (double.NaN, double.NaN);
            }

            term = term * square / odd;
            sum += term;
        }

        DoubleDouble density = DensityAtZero * PreciseExponential.Of(square * -0.5);
        DoubleDouble distribution = 0.5 + (density * sum);
        return (x * distribution, distribution + (x * density));
    }
}
