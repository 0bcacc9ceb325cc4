using System.Globalization;
using System.Text;
using Kappa.Lab.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class DoubleTextTests
{
    // At these powers of two, where the neighbour below is nearer, the framework ends a digit too early.
    private static readonly double[] s_misreadByTheFramework = [Math.ScaleB(1, -25), Math.ScaleB(1, -958)];

    [Fact]
    public void Random_bits_are_written_as_the_framework_writes_them()
    {
        var random = new RandomSequence(1, "double text");
        for (int k = 0; k < 300_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            AssertAsTheFramework(BitConverter.UInt64BitsToDouble(first));

            // Of the size of telemetry as well: random bits have an exponent almost always.
            AssertAsTheFramework((second >> 11) * Math.ScaleB(1, (int)(first % 80) - 100));
        }
    }

    [Fact]
    public void Powers_of_two_and_their_neighbours_are_written_as_the_framework_writes_them()
    {
        for (int exponent = -1074; exponent < 1024; exponent++)
        {
            double power = Math.ScaleB(1, exponent);
            AssertAsTheFramework(Math.BitIncrement(power));
            AssertAsTheFramework(Math.BitDecrement(power));
            if (!s_misreadByTheFramework.Contains(power))
                AssertAsTheFramework(power);
        }
    }

    [Fact]
    public void Short_decimals_and_their_neighbours_are_written_as_the_framework_writes_them()
    {
        for (int exponent = -324; exponent < 309; exponent++)
        {
            for (int digits = 1; digits < 100; digits++)
            {
                double value = double.Parse(
                    string.Create(CultureInfo.InvariantCulture, $"{digits}E{exponent}"), CultureInfo.InvariantCulture);
                AssertAsTheFramework(value);
                AssertAsTheFramework(-Math.BitIncrement(value));
                AssertAsTheFramework(Math.BitDecrement(value));
            }
        }
    }

    [Fact]
    public void Integers_fractions_and_the_smallest_numbers_are_written_as_the_framework_writes_them()
    {
        for (int k = -20_000; k < 20_000; k++)
        {
            AssertAsTheFramework(k);
            AssertAsTheFramework(k / 8.0);
            AssertAsTheFramework(k * 0.001);
            AssertAsTheFramework(1e15 + (k / 4.0));
            AssertAsTheFramework(9007199254740992.0 + (2.0 * k));
            AssertAsTheFramework(k * double.Epsilon);
        }
    }

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(-2.2250738585072014E-308, "-2.2250738585072014E-308")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1E-05")]
    [InlineData(-0.00012345678901234567, "-0.00012345678901234567")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(1e17, "1E+17")]
    [InlineData(123.456, "123.456")]
    public void Each_layout_is_the_shortest_text(double value, string expected) => Assert.Equal(expected, Text(value));

    [Theory]
    [InlineData(-25, "2.9802322387695312E-08")]
    [InlineData(-958, "4.1045368012983762E-289")]
    public void Two_powers_of_two_read_back_where_the_framework_s_text_does_not(int exponent, string expected)
    {
        double value = Math.ScaleB(1, exponent);
        Assert.Equal(expected, Text(value));
        Assert.Equal("-" + expected, Text(-value));
        Assert.Equal(value, double.Parse(expected, CultureInfo.InvariantCulture));
        Assert.True(Text(Math.BitDecrement(value)) != expected, "the neighbour must have another text");
    }

    private static void AssertAsTheFramework(double value)
    {
        Span<byte> expected = stackalloc byte[DoubleText.Longest], found = stackalloc byte[DoubleText.Longest];
        Assert.True(value.TryFormat(expected, out int length, "R", CultureInfo.InvariantCulture));
        int written = DoubleText.Write(value, found);
        if (!expected[..length].SequenceEqual(found[..written]))
            Assert.Equal(Encoding.ASCII.GetString(expected[..length]), Encoding.ASCII.GetString(found[..written]));
    }

    private static string Text(double value)
    {
        byte[] text = new byte[DoubleText.Longest];
        return Encoding.ASCII.GetString(text, 0, DoubleText.Write(value, text));
    }
}
