using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class RowSoftmaxTests
{
    private const double Epsilon = 1.0 / (1L << 53);

    // A fast exponential is off by at most about 1 ulp = 2 ε; the sum of c terms by (c + 2) ε; the division by 2 ε.
    private static double Tolerance(int columns) => (columns + 10) * Epsilon;

    public static TheoryData<int, int> Shapes =>
        new()
        {
            { 1, 1 }, { 3, 2 }, { 2, 3 }, { 5, 4 }, { 3, 5 }, { 4, 7 }, { 8, 8 }, { 3, 9 }, { 16, 16 }, { 2, 17 }, { 3, 31 }, { 32, 32 },
            { 2, 65 },
        };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_weight_agrees_with_the_plain_definition(int rows, int columns)
    {
        Matrix logits = Gaussian(rows, columns, "logits", 3);
        Matrix attention = Matrix.Allocate(rows, columns);
        RowSoftmax.Apply(logits, 0.8, attention);
        for (int row = 0; row < rows; row++)
        {
            // Moderate logits need no maximum: the definition as it stands.
            double[] powers = [.. logits.Row(row).ToArray().Select(logit => Math.Exp(0.8 * logit))];
            for (int j = 0; j < columns; j++)
            {
                // An exponent of size x carries a rounding error of |x| ε into the power; |x| < 30 here.
                double expected = powers[j] / powers.Sum();
                Assert.InRange(
                    attention[row, j], expected * (1 - Tolerance(columns) - (60 * Epsilon)),
                    expected * (1 + Tolerance(columns) + (60 * Epsilon)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Rows_sum_to_one_and_do_not_feel_a_shift(int rows, int columns)
    {
        Matrix logits = Gaussian(rows, columns, "logits", 2);
        Matrix shifted = Matrix.Allocate(rows, columns);
        logits.CopyTo(shifted);
        foreach (ref double logit in shifted.Span)
        {
            logit += 1024;
        }

        Matrix attention = Matrix.Allocate(rows, columns), attentionOfShifted = Matrix.Allocate(rows, columns);
        RowSoftmax.Apply(logits, -1, attention);
        RowSoftmax.Apply(shifted, -1, attentionOfShifted);
        for (int row = 0; row < rows; row++)
        {
            Assert.InRange(attention.Row(row).ToArray().Sum(), 1 - Tolerance(columns), 1 + Tolerance(columns));
            for (int j = 0; j < columns; j++)
            {
                // Adding 1024 rounds each logit to a multiple of 2⁻⁴²; the exponent, a difference of two, moves by at most 2⁻⁴².
                double expected = attention[row, j];
                Assert.InRange(attentionOfShifted[row, j], expected * (1 - Math.ScaleB(2, -42)), expected * (1 + Math.ScaleB(2, -42)));
            }
        }
    }

    [Fact]
    public void Logits_of_a_thousand_give_a_finite_one_hot_row()
    {
        Matrix logits = Matrix.From(new double[,] { { 1e3, -1e3, 0 }, { -1e3, -1e3, -1e3 }, { 1e300, -1e300, 0 } });
        RowSoftmax.Apply(logits, 1, logits);
        Assert.Equal([1, 0, 0], logits.Row(0).ToArray());
        Assert.All(logits.Row(1).ToArray(), weight => Assert.InRange(weight, (1 - (4 * Epsilon)) / 3, (1 + (4 * Epsilon)) / 3));
        Assert.Equal([1, 0, 0], logits.Row(2).ToArray());
    }

    [Fact]
    public void One_token_attends_to_itself_with_weight_one()
    {
        Matrix attention = Matrix.From(new[,] { { -1e3 }, { 5 }, { 1e3 } });
        RowSoftmax.Apply(attention, 1, attention);
        Assert.Equal([1, 1, 1], attention.Span.ToArray());
        Matrix gradient = Matrix.From(new double[,] { { 3 }, { -2 }, { 7 } });
        RowSoftmax.Backward(attention, gradient, 1, gradient);
        Assert.Equal([0, 0, 0], gradient.Span.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(11)]
    public void A_NaN_or_an_infinity_spoils_its_row_and_no_other(int columns)
    {
        Matrix logits = Gaussian(3, columns, "logits", 1);
        logits[0, columns - 1] = double.NaN;
        logits[2, 0] = double.PositiveInfinity;
        RowSoftmax.Apply(logits, 1, logits);
        Assert.All(logits.Row(0).ToArray(), weight => Assert.True(double.IsNaN(weight)));
        Assert.All(logits.Row(1).ToArray(), weight => Assert.InRange(weight, 0, 1));
        Assert.All(logits.Row(2).ToArray(), weight => Assert.True(double.IsNaN(weight)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(12)]
    public void Minus_infinity_masks_an_entry(int columns)
    {
        Matrix logits = Matrix.Allocate(1, columns);
        logits[0, 1] = double.NegativeInfinity;
        RowSoftmax.Apply(logits, 1, logits);
        Assert.Equal(0, logits[0, 1]);
        Assert.InRange(logits[0, 0], (1 - Tolerance(columns)) / (columns - 1), (1 + Tolerance(columns)) / (columns - 1));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradient_agrees_with_central_differences_and_the_error_falls_with_the_square_of_the_step(int rows, int columns)
    {
        const double scale = 0.7;
        Matrix logits = Gaussian(rows, columns, "logits", 1);
        Matrix dAttention = Gaussian(rows, columns, "gradient", 1);
        Matrix direction = Gaussian(rows, columns, "direction", 1);
        Matrix attention = Matrix.Allocate(rows, columns), dLogits = Matrix.Allocate(rows, columns);
        RowSoftmax.Apply(logits, scale, attention);
        RowSoftmax.Backward(attention, dAttention, scale, dLogits);
        double slope = Vectors.Dot(dLogits.Span, direction.Span);
        double coarse = Math.Abs(CentralDifference(logits, direction, dAttention, scale, 1e-2) - slope);
        double fine = Math.Abs(CentralDifference(logits, direction, dAttention, scale, 1e-3) - slope);

        // The error is c h² + O(h⁴) + rounding: a tenfold smaller step divides it by 100, down to rounding ε · |values| / h.
        double rounding = Epsilon * 100 * (rows * columns) / 1e-3;
        Assert.InRange(fine, 0, (coarse / 90) + rounding);
        Assert.InRange(coarse, 0, 1e-2 * (1 + Vectors.Norm(dAttention.Span)));
    }

    [Fact]
    public void The_gradient_may_overwrite_the_incoming_one_and_views_may_have_gaps()
    {
        Matrix wide = Gaussian(6, 9, "wide", 1);
        Matrix attention = wide.ColumnRange(1, 5);
        RowSoftmax.Apply(attention, 1, attention);
        Matrix dAttention = Gaussian(6, 7, "gradient", 1).ColumnRange(2, 5);
        Matrix dLogits = Matrix.Allocate(6, 5);
        RowSoftmax.Backward(attention, dAttention, 0.3, dLogits);
        RowSoftmax.Backward(attention, dAttention, 0.3, dAttention);
        for (int row = 0; row < 6; row++)
        {
            Assert.Equal(dLogits.Row(row).ToArray(), dAttention.Row(row).ToArray());
        }

        Assert.Equal(Gaussian(6, 9, "wide", 1)[3, 6], wide[3, 6]);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    public void A_row_has_the_same_bits_whatever_stands_beside_it(int columns)
    {
        Matrix logits = Gaussian(11, columns + 3, "rows", 2).ColumnRange(1, columns);
        logits[2, 5] = double.NaN;
        logits[5, 7] = double.PositiveInfinity;
        Matrix together = Gaussian(11, columns + 2, "target", 1).ColumnRange(2, columns), alone = Matrix.Allocate(1, columns);
        RowSoftmax.Apply(logits, -0.6, together);
        for (int row = 0; row < 11; row++)
        {
            RowSoftmax.Apply(logits.RowRange(row, 1), -0.6, alone);
            Assert.Equal(alone.Span.ToArray(), together.Row(row).ToArray());
        }

        Assert.Equal(Gaussian(11, columns + 2, "target", 1)[10, 1], together.Buffer[together.Offset + (10 * together.Stride) - 1]);
    }

    private static double CentralDifference(Matrix logits, Matrix direction, Matrix dAttention, double scale, double step)
    {
        Matrix ahead = Matrix.Allocate(logits.Rows, logits.Columns), behind = Matrix.Allocate(logits.Rows, logits.Columns);
        logits.CopyTo(ahead);
        logits.CopyTo(behind);
        Vectors.AddScaled(ahead.Span, step, direction.Span);
        Vectors.AddScaled(behind.Span, -step, direction.Span);
        RowSoftmax.Apply(ahead, scale, ahead);
        RowSoftmax.Apply(behind, scale, behind);
        return (Vectors.Dot(ahead.Span, dAttention.Span) - Vectors.Dot(behind.Span, dAttention.Span)) / (2 * step);
    }

    private static Matrix Gaussian(int rows, int columns, string name, double deviation)
    {
        Matrix matrix = Matrix.Allocate(rows, columns);
        new RandomSequence(5, name).FillGaussian(matrix.Span);
        Vectors.Scale(matrix.Span, deviation);
        return matrix;
    }
}
