using System.Runtime.Intrinsics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ReciprocalsTests
{
    // Two ulp: the last Newton step leaves the rounding of its own two or three operations.
    private const double Tolerance = 4.0 / (1L << 53);

    [Theory]
    [InlineData(-300)]
    [InlineData(-10)]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(300)]
    public void Newton_steps_agree_with_division_and_square_root(int exponent)
    {
        double[] x = new double[800];
        new RandomSequence(9, "x").FillUniform(x);
        for (int i = 0; i < x.Length; i += 8)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                x[i + lane] = (1 + x[i + lane]) * Math.Pow(10, exponent);
            }

            Vector512<double> argument = Vector512.Create(x, i);
            for (int lane = 0; lane < 8; lane++)
            {
                Assert.InRange(Reciprocals.Reciprocal(argument)[lane] * x[i + lane], 1 - Tolerance, 1 + Tolerance);
                Assert.InRange(Reciprocals.Reciprocal(-argument)[lane] * x[i + lane], -1 - Tolerance, -1 + Tolerance);
                Assert.InRange(Reciprocals.SquareRoot(argument)[lane] / Math.Sqrt(x[i + lane]), 1 - Tolerance, 1 + Tolerance);
            }
        }
    }

    [Fact]
    public void NaN_stays_NaN()
    {
        Assert.True(double.IsNaN(Reciprocals.Reciprocal(Vector512.Create(double.NaN))[3]));
        Assert.True(double.IsNaN(Reciprocals.SquareRoot(Vector512.Create(double.NaN))[3]));
        Assert.True(double.IsNaN(Reciprocals.SquareRoot(Vector512.Create(-1.0))[3]));
    }
}
