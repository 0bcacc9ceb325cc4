using System.Numerics;
using Kappa.Models;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>The element-wise kernels of every vector path of this machine
/// against plain definitions in double precision, at random lengths.</summary>
public sealed class ElementwisePathsTests
{
    private static readonly int[] Lengths = [1, 2, 3, 5, 7, 8, 9, 11, 13, 16, 17, 23, 31, 32, 37, 64, 67, 127, 131];

    public static TheoryData<int> Paths => [.. Enum.GetValues<VectorPath>().Where(VectorPaths.IsSupported).Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Activations_agree_with_their_definitions(int path)
    {
        CheckActivations<double>((VectorPath)path, Math.ScaleB(1, -53));
        CheckActivations<float>((VectorPath)path, Math.ScaleB(1, -24));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Softmax_and_its_gradient_agree_with_their_definitions_and_touch_no_other_memory(int path)
    {
        CheckSoftmax<double>((VectorPath)path, Math.ScaleB(1, -53));
        CheckSoftmax<float>((VectorPath)path, Math.ScaleB(1, -24));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_row_without_a_gap_has_the_bits_of_a_row_with_one(int path)
    {
        foreach (int columns in Lengths)
        {
            Matrix<float> apart = Gaussian<float>(7, columns + 2, columns).ColumnRange(1, columns),
                together = Matrix<float>.Allocate(7, columns);
            apart.CopyTo(together);
            RowSoftmax.Apply((VectorPath)path, apart, 0.7, apart);
            RowSoftmax.Apply((VectorPath)path, together, 0.7, together);
            for (int row = 0; row < 7; row++)
            {
                Assert.Equal(together.Row(row).ToArray(), apart.Row(row).ToArray());
            }
        }
    }

    private static void CheckActivations<T>(VectorPath path, double epsilon)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ActivationKind kind in Enum.GetValues<ActivationKind>())
        {
            var activation = new Activation(kind, 0.125);
            foreach (int length in Lengths)
            {
                T[] x = Gaussian<T>(1, length, length).Span.ToArray(), value = new T[length], derivative = new T[length],
                    onlyValue = new T[length], product = new T[length];
                Array.Fill(product, T.CreateTruncating(2));
                activation.ApplyWithDerivative<T>(x, value, derivative, path);
                activation.Apply<T>(x, onlyValue, path);
                activation.MultiplyByDerivative<T>(x, product, path);
                Assert.Equal(value, onlyValue);
                for (int i = 0; i < length; i++)
                {
                    (double expected, double slope) = Plain(activation, double.CreateTruncating(x[i]));

                    // The reference of GELU rounds x/√2 before it is squared in the exponent: 2 x² ε of double precision.
                    double square = double.CreateTruncating(x[i] * x[i]);
                    double bound = (
                        (12 * epsilon) + (kind == ActivationKind.Gelu ? 2 * (3 + square) * Math.ScaleB(1, -53) : 0)) * Math.Abs(expected);
                    Assert.InRange(double.CreateTruncating(value[i]) - expected, -bound, bound);

                    // Φ + xφ of GELU may cancel: its terms are below 1.2.
                    Assert.InRange(double.CreateTruncating(derivative[i]) - slope, -12 * epsilon, 12 * epsilon);
                    Assert.Equal(derivative[i] + derivative[i], product[i]);
                }
            }
        }
    }

    // In double, in forms that do not cancel: the references' own errors are a few units of double precision.
    private static (double Value, double Derivative) Plain(Activation activation, double x)
    {
        double slope = activation.Slope, e = activation.Smoothing, r = Math.Sqrt((x * x) + (e * e));
        double bend = x < 0 ? e * e / (r - x) : r + x;
        double distribution = PlainErrorFunction.NormalDistribution(x);
        return activation.Kind switch
        {
            ActivationKind.Identity => (x, 1),
            ActivationKind.Relu => (Math.Max(x, 0), x > 0 ? 1 : 0),
            ActivationKind.LeakyRelu => (x > 0 ? x : slope * x, x > 0 ? 1 : slope),
            ActivationKind.SmoothLeakyRelu =>
                ((slope * x) + ((1 - slope) * (x + (x * x / (r + e))) / 2), slope + ((1 - slope) * bend / (2 * r))),
            _ => (x * distribution, distribution + (x * ErrorFunction.NormalDensity(x))),
        };
    }

    private static void CheckSoftmax<T>(VectorPath path, double epsilon)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (int columns in Lengths)
        {
            int rows = 1 + (columns % 6);
            Matrix<T> wide = Gaussian<T>(rows, columns + 2, 3), logits = Gaussian<T>(rows, columns, 1),
                gradient = Gaussian<T>(rows, columns, 2);
            T[] around = [.. wide.Span.ToArray().Where((_, i) => i % (columns + 2) == 0 || i % (columns + 2) == columns + 1)];
            Matrix<T> attention = wide.ColumnRange(1, columns), back = Matrix<T>.Allocate(rows, columns);
            RowSoftmax.Apply(path, logits, 0.75, attention);
            RowSoftmax.Backward(path, attention, gradient, 0.75, back);
            Assert.Equal(around, wide.Span.ToArray().Where((_, i) => i % (columns + 2) == 0 || i % (columns + 2) == columns + 1));
            for (int row = 0; row < rows; row++)
            {
                CheckRow(
                    Doubles(logits.Row(row)), Doubles(gradient.Row(row)), Doubles(attention.Row(row)), Doubles(back.Row(row)), epsilon);
            }
        }
    }

    private static void CheckRow(double[] logits, double[] gradient, double[] attention, double[] back, double epsilon)
    {
        double[] powers = [.. logits.Select(logit => Math.Exp(0.75 * logit))];
        double[] weights = [.. powers.Select(power => power / powers.Sum())];
        double mean = weights.Zip(gradient, (weight, value) => weight * value).Sum();

        // |s L| < 8: rounded once and subtracted once, 16 ε in the exponent; then what the documentation says.
        double tolerance = (25 + (logits.Length / 2.0)) * epsilon;
        for (int j = 0; j < logits.Length; j++)
        {
            Assert.InRange(attention[j] / weights[j], 1 - tolerance, 1 + tolerance);
            double bound = 0.75 * weights[j] * ((2 * tolerance * 5) + (logits.Length * epsilon));
            Assert.InRange(back[j] - (0.75 * weights[j] * (gradient[j] - mean)), -bound, bound);
        }
    }

    private static double[] Doubles<T>(ReadOnlySpan<T> row)
        where T : unmanaged, IFloatingPointIeee754<T> => [.. row.ToArray().Select(double.CreateTruncating)];

    private static Matrix<T> Gaussian<T>(int rows, int columns, int seed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] draws = new double[rows * columns];
        new RandomSequence(seed, "paths").FillGaussian(draws);
        Matrix<T> matrix = Matrix<T>.Allocate(rows, columns);
        for (int i = 0; i < draws.Length; i++)
        {
            matrix.Span[i] = T.CreateTruncating(2 * draws[i]);
        }

        return matrix;
    }
}
