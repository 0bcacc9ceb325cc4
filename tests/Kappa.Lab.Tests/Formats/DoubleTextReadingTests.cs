using System.Globalization;
using System.Numerics;
using System.Text;
using Kappa.Lab.Formats;
using Kappa.Numerics;
using Xunit;

namespace Kappa.Lab.Tests.Formats;

public sealed class DoubleTextReadingTests
{
    [Fact]
    public void What_is_written_reads_back_to_the_bits_that_the_framework_reads()
    {
        var random = new RandomSequence(2, "double text");
        byte[] text = new byte[DoubleText.Longest];
        for (int k = 0; k < 500_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            foreach (
                double value in new[] { BitConverter.UInt64BitsToDouble(first), (second >> 11) * Math.ScaleB(1, (int)(first % 80) - 100) })
                AssertAsTheFramework(text.AsSpan(0, DoubleText.Write(value, text)));
        }
    }

    // Digits that no writer makes: of one to twenty-one places with the point anywhere, most of them near no double.
    [Fact]
    public void Random_decimals_are_read_as_the_framework_reads_them()
    {
        var random = new RandomSequence(3, "double text");
        for (int k = 0; k < 300_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            string digits = (((UInt128)first << 64) | second).ToString(CultureInfo.InvariantCulture)[..(1 + (int)(second % 21))];
            int point = (int)(first % 30);
            string text = point == 0 || point >= digits.Length ? digits : digits.Insert(point, ".");
            AssertAsTheFramework(
                Encoding.ASCII.GetBytes(
                    point % 3 == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}E{(int)(first >> 32) % 340:+00;-00}")));
        }
    }

    // Just at, below and above the middle of two doubles, where a rounding decides.
    [Fact]
    public void The_middle_between_two_doubles_is_read_as_the_framework_reads_it()
    {
        var random = new RandomSequence(4, "double text");
        for (int k = 0; k < 20_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            ulong middle = (((first >> 11) | (1UL << 52)) << 1) | 1;
            BigInteger shifted = new BigInteger(middle) << (int)(second % 10);
            foreach (BigInteger digits in new[] { shifted - 1, shifted, shifted + 1 })
                AssertAsTheFramework(Encoding.ASCII.GetBytes(digits.ToString(CultureInfo.InvariantCulture)));

            // m + ½ below 2^53 has one place behind the point.
            AssertAsTheFramework(Encoding.ASCII.GetBytes($"{middle >> 1}.5"));
            AssertAsTheFramework(Encoding.ASCII.GetBytes($"{middle >> 1}.4999"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("-.5")]
    [InlineData("5.")]
    [InlineData(" 1.5 ")]
    [InlineData("+1.5")]
    [InlineData("1.5E")]
    [InlineData("1.5E+")]
    [InlineData("1.5E5")]
    [InlineData("1.5e-05")]
    [InlineData("1.5E-0000005")]
    [InlineData("1.5E+00005")]
    [InlineData("1E+309")]
    [InlineData("1E-400")]
    [InlineData("-0")]
    [InlineData("-0.000E+99")]
    [InlineData("00012345678.5")]
    [InlineData("0.00000000000000000000000000000012345678901234567")]
    [InlineData("1.7976931348623157E+308")]
    [InlineData("1.7976931348623159E+308")]
    [InlineData("2.2250738585072011E-308")]
    [InlineData("2.2250738585072014E-308")]
    [InlineData("4.9E-324")]
    [InlineData("9007199254740993")]
    [InlineData("9223372036854775807.99999999999999")]
    [InlineData("18446744073709551616")]
    [InlineData("12345678901234567890123")]
    [InlineData("12345678:2345678")]
    [InlineData("1234/678")]
    [InlineData("1.2.3")]
    [InlineData("1,5")]
    [InlineData("1 5")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("0x10")]
    [InlineData("１２")]
    public void Every_text_is_a_number_or_none_as_for_the_framework(string text) => AssertAsTheFramework(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Mutated_texts_are_numbers_or_none_as_for_the_framework()
    {
        var random = new RandomSequence(5, "double text");
        byte[] letters = "0123456789.-+eE, /:"u8.ToArray();
        byte[] text = new byte[DoubleText.Longest];
        for (int k = 0; k < 200_000; k++)
        {
            (ulong first, ulong second) = random.Block(k);
            int length = DoubleText.Write((second >> 11) * Math.ScaleB(1, (int)(first % 80) - 100), text);
            text[(int)((first >> 8) % (ulong)length)] = letters[(first >> 32) % (ulong)letters.Length];
            AssertAsTheFramework(text.AsSpan(0, length));
        }
    }

    private static void AssertAsTheFramework(ReadOnlySpan<byte> text)
    {
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double expected);
        bool isRead = DoubleText.TryRead(text, out double found);
        if (isNumber != isRead || BitConverter.DoubleToUInt64Bits(expected) != BitConverter.DoubleToUInt64Bits(found))
            Assert.Fail(
                $"'{Encoding.UTF8.GetString(text)}' is {(isNumber ? expected.ToString("R", CultureInfo.InvariantCulture) : "no number")} "
                    + $"but was read as {(isRead ? found.ToString("R", CultureInfo.InvariantCulture) : "none")}.");
    }
}
