using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class ErrorFunctionTests
{
    // Two Chebyshev sums, an exponential and a division: a few units in the last place.
    private const double Tolerance = 1e-15;

    [Theory] // Abramowitz and Stegun, table 7.1, extended to 20 digits.
    [InlineData(0.1, 0.11246291601828489220)]
    [InlineData(0.5, 0.52049987781304653768)]
    [InlineData(0.9, 0.79690821242283212852)]
    [InlineData(1.0, 0.84270079294971486934)]
    [InlineData(1.1, 0.88020506957408169977)]
    [InlineData(2.0, 0.99532226501895273416)]
    [InlineData(3.0, 0.99997790950300141456)]
    [InlineData(1e-8, 1.1283791670955125364e-8)]
    public void Erf_has_its_tabulated_values(double x, double expected)
    {
        Assert.InRange(PlainErrorFunction.Erf(x) / expected, 1 - Tolerance, 1 + Tolerance);
        Assert.Equal(-PlainErrorFunction.Erf(x), PlainErrorFunction.Erf(-x));
    }

    [Theory] // Computed with 40 digits.
    [InlineData(0.25, 0.72367360983176306701)]
    [InlineData(0.5, 0.47950012218695346232)]
    [InlineData(0.75, 0.2888443663464848684)]
    [InlineData(1.0, 0.15729920705028513066)]
    [InlineData(2.0, 4.6777349810472658379e-3)]
    [InlineData(3.5, 7.4309837234141274552e-7)]
    [InlineData(5.0, 1.5374597944280348502e-12)]
    [InlineData(10.0, 2.088487583762544757e-45)]
    [InlineData(20.0, 5.3958656116079009289e-176)]
    [InlineData(25.0, 8.300172571196522752e-274)]
    public void Erfc_keeps_its_relative_accuracy_in_the_tail(double x, double expected) =>
        Assert.InRange(PlainErrorFunction.Erfc(x) / expected, 1 - Tolerance, 1 + Tolerance);

    [Fact]
    public void Erf_and_erfc_add_up_to_one_and_erfc_reflects()
    {
        for (int k = -400; k <= 400; k++)
        {
            double x = k / 64.0;
            Assert.InRange(PlainErrorFunction.Erf(x) + PlainErrorFunction.Erfc(x), 1 - 4e-16, 1 + 4e-16);
            Assert.InRange(PlainErrorFunction.Erfc(x) + PlainErrorFunction.Erfc(-x), 2 - 9e-16, 2 + 9e-16);
        }
    }

    [Fact]
    public void The_derivative_of_the_distribution_is_the_density()
    {
        // The error of the five-point formula is h⁴ times a derivative below 3, that of rounding ε/h.
        const double h = 1.0 / 1024;
        for (int k = -80; k <= 80; k++)
        {
            double x = k / 16.0;
            double slope = ((8 * (PlainErrorFunction.NormalDistribution(x + h) - PlainErrorFunction.NormalDistribution(x - h)))
                - (PlainErrorFunction.NormalDistribution(x + (2 * h)) - PlainErrorFunction.NormalDistribution(x - (2 * h)))) / (12 * h);
            Assert.InRange(slope - ErrorFunction.NormalDensity(x), -1e-12, 1e-12);
        }
    }

    [Fact]
    public void Extremes_are_exact()
    {
        Assert.Equal(0, PlainErrorFunction.Erf(0));
        Assert.Equal(1, PlainErrorFunction.Erfc(0));
        Assert.Equal(1, PlainErrorFunction.Erf(double.PositiveInfinity));
        Assert.Equal(-1, PlainErrorFunction.Erf(double.NegativeInfinity));
        Assert.Equal(0, PlainErrorFunction.Erfc(double.PositiveInfinity));
        Assert.Equal(2, PlainErrorFunction.Erfc(double.NegativeInfinity));
        Assert.True(double.IsNaN(PlainErrorFunction.Erf(double.NaN)));
        Assert.True(double.IsNaN(PlainErrorFunction.Erfc(double.NaN)));
    }
}
