using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>The softmax of rows in single precision against the plain definition in double.</summary>
public sealed class SingleRowSoftmaxTests
{
    private const double Epsilon = 1.0 / (1 << 24);

    public static TheoryData<int, int> Shapes =>
        new() { { 1, 1 }, { 3, 2 }, { 19, 8 }, { 8, 8 }, { 5, 11 }, { 9, 16 }, { 2, 17 }, { 7, 32 }, { 3, 48 }, { 3, 64 }, { 2, 65 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Weights_and_gradient_agree_with_the_plain_definition(int rows, int columns)
    {
        const float scale = 0.75f;
        Matrix<float> logits = Gaussian(rows, columns, "logits"), dAttention = Gaussian(rows, columns, "gradient");
        Matrix<float> attention = Matrix<float>.Allocate(rows, columns), dLogits = Matrix<float>.Allocate(rows, columns);
        RowSoftmax.Apply(logits, scale, attention);
        RowSoftmax.Backward(attention, dAttention, scale, dLogits);
        for (int row = 0; row < rows; row++)
        {
            double[] powers = [.. logits.Row(row).ToArray().Select(logit => Math.Exp((double)scale * logit))];
            double[] weights = [.. powers.Select(power => power / powers.Sum())];
            double[] gradient = [.. dAttention.Row(row).ToArray().Select(value => (double)value)];
            double mean = weights.Zip(gradient, (weight, value) => weight * value).Sum();
            for (int j = 0; j < columns; j++)
            {
                // s L, below 16 in size, is rounded once and subtracted once: 32 ε in the exponent; the rest is that of the documentation.
                double tolerance = (42 + (columns / 16.0)) * Epsilon;
                Assert.InRange(attention[row, j] / weights[j], 1 - tolerance, 1 + tolerance);
                double expected = scale * weights[j] * (gradient[j] - mean);

                // The weights' errors enter twice, the roundings of the sum once.
                double bound = scale * weights[j] * ((2 * tolerance * 5) + (columns * Epsilon));
                Assert.InRange(dLogits[row, j] - expected, -bound, bound);
            }
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void A_row_has_the_same_bits_whatever_stands_beside_it(int columns)
    {
        Matrix<float> logits = Gaussian(21, columns, "rows"), gradient = Gaussian(21, columns, "gradient");
        logits[2, 5] = float.NaN;
        logits[5, 7] = float.NegativeInfinity;
        Matrix<float> together = Matrix<float>.Allocate(21, columns), back = Matrix<float>.Allocate(21, columns),
            alone = Matrix<float>.Allocate(1, columns);
        RowSoftmax.Apply(logits, -0.6, together);
        RowSoftmax.Backward(together, gradient, -0.6, back);
        for (int row = 0; row < 21; row++)
        {
            RowSoftmax.Apply(logits.RowRange(row, 1), -0.6, alone);
            Assert.Equal(alone.Span.ToArray(), together.Row(row).ToArray());
            RowSoftmax.Backward(together.RowRange(row, 1), gradient.RowRange(row, 1), -0.6, alone);
            Assert.Equal(alone.Span.ToArray(), back.Row(row).ToArray());
        }

        Assert.All(together.Row(2).ToArray(), weight => Assert.True(float.IsNaN(weight)));
    }

    [Fact]
    public void Logits_of_a_thousand_give_a_finite_one_hot_row()
    {
        Matrix<float> logits = Matrix<float>.Allocate(8, 8);
        for (int row = 0; row < 8; row++)
        {
            logits[row, row] = 1e3f;
        }

        RowSoftmax.Apply(logits, 1, logits);
        for (int row = 0; row < 8; row++)
        {
            Assert.Equal(Enumerable.Range(0, 8).Select(j => j == row ? 1f : 0), logits.Row(row).ToArray());
        }
    }

    private static Matrix<float> Gaussian(int rows, int columns, string name)
    {
        double[] draws = new double[rows * columns];
        new RandomSequence(5, name).FillGaussian(draws);
        Matrix<float> matrix = Matrix<float>.Allocate(rows, columns);
        PrecisionConversion.Narrow(draws, matrix.Span);
        return matrix;
    }
}
