using System.Numerics;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed unsafe class ExponentialTests
{
    public static TheoryData<int> Paths => [.. Enum.GetValues<VectorPath>().Where(VectorPaths.IsSupported).Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void It_agrees_with_the_scalar_function_within_two_units_in_the_last_place(int path)
    {
        double[] x = new double[8192], actual = new double[x.Length];
        new RandomSequence(4, "x").FillUniform(x);
        for (int i = 0; i < x.Length; i++)
        {
            // All sizes from 1e-9 to 700.
            x[i] = -700 * Math.Pow(x[i], 1 + (i % 10));
        }

        // The scalar function is itself right to one unit.
        Evaluate((VectorPath)path, x, actual);
        Assert.All(
            x.Zip(actual),
            pair => Assert.InRange(pair.Second / Math.Exp(pair.First), 1 - (3 * Math.ScaleB(1, -52)), 1 + (3 * Math.ScaleB(1, -52))));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void In_single_precision_it_agrees_with_the_double_one_within_two_units_in_the_last_place(int path)
    {
        double[] draws = new double[8192];
        new RandomSequence(4, "x").FillUniform(draws);
        float[] x = [.. draws.Select((draw, i) => (float)(-87 * Math.Pow(draw, 1 + (i % 10))))], actual = new float[x.Length];
        Evaluate((VectorPath)path, x, actual);
        Assert.All(
            x.Zip(actual),
            pair => Assert.InRange(pair.Second / Math.Exp(pair.First), 1 - (2 * Math.ScaleB(1, -23)), 1 + (2 * Math.ScaleB(1, -23))));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Its_ends_are_exact(int path)
    {
        double[] x = new double[32], powers = new double[32];
        double[] ends = [
            0, -0.0, -708.1, -1e300, double.NegativeInfinity, double.NaN, BitConverter.Int64BitsToDouble(0x7FF8000000000ABC), -708];
        ends.CopyTo(x, 3);
        Evaluate((VectorPath)path, x, powers);
        Assert.Equal([1, 1, 0, 0, 0, double.NaN, double.NaN], powers[3..10]);
        Assert.InRange(powers[10] / Math.Exp(-708), 1 - 1e-15, 1 + 1e-15);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Its_ends_are_exact_in_single_precision(int path)
    {
        float[] x = new float[64], powers = new float[64];
        float[] ends = [0f, -87.1f, float.MinValue, float.NegativeInfinity, float.NaN];
        ends.CopyTo(x, 13);
        Evaluate((VectorPath)path, x, powers);
        Assert.Equal([1f, 0, 0, 0, float.NaN], powers[13..18]);
    }

    private static void Evaluate<T>(VectorPath path, T[] x, T[] powers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (path)
        {
            case VectorPath.Bits512:
                EvaluateOn<VectorQuad512<T>, T>(x, powers);
                break;
            case VectorPath.Bits256:
                EvaluateOn<VectorQuad256<T>, T>(x, powers);
                break;
            default:
                EvaluateOn<VectorQuad128<T>, T>(x, powers);
                break;
        }
    }

    private static void EvaluateOn<TQuad, T>(T[] x, T[] powers)
        where TQuad : struct, IVectorQuad<TQuad>
        where T : unmanaged
    {
        fixed (T* from = x, to = powers)
        {
            for (int i = 0; i < x.Length; i += 4 * TQuad.Lanes)
            {
                TQuad.Store(Exponential.OfNonPositive(TQuad.Load(from + i)), to + i);
            }
        }
    }
}
