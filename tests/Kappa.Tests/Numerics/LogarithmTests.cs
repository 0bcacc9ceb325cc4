using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

/// <summary>log(1 + x) beside its series, whose next term is below the rounding of the first for |x| ≤ 1e-5.</summary>
public sealed class LogarithmTests
{
    [Theory]
    [InlineData(3e-27)]
    [InlineData(-3e-27)]
    [InlineData(-1e-300)]
    [InlineData(1e-17)]
    [InlineData(-2e-16)]
    [InlineData(1.234567e-9)]
    [InlineData(-7.654321e-7)]
    [InlineData(9e-6)]
    public void Near_zero_it_is_the_series(double x)
    {
        double series = x * (1 - (x * ((1.0 / 2) - (x * ((1.0 / 3) - (x / 4))))));
        Assert.Equal(series, Logarithm.OfOnePlus(x), 4e-16 * Math.Abs(x));
    }

    [Fact]
    public void It_undoes_the_exponential_and_knows_its_ends()
    {
        Assert.All(
            [-0.75, -0.5, 0.25, 1, 1023], x => Assert.Equal(Math.Log(1 + x), Logarithm.OfOnePlus(x), 1e-15 * Math.Abs(Math.Log(1 + x))));
        Assert.Equal(
            (0.0, double.NegativeInfinity, double.PositiveInfinity),
            (Logarithm.OfOnePlus(0), Logarithm.OfOnePlus(-1), Logarithm.OfOnePlus(double.PositiveInfinity)));
        Assert.True(double.IsNaN(Logarithm.OfOnePlus(-1.5)) && double.IsNaN(Logarithm.OfOnePlus(double.NaN)));
    }
}
