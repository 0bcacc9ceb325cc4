using Kappa.Numerics;
using Xunit;

namespace Kappa.Tests.Numerics;

public sealed class PrecisionConversionTests
{
    [Fact]
    public void Every_element_is_converted_as_a_cast_converts_it()
    {
        foreach (int length in new[] { 0, 1, 7, 8, 15, 16, 17, 32, 53 })
        {
            double[] wide = new double[length], sum = new double[length], back = new double[length];
            new RandomSequence(3, "wide").FillGaussian(wide);
            new RandomSequence(3, "sum").FillGaussian(sum);
            float[] narrow = new float[length];
            PrecisionConversion.Narrow(wide, narrow);
            Assert.Equal(wide.Select(x => (float)x), narrow);
            PrecisionConversion.Widen(narrow, back);
            Assert.Equal(narrow.Select(x => (double)x), back);
            double[] expected = [.. sum.Zip(narrow, (x, y) => x + y)];
            PrecisionConversion.AddWidened(narrow, sum);
            Assert.Equal(expected, sum);
        }
    }

    [Fact]
    public void Values_out_of_range_become_infinite_and_NaN_stays()
    {
        double[] wide = new double[20];
        (wide[3], wide[17], wide[18]) = (1e300, -1e300, double.NaN);
        float[] narrow = new float[20];
        PrecisionConversion.Narrow(wide, narrow);
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN], [narrow[3], narrow[17], narrow[18]]);
    }

    [Fact]
    public void Different_lengths_are_a_mistake()
    {
        ArgumentException mistake = Assert.Throws<ArgumentException>(() => PrecisionConversion.Widen(new float[3], new double[4]));
        Assert.Contains("3 and 4", mistake.Message, StringComparison.Ordinal);
    }
}
