using Kappa.Models;
using Kappa.Numerics;
using Kappa.Tests.Numerics;
using Xunit;

namespace Kappa.Tests.Models;

/// <summary>The activations in single precision against those in double.</summary>
public sealed class SingleActivationTests
{
    // ε of single precision.
    private const double Epsilon = 1.0 / (1 << 24);

    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Value_and_derivative_are_those_of_double_but_for_ten_roundings(ActivationKind kind)
    {
        var activation = new Activation(kind, 0.125);
        float[] x = Arguments(1003);
        float[] value = new float[x.Length], derivative = new float[x.Length];
        activation.ApplyWithDerivative<float>(x, value, derivative);
        for (int i = 0; i < x.Length; i++)
        {
            Assert.InRange(
                value[i] - activation.Value(x[i]), -10 * Epsilon * Math.Abs(activation.Value(x[i])),
                10 * Epsilon * Math.Abs(activation.Value(x[i])));

            // Of GELU, relative to the terms Φ and xφ: their sum cancels near its zero.
            double size = kind == ActivationKind.Gelu
                ? PlainErrorFunction.NormalDistribution(x[i]) + (Math.Abs(x[i]) * ErrorFunction.NormalDensity(x[i]))
                : Math.Abs(activation.Derivative(x[i]));
            Assert.InRange(derivative[i] - activation.Derivative(x[i]), -10 * Epsilon * size, 10 * Epsilon * size);
        }
    }

    [Fact]
    public void Without_a_slope_smooth_leaky_ReLU_keeps_its_relative_accuracy_on_both_sides()
    {
        // γ = 0: r + x − ε and 1 + x/r cancel in the plain form as soon as |x| is
        // far from ε on the left, or small. The reference rearranges them in double.
        var activation = new Activation(ActivationKind.SmoothLeakyRelu, 0, 0.5);
        foreach (float x in new[] { -1e6f, -300, -3, -0.5f, -1e-3f, -1e-20f, 1e-20f, 1e-3f, 0.7f, 1e6f, 1e15f })
        {
            float[] value = new float[1], derivative = new float[1];
            activation.ApplyWithDerivative<float>([x], value, derivative);
            Assert.InRange(value[0] / activation.Value(x), 1 - (10 * Epsilon), 1 + (10 * Epsilon));
            Assert.InRange(derivative[0] / activation.Derivative(x), 1 - (10 * Epsilon), 1 + (10 * Epsilon));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Derivatives_stay_within_their_bounds(ActivationKind kind)
    {
        var activation = new Activation(kind, 0.1f);
        float[] x = [.. Enumerable.Range(-40_000, 80_001).Select(k => k / 100f)];
        float[] derivative = [.. x.Select(_ => 1f)];
        activation.MultiplyByDerivative<float>(x, derivative);
        Assert.InRange(
            derivative.Max(), activation.DerivativeBound * (1 - 1e-5),
            activation.DerivativeBound * (1 + (kind == ActivationKind.Gelu ? Epsilon : 0)));
        Assert.True(activation.DerivativeLowerBound is not double lowest || derivative.Min() >= (float)lowest);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_span_gives_the_bits_of_its_elements_wherever_they_stand(ActivationKind kind)
    {
        var activation = new Activation(kind);
        float[] x = Arguments(203);
        foreach (int length in new[] { 0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 192, 203 })
        {
            // One element beyond each end shows whether other memory is written, and shifts the alignment.
            float[] inPlace = [7, .. x.Take(length), 7], value = [.. Enumerable.Repeat(7f, length + 2)],
                product = [.. Enumerable.Repeat(1f, length)];
            activation.ApplyWithDerivative<float>(inPlace.AsSpan(1, length), value.AsSpan(1, length), inPlace.AsSpan(1, length));
            activation.MultiplyByDerivative<float>(x.AsSpan(0, length), product);
            Assert.Equal([7, .. x.Take(length).Select(argument => Single(activation, argument).Value), 7], value);
            Assert.Equal([7, .. x.Take(length).Select(argument => Single(activation, argument).Derivative), 7], inPlace);
            Assert.Equal(inPlace[1..^1], product);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NaN_stays_NaN_and_stays_alone(ActivationKind kind)
    {
        float[] x = [.. Enumerable.Repeat(1f, 100)];
        x[37] = float.NaN;
        float[] value = new float[100], derivative = new float[100];
        new Activation(kind).ApplyWithDerivative<float>(x, value, derivative);
        Assert.Equal([37], Enumerable.Range(0, 100).Where(i => float.IsNaN(value[i])));
        Assert.Equal(
            kind == ActivationKind.Identity && !float.IsNaN(derivative[37]) ? [] : [37],
            Enumerable.Range(0, 100).Where(i => float.IsNaN(derivative[i])));
    }

    private static (float Value, float Derivative) Single(Activation activation, float x)
    {
        float[] value = new float[1], derivative = new float[1];
        activation.ApplyWithDerivative<float>([x], value, derivative);
        return (value[0], derivative[0]);
    }

    private static float[] Arguments(int count)
    {
        double[] x = new double[count];
        new RandomSequence(6, "x").FillGaussian(x);
        return [.. x.Select(argument => (float)(3 * argument))];
    }
}
