using System.Numerics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed unsafe class ReciprocalsTests
{
    public static TheoryData<int> Paths => [.. Enum.GetValues<VectorPath>().Where(VectorPaths.IsSupported).Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_series_agrees_with_the_root_to_two_units_in_double(int path) =>
        Assert.All([-300, -10, 0, 7, 300], exponent => Compare<double>((VectorPath)path, exponent, 2 * Math.ScaleB(1, -52)));

    [Theory]
    [MemberData(nameof(Paths))]
    public void The_series_agrees_with_the_root_to_two_units_in_single(int path) =>
        Assert.All([-37, 0, 37], exponent => Compare<float>((VectorPath)path, exponent, 2 * Math.ScaleB(1, -23)));

    [Theory]
    [MemberData(nameof(Paths))]
    public void NaN_stays_NaN(int path)
    {
        double[] x = [.. Enumerable.Repeat(double.NaN, 32)];
        float[] y = [.. Enumerable.Repeat(float.NaN, 64)];
        Evaluate((VectorPath)path, x, x);
        Evaluate((VectorPath)path, y, y);
        Assert.All(x, value => Assert.True(double.IsNaN(value)));
        Assert.All(y, value => Assert.True(float.IsNaN(value)));
    }

    private static void Compare<T>(VectorPath path, int exponent, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] draws = new double[4096];
        new RandomSequence(9, "x").FillUniform(draws);

        // Two octaves with an even and an odd exponent.
        T[] x = [.. draws.Select(draw => T.CreateTruncating((1 + (3 * draw)) * Math.Pow(10, exponent)))], y = new T[x.Length];
        Evaluate(path, x, y);

        // In double for single precision; for double the root and the product add one unit more at most.
        Assert.All(
            x.Zip(y),
            pair =>
                Assert.InRange(
                    double.CreateTruncating(pair.Second) * Math.Sqrt(double.CreateTruncating(pair.First)), 1 - tolerance, 1 + tolerance));
    }

    private static void Evaluate<T>(VectorPath path, T[] x, T[] roots)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path)
        {
            case VectorPath.Bits512:
                EvaluateOn<VectorQuad512<T>, T>(x, roots);
                break;
            case VectorPath.Bits256:
                EvaluateOn<VectorQuad256<T>, T>(x, roots);
                break;
            default:
                EvaluateOn<VectorQuad128<T>, T>(x, roots);
                break;
        }
    }

    private static void EvaluateOn<TQuad, T>(T[] x, T[] roots)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
    {
        fixed (T* from = x, to = roots)
        {
            for (int i = 0; i < x.Length; i += 4 * TQuad.Lanes)
            {
                TQuad.Store(Reciprocals.SquareRoot(TQuad.Load(from + i)), to + i);
            }
        }
    }
}
