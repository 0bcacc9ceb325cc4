using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

public sealed class ActivationTests
{
    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory] // Computed with 60 digits from γx + (1−γ)(√(x²+ε²)+x−ε)/2 and its derivative; the rearranged form makes about ten roundings.
    [InlineData(-1e6, 0, 5000, -2493.7500390620117264, 6.2498828149413528454e-6)]
    [InlineData(-1e-3, 0, 5000, -0.00049999995000000001041, 0.4999999)]
    [InlineData(1e-3, 0, 5000, 0.00050000005000000001041, 0.5000001)]
    [InlineData(-3.0, 0, 0.5, -0.22930936742544507775, 0.0068030380839281333243)]
    [InlineData(-1e3, 0, 0.5, -0.24993750000390624951, 6.2499988281252441406e-8)]
    [InlineData(2.0, 0.1, 0.5, 1.8026987657639736249, 0.98656412506539935242)]
    [InlineData(-0.7, 0.1, 0.5, -0.22289536298308179005, 0.18381993795696927868)]
    [InlineData(1e8, 0.25, 2, 99999999.2500000075, 0.999999999999999925)]
    public void Smooth_leaky_ReLU_loses_no_digit(double x, double slope, double smoothing, double value, double derivative)
    {
        var activation = new Activation(ActivationKind.SmoothLeakyRelu, slope, smoothing);
        Assert.InRange(activation.Value(x) / value, 1 - 2e-15, 1 + 2e-15);
        Assert.InRange(activation.Derivative(x) / derivative, 1 - 2e-15, 1 + 2e-15);
    }

    [Theory] // Computed with 40 digits from x Φ(x) and Φ(x) + x φ(x); Φ + xφ cancels by a factor of about x² for negative x.
    [InlineData(-30, -1.4720141781444561179e-196, -4.4160316907084943701e-195)]
    [InlineData(-5, -1.4332578593959695584e-6, -7.1469460017922946279e-6)]
    [InlineData(-1.5, -0.10021080190328709901, -0.12746919222997952542)]
    [InlineData(-0.1, -0.046017216272297104188, 0.4204769079752698376)]
    [InlineData(0.3, 0.18537342665668578306, 0.7323277668271098549)]
    [InlineData(2, 1.9544997361036415856, 1.0852318010781968967)]
    [InlineData(10, 10, 1)]
    public void Gelu_is_exact(double x, double value, double derivative)
    {
        var activation = new Activation(ActivationKind.Gelu);

        // x/√2 is rounded before it is squared in the exponent: x² ε.
        double tolerance = (3 + (x * x)) * 4e-16;
        Assert.InRange(activation.Value(x) / value, 1 - tolerance, 1 + tolerance);
        Assert.InRange(activation.Derivative(x) / derivative, 1 - tolerance, 1 + tolerance);
    }

    [Fact]
    public void ReLU_and_leaky_ReLU_have_their_slopes_and_the_left_one_at_the_kink()
    {
        var relu = new Activation(ActivationKind.Relu);
        var leaky = new Activation(ActivationKind.LeakyRelu, 0.25);
        double[] x = [-2, -0.0, 0, 3];
        Assert.Equal([-0.0, 0, 0, 3], x.Select(relu.Value));
        Assert.Equal([0, 0, 0, 1], x.Select(relu.Derivative));
        Assert.Equal([-0.5, 0, 0, 3], x.Select(leaky.Value));
        Assert.Equal([0.25, 0.25, 0.25, 1], x.Select(leaky.Derivative));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Derivatives_are_those_of_the_function(ActivationKind kind)
    {
        // The five-point formula: h⁴ ψ⁗'/30 with derivatives below 1e3 at ε = 0.5, and rounding 2ε max|ψ|/h.
        var activation = new Activation(kind, 0.2);
        const double h = 1.0 / 1024;
        for (int k = -95; k <= 95; k += 2)
        {
            double x = k / 16.0;
            Assert.InRange(Slope(activation.Value, x, h) - activation.Derivative(x), -1e-10, 1e-10);
            Assert.InRange(Slope(activation.Derivative, x, h) - activation.SecondDerivative(x), -1e-9, 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_bounds_hold_and_are_attained(ActivationKind kind)
    {
        var activation = new Activation(kind, 0.2);
        double[] x = [
            .. Enumerable.Range(-4_000_000, 8_000_001).Where(k => k % 200 == 0 || Math.Abs(k) < 3000).Select(k => k / 1000.0),
            Math.Sqrt(2)];
        double first = x.Max(value => Math.Abs(activation.Derivative(value)));
        double second = x.Max(value => Math.Abs(activation.SecondDerivative(value)));
        Assert.InRange(first, activation.DerivativeBound * (1 - 1e-6), activation.DerivativeBound);
        if (activation.SecondDerivativeBound is double bound)
        {
            Assert.InRange(second, bound * (1 - 1e-12), bound);
        }

        if (activation.DerivativeLowerBound is double lowest)
        {
            Assert.InRange(x.Min(activation.Derivative), lowest, lowest * (1 + 1e-6));
        }
    }

    [Fact]
    public void Only_functions_with_a_bounded_second_derivative_are_smooth()
    {
        ActivationKind[] smooth = [.. Enum.GetValues<ActivationKind>().Where(kind => new Activation(kind).IsSmooth)];
        Assert.Equal([ActivationKind.Identity, ActivationKind.SmoothLeakyRelu, ActivationKind.Gelu], smooth);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_span_gives_the_bits_of_its_elements_wherever_they_stand(ActivationKind kind)
    {
        var activation = new Activation(kind);
        double[] x = new double[101];
        new RandomSequence(5, "x").FillGaussian(x);
        foreach (int length in new[] { 0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 96, 101 })
        {
            double[] values = new double[length];
            double[] derivatives = [.. Enumerable.Repeat(1.0, length)];
            activation.Apply(x.AsSpan(0, length), values);
            activation.MultiplyByDerivative(x.AsSpan(0, length), derivatives);
            Assert.Equal(x.Take(length).Select(activation.Value), values);
            Assert.Equal(x.Take(length).Select(activation.Derivative), derivatives);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NaN_stays_NaN(ActivationKind kind)
    {
        var activation = new Activation(kind);
        double[] gradient = [double.NaN];
        activation.MultiplyByDerivative([1.0], gradient);
        Assert.True(double.IsNaN(activation.Value(double.NaN)));
        Assert.True(double.IsNaN(activation.SecondDerivative(double.NaN)));
        Assert.True(double.IsNaN(gradient[0]));
        Assert.True(kind == ActivationKind.Identity || double.IsNaN(activation.Derivative(double.NaN)));
    }

    private static double Slope(Func<double, double> function, double x, double h) =>
        ((8 * (function(x + h) - function(x - h))) - (function(x + (2 * h)) - function(x - (2 * h)))) / (12 * h);
}
