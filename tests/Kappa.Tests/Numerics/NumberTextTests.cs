using System.Globalization;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>One way of writing numbers for a reader.</summary>
public sealed class NumberTextTests
{
    [Theory]
    [InlineData(8.3e-24, 4, "8.3e-24")]
    [InlineData(-8.3e-24, 4, "-8.3e-24")]
    [InlineData(0.00029142, 4, "0.0002914")]
    [InlineData(0.000099999, 4, "0.0001")]
    [InlineData(0.0000999, 4, "9.99e-5")]
    [InlineData(10565.3, 4, "10565")]
    [InlineData(999999.6, 4, "1e6")]
    [InlineData(99999.6, 4, "100000")]
    [InlineData(9999.96, 4, "10000")]
    [InlineData(1234567, 4, "1.235e6")]
    [InlineData(1e300, 3, "1e300")]
    [InlineData(5e-324, 4, "4.941e-324")]
    [InlineData(1, 4, "1")]
    [InlineData(-0.5, 2, "-0.5")]
    [InlineData(790.4, 2, "790")]
    [InlineData(0, 4, "0")]
    [InlineData(double.PositiveInfinity, 4, "∞")]
    [InlineData(double.NegativeInfinity, 4, "-∞")]
    [InlineData(double.NaN, 4, "not a number")]
    public void Numbers_are_short_and_have_no_padding(double value, int digits, string text) =>
        Assert.Equal(text, NumberText.Of(value, digits));

    [Fact]
    public void A_number_reads_back_to_its_digits()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 20_000; trial++)
        {
            double value = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-300, 300));
            int digits = random.Next(1, 16);
            double read = double.Parse(NumberText.Of(value, digits), NumberStyles.Float, CultureInfo.InvariantCulture);

            // Half a unit of the last digit, and the rounding of the decimal number to a double.
            Assert.True(
                Math.Abs(read - value) <= ((0.5 * Math.Pow(10, 1 - digits)) + 4e-16) * Math.Abs(value), $"{value:R} {digits}: {read:R}");
        }
    }
}
