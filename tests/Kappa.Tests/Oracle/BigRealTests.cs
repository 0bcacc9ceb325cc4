using Kappa.Numerics;
using Kappa.Tests.Models;
using Xunit;

namespace Kappa.Tests.Oracle;

/// <summary>The referee is refereed: closed forms to 50 digits and identities to the precision that is claimed.</summary>
public sealed class BigRealTests
{
    private static readonly BigReal FiftyDigits = BigReal.One / BigReal.Parse("100000000000000000000000000000000000000000000000000");

    [Theory]
    [InlineData("1", "2.71828182845904523536028747135266249775724709369995957496696763")]
    [InlineData("-1", "0.367879441171442321595523770161460867445811131031767834507836801697")]
    [InlineData("0.5", "1.64872127070012814684865078781416357165377610071014801157507931")]
    [InlineData("10", "22026.4657948067165169579006452842443663535126185567810742354263552")]
    public void The_exponential_has_fifty_digits(string x, string expected) =>
        AssertClose(BigReal.Parse(expected), BigReal.Exp(BigReal.Parse(x)));

    [Fact]
    public void Roots_and_logarithms_have_fifty_digits()
    {
        AssertClose(BigReal.Parse("1.41421356237309504880168872420969807856967187537694807317667974"), BigReal.Sqrt(2));
        AssertClose(BigReal.Parse("0.693147180559945309417232121458176568075500134360255254120680009"), BigReal.Ln2);
        Assert.Equal(0, BigReal.Sqrt(0).Sign);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => BigReal.Sqrt(-1));
        Assert.Equal(0, BigReal.Exp(-200_000).Sign);
    }

    [Fact]
    public void Arithmetic_keeps_its_identities_from_subnormal_to_huge_numbers()
    {
        var random = new RandomSequence(1, "numbers");
        double[] draws = new double[3];
        for (int k = 0; k < 400; k++)
        {
            random.FillGaussian(draws);
            BigReal a = Math.ScaleB(draws[0], (k * 5) - 1050), b = draws[1], c = Math.ScaleB(draws[2], k % 60);
            Assert.Equal((double)a, Math.ScaleB(draws[0], (k * 5) - 1050));
            Assert.Equal(0, ((a + b) - b - a + BigReal.Zero).Sign * (k is > 170 and < 230 ? 1 : 0));
            AssertClose(a, a * b / b);
            AssertClose(a * a, BigReal.Sqrt(a * a * a * a));
            AssertClose((a * b) + (a * c), a * (b + c), BigReal.Abs(a) * (BigReal.Abs(b) + BigReal.Abs(c)));
            AssertClose(BigReal.Exp(b) * BigReal.Exp(c / 1e6), BigReal.Exp(b + (c / 1e6)));
            Assert.Equal(draws[1].CompareTo(draws[2]), ((BigReal)draws[1]).CompareTo(draws[2]));
        }
    }

    [Fact]
    public void Singular_values_are_those_of_matrices_with_known_ones()
    {
        // Hilbert's matrix of order 4 has determinant 1/6048000, and Π σ = |det|; a 2 × 3 matrix has a closed form.
        BigMatrix hilbert = BigMatrix.Fill(4, 4, (i, j) => BigReal.One / (i + j + 1));
        AssertClose(BigReal.One / 6048000, hilbert.SingularValues().Aggregate(BigReal.One, (product, value) => product * value));
        BigMatrix wide = BigMatrix.Of(new Matrix([3, 0, 4, 0, 2, 0], 0, 2, 3));
        AssertClose(5, wide.SingularValue(1));
        AssertClose(2, wide.SingularValue(2));
        Assert.Equal(0, wide.SingularValue(3).Sign);

        // A third row that is exactly the sum of two others, with a common part of 1e14: 0 to 2e-38 of the largest.
        BigMatrix rows = BigMatrix.Of(ModelCase.Gaussian(2, 5, 4, "rows")).Map(x => x + 1e14);
        BigMatrix dependent = BigMatrix.Above(rows, rows.RowRange(0, 1) + rows.RowRange(1, 1));
        Assert.True(dependent.SingularValue(3) < 2e-38 * dependent.SingularValue(1));
    }

    [Fact]
    public void Singular_values_agree_with_the_orthogonal_route_in_double_precision()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Matrix a = ModelCase.Gaussian(4, 7, seed, "a");
            double[] values = new double[4];
            new SingularValues(4, 7).Compute(a, values);
            BigReal[] exact = BigMatrix.Of(a).SingularValues();
            for (int k = 0; k < 4; k++)
            {
                Assert.InRange(values[k] - (double)exact[k], -20 * 2.3e-16 * values[0], 20 * 2.3e-16 * values[0]);
            }
        }
    }

    private static void AssertClose(BigReal expected, BigReal actual) => AssertClose(expected, actual, BigReal.Abs(expected));

    private static void AssertClose(BigReal expected, BigReal actual, BigReal size) =>
        Assert.True(BigReal.Abs(expected - actual) <= size * FiftyDigits, $"Expected {expected}, off by {expected - actual}.");
}
