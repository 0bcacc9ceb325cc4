using System.Runtime.Intrinsics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ExponentialTests
{
    [Fact]
    public void It_agrees_with_the_scalar_function_within_two_units_in_the_last_place()
    {
        double[] x = new double[8000];
        new RandomSequence(4, "x").FillUniform(x);
        for (int i = 0; i < x.Length; i++)
        {
            // All sizes from 1e-9 to 700.
            x[i] = -700 * Math.Pow(x[i], 1 + (i % 10));
            double expected = Math.Exp(x[i]);

            // The scalar function is itself right to one unit.
            double actual = Exponential.OfNonPositive<double>(Vector512.Create(x[i])).Second[i % 8];
            Assert.InRange(actual / expected, 1 - (3 * Math.ScaleB(1, -52)), 1 + (3 * Math.ScaleB(1, -52)));
        }
    }

    [Fact]
    public void In_single_precision_it_agrees_with_the_double_one_within_two_units_in_the_last_place()
    {
        double[] draws = new double[8000];
        new RandomSequence(4, "x").FillUniform(draws);
        for (int i = 0; i < draws.Length; i++)
        {
            float x = (float)(-87 * Math.Pow(draws[i], 1 + (i % 10)));
            float actual = Exponential.OfNonPositive<float>(Vector512.Create(x)).Fourth[i % 16];
            Assert.InRange(actual / Math.Exp(x), 1 - (2 * Math.ScaleB(1, -23)), 1 + (2 * Math.ScaleB(1, -23)));
        }
    }

    [Fact]
    public void Its_ends_are_exact()
    {
        Vector512<double> powers = Exponential.OfNonPositive<double>(
            Vector512.Create(0, -0.0, -708.1, -1e300, double.NegativeInfinity, double.NaN, BitConverter.Int64BitsToDouble(0x7FF8000000000ABC), -708)).Third;
        Assert.Equal([1, 1, 0, 0, 0, double.NaN, double.NaN], Enumerable.Range(0, 7).Select(lane => powers[lane]));
        Assert.InRange(powers[7] / Math.Exp(-708), 1 - 1e-15, 1 + 1e-15);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-87.1f, 0f)]
    [InlineData(float.MinValue, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void Its_ends_are_exact_in_single_precision(float x, float expected) => Assert.Equal(expected, Exponential.OfNonPositive<float>(Vector512.Create(x)).First[7]);
}
