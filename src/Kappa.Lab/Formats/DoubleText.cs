using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Kappa.Lab.Formats;

/// <summary>Writes a double as the framework's invariant format <c>R</c> does, several times as fast: numbers are most of what a sweep of tiny runs writes.</summary>
/// <remarks>The bytes are the same but for ±2⁻²⁵ and ±2⁻⁹⁵⁸, where the framework's text does not read back to the same bits.</remarks>
internal static class DoubleText
{
    /// <summary>Bytes of the longest text, <c>-2.2250738585072014E-308</c>.</summary>
    public const int Longest = 24;

    // Up to 17 places before the point are written out, and down to 10^(−4) behind it; beyond with an exponent.
    private const int MostPlaces = 17;
    private const int FewestPlaces = -3;

    private const int AllDigits = 17;
    private const ulong EightDigits = 100_000_000;
    private const double LargestShortInteger = 1e9;

    private static readonly ulong[] s_powers = [.. Enumerable.Range(0, 20).Select(e => (ulong)BigInteger.Pow(10, e))];

    /// <summary>Writes the shortest text that reads back to the same bits.</summary>
    /// <param name="value">Any double.</param>
    /// <param name="text">Of at least <see cref="Longest"/> bytes; those behind the text may change as well.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Write(double value, Span<byte> text)
    {
        if (!double.IsFinite(value))
            return WithoutDigits(value, text);
        text[0] = (byte)'-';
        int sign = double.IsNegative(value) ? 1 : 0;
        if (value == 0)
        {
            text[sign] = (byte)'0';
            return sign + 1;
        }

        (ulong digits, int exponent) = IsShortInteger(value) ? new((ulong)Math.Abs(value), 0) : ShortestDecimal.Of(value);
        int count = CountOf(digits);
        int places = count + exponent;

        // With zeros behind them they are always 17, at the same place of the same words.
        ulong all = digits * s_powers[AllDigits - count];
        Span<byte> unsigned = text[sign..];
        return sign + (places is > MostPlaces or < FewestPlaces
            ? WithExponent(all, count, places - 1, unsigned)
            : places <= 0 ? Fraction(all, count, -places, unsigned)
            : places < count ? WithPoint(all, count, places, unsigned)
            : Integer(all, places, unsigned));
    }

    // In line with the rest it would make every call prepare the framework's large frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int WithoutDigits(double value, Span<byte> text)
    {
        _ = value.TryFormat(text, out int written, "R", CultureInfo.InvariantCulture);
        return written;
    }

    // Steps and ranks: all their digits are needed, and the zeros at their end are zeros of the shortest decimal as well.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsShortInteger(double value) => Math.Abs(value) < LargestShortInteger && value == Math.Truncate(value);

    // d.ddddE-05
    private static int WithExponent(ulong all, int count, int exponent, Span<byte> text)
    {
        int end = WithPoint(all, count, 1, text) - (count == 1 ? 1 : 0);
        text[end++] = (byte)'E';
        text[end++] = exponent < 0 ? (byte)'-' : (byte)'+';
        int size = Math.Abs(exponent);
        if (size >= 100)
            text[end++] = (byte)('0' + (size / 100));
        text[end++] = (byte)('0' + (size / 10 % 10));
        text[end++] = (byte)('0' + (size % 10));
        return end;
    }

    // 0.00dddd
    private static int Fraction(ulong all, int count, int zeros, Span<byte> text)
    {
        "0.000"u8.CopyTo(text);
        WriteDigits(all, text[(2 + zeros)..]);
        return 2 + zeros + count;
    }

    // dd.dd
    private static int WithPoint(ulong all, int count, int places, Span<byte> text)
    {
        WriteDigits(all, text[1..]);
        for (int k = 0; k < places; k++)
            text[k] = text[k + 1];
        text[places] = (byte)'.';
        return count + 1;
    }

    // dddd00
    private static int Integer(ulong all, int places, Span<byte> text)
    {
        WriteDigits(all, text);
        return places;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountOf(ulong digits)
    {
        int atLeast = ((BitOperations.Log2(digits) + 1) * 1233) >> 12;
        return atLeast + (digits >= s_powers[atLeast] ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteDigits(ulong all, Span<byte> text)
    {
        ulong upper = all / EightDigits, first = upper / EightDigits;
        text[0] = (byte)('0' + first);
        BinaryPrimitives.WriteUInt64LittleEndian(text[1..], Eight(upper - (first * EightDigits)));
        BinaryPrimitives.WriteUInt64LittleEndian(text[9..], Eight(all - (upper * EightDigits)));
    }

    // Splits eight digits into two of four, those into pairs and those into digits, in the lanes of one word; the first digit is the lowest byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Eight(ulong digits)
    {
        ulong four = digits / 10_000;
        ulong lanes = four | ((digits - (four * 10_000)) << 32);
        ulong two = ((lanes * 10_486) >> 20) & 0x0000_007F_0000_007F;
        lanes = two | ((lanes - (two * 100)) << 16);
        ulong one = ((lanes * 103) >> 10) & 0x000F_000F_000F_000F;
        lanes = one | ((lanes - (one * 10)) << 8);
        return lanes + 0x3030_3030_3030_3030;
    }
}
