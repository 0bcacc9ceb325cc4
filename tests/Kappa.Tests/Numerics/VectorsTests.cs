using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class VectorsTests
{
    private const double Epsilon = 1.0 / (1L << 53);

    public static TheoryData<int> Lengths => [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 97, 1000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void The_dot_product_equals_the_exact_sum_of_decimals_within_its_bound(int length)
    {
        (double[] x, double[] y) = Pair(length);

        // Decimal arithmetic carries 28 digits: exact for this purpose.
        decimal exact = 0;
        double magnitude = 0;
        for (int i = 0; i < length; i++)
        {
            exact += (decimal)x[i] * (decimal)y[i];
            magnitude += Math.Abs(x[i] * y[i]);
        }

        // Casting a double to decimal rounds to 15 digits, hence the 1e-15.
        double bound = magnitude * ((((length / 16) + 5) * Epsilon) + 2e-15);
        Assert.InRange(Vectors.Dot(x, y), (double)exact - bound, (double)exact + bound);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void The_squared_distance_is_the_squared_norm_of_the_difference(int length)
    {
        (double[] x, double[] y) = Pair(length);
        double[] difference = [.. x.Zip(y, (a, b) => a - b)];
        Assert.Equal(Vectors.SquaredNorm(difference), Vectors.SquaredDistance(x, y));
        double plain = difference.Sum(d => d * d);
        Assert.InRange(Vectors.SquaredDistance(x, y), plain * (1 - (length * 2 * Epsilon)), plain * (1 + (length * 2 * Epsilon)));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Adding_a_scaled_vector_rounds_once_per_element(int length)
    {
        (double[] x, double[] y) = Pair(length);
        double[] expected = [.. x.Zip(y, (a, b) => Math.FusedMultiplyAdd(-0.7, a, b))];
        Vectors.AddScaled(y, -0.7, x);
        Assert.Equal(expected, y);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Scaling_multiplies_every_element(int length)
    {
        (double[] x, _) = Pair(length);
        double[] expected = [.. x.Select(element => 3.7 * element)];
        Vectors.Scale(x, 3.7);
        Assert.Equal(expected, x);
    }

    [Fact]
    public void The_norm_of_three_and_four_is_five() => Assert.Equal(5, Vectors.Norm([3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]));

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void A_NaN_anywhere_makes_the_sum_NaN(int position)
    {
        double[] x = new double[21];
        x[position] = double.NaN;
        Assert.True(double.IsNaN(Vectors.Dot(x, new double[21])));
        Assert.True(double.IsNaN(Vectors.SquaredNorm(x)));
    }

    [Fact]
    public void Vectors_of_different_length_are_refused_with_both_lengths()
    {
        ArgumentException mistake = Assert.Throws<ArgumentException>(() => Vectors.Dot(new double[3], new double[4]));
        Assert.Contains("3 and 4", mistake.Message, StringComparison.Ordinal);
    }

    private static (double[] X, double[] Y) Pair(int length)
    {
        double[] x = new double[length], y = new double[length];
        new RandomSequence(11, "x").FillGaussian(x);
        new RandomSequence(11, "y").FillGaussian(y);
        return (x, y);
    }
}
