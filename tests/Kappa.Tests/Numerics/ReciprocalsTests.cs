using System.Numerics;
using System.Runtime.Intrinsics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ReciprocalsTests
{
    [Theory]
    [InlineData(-300)]
    [InlineData(-10)]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(300)]
    public void The_series_agrees_with_the_root_to_two_units_in_double(int exponent) => Compare<double>(exponent, 2 * Math.ScaleB(1, -52));

    [Theory]
    [InlineData(-37)]
    [InlineData(0)]
    [InlineData(37)]
    public void The_series_agrees_with_the_root_to_two_units_in_single(int exponent) => Compare<float>(exponent, 2 * Math.ScaleB(1, -23));

    [Fact]
    public void NaN_stays_NaN()
    {
        Assert.True(double.IsNaN(Reciprocals.SquareRoot<double>(Vector512.Create(double.NaN)).Third[3]));
        Assert.True(double.IsNaN(Reciprocals.SquareRoot<double>(Vector512.Create(-1.0)).First[3]));
        Assert.True(float.IsNaN(Reciprocals.SquareRoot<float>(Vector512.Create(float.NaN)).Fourth[15]));
    }

    private static void Compare<T>(int exponent, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] draws = new double[64 * VectorQuad<T>.Count];
        new RandomSequence(9, "x").FillUniform(draws);
        T[] x = [.. draws.Select(draw => T.CreateTruncating((1 + (3 * draw)) * Math.Pow(10, exponent)))], y = new T[x.Length];
        for (int i = 0; i < x.Length; i += VectorQuad<T>.Count)
        {
            Reciprocals.SquareRoot(VectorQuad<T>.Load(ref x[i], 0)).Store(ref y[i], 0);
        }

        // In double for single precision; for double the root and the product add one unit more at most.
        Assert.All(x.Zip(y), pair => Assert.InRange(double.CreateTruncating(pair.Second) * Math.Sqrt(double.CreateTruncating(pair.First)), 1 - tolerance, 1 + tolerance));
    }
}
